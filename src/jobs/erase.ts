/**
 * The sweep behind an erasure: bodies in the inbox, frozen requests, what admins wrote.
 * Promises: finished sooner or later, whoever began it and whatever died meanwhile; run twice at once it does the same.
 * Must never: blank what only looks alike; a short id is looked for where the event names a member, not anywhere in it.
 */
import { REWRITE_BODIES } from '../engine/erasure.sql.ts';
import { carriersOf, type HiddenCodes, type ReadBody, withoutCodes } from '../engine/hide-codes.ts';
import { stored } from '../engine/hide-told.ts';
import { keysOf } from '../engine/keys.ts';
import { readEvent } from '../engine/read-events.ts';
import { parseBody } from '../model/body.ts';
import { matchEmail, spellingsOf } from '../model/email.ts';
import type { Keyed } from '../model/fold.ts';
import type { Program } from '../model/program.ts';
import type { Provider } from '../model/provider.ts';
import { aliasKey } from '../model/world.ts';
import * as sql from './erase.sql.ts';
import { type CodePorts, hiddenCodes, hideCodes, hideWords, type WithTexts } from './erase-codes.ts';

export interface SweepPorts extends CodePorts {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly now: () => Promise<Date>;
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

interface Open extends WithTexts {
  readonly person_id: bigint;
  readonly key_version: number | null;
  readonly email: Buffer | null;
  readonly swept: boolean;
  readonly members: readonly string[];
  readonly customers: readonly string[];
  readonly objects: readonly string[];
}

/** Sweeps for everybody whose erasure is not finished; returns how many there were. */
export async function sweepErasures(ports: SweepPorts, options: SweepOptions): Promise<number> {
  const { no } = options;
  const { rows: begun } = await ports.pool.query<Open>(sql.OPEN_ERASURES, [no]);
  if (begun.length === 0) return 0;
  await hideCodes(ports, no);
  const { rows: open } = await ports.pool.query<Open>(sql.OPEN_ERASURES, [no]);
  const unswept = open.filter(({ swept }) => !swept);
  const traces = tracesOf(ports, no, unswept, hiddenCodes(ports, no, open));
  const isAnyLeft = unswept.length > 0 || traces.codes.size > 0;
  if (isAnyLeft && !(await blankBodies(ports, options, traces))) return open.length;
  await hideWords(ports, no, traces.codes);
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
  const texts = open.map(({ codes }) => codes);
  await ports.pool.query(sql.SWEPT, [no, persons, now, texts]);
  await ports.pool.query(sql.FINISH, [no, persons, now]);
  return open.length;
}

interface Traces {
  /** In lower case: addresses as they are, ids as JSON has them. */
  readonly texts: readonly string[];
  readonly emails: readonly string[];
  /** Every way to write these addresses, with what all of them have in common. */
  readonly mailboxes: readonly { readonly domain: string; readonly spellings: string }[];
  readonly aliases: ReadonlySet<string>;
  /** Payments' ids. */
  readonly objects: ReadonlySet<string>;
  readonly codes: HiddenCodes;
}

function tracesOf(ports: SweepPorts, programNo: number, open: readonly Open[], codes: HiddenCodes): Traces {
  const emails = open.flatMap(({ email, key_version: version }) =>
    email && version !== null ? [ports.unseal(programNo, version, email).toLowerCase()] : [],
  );
  const objects = open.flatMap((each) => each.objects);
  const ids = open.flatMap(({ members, customers }) => [...members, ...customers.map(customerId)]);
  return {
    texts: [...new Set([...emails, ...[...ids, ...objects].map((id) => JSON.stringify(id).toLowerCase())])],
    emails,
    mailboxes: emails.flatMap(mailboxOf),
    objects: new Set(objects),
    codes,
    aliases: new Set(
      open.flatMap(({ members, customers }) => [
        ...members.map((id) => aliasKey('member', id)),
        ...customers.map((value) => aliasKey('customer', value)),
      ]),
    ),
  };
}

function mailboxOf(email: string): Traces['mailboxes'] {
  const matched = matchEmail(email);
  if (!matched) return [];
  const domain = matched.domain === 'gmail.com' ? 'mail.com' : `@${matched.domain}`;
  return [{ domain, spellings: spellingsOf(matched) }];
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
    const wanted = [...traces.texts, ...traces.codes.keys()];
    const found = await ports.pool.query<BodyRow>(sql.FIND_BODIES, [
      ...[no, after, last, wanted, BY_NUMBER],
      traces.mailboxes.map(({ domain }) => domain),
      traces.mailboxes.map(({ spellings }) => spellings),
    ]);
    const kept = found.rows.flatMap((row) => {
      const body = bodyLeft(ports, options.program, row, traces);
      return body === undefined ? [] : [{ id: row.id, body }];
    });
    if (kept.length > 0) {
      await ports.pool.query(REWRITE_BODIES, [no, kept.map(({ id }) => id), kept.map(({ body }) => body)]);
    }
    after = last;
  }
}

/** What may stay of a body; undefined: all of it. */
function bodyLeft(ports: SweepPorts, program: Program, row: BodyRow, traces: Traces): string | null | undefined {
  const read = (body: unknown) => readEvent({ ...stored({ ...row }), body }, program, ports.providers);
  if (namesThem(ports, row, traces, read)) return null;
  const text = withLetters(row.body);
  if (![...traces.codes.keys()].some((code) => text.includes(code))) return undefined;
  return withoutCodes(row.body, { codes: traces.codes, carriers: carriersOf(program), read, keyed: ports.keyed });
}

/** A letter that stands as its number in JSON, as some senders write `+`, `'` and `@`. */
const BY_NUMBER = '\\u00';
const withLetters = (body: string): string =>
  body.toLowerCase().replace(/\\u00([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

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
function namesThem(ports: SweepPorts, row: BodyRow, traces: Traces, read: ReadBody): boolean {
  const text = withLetters(row.body);
  const seen = traces.texts.filter((each) => text.includes(each));
  if (seen.some((each) => each.length >= TELLING_LENGTH || traces.emails.includes(each))) return true;
  if (traces.mailboxes.some(({ spellings }) => new RegExp(spellings).test(text))) return true;
  if (seen.length === 0) return false;
  try {
    const event = read(parseBody(row.body));
    if (!event.ok) return true;
    const { aliases, objects } = keysOf([event.event], ports.keyed);
    const named = [...aliases].some((alias) => traces.aliases.has(alias));
    return named || Array.from(objects.values()).some(({ objectId }) => traces.objects.has(objectId));
  } catch {
    return true;
  }
}
