/**
 * K1, K2 and K8 with real processes: one `web`, two `worker` and a PostgreSQL of their own, killed again and again, each
 * by its process id, while three senders tell everything several times in any order and the billing fails.
 * Promises: what was acknowledged is there, nothing twice, velocity to the number, and the billing has what we say. Ends
 * every process that it started.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Child, endAll, freePort, startChild, untilReady } from '../../scripts/bench/child.ts';
import { EXAMPLES_DIR } from '../../src/config/programs.ts';
import { migrate } from '../../src/db/migrate.ts';
import { type FakeSink, startFakeSink } from '../support/fake-sink.ts';
import { secretFor, signStandard } from '../support/sign.ts';

const ADMIN_TOKEN = 'admin-token-of-the-storm-0123456789';
const APP_SECRET = secretFor('standard', 'app');
const REFERRERS = 20;
/** Of each; the velocity lets five through. */
const REFEREES = 10;
const LET_THROUGH = 5;
const KILL_EVERY_MS = 1_500;
const STORM_MS = 60_000;
const CALM_MS = 240_000;

let folder: string;
let database: { child: ChildProcess; appUrl: string; ownerUrl: string; folder: string };
let sink: FakeSink;
let port: number;
const running = new Map<string, Child>();

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'plusone-storm-'));
  chmodSync(folder, 0o711);
  database = await startDatabase();
  await migrate({ ownerUrl: database.ownerUrl, appUrl: database.appUrl, log: () => {} });
  sink = await startFakeSink({ secret: secretFor('standard', 'billing') });
  writeFileSync(path.join(folder, 'claudexia.yaml'), readFileSync(path.join(EXAMPLES_DIR, 'claudexia.yaml')));
  port = await freePort();
  for (const name of ['web', 'worker 1', 'worker 2']) await start(name);
}, 120_000);

afterAll(async () => {
  await Promise.all(Array.from(running.values(), (child) => child.stop()));
  endAll();
  database.child.kill('SIGTERM');
  await new Promise((resolve) => database.child.once('exit', resolve));
  await sink.close();
  for (const each of [database.folder, folder]) rmSync(each, { recursive: true, force: true });
}, 60_000);

async function startDatabase(): Promise<typeof database> {
  const child = spawn(process.execPath, ['test/support/embedded-process.ts', path.join(folder, 'data')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ready = await new Promise<typeof database>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line);
      if (said.appUrl) resolve(said);
    });
  });
  return { ...ready, child };
}

async function start(name: string): Promise<void> {
  const [role = ''] = name.split(' ');
  const logFile = path.join(folder, `${name}.log`);
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    PORT: String(port),
    HOST: '127.0.0.1',
    DATABASE_URL: database.appUrl,
    DATABASE_DIRECT_URL: database.ownerUrl,
    DATA_DIR: folder,
    PROGRAMS_DIR: folder,
    SECRET_KEY: 'a-secret-key-for-the-storm-that-is-long-enough',
    ADMIN_TOKEN,
    EGRESS_ALLOW: '127.0.0.0/8',
    CLAUDEXIA_STRIPE_SECRET: secretFor('stripe', 'stripe'),
    CLAUDEXIA_PADDLE_SECRET: secretFor('paddle', 'paddle'),
    CLAUDEXIA_CLERK_SECRET: secretFor('clerk', 'clerk'),
    CLAUDEXIA_APP_SECRET: APP_SECRET,
    CLAUDEXIA_BILLING_URL: sink.url,
    CLAUDEXIA_BILLING_SECRET: sink.secret,
    CLAUDEXIA_JWT_SECRET: 'a-jwt-secret-for-tests-that-is-long-enough',
  };
  const child = startChild({ command: [`src/${role}.ts`], environment, logFile });
  running.set(name, child);
  // In the storm the database may be away while it starts: then it ends by itself, and is started again.
  if (role === 'web') await untilReady(child, `http://127.0.0.1:${port}/readyz`, logFile).catch(() => {});
}

async function killed(name: string): Promise<void> {
  const child = running.get(name) as Child;
  if (child.process.exitCode === null && child.process.signalCode === null) {
    const ended = new Promise((resolve) => child.process.once('exit', resolve));
    process.kill(child.pid, 'SIGKILL');
    await ended;
  }
  await start(name);
}

