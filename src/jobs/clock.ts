/**
 * The service's clock: the system's, or under TEST_CLOCK one that stands still in the database until it is set.
 * Promises: all processes and restarts see the same test time; it never goes back. Must never: be used for the
 * freshness of signatures and tokens, or for the service's own timeouts.
 */
import type pg from 'pg';
import { ConfigError } from '../config/env.ts';
import * as sql from './clock.sql.ts';

export interface Clock {
  now(): Promise<Date>;
  /** False for a test clock that nobody has set yet: its first time may lie before what it shows now. */
  isSet(): Promise<boolean>;
}

export interface SettableClock extends Clock {
  /** Rejects ClockBackwards. Equal times are fine. */
  set(to: Date): Promise<void>;
}

export class ClockBackwards extends Error {
  constructor(now: Date, to: Date) {
    super(`the clock stands at ${now.toISOString()} and does not go back to ${to.toISOString()}`);
  }
}

export const systemClock: Clock = { now: async () => new Date(), isSet: async () => true };

/** Until it is first set, the test clock shows the time at which it was first asked. */
export function testClock(pool: pg.Pool): SettableClock {
  const read = async (): Promise<Date | undefined> => {
    const { rows } = await pool.query(sql.READ_CLOCK);
    return rows[0] ? new Date(rows[0].value) : undefined;
  };
  return {
    now: async () => (await read()) ?? new Date(),
    isSet: async () => (await read()) !== undefined,
    set: async (to) => {
      const { rowCount } = await pool.query(sql.SET_CLOCK, [to.toISOString()]);
      if (rowCount === 0) throw new ClockBackwards((await read()) ?? to, to);
    },
  };
}

/** A database belongs to the test clock from its creation, or never: real credits must not see invented time. */
export async function checkTestClock(pool: pg.Pool, wanted: boolean): Promise<void> {
  await pool.query(sql.CLAIM_FOR_TEST_CLOCK, [wanted ? '1' : '0']);
  const { rows } = await pool.query(sql.IS_UNDER_TEST_CLOCK);
  const is = rows[0]?.value === '1';
  if (wanted && !is) throw new ConfigError('TEST_CLOCK: this database was not created under the test clock');
  if (!wanted && is)
    throw new ConfigError(
      'TEST_CLOCK: this database was created under the test clock; set TEST_CLOCK=1 or use another',
    );
}
