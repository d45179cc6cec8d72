// The command line as an operator runs it: processes of their own, on a real database.
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { hashKey, KEY_SCOPES } from '../../src/accounts/keys.ts';
import { openPool } from '../../src/db/pool.ts';
import { sealProgram } from '../../src/jobs/seal.ts';
import { makeProgram, tamper } from '../jobs/ledger.ts';
import { TestProgram } from '../support/core.ts';
import { freshDatabase } from '../support/database.ts';
import { startFakeStripe } from '../support/fake-stripe.ts';
import { othersDone } from '../support/others-done.ts';
import { bareProgram } from '../support/programs.ts';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Each command is a process; on a busy machine one takes two seconds to begin. */
vi.setConfig({ testTimeout: 60_000 });

let program: TestProgram;
let owner: pg.Pool;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'plusone-cli-'));
  chmodSync(folder, 0o711);
  program = await TestProgram.start();
  owner = openPool(program.db.ownerUrl, { name: 'test owner', max: 2, log: () => {} });
  expect(await makeProgram(program.first.pools.general, 'claudexia')).toBe(1);
  await program.referees(1);
  await program.put('payment.succeeded', {
    payment_id: 'pay_1',
    member_id: 'alice_r0',
    amount: 10_000,
    currency: 'usd',
  });
  await program.put('payment.succeeded', {
    payment_id: 'pay_2',
    member_id: 'alice_r0',
    amount: 2_050,
    currency: 'usd',
  });
  await program.drain();
});
afterAll(async () => {
  await owner.end();
  await program.stop();
  rmSync(folder, { recursive: true, force: true });
});

function cli(args: string, env: Record<string, string> = {}): Promise<Ran> {
  const settings = {
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    DATABASE_URL: program.db.appUrl,
    SECRET_KEY: 'x'.repeat(40),
    DATA_DIR: folder,
    ...env,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/cli.ts', ...args.split(' ')], { env: settings }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }),
    );
  });
}

async function json<T = Record<string, unknown>>(args: string, env?: Record<string, string>): Promise<T> {
  const ran = await cli(`${args} --json`, env);
  return JSON.parse(ran.out) as T;
}

describe('what goes wrong is one line on standard error, and the exit code is 1', () => {
  const cases: [string, RegExp][] = [
    [
      'key create --program nope --name x --scopes events:write',
      /^there is no program nope in the database; there are claudexia\n$/,
    ],
    ['key create --program claudexia --name x --scopes all', /^--scopes: all is none of events:write, /],
    ['key revoke key_x --program claudexia', /^program claudexia has no key key_x\n$/],
    ['explain rw_1', /^there is no reward rw_1\n$/],
    ['explain alice', /^alice is not the id of a reward; it looks like rw_123\n$/],
    ['events replay ev_999999', /^there is no event ev_999999\n$/],
    ['events list --state lost', /^--state must be one of pending, handled, ignored, parked\n$/],
    ['verify --head claudexia', /^--head: claudexia is not <program>:<seq>:<hash>/],
  ];
  test('names and values that do not exist', async () => {
    const all = await Promise.all(cases.map(async ([args, message]) => ({ ...(await cli(args)), message })));
    for (const { code, out, err, message } of all) {
      expect(err).toMatch(message);
      expect(err.trim().split('\n')).toHaveLength(1);
      expect([code, out]).toEqual([1, '']);
    }
  });

  test('a database that is away', async () => {
    const { code, err } = await cli('verify', { DATABASE_URL: 'postgres://x@127.0.0.1:1/x' });
    expect([code, err]).toEqual([
      1,
      'DATABASE_URL: the database cannot be reached: connect ECONNREFUSED 127.0.0.1:1\n',
    ]);
  });

  test('a wrong setting', async () => {
    expect(await cli('verify', { DATABASE_URL: 'mysql://x' })).toEqual({
      code: 1,
      out: '',
      err: 'DATABASE_URL must be a postgres:// URL\n',
    });
  });

  test('a database that was not migrated', async () => {
    const empty = await freshDatabase({ empty: true });
    const { code, err } = await cli('events list', { DATABASE_URL: empty.ownerUrl });
    await empty.drop();
    expect([code, err]).toEqual([1, 'the database is behind this version of Plusone: run `npm run migrate`\n']);
  });

  test('a command that there is not', async () => {
    const { code, err } = await cli('frobnicate');
    expect(err).toMatch(/^error: unknown command 'frobnicate'\n/);
    expect(code).toBe(1);
  });
});

