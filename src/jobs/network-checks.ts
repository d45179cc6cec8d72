/**
 * Asks a local list or a service what the network of an address is, and tells the engine.
 * Promises: a list is read anew when it has changed, and one that is stale or away holds whoever signs up; a service is
 * dialled through the way out; the address is forgotten once it is known. Must never: decide anything, or name an
 * address in a log.
 */
import { readFile, stat } from 'node:fs/promises';
import { slowDelayMs } from '../delivery/backoff.ts';
import { networkAnswer } from '../fraud/network-answer.ts';
import {
  findNetwork,
  type NetworkFacts,
  type NetworkList,
  NOTHING_SAID,
  parseNetworkList,
} from '../fraud/network-list.ts';
import type { NetworkLookup } from '../model/program.ts';
import { type CheckPorts, LEASE_MS, TRY_MS } from './check-ports.ts';
import * as sql from './network-checks.sql.ts';

interface Row {
  readonly ip_hash: string;
  readonly tries: number;
  readonly referee_id: bigint;
  readonly key_version: number | null;
  readonly ip: Buffer | null;
}

export async function askNetworks(ports: CheckPorts, programNo: number): Promise<number> {
  const { networks } = ports.programByNo(programNo).program;
  if (!networks) return 0;
  const now = await ports.clock.now();
  const { rows } = await ports.pool.query<Row>(sql.CLAIM, [programNo, now, new Date(now.getTime() + LEASE_MS)]);
  for (const row of rows) await ask(ports, programNo, networks, row);
  return rows.length;
}

async function ask(ports: CheckPorts, programNo: number, networks: NetworkLookup, row: Row): Promise<void> {
  const { ip_hash: ipHash, ip, key_version: version, tries } = row;
  // Whoever came from there is erased: nobody can say any more where it was.
  const address = ip && version !== null ? ports.unseal(programNo, version, ip) : undefined;
  const found = address === undefined ? NOTHING_SAID : await lookUp(ports, networks, address);
  const later = found === undefined ? slowDelayMs(tries - 1) : undefined;
  if (later !== undefined) {
    const now = await ports.clock.now();
    await ports.pool.query(sql.TRY_LATER, [programNo, ipHash, new Date(now.getTime() + later)]);
    ports.log({ program: programNo }, 'the network of an address could not be looked up and will be asked again');
    return;
  }
  await ports.tell(programNo, { command: 'network.told', ipHash, ...(found ?? NOTHING_SAID) });
  await ports.pool.query(sql.FORGET_ADDRESS, [programNo, row.referee_id]);
}

/** undefined: it could not be asked. */
async function lookUp(ports: CheckPorts, networks: NetworkLookup, ip: string): Promise<NetworkFacts | undefined> {
  if (networks.kind === 'url') return await askService(ports, networks.url, ip);
  const list = await currentList(networks).catch((err: unknown) =>
    ports.log({ err }, 'the list of networks cannot be read'),
  );
  return list ? findNetwork(list, ip) : undefined;
}

async function askService({ http }: CheckPorts, base: string, ip: string): Promise<NetworkFacts | undefined> {
  const url = `${base.replace(/(?<!\/)\/+$/, '')}/${encodeURIComponent(ip)}`;
  const headers = { accept: 'application/json' };
  const answer = await http.send({ url, method: 'GET', headers, signal: AbortSignal.timeout(TRY_MS) });
  if (answer.kind !== 'answered') return undefined;
  if (answer.status === 404) return NOTHING_SAID;
  return answer.status === 200 ? networkAnswer(answer.body) : undefined;
}

const lists = new Map<string, { readonly version: string; readonly list: NetworkList }>();

/** undefined: it is older than it may be, by the real clock, as files are. */
async function currentList({ path, freshFor }: NetworkLookup & { kind: 'list' }): Promise<NetworkList | undefined> {
  const { mtimeMs, size } = await stat(path);
  if (freshFor !== 'never' && Date.now() - mtimeMs > freshFor) return undefined;
  const version = `${mtimeMs} ${size}`;
  const known = lists.get(path);
  if (known?.version === version) return known.list;
  const list = parseNetworkList(await readFile(path, 'utf8'));
  lists.set(path, { version, list });
  return list;
}
