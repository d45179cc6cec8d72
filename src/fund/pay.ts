/**
 * Payouts to their sink, by the protocol of deliveries: frozen bytes, one key, a lease, and no guess after an outcome
 * that is not certain.
 * Promises: what the sink confirmed is in the ledger in the commit that says so; what it refused is owed as before, and
 * the next month's run pays it. Must never: hold a transaction open while the network is used.
 */
import type pg from 'pg';
import { sqlState, withTransaction } from '../db/transaction.ts';
import { TIMING, type Timing } from '../delivery/backoff.ts';
import type { Http } from '../delivery/egress.ts';
import { tryDelivery } from '../delivery/round.ts';
import { usableReference } from '../delivery/sinks/sink.ts';
import { webhook } from '../delivery/sinks/webhook.ts';
import { type Claimed, type Verdict, verdictOf } from '../delivery/verdict.ts';
import { exponentOf, formatDecimal } from '../model/money.ts';
import type { LoadedProgram, WebhookSink } from '../model/program.ts';
import { csv } from './csv.ts';
import { FundFault } from './fault.ts';
import { addPostings, lockProgram, takeIds } from './ledger.sql.ts';
import * as sql from './payouts.sql.ts';
import { paid } from './postings.ts';
import type { FundKeys } from './run.ts';

export interface PayPorts {
  readonly pool: pg.Pool;
  readonly keys: Pick<FundKeys, 'unseal'>;
  readonly now: () => Promise<Date>;
  readonly http: Http;
  readonly log: (line: string) => void;
  readonly timing?: Partial<Timing>;
}

const AT_ONCE = 8;

interface ClaimedRow {
  readonly id: bigint;
  readonly contributor_id: bigint;
  readonly amount: bigint;
  readonly unit: string;
  readonly idempotency_key: string;
  readonly sink: string;
  readonly key_version: number;
  readonly request: Buffer;
  readonly epoch: number;
  readonly attempts: number;
  readonly retries: number;
  readonly outcome: Claimed['outcome'];
  readonly first_try_at: Date | null;
  readonly lapsed: boolean;
}

/** Tries what is due; returns how many. `once`: no quick tries. */
export async function payDue(ports: PayPorts, loaded: LoadedProgram, { once }: { once: boolean }): Promise<number> {
  const { fund } = loaded.program;
  if (fund?.sink.kind !== 'webhook') return 0;
  const sink = fund.sink;
  const timing = { ...TIMING, ...ports.timing };
  let tried = 0;
  for (;;) {
    const claimedAt = performance.now();
    const { rows } = await ports.pool.query<ClaimedRow>(sql.CLAIM, [
      loaded.no,
      await ports.now(),
      AT_ONCE,
      timing.leaseMs,
    ]);
    if (rows.length === 0) return tried;
    tried += rows.length;
    await Promise.all(rows.map((row) => payOne(ports, loaded, row, { sink, timing, once, claimedAt })));
  }
}

interface Way {
  readonly sink: WebhookSink;
  readonly timing: Timing;
  readonly once: boolean;
  readonly claimedAt: number;
}

async function payOne(ports: PayPorts, loaded: LoadedProgram, row: ClaimedRow, way: Way): Promise<void> {
  const claimed: Claimed = {
    id: row.id,
    rewardId: row.id,
    idempotencyKey: row.idempotency_key,
    sink: row.sink,
    request: ports.keys.unseal(loaded.no, row.key_version, row.request),
    epoch: row.epoch,
    triedOnce: way.once,
    attempts: row.attempts,
    retries: row.retries,
    outcome: row.outcome,
    firstTryAt: row.first_try_at,
    lapsed: row.lapsed,
    approved: false,
  };
  const { sink: config, timing, once, claimedAt } = way;
  const { now, http, log } = ports;
  const program = loaded.program.program;
  const round = await tryDelivery(claimed, { sink: webhook, config, program, http, timing, now, once, claimedAt, log });
  const at = await now();
  const verdict = verdictOf(claimed, round, at);
  // Nothing was paid, for certain, so nothing of it stays open.
  const settledAt = verdict.state === 'refused' ? at : verdict.settledAt;
  const detail = round.attempts.at(-1)?.detail ?? null;
  if (verdict.state !== 'confirmed')
    log(`payout po_${row.id} of ${program}: ${verdict.state}, ${detail ?? round.end.end}`);
  const result = { ...verdict, settledAt, detail, tries: round.attempts.length };
  await save(ports, loaded, row, result, at).catch((error: unknown) => {
    if (!isReferenceTaken(error)) throw error;
    // Two of our payouts as one object of the sink: somebody has to look.
    const unclear = { state: 'parked', outcome: 'unknown', reference: null, settledAt: null, nextTryAt: null } as const;
    return save(ports, loaded, row, { ...result, ...unclear, detail: 'reference_of_another_payout' }, at);
  });
}

type Result = Pick<
  Verdict,
  'state' | 'outcome' | 'retries' | 'firstTryAt' | 'nextTryAt' | 'reference' | 'settledAt'