describe('migrate', () => {
  test('brings an empty database up to date as its owner, and the application may use it; twice is once', async () => {
    const empty = await freshDatabase({ empty: true });
    const env = { DATABASE_URL: empty.appUrl, DATABASE_DIRECT_URL: empty.ownerUrl };
    const first = await cli('migrate', env);
    expect([first.code, first.err]).toEqual([0, '']);
    expect(first.out).toMatch(/^migrated: 0001_core\.sql\n/);
    expect(await cli('migrate', env)).toEqual({ code: 0, out: 'the database is current\n', err: '' });
    expect(await cli('events list', env)).toEqual({ code: 0, out: 'no events\n', err: '' });
    await empty.drop();
  });

  test('without DATABASE_URL it is the embedded server, which ends with the command', async () => {
    const env = { DATABASE_URL: '', SECRET_KEY: '' };
    const first = await cli('migrate', env);
    expect(first.out + first.err).toMatch(/migrated: 0001_core\.sql\n/);
    expect(await cli('verify', env)).toEqual({
      code: 0,
      out: 'Every transaction, balance and reward is what its entries say.\n',
      err: '',
    });
  });
});

test('npm run cli passes arguments and the exit code on', async () => {
  const ran = await new Promise<Ran>((resolve) => {
    const settings = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATABASE_URL: program.db.appUrl,
      SECRET_KEY: 'x'.repeat(40),
    };
    execFile('npm', ['run', '--silent', 'cli', '--', 'explain', 'rw_1'], { env: settings }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }),
    );
  });
  expect(ran.code).toBe(1);
  expect(ran.err).toMatch(/there is no reward rw_1\n$/);
});

describe('keys', () => {
  test('a key is shown once, is known by its hash, listed, revoked, and every step is in the audit log', async () => {
    const made = await cli(
      'key create --program claudexia --name billing --scopes events:write,credits:write members:read',
    );
    expect(made).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^po_claudexia_[\w-]{43}\n$/),
      err: expect.stringMatching(/shown only this once/),
    });
    const key = made.out.trim();
    const stored = await program.rows('select id, encode(hash, $1) as hash, scopes from api_keys', ['hex']);
    expect(stored).toEqual([
      {
        id: expect.stringMatching(/^key_/),
        hash: hashKey(key).toString('hex'),
        scopes: ['events:write', 'credits:write', 'members:read'],
      },
    ]);
    const list = await cli('key list --program claudexia');
    expect(list.out).toMatch(/billing +po_claudexia_\S{6} +events:write credits:write members:read/);
    expect(list.out).not.toContain(key);
    const id = stored[0]?.id as string;
    expect((await cli(`key revoke ${id} --program claudexia`)).out).toMatch(/is revoked since 20/);
    expect(await json<object[]>('key list --program claudexia')).toEqual([
      expect.objectContaining({ id, name: 'billing', revoked_at: expect.any(String) }),
    ]);
    expect(
      await program.rows(`select actor, action, target from audit_log where action like 'key.%' order by id`),
    ).toEqual([
      { actor: 'cli', action: 'key.create', target: id },
      { actor: 'cli', action: 'key.revoke', target: id },
    ]);
    expect(await json('key create --program claudexia')).toMatchObject({ name: 'command line', scopes: KEY_SCOPES });
  });
});

describe('program files', () => {
  test('what the start would load is fine, without a database', async () => {
    const { code, out } = await cli('program check', { DATABASE_URL: '', SECRET_KEY: '' });
    expect(out).toMatch(/claudexia\.yaml: program claudexia is fine\n/);
    expect(code).toBe(0);
  });

  test('every problem has its file, line and column', async () => {
    const file = path.join(folder, 'wrong.yaml');
    writeFileSync(
      file,
      'program: Wrong Name\nname: X\nproduct: {}\nunit: { kind: money, currency: usd }\nsources: {}\nrewards: {}\nfrobnicate: 1\n',
    );
    const { code, out } = await cli(`program check ${file}`);
    expect(code).toBe(1);
    const lines = out.trim().split('\n');
    expect(lines[0]).toMatch(/wrong\.yaml:1:1: program: /);
    expect(lines.at(-1)).toMatch(/wrong\.yaml:7:1: frobnicate: unknown key/);
    for (const line of lines) expect(line).toMatch(/^\S+wrong\.yaml:\d+:\d+: /);
    expect(await json(`program check ${file}`)).toMatchObject({ ok: false, checked: [], problems: lines });
    expect(await cli(`program check ${folder}/none.yaml`)).toMatchObject({
      code: 1,
      out: `${folder}/none.yaml: cannot be read: ENOENT\n`,
    });
  });

  test('the JSON Schema of a program file, and the schema of the database as it is committed', async () => {
    expect(JSON.parse((await cli('program schema')).out)).toMatchObject({
      title: 'Plusone program file',
      type: 'object',
    });
    expect((await cli('schema dump')).out).toBe(readFileSync('migrations/schema.sql', 'utf8'));
  });
});