const killDatabase = () =>
  process.kill(
    Number(readFileSync(path.join(database.folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]),
    'SIGKILL',
  );

async function query<T>(text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: database.ownerUrl });
  client.on('error', () => {});
  await client.connect();
  return (await client.query(text).finally(() => client.end())).rows as T[];
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field, as a client would
const call = async (method: string, url: string, body?: object): Promise<any> => {
  const headers = { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' };
  const answer = await fetch(`http://127.0.0.1:${port}/admin/v1${url}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  return await answer.json();
};

/** Tells it until it is acknowledged, as a provider would. */
async function tell(id: string, type: string, data: object): Promise<void> {
  const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data });
  for (let tries = 0; tries < 1_000; tries++) {
    const headers = { ...signStandard(body, APP_SECRET, id, new Date()), 'Content-Type': 'application/json' };
    const url = `http://127.0.0.1:${port}/p/claudexia/webhooks/app`;
    const status = await fetch(url, { method: 'POST', headers, body }).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    if (status >= 400 && status < 500) throw new Error(`${id} was refused with ${status}`);
    await sleep(100);
  }
  throw new Error(`${id} was never acknowledged`);
}

async function untilTrue(what: string, ask: () => Promise<boolean>, within = CALM_MS): Promise<void> {
  const end = Date.now() + within;
  while (Date.now() < end) {
    if (await ask().catch(() => false)) return;
    await sleep(1_000);
  }
  throw new Error(`not in time: ${what}`);
}

const referees = Array.from({ length: REFERRERS * REFEREES }, (_, i) => ({ id: `e${i}`, by: `r${i % REFERRERS}` }));

test(
  'killed every other second, nothing that was acknowledged is lost, doubled or let through',
  async () => {
    for (let i = 0; i < REFERRERS; i++)
      await tell(`r${i}`, 'member.created', { member_id: `r${i}`, email: `r${i}@r${i}.example` });
    await untilTrue('the queue is empty', async () => (await query('select 1 from inbox_queue')).length === 0);
    const found = await query<{ member_id: string; code: string }>(
      'select p.member_id, c.code from codes c join persons p on p.program_no = c.program_no and p.id = c.person_id',
    );
    const codes = new Map(found.map((row) => [row.member_id, row.code]));

    const stop = Date.now() + STORM_MS;
    const storm = async () => {
      for (let n = 0; Date.now() < stop; n++) {
        await sleep(KILL_EVERY_MS);
        if (n % 8 === 7) killDatabase();
        await killed(['worker 1', 'web', 'worker 2'][n % 3] as string);
        sink.mode = n % 3 === 0 ? 'error_after' : n % 3 === 1 ? 'reset' : 'ok';
      }
      sink.mode = 'ok';
    };
    const told = referees.flatMap(({ id, by }) => [
      () =>
        tell(`s_${id}`, 'member.created', {
          member_id: id,
          email: `${id}@${id}.example`,
          referral_code: codes.get(by),
        }),
      ...[1, 2, 3].map(
        (n) => () =>
          tell(`p_${id}_${n}`, 'payment.succeeded', {
            payment_id: `pay_${id}`,
            member_id: id,
            amount: 10_000,
            currency: 'usd',
          }),
      ),
    ]);
    // In an order of their own, each three times.
    const jobs = [...told, ...told, ...told].map((job, i) => ({ job, at: (i * 7_919) % 10_007 }));
    jobs.sort((a, b) => a.at - b.at);
    const pace = STORM_MS / (jobs.length / 3);
    const sender = async (from: number) => {
      for (let i = from; i < jobs.length; i += 3) {
        await jobs[i]?.job();
        if (Date.now() < stop) await sleep(pace);
      }
    };
    await Promise.all([storm(), sender(0), sender(1), sender(2)]);

    for (const name of running.keys()) await killed(name);
    await untilTrue('the queue is empty', async () => (await query('select 1 from inbox_queue')).length === 0);
    const expected = REFERRERS * LET_THROUGH;
    await untilTrue('everything is credited', async () => {
      // Whatever three processes died over waits for a person, who tries it again.
      const parked = await call('GET', '/events?program=claudexia&state=parked&limit=100');
      for (const { id } of parked.data) await call('POST', `/events/${id}/replay`);
      const { data } = await call('GET', '/rewards?program=claudexia&status=failed&limit=100');
      for (const { id } of data) await call('POST', `/rewards/${id}/approve`, { reason: 'the storm is over' });
      const [row] = await query<{ n: number }>(`select count(*)::int as n from rewards where status = 'credited'`);
      return row?.n === expected;
    });

    expect(await query('select status, reason, count(*)::int as n from rewards group by 1, 2 order by 1')).toEqual([
      { status: 'credited', reason: null, n: expected },
      { status: 'pending', reason: 'held', n: REFERRERS * (REFEREES - LET_THROUGH) },
    ]);
    const perReferrer = `select count(*)::int as n from rewards where status = 'credited' group by person_id`;
    expect(new Set((await query<{ n: number }>(perReferrer)).map(({ n }) => n))).toEqual(new Set([LET_THROUGH]));
    // Every event that was acknowledged: signups once, payments under three ids each.
    const [stored] = await query<{ n: number }>(`select count(*)::int as n from inbox_events where source = 'app'`);
    expect(stored?.n).toBe(REFERRERS + referees.length * 4);
    expect(await query(`select reason from inbox_events where outcome = 'parked'`)).toEqual([]);
    const keys = await query<{ key: string }>(`select idempotency_key as key from rewards where status = 'credited'`);
    expect(keys.map(({ key }) => sink.applied(key))).toEqual(keys.map(() => 1));
    expect(sink.faults).toEqual([]);
    const check = await call('GET', '/ledger/check');
    expect([check.balanced, check.drift]).toEqual([true, 0]);
  },
  STORM_MS + 2 * CALM_MS,
);
