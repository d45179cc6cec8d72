// The hash chain over the ledger on a real PostgreSQL: what it seals, when it waits, and what it finds.
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openPool } from '../../src/db/pool.ts';
import { SQL } from '../../src/jobs/seal.sql.ts';
import { sealedTo, sealProgram } from '../../src/jobs/seal.ts';
import { type Head, headKey, verifySeals } from '../../src/jobs/seal-verify.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { othersDone } from '../support/others-done.ts';
import { AT, makeProgram, post, range, tamper, write } from './ledger.ts';

let db: TestDatabase;
let pool: pg.Pool;
let owner: pg.Pool;
let no: number;
let programs = 0;

beforeAll(async () => {
  db = await freshDatabase();
  pool = openPool(db.appUrl, { name: 'test', max: 6, log: () => {} });
  owner = openPool(db.ownerUrl, { name: 'test owner', max: 2, log: () => {} });
});
afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await db.drop();
});
beforeEach(async () => {
  no = await makeProgram(pool, `program-${++programs}`);
});

const sealNow = (transactionsPerSeal = 3) => sealProgram(pool, no, { now: AT, transactionsPerSeal });
const seal = async (transactionsPerSeal = 3) => {
  await othersDone(pool, no);
  return await sealNow(transactionsPerSeal);
};
const verify = async (expected?: Head) => {
  const [report] = await verifySeals(pool, no, expected && new Map([[headKey('ledger', no), expected]]));
  if (!report) throw new Error('no report');
  return report;
};
const headNow = async (): Promise<Head> => {
  const report = await verify();
  if (!report.ok || !report.head) throw new Error('no head');
  return report.head;
};

describe('sealing', () => {
  test('an empty ledger has no seal and is intact', async () => {
    expect(await seal()).toEqual({ seals: 0, transactions: 0n });
    expect(await verify()).toEqual({
      chain: 'ledger',
      programNo: no,
      program: `program-${programs}`,
      ok: true,
      sealedTo: null,
      head: null,
      unsealed: 0n,
    });
  });

  test('ranges follow one another without a gap, the last one short', async () => {
    await post(pool, no, [...range(11, 17), ...range(65_536, 65_538)]);
    expect(await seal()).toEqual({ seals: 4, transactions: 10n });
    const { rows } = await pool.query(
      'select seq, from_id, to_id, transactions, substring(hash for 32) as head, previous from seals where program_no = $1 order by seq',
      [no],
    );
    expect(rows.map((row) => [row.seq, row.from_id, row.to_id, row.transactions])).toEqual([
      [1n, 11n, 13n, 3n],
      [2n, 14n, 16n, 3n],
      [3n, 17n, 65_537n, 3n],
      [4n, 65_538n, 65_538n, 1n],
    ]);
    expect(rows.slice(1).map((row) => row.previous)).toEqual(rows.slice(0, -1).map((row) => row.head));
    expect(await sealedTo(pool, no)).toBe(65_538n);
    expect(await verify()).toMatchObject({ ok: true, sealedTo: 65_538n, unsealed: 0n });
  });

  test('a second run seals only what is new', async () => {
    await post(pool, no, range(1, 4));
    await seal();
    expect(await seal()).toEqual({ seals: 0, transactions: 0n });
    await post(pool, no, range(5, 6));
    expect(await verify()).toMatchObject({ ok: true, sealedTo: 4n, unsealed: 2n });
    expect(await seal()).toEqual({ seals: 1, transactions: 2n });
    expect(await verify()).toMatchObject({ ok: true, sealedTo: 6n, unsealed: 0n });
  });

  test('the same ledger in another program has another chain', async () => {
    await post(pool, no, range(1, 3));
    await seal();
    const first = await headNow();
    no = await makeProgram(pool, `program-${++programs}`);
    await post(pool, no, range(1, 3));
    await seal();
    expect((await headNow()).hash).not.toBe(first.hash);
  });

  test('eight sealers at once make one chain', async () => {
    for (const from of range(0, 9)) await post(pool, no, range(from * 100 + 1, from * 100 + 100));
    const done = await Promise.all(Array.from({ length: 8 }, () => seal(20)));
    await seal(20);
    const { rows } = await pool.query(
      'select count(*) as seals, sum(transactions)::bigint as transactions from seals where program_no = $1',
      [no],
    );
    expect(rows).toEqual([{ seals: 50n, transactions: 1000n }]);
    expect(done.reduce((sum, each) => sum + each.transactions, 0n)).toBe(1000n);
    expect(await verify()).toMatchObject({ ok: true, sealedTo: 1000n });
  });

  test('two sealers that do not know of each other meet at the unique key, and the later one adds nothing', async () => {
    await post(pool, no, range(1, 6));
    await othersDone(pool, no);
    const other = await pool.connect();
    await other.query('begin');
    await other.query(SQL.ledger.sealNext, [no, 3, AT]);
    const late = pool.query(SQL.ledger.sealNext, [no, 3, AT]);
    const waiting = `select from pg_stat_activity where datname = current_database() and wait_event = 'transactionid'`;
    await vi.waitFor(async () => expect((await owner.query(waiting)).rowCount).toBe(1), {
      timeout: 5000,
      interval: 10,
    });
    await other.query('commit');
    other.release();
    expect((await late).rowCount).toBe(0);
    await seal();
    expect(await verify()).toMatchObject({ ok: true, sealedTo: 6n });
  });

  test('what is not committed yet is not skipped: a higher id waits for the lower one', async () => {
    const open = await pool.connect();
    await open.query('begin');
    await write(open, no, [10]);
    // Past the triggers: the balance row would make a second poster wait for the first.
    await tamper(
      owner,
      `insert into ledger_transactions (program_no, id, kind, at) values (${no}, 12, 'credit', now())`,
      `insert into ledger_entries select ${no}, 12, 1, 0, 'rewards', 'usd', -1 union all select ${no}, 12, 2, 9, 'available', 'usd', 1`,
    );
    expect(await sealNow()).toEqual({ seals: 0, transactions: 0n });
    await open.query('commit');
    open.release();
    expect(await seal()).toEqual({ seals: 1, transactions: 2n });
    expect(await verify()).toMatchObject({ ok: true, sealedTo: 12n });
  });

  test('a ledger restored from another server, whose xids are far ahead, is sealed at once', async () => {
    await post(pool, no, range(1, 4));
    await tamper(
      owner,
      `update ledger_transactions set xid = (pg_current_xact_id()::text::bigint + 1000000000)::text::xid8 where program_no = ${no}`,
    );
    expect(await sealNow()).toMatchObject({ transactions: 4n });
    expect(await verify()).toMatchObject({ ok: true, sealedTo: 4n });
  });
});

