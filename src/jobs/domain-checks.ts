/**
 * Asks registries how old e-mail domains are, and tells the engine.
 * Promises: no transaction is open while the network is used; every address is dialled through the way out, also one
 * that a registry redirects to; a registry that is away is asked again, less and less often. Must never: decide
 * anything, or name a domain in a log.
 */
import { slowDelayMs } from '../delivery/backoff.ts';
import type { Http } from '../delivery/egress.ts';
import { rdapUrl, registrationOf } from '../fraud/rdap.ts';
import { DOMAIN_AGE } from '../fraud/signals/domain-age.ts';
import { matchEmail } from '../model/email.ts';
import { type CheckPorts, LEASE_MS, TRY_MS } from './check-ports.ts';
import * as sql from './domain-checks.sql.ts';

/** From rdap.org to a registry, and on to its successor. */
const REDIRECTS_MAX = 3;

interface Row {
  readonly domain_hash: string;
  readonly tries: number;
  readonly key_version: number | null;
  readonly email: Buffer | null;
}

export async function askDomains(ports: CheckPorts, programNo: number): Promise<number> {
  const signal = ports.programByNo(programNo).program.signals.find(({ name }) => name === DOMAIN_AGE);
  if (!signal) return 0;
  const now = await ports.clock.now();
  const { rows } = await ports.pool.query<Row>(sql.CLAIM, [programNo, now, new Date(now.getTime() + LEASE_MS)]);
  for (const row of rows) await ask(ports, programNo, String(signal.params.rdapUrl), row);
  return rows.length;
}

async function ask(ports: CheckPorts, programNo: number, base: string, row: Row): Promise<void> {
  const { domain_hash: domainHash, tries, key_version: version, email } = row;
  // Whoever had the address is erased: nobody can say any more which domain it was.
  const address = email && version !== null ? matchEmail(ports.unseal(programNo, version, email)) : undefined;
  const found = address ? await lookUp(ports.http, rdapUrl(base, address.domain)) : null;
  const later = found === undefined ? slowDelayMs(tries - 1) : undefined;
  if (later !== undefined) {
    const now = await ports.clock.now();
    await ports.pool.query(sql.TRY_LATER, [programNo, domainHash, new Date(now.getTime() + later)]);
    ports.log({ program: programNo }, 'a registry did not answer and will be asked again');
    return;
  }
  const registeredAt = found?.toISOString() ?? null;
  await ports.tell(programNo, { command: 'domain.told', domainHash, registeredAt });
}

/** null: the registry does not say; undefined: it could not be asked. */
async function lookUp(http: Pick<Http, 'send'>, first: string): Promise<Date | null | undefined> {
  let url = first;
  for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
    const headers = { accept: 'application/rdap+json' };
    const answer = await http.send({ url, method: 'GET', headers, signal: AbortSignal.timeout(TRY_MS) });
    if (answer.kind !== 'answered') return undefined;
    const { status, headers: said, body } = answer;
    if (status === 200) return registrationOf(body) ?? null;
    if (status === 404) return null;
    const next = status >= 300 && status < 400 ? said.location : undefined;
    if (!next || !URL.canParse(next, url)) return undefined;
    url = new URL(next, url).href;
  }
  return undefined;
}
