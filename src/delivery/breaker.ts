/**
 * Leaves a sink alone for a while that has failed many times in a row; one row per program, for all processes.
 * Promises: goes by the database's real time; any answer of the sink's own, be it a no, closes it. Must never: keep
 * back a try that a person asked for.
 */
import type { Pools } from '../db/pool.ts';
import { BREAKER_FAILURES } from './backoff.ts';
import { COUNT_FAILURES, READ_BREAKER, RESET_BREAKER } from './deliveries.sql.ts';
import type { Round } from './verdict.ts';

/** half_open: its time is over, and nobody knows yet whether the sink is back. */
export type Breaker = 'closed' | 'open' | 'half_open';

type Database = Pick<Pools, 'general' | 'statement'>;

const FAILED: ReadonlySet<string> = new Set(['unknown', 'not_sent', 'cannot']);

export async function readBreaker({ general, statement }: Database, programNo: number): Promise<Breaker> {
  const query = statement('read breaker', READ_BREAKER, [programNo]);
  const { rows } = await general.query<{ failures: number; open: boolean }>(query);
  const [breaker] = rows;
  if (!breaker || breaker.failures < BREAKER_FAILURES) return 'closed';
  return breaker.open ? 'open' : 'half_open';
}

export async function noteRound({ general }: Database, programNo: number, round: Round, openMs: number): Promise<void> {
  const failed = round.attempts.every(({ outcome }) => FAILED.has(outcome));
  if (failed) await general.query(COUNT_FAILURES, [programNo, BREAKER_FAILURES, openMs]);
  else await general.query(RESET_BREAKER, [programNo]);
}