describe('events', () => {
  test('listed with their states, newest first; a parked one is replayed by whoever runs the engine', async () => {
    await program.put(
      'payment.succeeded',
      { payment_id: 'pay_3', member_id: 'alice_r0', amount: 100, currency: 'usd' },
      { id: 'evt_parked' },
    );
    await program.drain();
    const [row] = await program.rows(
      `update inbox_events set outcome = 'parked', reason = 'was \u001b[2J broken' where event_id = 'evt_parked' returning id`,
    );
    const list = await cli('events list --state parked --program claudexia');
    expect(list.out).toMatch(/evt_parked +payment\.succeeded +parked +\S+ +was ·\[2J broken\n/);
    expect(await json<object[]>('events list --limit 2')).toEqual([
      expect.objectContaining({ id: `ev_${row?.id}`, state: 'parked', event_id: 'evt_parked' }),
      expect.objectContaining({ type: 'payment.succeeded', state: 'handled' }),
    ]);
    const before = await program.rows('select count(*) from ledger_transactions');
    expect((await cli(`events replay ev_${row?.id} --wait 0`)).out).toBe(`ev_${row?.id} waits for a worker\n`);
    const worker = setInterval(() => void program.first.core.engine.wakeQueued(), 100);
    expect((await cli(`events replay ev_${row?.id} --wait 10`)).out).toBe(`ev_${row?.id} handled\n`);
    clearInterval(worker);
    expect(await program.rows('select count(*) from ledger_transactions')).toEqual(before);
    const noted = await program.rows(
      `select actor, target, "before" from audit_log where action = 'event.replay' order by id limit 1`,
    );
    expect(noted).toMatchObject([{ actor: 'cli', target: `ev_${row?.id}`, before: { outcome: 'parked' } }]);
  });

  test('what was purged is not replayed', async () => {
    const [row] = await program.rows(`select id from inbox_events where type = 'member.created' order by id limit 1`);
    await program.rows('update inbox_events set body = null where id = $1', [row?.id]);
    expect((await cli(`events replay ${row?.id}`)).err).toBe(
      `ev_${row?.id} cannot be replayed: its body was removed after the program's retention\n`,
    );
  });
});

describe('explain', () => {
  test('a reward with its rule, payment, findings, history and entries', async () => {
    const [row] = await program.rows(`select id from rewards where source_payment_id = 'pay_2'`);
    const { code, out } = await cli(`explain rw_${row?.id}`);
    expect(code).toBe(0);
    for (const line of [
      /^status +credited$/m,
      /^amount +1\.02 usd$/m,
      /^computed from +20\.50 usd at 5%$/m,
      /^goes to +alice \(the referrer\)$/m,
      /^payment +pay_2 \(app\)$/m,
      /^What was asked$/m,
      /^In the ledger$/m,
    ])
      expect(out).toMatch(line);
    expect(out).toMatch(/tx_\d+ +\S+ +\w+ +available +alice +1\.02 usd/);
    const machine = await json(`explain ${row?.id}`);
    expect(machine).toMatchObject({
      id: `rw_${row?.id}`,
      status: 'credited',
      amount: 102,
      rate: '5%',
      idempotency_key: 'ref:auto:pay_2',
      explain: expect.any(Array),
    });
  });
});

describe('verify', () => {
  const rightOf = /Every transaction, balance and reward is what its entries say\.\n$/;

  test('a right ledger: what is sealed, what is not yet, and the head to keep', async () => {
    const unsealed = await cli('verify');
    expect(unsealed).toMatchObject({ code: 0, out: expect.stringMatching(rightOf) });
    await othersDone(program.first.pools.general, 1);
    await sealProgram(program.first.pools.general, 1, { now: program.now });
    const { out } = await cli('verify');
    expect(out).toMatch(/claudexia +ledger +tx_\d+ +0 +claudexia:1:[0-9a-f]{64}\n/);
    expect(out).toMatch(/claudexia +decisions +step_\d+ +0 +claudexia\/decisions:1:[0-9a-f]{64}\n/);
    const { seals } = await json<{ seals: { head: string }[] }>('verify');
    expect(await cli(`verify --head ${seals[0]?.head}`)).toMatchObject({ code: 0, out });
    const other = `claudexia:1:${'0'.repeat(64)}`;
    expect(await cli(`verify --head ${other}`)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/BROKEN: program claudexia, seal 1: this seal is not the one that was noted/),
    });
  });

  test('an amount changed on both sides is found by the seal, with the sums that no longer fit, and exit code 1', async () => {
    const [row] = await program.rows('select min(id) as id from ledger_transactions');
    const change = (by: string) =>
      tamper(owner, `update ledger_entries set amount = amount ${by} where transaction_id = ${row?.id}`);
    await change('* 3');
    const { code, out, err } = await cli('verify');
    await change('/ 3');
    expect([code, err]).toEqual([1, '']);
    expect(out).toContain(
      `BROKEN: program claudexia, seal 1, tx_${row?.id}: this transaction or its entries were changed after it was sealed\n`,
    );
    expect(out).toMatch(/BROKEN: 3 sums are not what their entries say:/);
    expect(out).toMatch(/claudexia +reward +rw_\d+ +usd +500 +1500/);
    expect(await cli('verify')).toMatchObject({ code: 0 });
  });

  test('a header without entries that no seal covers', async () => {
    await tamper(
      owner,
      `insert into ledger_transactions (program_no, id, kind, at) values (1, 9000000000000, 'credit', now())`,
    );
    const found = await json<{ ok: boolean; loose: object[] }>('verify');
    await tamper(owner, 'delete from ledger_transactions where id = 9000000000000');
    expect(found).toMatchObject({
      ok: false,
      loose: [{ program: 'claudexia', transaction_id: 9_000_000_000_000, what: 'has fewer than two entries' }],
    });
  });
});

