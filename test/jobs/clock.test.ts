// The test clock is moved by one request after another, or by several at once.
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPool } from '../../src/db/pool.ts';
import { testClock } from '../../src/jobs/clock.ts';
import { advanceClock } from '../../src/jobs/due.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

const [JANUARY, MARCH, MAY] = ['2026-01-01', '2026-03-01', '2026-05-01'].map((day) => new Date(day)) as [
  Date,
  Date,
  Date,
];
let db: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  db = await freshDatabase();
  pool = openPool(db.appUrl, { name: 'test', max: 2, log: () => {} });
});
afterAll(async () => {
  await pool.end();
  await db.drop();
});

type Ports = Parameters<typeof advanceClock>[0];

test('who has read the time before another moved it on goes on from there, and never back', async () => {
  const clock = testClock(pool);
  await clock.set(JANUARY);
  // As it was read before the other came.
  const late = { ...clock, isSet: async () => true };
  let asked = 0;
  late.now = async () => {
    if (asked++ > 0) return await clock.now();
    await clock.set(MARCH);
    return JANUARY;
  };
  const ports = { clock: late, programs: () => [] } as unknown as Ports;
  expect(await advanceClock(ports, MAY)).toBe('done');
  expect(await clock.now()).toEqual(MAY);
  expect(await advanceClock({ ...ports, clock }, MARCH)).toBe('clock_backwards');
  expect(await clock.now()).toEqual(MAY);
});
