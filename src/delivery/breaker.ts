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

export interface BreakerState {
  readonly state: Breaker;
  /** Rounds in a row that failed. */
  readonly failures: number;
  /** When it opened, or when its time was over; null while it is closed. */
  readonly since: Date | null;
  /** What the sink said last, in a word; null when it has answered since. */
  readonly lastError: string | null;
}

interface Row {
  readonly failures: number;
  readonly open: boolean;
  readonly opened_at: Date | null;
  readonly open_until: Date | null;
  readonly last_error: string | null;
}

export async function readBreaker(database: Database, programNo: number): Promise<Breaker> {
  return (await describeBreaker(database, programNo)).state;
}

export async function describeBreaker({ general, statement }: Database, programNo: number): Promise<BreakerState> {
  const query = statement('read breaker', READ_BREAKER, [programNo]);
  const [row] = (await general.query<Row>(query)).rows;
  const { failures = 0, last_error: lastError = null } = row ?? {};
  if (!row || failures < BREAKER_FAILURES) return { state: 'closed', failures, since: null, lastError };
  return row.open
    ? { state: 'open', failures, since: row.opened_at, lastError }
    : { state: 'half_open', failures, since: row.open_until, lastError };
}

export async function noteRound({ general }: Database, programNo: number, round: Round, openMs: number): Promise<void> {
  const failed = round.attempts.every(({ outcome }) => FAILED.has(outcome));
  const last = round.attempts.at(-1);
  const said = last?.detail ?? last?.outcome ?? null;
  if (failed) await general.query(COUNT_FAILURES, [programNo, BREAKER_FAILURES, openMs, said]);
  else await general.query(RESET_BREAKER, [programNo]);
}
