/**
 * Takes deliveries into this process's hands.
 * Promises: what is claimed is nobody else's until its lease runs out, and comes with what was known of it before.
 * Must never: claim more than can be begun at once; a lease runs from here.
 */
import type { Pools } from '../db/pool.ts';
import { CLAIM, COUNT_SENDING } from './deliveries.sql.ts';
import type { Claimed } from './verdict.ts';

export interface ClaimOptions {
  /** The service's time. */
  readonly now: Date;
  readonly most: number;
  readonly leaseMs: number;
  readonly rewardId: bigint | undefined;
}

type Database = Pick<Pools, 'general' | 'statement'>;

export async function claimDue(
  { general, statement }: Database,
  programNo: number,
  options: ClaimOptions,
): Promise<Claimed[]> {
  const { now, most, leaseMs, rewardId } = options;
  const { rows } = await general.query(
    statement('claim deliveries', CLAIM, [programNo, now, most, leaseMs, rewardId ?? null]),
  );
  return rows.map((row) => ({
    id: row.id,
    rewardId: row.reward_id,
    idempotencyKey: row.idempotency_key,
    sink: row.sink,
    request: row.request,
    epoch: row.epoch,
    triedOnce: row.tried_once,
    attempts: row.attempts,
    retries: row.retries,
    outcome: row.outcome,
    firstTryAt: row.first_try_at,
    lapsed: row.lapsed,
    approved: row.approved,
  }));
}

/** How many are being sent, by any process. */
export async function countSending({ general }: Database, programNo: number, rewardId?: bigint): Promise<number> {
  const { rows } = await general.query<{ sending: bigint }>(COUNT_SENDING, [programNo, rewardId ?? null]);
  return Number(rows[0]?.sending ?? 0n);
}
