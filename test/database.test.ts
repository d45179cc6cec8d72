// The plumbing between the service and PostgreSQL: roles, transactions, migrations, the job queue, error kinds.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Logger, runOnce, type TaskList } from 'graphile-worker';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrate, schemaState } from '../src/db/migrate.ts';
import { openJobPool, openPools, type Pools } from '../src/db/pool.ts';
import { isUnavailable, withTransaction } from '../src/db/transaction.ts';
import { freshDatabase, type TestDatabase } from './support/database.ts';

let database: TestDatabase;
let pools: Pools;
const quiet = () => {};

beforeAll(async () => {
  database = await freshDatabase();
  pools = openPools(database.appUrl, { applicationName: 'test', log: quiet });
});

afterAll(async () => {
  await pools.close();
  await database.drop();
});

async function asOwner<T>(work: (owner: pg.Client) => Promise<T>, url = database.ownerUrl): Promise<T> {
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  return work(owner).finally(() => owner.end());
}

async function runJobs(taskList: TaskList): Promise<void> {
  const pgPool = openJobPool(database.appUrl, { name: 'test jobs', max: 2, log: quiet });
  await runOnce({ pgPool, taskList, noHandleSignals: true, logger: new Logger(() => quiet) }).finally(() =>
    pgPool.end(),
  );
}

