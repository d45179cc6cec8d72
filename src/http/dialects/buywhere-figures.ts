/**
 * A developer's credits in BuyWhere's words.
 * Promises: what has vested is what was used and what is left, also when credits were taken back after they were used.
 * Must never: count what vests as available.
 */
import type { LoadedProgram } from '../../model/program.ts';
import type { Deps } from '../deps.ts';
import { integer } from '../input.ts';
import { readFigures } from './buywhere.sql.ts';

export interface Figures {
  /** With what vests. */
  readonly earned: number;
  readonly earnedRecently: number;
  readonly vesting: number;
  /** `used` and `balance`. */
  readonly vested: number;
  readonly used: number;
  readonly balance: number;
  readonly completed: number;
  readonly pending: number;
  readonly lastAt: Date | null;
}

const DAY_MS = 86_400_000;
const RECENT_DAYS = 30;

export function recentSince(now: Date): Date {
  return new Date(now.getTime() - RECENT_DAYS * DAY_MS);
}

export async function figuresOf(
  { pools, clock }: Pick<Deps, 'pools' | 'clock'>,
  { no, program: { unit } }: LoadedProgram,
  personId: bigint,
): Promise<Figures> {
  const since = recentSince(await clock.now())
    .toISOString()
    .slice(0, 10);
  const name = unit.kind === 'points' ? unit.name : unit.currency;
  const row = await readFigures(pools.knex, no, personId, { unit: name, since });
  // What was taken back after it was used is owed, and was used all the same.
  const vested = row.earned - row.vesting + row.debt;
  return {
    earned: integer(row.earned),
    earnedRecently: integer(row.earned_since),
    vesting: integer(row.vesting),
    vested: integer(vested),
    used: integer(vested - row.available),
    balance: integer(row.available),
    completed: row.completed,
    pending: row.pending,
    lastAt: row.last_at,
  };
}