describe('catch-up', () => {
  const programs = () => path.join(folder, 'programs');
  const env = () => ({ PROGRAMS_DIR: programs(), EGRESS_ALLOW: '127.0.0.0/8' });
  const write = (source: string, apiBase: string) => {
    mkdirSync(programs(), { recursive: true });
    const yaml = bareProgram('stripe', { STRIPE_API_BASE: apiBase }).replace('program: acme', 'program: claudexia');
    writeFileSync(path.join(programs(), 'claudexia.yaml'), yaml.replace('secret: "', `${source}secret: "`));
  };

  test('puts what is missing into the inbox, says what it was, and finds nothing the second time', async () => {
    const stripe = await startFakeStripe();
    const created = Math.floor(Date.now() / 1000) - 60;
    const object = { id: 'cus_9', object: 'customer', metadata: {} };
    stripe.events.push({ id: 'evt_9', type: 'customer.created', created, data: { object } } as never);
    write(`api_key: "rk_test_1", api_base: "${stripe.apiBase}", `, stripe.apiBase);
    const first = await cli('catch-up --program claudexia --since 2026-01-01', env());
    expect(first).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/stripe .* 1 +1 +1 customer\.created/),
    });
    expect(await json('catch-up --since 2026-01-01', env())).toMatchObject([
      { source: 'stripe', listed: 1, missing: 0 },
    ]);
    const { rows } = await owner.query("select source, type from inbox_events where event_id = 'evt_9'");
    expect(rows).toEqual([{ source: 'stripe', type: 'customer.created' }]);
    stripe.listFails = true;
    expect(await cli('catch-up', env())).toMatchObject({ code: 1, out: expect.stringContaining('api_error') });
    await stripe.close();
  });

  test('a source that cannot be asked is one line', async () => {
    write('', 'http://127.0.0.1:9');
    expect(await cli('catch-up', env())).toMatchObject({
      code: 1,
      out: '',
      err: 'no such source can be asked: it needs an api_key in the program file, and a list to read\n',
    });
  });
});
