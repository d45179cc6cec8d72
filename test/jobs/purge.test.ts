// Bodies go after the retention; what makes an event known stays.
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openPool } from '../../src/db/pool.ts';
import { createReceiver } from '../../src/inbox/receive.ts';
import { purgeBodies } from '../../src/jobs/purge.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeProgram } from './ledger.ts';

const DAY = 86_400_000;
const now = new Date('2026-05-31T00:00:00Z');

let db: TestDatabase;
let pool: pg.Pool;
let no: number;
let programs = 0;

beforeAll(async () => {
  db = await freshDatabase();
  pool = openPool(db.appUrl, { name: 'test', max: 4, log: () => {} });
});
afterAll(async () => {
  await pool.end();
  await db.drop();
});
beforeEach(async () => {
  no = await makeProgram(pool, `program-${++programs}`);
});

const receive = (id: string, daysAgo: number) =>
  createReceiver({ pool, statement: (name, text, values) => ({ name, text, values }), onStored: () => {} })({
    programNo: no,
    source: 'app',
    eventId: id,
    type: 'member.created',
    receivedAt: new Date(now.getTime() - daysAgo * DAY),
    occurredAt: undefined,
    triedOnce: false,
    body: `{"who":"${id}"}`,
  });

async function handled(id: string, daysAgo: number, outcome: string | null = null): Promise<void> {
  await receive(id, daysAgo);
  await pool.query('delete from inbox_queue where program_no = $1', [no]);
  await pool.query('update inbox_events set outcome = $3 where program_no = $1 and event_id = $2', [no, id, outcome]);
}

async function bodies(): Promise<Record<string, boolean>> {
  const { rows } = await pool.query(
    'select event_id, body is not null as full from inbox_events where program_no = $1 order by id',
    [no],
  );
  return Object.fromEntries(rows.map((row) => [row.event_id, row.full]));
}

test('bodies of handled and ignored events go when the retention is over; parked, waiting and young ones stay', async () => {
  await handled('old handled', 31);
  await handled('old ignored', 31, 'ignored');
  await handled('old parked', 31, 'parked');
  await handled('on the day', 30);
  await handled('young', 29);
  await receive('old waiting', 31);
  expect(await purgeBodies(pool, no, { retention: 30 * DAY, now })).toBe(2);
  expect(await bodies()).toEqual({
    'old handled': false,
    'old ignored': false,
    'old parked': true,
    'on the day': true,
    young: true,
    'old waiting': true,
  });
  expect(await purgeBodies(pool, no, { retention: 30 * DAY, now })).toBe(0);
});

test('hash and key stay, so the event is a duplicate for ever', async () => {
  await handled('evt_1', 400);
  const hash = () =>
    pool.query('select body, encode(body_hash, $2) as hash from inbox_events where program_no = $1', [no, 'hex']);
  const before = (await hash()).rows[0].hash;
  await purgeBodies(pool, no, { retention: 90 * DAY, now });
  expect((await hash()).rows).toEqual([{ body: null, hash: before }]);
  expect(await receive('evt_1', 0)).toMatchObject({ duplicate: true });
  expect((await hash()).rows).toHaveLength(1);
});

test('retention: never removes nothing', async () => {
  await handled('old', 5000);
  expect(await purgeBodies(pool, no, { retention: 'never', now })).toBe(0);
  expect(await bodies()).toEqual({ old: true });
});

test('many pages, another program untouched, and stopping between two pages', async () => {
  const mine = no;
  const fill = (programNo: number) =>
    pool.query(
      `insert into inbox_events (program_no, source, event_id, type, received_at, body, body_hash)
         select $1, 'app', 'e' || i, 't', $2::timestamptz - make_interval(days => 200 - i / 10), 'x', sha256('x') from generate_series(1, 2000) i order by i`,
      [programNo, now],
    );
  await fill(mine);
  no = await makeProgram(pool, `program-${++programs}`);
  await fill(no);
  let pages = 0;
  const some = await purgeBodies(pool, mine, {
    retention: 90 * DAY,
    now,
    rowsPerPage: 100,
    stopped: () => ++pages > 3,
  });
  expect(some).toBe(300);
  const rest = await Promise.all(
    [1, 2].map(() => purgeBodies(pool, mine, { retention: 90 * DAY, now, rowsPerPage: 100 })),
  );
  // i / 10 days after 200 days ago: older than 90 days is i < 1100.
  expect(some + (rest[0] ?? 0) + (rest[1] ?? 0)).toBe(1099);
  const { rows } = await pool.query(
    'select count(body) as kept from inbox_events where program_no = any($1) group by program_no order by program_no',
    [[mine, no]],
  );
  expect(rows).toEqual([{ kept: 901n }, { kept: 2000n }]);
});
