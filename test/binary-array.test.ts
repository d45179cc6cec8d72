// What is sent as binary arrays is read back as it was.
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { binaryArray, type ElementType } from '../src/db/binary-array.ts';
import { openPool } from '../src/db/pool.ts';
import { freshDatabase, type TestDatabase } from './support/database.ts';

let db: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  db = await freshDatabase();
  pool = openPool(db.appUrl, { name: 'test', max: 1, log: () => {} });
});
afterAll(async () => {
  await pool.end();
  await db.drop();
});

const CASES: readonly (readonly [ElementType, readonly unknown[]])[] = [
  ['bigint', [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), null]],
  ['integer', [0, -1, 2_147_483_647, -2_147_483_648, null]],
  ['smallint', [1, -32_768, null]],
  ['boolean', [true, false, null]],
  ['text', ['', 'a"b\\c{},NULL', 'ü€😀', 'x'.repeat(200_000), null]],
  ['timestamptz', [new Date(0), new Date('1969-12-31T23:59:59.999Z'), new Date('9999-12-31T23:59:59.999Z'), null]],
  ['bytea', [Buffer.from([0, 255, 10]), Buffer.alloc(0), null]],
];

test.each(CASES)('%s', async (type, values) => {
  const read = async (array: Buffer) =>
    (await pool.query(`select v from unnest($1::${type}[]) as v`, [array])).rows.map((row) => row.v);
  expect(await read(binaryArray(type, values))).toEqual(values);
  expect(await read(binaryArray(type, []))).toEqual([]);
});

test('text given as its bytes is the same text', async () => {
  const array = binaryArray('text', [Buffer.from('ü€😀'), 'ü€😀']);
  const { rows } = await pool.query('select count(distinct v)::int as different from unnest($1::text[]) as v', [array]);
  expect(rows[0]?.different).toBe(1);
});

test('an array stays as it is when the next one is made', () => {
  const first = binaryArray('text', ['first']);
  const before = Buffer.from(first);
  binaryArray('text', ['other']);
  expect(first).toEqual(before);
});