describe('the application role', () => {
  test.each([
    ['create a role', 'create role intruder'],
    ['create a database', 'create database intruder'],
    ['create a table', 'create table public.intruder ()'],
    ['read files of the server', "select pg_read_file('/etc/passwd')"],
    ['read passwords', 'select rolpassword from pg_authid'],
    ['become the owner', 'set role plusone_owner'],
    ['switch off triggers', 'set session_replication_role = replica'],
    ['change the migrations table', 'delete from schema_migrations'],
    ['change the ledger', 'update ledger_entries set amount = amount + 1'],
    ['remove from the ledger', 'delete from ledger_entries'],
    ['empty the ledger', 'truncate ledger_entries'],
    ['write balances', 'delete from balances'],
  ])('cannot %s', async (_what, text) => {
    await expect(pools.general.query(text)).rejects.toThrow(/permission denied|must be|does not exist|not found/);
  });

  test('queues a job, runs it, and takes it back with its transaction', async () => {
    const add = `select graphile_worker.add_job('greet', '{"name":"Ada"}')`;
    await expect(
      withTransaction(pools.general, async (client) => {
        await client.query(add);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    await withTransaction(pools.general, async (client) => void (await client.query(add)));
    const greeted: unknown[] = [];
    const greet = async (payload: unknown) => void greeted.push(payload);
    await runJobs({ greet });
    expect(greeted).toEqual([{ name: 'Ada' }]);
    expect((await pools.general.query('select id from graphile_worker.jobs')).rows).toEqual([]);
  });

  test('keeps a job that failed, with its error', async () => {
    await pools.general.query(`select graphile_worker.add_job('fail', '{}', max_attempts => 2)`);
    await runJobs({ fail: () => Promise.reject(new Error('not today')) });
    const { rows } = await pools.general.query('select attempts, last_error from graphile_worker.jobs');
    expect(rows).toEqual([{ attempts: 1, last_error: expect.stringContaining('not today') }]);
  });
});

describe('values', () => {
  test('bigints, times and dates come back exact', async () => {
    const { rows } = await pools.general.query(
      `select 9007199254740993::int8 as big, array[1, null]::int8[] as list, '2026-02-03'::date as day,
         '2026-02-03T04:05:06.789Z'::timestamptz as time, $1::int8 as given`,
      [2n ** 60n],
    );
    expect(rows[0]).toEqual({
      big: 9007199254740993n,
      list: [1n, null],
      day: '2026-02-03',
      time: new Date('2026-02-03T04:05:06.789Z'),
      given: 2n ** 60n,
    });
  });

  test('knex reads through the same role', async () => {
    const rows = await pools.knex.select(pools.knex.raw('current_user as who, 5::int8 as big'));
    expect(rows).toEqual([{ who: database.appRole, big: 5n }]);
  });
});

describe('a transaction', () => {
  test('whose error was swallowed does not count as committed', async () => {
    const swallow = (client: pg.PoolClient) => client.query('select 1/0').catch(() => 'fine');
    await expect(withTransaction(pools.general, swallow)).rejects.toThrow('rolled back');
  });

  test('is run again after a deadlock, and not more often than told', async () => {
    let runs = 0;
    const collide = async () => {
      runs++;
      throw Object.assign(new Error('deadlock detected'), { code: '40P01' });
    };
    await expect(withTransaction(pools.general, collide, { retries: 2 })).rejects.toThrow('deadlock');
    expect(runs).toBe(3);
  });

  test('with a cut connection fails as unavailable, and the pool goes on', async () => {
    const failed = await withTransaction(pools.general, async (client) => {
      const { rows } = await client.query('select pg_backend_pid() as pid');
      await asOwner((owner) => owner.query('select pg_terminate_backend($1)', [rows[0].pid]));
      await client.query('select 1');
    }).catch((error: unknown) => error);
    expect(isUnavailable(failed)).toBe(true);
    expect((await pools.general.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('on a server that is not there fails as unavailable', async () => {
    const nowhere = openPools('postgresql://x:y@127.0.0.1:1/z', { applicationName: 'test', log: quiet });
    expect(isUnavailable(await nowhere.general.query('select 1').catch((error: unknown) => error))).toBe(true);
    expect(isUnavailable(await nowhere.knex.raw('select 1').catch((error: unknown) => error))).toBe(true);
    await nowhere.close();
  });

  test('that breaks a rule is no unavailability', async () => {
    expect(isUnavailable(await pools.general.query('select 1/0').catch((error: unknown) => error))).toBe(false);
    expect(isUnavailable(new Error('something else'))).toBe(false);
  });
});

describe('migrations', () => {
  let folder: string;
  let own: TestDatabase;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'plusone-migrations-'));
    cpSync('migrations', folder, { recursive: true });
    own = await freshDatabase({ empty: true });
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await own.drop();
  });

  const run = () => migrate({ ownerUrl: own.ownerUrl, appUrl: own.appUrl, directory: folder, log: quiet });
  const stateSeenByApp = async () => {
    const pool = new pg.Pool({ connectionString: own.appUrl });
    return schemaState(pool, folder).finally(() => pool.end());
  };

  test('started twice at once run once', async () => {
    const both = await Promise.all([run(), run()]);
    expect(both.map(({ applied }) => applied.length).sort()).toEqual([0, both.flatMap((one) => one.applied).length]);
    expect(await stateSeenByApp()).toBe('current');
  });

  test('keep question marks, and give the role its rights on what they add', async () => {
    writeFileSync(
      path.join(folder, '9990_more.sql'),
      `create table more (id bigint, is_set boolean default '{"a":1}'::jsonb ? 'a');`,
    );
    expect(await stateSeenByApp()).toBe('behind');
    expect((await run()).applied).toEqual(['9990_more.sql']);
    const pool = new pg.Pool({ connectionString: own.appUrl });
    await pool.query('insert into more (id) values (1)');
    expect((await pool.query('select * from more')).rows).toEqual([{ id: '1', is_set: true }]);
    await pool.end();
  });

  test('that fail leave nothing behind', async () => {
    const broken = path.join(folder, '9991_broken.sql');
    writeFileSync(broken, 'create table half (); select 1/0;');
    await expect(run()).rejects.toThrow('division by zero');
    rmSync(broken);
    expect(await stateSeenByApp()).toBe('current');
    const { rows } = await asOwner((owner) => owner.query(`select to_regclass('half') as half`), own.ownerUrl);
    expect(rows).toEqual([{ half: null }]);
  });

  test('of a newer version make older code stop', async () => {
    rmSync(path.join(folder, '9990_more.sql'));
    await expect(run()).rejects.toThrow('newer than this version of Plusone (it has 9990_more.sql)');
    expect(await stateSeenByApp()).toBe('ahead');
  });
});