> & {
  readonly tries: number;
  readonly detail: string | null;
};

async function save(
  { pool, log }: PayPorts,
  { no, program }: LoadedProgram,
  row: ClaimedRow,
  result: Result,
  at: Date,
): Promise<void> {
  await withTransaction(pool, async (client) => {
    await lockProgram(client, no);
    const { rowCount } = await client.query(sql.SAVE, [
      ...[no, row.id, row.epoch, result.state, result.outcome, result.retries, result.firstTryAt],
      ...[result.nextTryAt, result.tries, result.reference, result.settledAt, result.detail],
    ]);
    if (rowCount === 0) log(`payout po_${row.id} of ${program.program}: late result refused (epoch ${row.epoch})`);
    else if (result.state === 'confirmed') await post(client, no, row, at);
  });
}

function isReferenceTaken(error: unknown): boolean {
  const { constraint } = error as { constraint?: string };
  return sqlState(error) === '23505' && constraint === 'fund_payouts_reference_key';
}

type Payable = Pick<ClaimedRow, 'id' | 'contributor_id' | 'amount' | 'unit'>;

async function post(client: pg.PoolClient, programNo: number, payout: Payable, at: Date): Promise<void> {
  const nextId = await takeIds(client, 1);
  const posting = paid(nextId(), payout.id, payout.contributor_id, payout.amount);
  await addPostings(client, programNo, payout.unit, [posting], at);
}

/** paid: the money is there. refused: it is not, and is owed as before. retry: send it again under the same key. */
export type Word = 'paid' | 'refused' | 'retry';
const STATE = { paid: 'confirmed', refused: 'refused', retry: 'waiting' } as const;

export interface Settling {
  /** `po_12`, or the idempotency key. */
  readonly payout: string;
  readonly word: Word;
  readonly reference: string | undefined;
  readonly actor: string;
  /** The sink itself says so, and of what it has only been sent it knows more than we do. */
  readonly bySink?: boolean;
}

/** A person's or the sink's word on an open payout. Safe to repeat. */
export async function settlePayout(
  { pool, now }: Pick<PayPorts, 'pool' | 'now'>,
  { no }: LoadedProgram,
  { payout, word, reference, actor, bySink = false }: Settling,
): Promise<'done' | 'unknown_payout' | 'already_settled' | 'reference_taken'> {
  const id = /^po_(\d{1,18})$/.exec(payout)?.[1];
  const at = await now();
  const settled = withTransaction(pool, async (client) => {
    await lockProgram(client, no);
    const { rows } = await client.query(sql.FIND, [no, id === undefined ? null : BigInt(id), payout]);
    const [found] = rows;
    if (!found) return 'unknown_payout';
    if (found.state === STATE[word] && word !== 'retry') return 'done';
    // Paid or refused is only what somebody has heard of.
    if (found.first_try_at === null || (word === 'retry' && found.sink === 'csv')) return 'already_settled';
    const settledAt = word === 'retry' ? null : at;
    const nextTryAt = word === 'retry' ? at : null;
    const values = [no, found.id, STATE[word], bySink, settledAt, usableReference(reference), nextTryAt];
    const [row] = (await client.query<Payable>(sql.SETTLE, values)).rows;
    if (!row) return 'already_settled';
    if (word === 'paid') await post(client, no, row, at);
    await client.query(sql.NOTE, [no, at, actor, `payout.${word}`, `po_${row.id}`, reference ?? null]);
    return 'done';
  });
  return await settled.catch((error: unknown) => {
    if (isReferenceTaken(error)) return 'reference_taken';
    throw error;
  });
}

interface ExportRow extends Payable {
  readonly github_username: string;
  readonly month: string;
  readonly idempotency_key: string;
  readonly key_version: number;
  readonly request: Buffer;
}

/** All that is to be paid by hand, with the details; the same rows again until each is settled. */
export async function exportPayouts(
  { pool, keys, now }: Pick<PayPorts, 'pool' | 'keys' | 'now'>,
  { no, program }: LoadedProgram,
): Promise<{ readonly text: string; readonly count: number }> {
  if (program.fund?.sink.kind !== 'csv') throw new FundFault('fund.payout.sink: is not csv; payouts go by themselves');
  // The update's own snapshot shows the rows as they were, which is what the file needs of them.
  const { rows } = await pool.query<ExportRow>(sql.EXPORT, [no, await now()]);
  const read = rows.map((row) => {
    const { data } = JSON.parse(keys.unseal(no, row.key_version, row.request)) as {
      data: { details: Record<string, string> };
    };
    return { row, details: data.details };
  });
  const names = [...new Set(read.flatMap(({ details }) => Object.keys(details)))].sort();
  const head = ['payout_id', 'idempotency_key', 'github_username', 'month', 'amount', 'currency', ...names];
  const lines = read.map(({ row, details }) => [
    ...[`po_${row.id}`, row.idempotency_key, row.github_username, row.month],
    ...[formatDecimal(row.amount, exponentOf(row.unit)), row.unit, ...names.map((name) => details[name])],
  ]);
  return { text: csv(head, lines), count: rows.length };
}