describe('what was done to a sealed ledger is found, and where', () => {
  beforeEach(async () => {
    await post(pool, no, range(1, 10));
    await seal(); // 1–3, 4–6, 7–9, 10
  });
  const changed = 'this transaction or its entries were changed after it was sealed';
  const gone = 'this transaction was sealed and is gone';
  const added = 'this transaction was added after its neighbours were sealed';

  test('the application cannot do any of it', async () => {
    for (const text of [
      'update ledger_entries set amount = 1',
      'delete from ledger_transactions',
      'truncate seals',
      'update seals set seq = 9',
    ])
      await expect(pool.query(text)).rejects.toThrow(/permission denied/);
    expect(await verify()).toMatchObject({ ok: true, sealedTo: 10n });
  });

  const of = () => `program_no = ${no}`;
  test.each<[string, () => string[], bigint, bigint | undefined, string]>([
    [
      'an amount, both sides of it',
      () => [`update ledger_entries set amount = amount * 10 where ${of()} and transaction_id = 5`],
      2n,
      5n,
      changed,
    ],
    [
      'whose it is',
      () => [`update ledger_entries set person_id = 8 where ${of()} and transaction_id = 8 and line = 2`],
      3n,
      8n,
      changed,
    ],
    [
      'when it was, by a microsecond',
      () => [`update ledger_transactions set at = at + interval '1 microsecond' where ${of()} and id = 1`],
      1n,
      1n,
      changed,
    ],
    [
      'what it was for',
      () => [`update ledger_transactions set reward_id = null where ${of()} and id = 10`],
      4n,
      10n,
      changed,
    ],
    [
      'one entry deleted',
      () => [`delete from ledger_entries where ${of()} and transaction_id = 6 and line = 1`],
      2n,
      6n,
      changed,
    ],
    [
      'one entry added',
      () => [`insert into ledger_entries values (${no}, 4, 3, 7, 'available', 'usd', 5)`],
      2n,
      4n,
      changed,
    ],
    [
      'a transaction deleted with its entries',
      () => [
        `delete from ledger_entries where ${of()} and transaction_id = 8`,
        `delete from ledger_transactions where ${of()} and id = 8`,
      ],
      3n,
      8n,
      gone,
    ],
    ['only the header deleted', () => [`delete from ledger_transactions where ${of()} and id = 9`], 3n, 9n, gone],
    [
      'the tail deleted',
      () => [
        `delete from ledger_transactions where ${of()} and id >= 7`,
        `delete from ledger_entries where ${of()} and transaction_id >= 7`,
      ],
      3n,
      7n,
      gone,
    ],
    [
      'the whole ledger deleted',
      () => [`delete from ledger_transactions where ${of()}`, `delete from ledger_entries where ${of()}`],
      1n,
      1n,
      gone,
    ],
    [
      'one put below the first',
      () => [`insert into ledger_transactions (program_no, id, kind, at) values (${no}, -4, 'credit', now())`],
      1n,
      -4n,
      added,
    ],
    [
      'entries of no transaction',
      () => [
        `insert into ledger_entries select ${no}, 0, line, 7, 'available', 'usd', 3 - 2 * line from generate_series(1, 2) line`,
      ],
      1n,
      0n,
      'there are entries of a transaction that does not exist',
    ],
    ['a seal deleted', () => [`delete from seals where ${of()} and seq = 2`], 2n, undefined, 'this seal is missing'],
    [
      'a seal shortened',
      () => [`update seals set to_id = 5, transactions = 2 where ${of()} and seq = 2`],
      2n,
      undefined,
      'this seal itself was changed',
    ],
    [
      'a seal lengthened',
      () => [`update seals set to_id = 7 where ${of()} and seq = 2`],
      2n,
      undefined,
      'this seal itself was changed',
    ],
    [
      'a seal dated back',
      () => [`update seals set sealed_at = sealed_at - interval '1 day' where ${of()} and seq = 3`],
      3n,
      undefined,
      'this seal itself was changed',
    ],
    [
      'the ids and hashes behind a seal',
      () => [`update seals set hash = set_byte(hash, 45, 255 - get_byte(hash, 45)) where ${of()} and seq = 1`],
      1n,
      undefined,
      'this seal itself was changed',
    ],
    [
      'the link to the one before',
      () => [`update seals set previous = sha256('') where ${of()} and seq = 4`],
      4n,
      undefined,
      'this seal itself was changed',
    ],
  ])('%s', async (_name, statements, seq, rowId, what) => {
    await tamper(owner, ...statements());
    expect(await verify()).toEqual({
      chain: 'ledger',
      programNo: no,
      program: `program-${programs}`,
      ok: false,
      seq,
      ...(rowId !== undefined && { rowId }),
      what,
    });
  });

  test('two transactions that changed places', async () => {
    no = await makeProgram(pool, `program-${++programs}`);
    await post(pool, no, range(1, 6));
    // Made different first, so that a swap is one.
    await tamper(owner, `update ledger_entries set amount = amount * transaction_id where ${of()}`);
    await seal();
    expect(await verify()).toMatchObject({ ok: true });
    await tamper(
      owner,
      `update ledger_entries set transaction_id = case transaction_id when 2 then 105 else 102 end where ${of()} and transaction_id in (2, 5)`,
      `update ledger_entries set transaction_id = transaction_id - 100 where ${of()} and transaction_id > 100`,
    );
    expect(await verify()).toMatchObject({ ok: false, seq: 1n, rowId: 2n, what: changed });
  });

  test('the first of two changes is named', async () => {
    await tamper(owner, `update ledger_entries set amount = amount * 2 where ${of()} and transaction_id in (4, 9)`);
    expect(await verify()).toMatchObject({ ok: false, seq: 2n, rowId: 4n });
  });

  test('the end cut off ledger and chain together, or a new chain, is found only by a head that was noted', async () => {
    const noted = await headNow();
    await tamper(
      owner,
      `delete from seals where ${of()} and seq = 4`,
      `delete from ledger_transactions where ${of()} and id = 10`,
      `delete from ledger_entries where ${of()} and transaction_id = 10`,
    );
    expect(await verify()).toMatchObject({ ok: true, sealedTo: 9n });
    expect(await verify(noted)).toMatchObject({
      ok: false,
      seq: 4n,
      what: 'this seal was noted and is gone: the end of the chain was cut off',
    });
    await post(pool, no, [10]);
    await othersDone(pool, no);
    await sealProgram(pool, no, { now: new Date(), transactionsPerSeal: 3 });
    expect(await verify()).toMatchObject({ ok: true, sealedTo: 10n });
    expect(await verify(noted)).toMatchObject({
      ok: false,
      seq: 4n,
      what: 'this seal is not the one that was noted: the chain was written anew',
    });
  });

  test('TRUNCATE of the ledger by the owner of the server', async () => {
    await tamper(
      owner,
      'alter table ledger_transactions disable trigger all',
      'alter table ledger_entries disable trigger all',
      'truncate ledger_transactions, ledger_entries',
      'alter table ledger_transactions enable trigger all',
      'alter table ledger_entries enable trigger all',
    );
    expect(await verify()).toMatchObject({ ok: false, seq: 1n, rowId: 1n, what: gone });
    const all = await verifySeals(pool);
    expect(all.filter((report) => !report.ok).length).toBeGreaterThan(10);
  });
});
