/**
 * The sweep behind an erasure: bodies in the inbox, frozen requests, what admins wrote.
 * Promises: finished sooner or later, whoever began it and whatever died meanwhile; run twice at once it does the same.
 * Must never: blank what only looks alike; a short id is looked for where the event names a member, not anywhere in it.
 */
import type pg from 'pg';
import { keysOf } from '../engine/keys.ts';
import { readEvent } from '../engine/read-events.ts';
import { parseBody } from '../model/body.ts';
import { matchEmail } from '../model/email.ts';
import type { Keyed } from '../model/fold.ts';
import type { Program } from '../model/program.ts';
import type { Provider } from '../model/provider.ts';
import { aliasKey } from '../model/world.ts';
import * as sql from './erase.sql.ts';

export interface SweepPorts {
  readonly pool: pg.Pool;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly now: () => Promise<Date>;
  readonly unseal: (programNo: number, keyVersion: number, sealed: Buffer) => string;
  readonly keyed: Keyed;
  /** Copies of these outside the database. */
  readonly forgetMails: (programNo: number, ids: readonly bigint[]) => Promise<void>;
}

export interface SweepOptions {
  readonly no: number;
  readonly program: Program;
  readonly rowsPerPage?: number;
  /** Asked between two pages: true ends the work early; the next run begins anew. */
  readonly stopped?: () => boolean;
}

const ROWS_PER_PAGE = 5_000;
/** With its quotes. Anything longer names one person alone wherever it stands. */
const TELLING_LENGTH = 10;

interface Open {
  readonly person_id: bigint;
  readonly key_version: number | null;
  readonly email: Buffer | null;
  readonly swept: boolean;
  readonly members: readonly string[];
  readonly customers: readonly string[];
}

/** Sweeps for everybody whose erasure is not finished; returns how many there were. */
export async function sweepErasures(ports: SweepPorts, options: SweepOptions): Promise<number> {
  const { no } = options;
  const { rows: open } = await ports.pool.query<Open>(sql.OPEN_ERASURES, [no]);
  if (open.length === 0) return 0;
  const unswept = open.filter(({ swept }) => !swept);
  const traces = tracesOf(ports, no, unswept);
  if (unswept.length > 0 && !(await blankBodies(ports, options, traces))) return open.length;
  await ports.pool.query(sql.FORGET_VISITS, [no, traces.emails.flatMap((email) => claimHash(ports.keyed, email))]);
  const persons = open.map((each) => each.person_id);
  const members = open.flatMap((each) => each.members);
  const mails = await ports.pool.query<{ id: bigint }>(sql.MAILS, [no, persons]);
  await ports.forgetMails(
    no,
    mails.rows.map(({ id }) => id),
  );
  await ports.pool.query(sql.BLANK_DECISIONS, [no, persons]);
  await ports.pool.query(sql.BLANK_REQUESTS, [no, persons]);
  await ports.pool.query(sql.BLANK_AUDIT, [no, persons, members]);
  await ports.pool.query(sql.BLANK_NOTES, [no, persons]);
  const now = await ports.now();
  await ports.pool.query(sql.SWEPT, [no, persons, now]);
  await ports.pool.query(sql.FINISH, [no, persons, now]);
  return open.length;
}

interface Traces {
  /** In lower case: addresses as they are, ids as JSON has them. */
  readonly texts: readonly string[];
  readonly emails: readonly string[];
  readonly aliases: ReadonlySet<string>;
}

function tracesOf(ports: SweepPorts, programNo: number, open: readonly Open[]): Traces {
  const emails = open.flatMap(({ email, key_version: version }) =>
    email && version !== null ? [ports.unseal(programNo, version, email).toLowerCase()] : [],
  );
  const ids = open.flatMap(({ members, customers }) => [...members, ...customers.map(customerId)]);
  return {
    texts: [...new Set([...emails, ...ids.map((id) => JSON.stringify(id).toLowerCase())])],
    emails,
    aliases: new Set(
      open.flatMap(({ members, customers }) => [
        ...members.map((id) => aliasKey('member', id)),
        ...customers.map((value) => aliasKey('customer', value)),
      ]),
    ),
  };
}

/** As a browser's claim of the address is kept. */
function claimHash(keyed: Keyed, email: string): string[] {
  const matched = matchEmail(email);
  return matched ? [keyed.hash('claim', keyed.told(matched.address))] : [];
}

/** `<provider>:<account>:<customer id>`. */
const customerId = (value: string): string => value.split(':').slice(2).join(':');

/** False when it was stopped before the end. */
async function blankBodies(ports: SweepPorts, options: SweepOptions, traces: Traces): Promise<boolean> {
  const { no, rowsPerPage = ROWS_PER_PAGE } = options;
  for (let after = 0n; ; ) {
    if (options.stopped?.()) return false;
    const { rows } = await ports.pool.query<{ last: bigint | null }>(sql.PAGE_END, [no, after, rowsPerPage]);
    const last = rows[0]?.last;
    if (last == null) return true;
    const found = await ports.pool.query<BodyRow>(sql.FIND_BODIES, [no, after, last, traces.texts]);
    const named = found.rows.filter((row) => namesThem(ports, options.program, row, traces)).map(({ id }) => id);
    if (named.length > 0) await ports.pool.query(sql.BLANK_EVENTS, [no, named]);
    after = last;
  }
}

interface BodyRow {
  readonly id: bigint;
  readonly source: string;
  readonly event_id: string;
  readonly type: string;
  readonly received_at: Date;
  readonly occurred_at: Date | null;
  readonly tried_once: boolean;
  readonly body: string;
}

/** A body that cannot be read is taken to name them. */
function namesThem(ports: SweepPorts, program: Program, row: BodyRow, traces: Traces): boolean {
  const text = row.body.toLowerCase();
  const seen = traces.texts.filter((each) => text.includes(each));
  if (seen.some((each) => each.length >= TELLING_LENGTH || traces.emails.includes(each))) return true;
  const { event_id: eventId, received_at: receivedAt, occurred_at: occurredAt, tried_once: triedOnce } = row;
  const stored = { id: row.id, source: row.source, eventId, type: row.type, receivedAt, occurredAt, triedOnce };
  try {
    const read = readEvent({ ...stored, body: parseBody(row.body) }, program, ports.providers);
    if (!read.ok) return true;
    const { aliases } = keysOf([read.event], ports.keyed);
    return [...aliases].some((alias) => traces.aliases.has(alias));
  } catch {
    return true;
  }
}
