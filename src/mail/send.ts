/**
 * The mail stage: takes what was planned and brings it to the mail server.
 * Promises: any number of processes side by side; no transaction is open while the network is used; a mail whose sender
 * died is sent again under the same message id. Must never: write an acceptance twice, or log an address.
 */
import pRetry from 'p-retry';
import type { Pools } from '../db/pool.ts';
import { isRetryable, isUnavailable } from '../db/transaction.ts';
import type { LoadedProgram } from '../model/program.ts';
import * as sql from './mails.sql.ts';
import type { MailKind, Outbox } from './outbox.ts';
import { CONNECTIONS, type Message, type Transport } from './transport.ts';
import { type MailAnswer, verdictOf } from './verdict.ts';

export interface MailerOptions {
  readonly pools: Pick<Pools, 'general' | 'statement'>;
  /** The service's clock: what is due goes by it. Leases go by the database's real time. */
  readonly clock: { now(): Promise<Date> };
  readonly programByNo: (no: number) => LoadedProgram;
  readonly transport: Transport;
  readonly unseal: (programNo: number, version: number, sealed: Buffer) => string;
  readonly unsubscribeUrl: Outbox['unsubscribeUrl'];
  readonly log: (fields: object, message: string) => void;
}

export interface Mailer {
  /** Tries what is due, each once, and returns how many; leaves the rest when the mail server is away. */
  runDue(programNo: number): Promise<number>;
  /** Claims nothing more, and waits for what is under way. */
  stop(): Promise<void>;
}

interface Row {
  readonly id: bigint;
  readonly kind: MailKind;
  readonly state: 'sending' | 'cancelled';
  readonly recipient_hash: string;
  readonly key_version: number;
  readonly recipient: Buffer;
  readonly message_id: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attempts: number;
  readonly created_at: Date;
}

/** The deadline of one try, with a little to write its result, ends before the lease does. */
const TRY_MS = 60_000;
const LEASE_MS = 120_000;
/** Some 6 s in all. */
const WRITE_RETRIES = { retries: 6, minTimeout: 100, factor: 2 };

export function createMailer(options: MailerOptions): Mailer {
  const underWay = new Map<number, Set<Promise<unknown>>>();
  let stopping = false;

  const round = async (programNo: number): Promise<{ tried: number; away: boolean }> => {
    const rows = stopping ? [] : await claim(options, programNo);
    const sending = rows.filter((row) => row.state === 'sending');
    const ends = await Promise.allSettled(sending.map((row) => sendOne(options, programNo, row)));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
    return { tried: rows.length, away: ends.some((end) => end.status === 'fulfilled' && end.value === 'away') };
  };
  /** The test clock's step is over when nothing is out, whoever sends it. */
  const watched = (programNo: number) => {
    const work = round(programNo);
    const all = underWay.get(programNo) ?? new Set();
    underWay.set(programNo, all.add(work));
    return work.finally(() => all.delete(work));
  };
  const settled = async (programNo: number) => void (await Promise.allSettled(underWay.get(programNo) ?? []));

  return {
    runDue: async (programNo) => {
      let tried = 0;
      for (;;) {
        const done = await watched(programNo);
        tried += done.tried;
        if (done.tried === 0 || done.away) break;
      }
      await settled(programNo);
      return tried;
    },
    stop: async () => {
      stopping = true;
      await Promise.all(Array.from(underWay.keys(), settled));
    },
  };
}

async function claim({ pools, clock }: MailerOptions, programNo: number): Promise<Row[]> {
  const values = [programNo, await clock.now(), CONNECTIONS, LEASE_MS];
  const { rows } = await pools.general.query<Row>(pools.statement('claim mails', sql.CLAIM, values));
  return rows;
}

async function sendOne(options: MailerOptions, programNo: number, row: Row): Promise<'away' | 'done'> {
  const { clock, log } = options;
  const answer = await tryOne(options, programNo, row);
  const verdict = verdictOf(answer, row.attempts, await clock.now());
  const written = await save(options, programNo, row, verdict);
  const said = { program: programNo, mail: row.id.toString(), kind: row.kind, attempts: row.attempts };
  if (!written) log(said, 'the late result of a mail was refused: another try holds it');
  if (answer.answer !== 'accepted') log({ ...said, detail: answer.detail }, `a mail is not sent: ${verdict.state}`);
  return answer.answer === 'later' && answer.away ? 'away' : 'done';
}

/** As its file is called where there is no mail server. */
export function mailName({ program: { program } }: LoadedProgram, id: bigint): string {
  return `${program}-${id}`;
}

async function tryOne(options: MailerOptions, programNo: number, row: Row): Promise<MailAnswer> {
  const { transport, programByNo, unseal, unsubscribeUrl } = options;
  const loaded = programByNo(programNo);
  const { name, product } = loaded.program;
  let to: string;
  try {
    to = unseal(programNo, row.key_version, row.recipient);
  } catch {
    // Its version of SECRET_KEY is gone, and it must not stand before the others for ever.
    return { answer: 'refused', detail: 'unreadable' };
  }
  const message: Message = {
    name: mailName(loaded, row.id),
    from: { name, address: product.supportEmail },
    to,
    subject: row.subject,
    text: row.text,
    html: row.html,
    messageId: row.message_id,
    date: row.created_at,
    // Mails about one's own account are no list to leave.
    unsubscribeUrl: row.kind === 'invitation' ? unsubscribeUrl(loaded, row.recipient_hash) : undefined,
  };
  return await transport.send(message, AbortSignal.timeout(TRY_MS));
}

/** The database may be away for a moment while the server's acceptance is known only here. */
async function save(
  { pools }: MailerOptions,
  programNo: number,
  { id, attempts }: Row,
  { state, reason, nextTryAt, sentAt }: ReturnType<typeof verdictOf>,
): Promise<boolean> {
  const values = [programNo, id, attempts, state, reason, nextTryAt, sentAt];
  const write = () => pools.general.query(pools.statement('save mail result', sql.SAVE_RESULT, values));
  const { rowCount } = await pRetry(write, {
    ...WRITE_RETRIES,
    shouldRetry: ({ error }) => isUnavailable(error) || isRetryable(error),
  });
  return rowCount === 1;
}
