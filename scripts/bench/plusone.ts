/**
 * Starts and looks over Plusone: the entry points that npm runs, program Claudexia, credits in the ledger.
 * Promises: members, referrals and payments all come in by signed webhooks; settled means that the inbox's queue is
 * empty, which it is in the same commit as the last reward. Must never: set a variable that a user would not have to.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseDocument } from 'yaml';
import { EXAMPLES_DIR } from '../../src/config/programs.ts';
import { secretFor, signStandard } from '../../test/support/sign.ts';
import { MEMBERS, memberId, REFERRERS, referrerId, referrerOf } from './bodies.ts';
import { type Child, freePort, startChild, untilReady } from './child.ts';
import { type Contender, differences, HOST, type Posted, STRIPE_SECRET, type Started } from './contender.ts';
import * as sql from './database.sql.ts';
import { type Database, type Server, withClient } from './database.ts';
import { monotonicMs } from './load.ts';

export type Role = 'main' | 'web' | 'worker';
type Environment = Readonly<Record<string, string | undefined>>;

const APP_SECRET = secretFor('standard', 'plusone bench app');
/** Of members' tokens. */
export const JWT_SECRET = randomBytes(32).toString('hex');
const SETTLE_PATIENCE_MS = 300_000;
const POSTS_AT_ONCE = 32;

export function plusone(server: Server, environment: Environment): Contender {
  return {
    name: 'Plusone',
    start: async (database, label) => {
      const started = await startPlusone(server, {
        environment: environmentFor(server, environment, database),
        database,
        label,
      });
      await setUp(started, database);
      return started;
    },
  };
}

/** One process of `npm start`, `npm run web` or `npm run worker` on this database; ids up to `before` are not ours to count. */
export async function startPlusone(
  server: Server,
  options: { environment: Environment; database: Database; label: string; role?: Role; before?: bigint },
): Promise<Started> {
  const { environment, database, label, role = 'main', before = 0n } = options;
  const logFile = path.join(server.folder, `${label}-${role}.log`);
  const port = await freePort();
  const child = startChild({
    command: [`src/${role}.ts`],
    environment: { ...environment, PORT: String(port) },
    logFile,
  });
  if (role !== 'worker') await untilReady(child, `http://${HOST}:${port}/readyz`, logFile);
  return {
    child,
    port,
    path: '/p/claudexia/webhooks/stripe',
    settled: () => settled(database, child),
    problems: (posted) => problems(database, posted, before),
    stop: () => child.stop(),
  };
}

/** What a deployment with its own PostgreSQL sets, and nothing of the machine's but PATH and HOME. */
export function environmentFor(
  server: Server,
  machine: Environment,
  database: Database,
): Environment & { readonly PROGRAMS_DIR: string } {
  const programs = path.join(server.folder, 'programs');
  mkdirSync(programs, { recursive: true });
  const file = parseDocument(readFileSync(path.join(EXAMPLES_DIR, 'claudexia.yaml'), 'utf8'));
  file.set('delivery', { sink: 'ledger' });
  writeFileSync(path.join(programs, 'claudexia.yaml'), String(file));
  return {
    ...machine,
    HOST,
    DATABASE_URL: database.appUrl,
    DATABASE_DIRECT_URL: database.ownerUrl,
    DATA_DIR: path.join(server.folder, 'service'),
    PROGRAMS_DIR: programs,
    SECRET_KEY: `1:${randomBytes(32).toString('base64')}`,
    CLAUDEXIA_STRIPE_SECRET: STRIPE_SECRET,
    CLAUDEXIA_PADDLE_SECRET: secretFor('paddle', 'plusone bench'),
    CLAUDEXIA_CLERK_SECRET: secretFor('clerk', 'plusone bench clerk'),
    CLAUDEXIA_APP_SECRET: APP_SECRET,
    CLAUDEXIA_JWT_SECRET: JWT_SECRET,
  };
}

/** 200 referrers, then 2,000 members with their codes. */
export async function setUp(started: Started, database: Database): Promise<void> {
  const url = `http://${HOST}:${started.port}/p/claudexia/webhooks/app`;
  const day = 86_400_000;
  const signup = (id: string, at: Date, code?: string) =>
    postSignup(url, { member_id: id, email: `${id}@example.com`, created_at: at.toISOString(), referral_code: code });
  await several(REFERRERS, (index) => signup(referrerId(index), new Date(Date.now() - 390 * day)));
  await started.settled();
  const codes = await withClient(database.ownerUrl, async (owner) => {
    const { rows } = await owner.query(sql.CODES_OF_REFERRERS, [
      Array.from({ length: REFERRERS }, (_, index) => referrerId(index)),
    ]);
    return new Map(rows.map((row) => [row.member_id as string, row.code as string]));
  });
  await several(MEMBERS, (index) =>
    signup(memberId(index), new Date(Date.now() - 380 * day), codes.get(referrerOf(index))),
  );
  await started.settled();
  const { rows } = await withClient(database.ownerUrl, (owner) => owner.query(sql.MEMBERS_REFERRED));
  if (rows[0]?.referred !== MEMBERS) throw new Error(`only ${rows[0]?.referred} of ${MEMBERS} members were referred`);
}

async function postSignup(url: string, data: Readonly<Record<string, unknown>>): Promise<void> {
  const body = JSON.stringify({ type: 'member.created', timestamp: data.created_at, data });
  const headers = signStandard(body, APP_SECRET, `signup_${data.member_id}`, new Date());
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  if (answer.status !== 200) throw new Error(`a signup was answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

async function several(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const run = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: POSTS_AT_ONCE }, run));
}

async function settled(database: Database, child: Child): Promise<number> {
  return await withClient(database.ownerUrl, async (owner) => {
    const end = monotonicMs() + SETTLE_PATIENCE_MS;
    while (monotonicMs() < end && child.process.exitCode === null) {
      const { rows } = await owner.query({ name: 'waiting', text: sql.HAS_WAITING });
      if (!rows[0]?.waiting) return monotonicMs();
      await sleep(4);
    }
    const { rows } = await owner.query(sql.WAITING);
    throw new Error(`${rows[0]?.waiting} events still wait for the engine`);
  });
}

/** The highest id that anything made so far can have. */
export async function lastId(database: Database): Promise<bigint> {
  return await withClient(database.ownerUrl, async (owner) => (await owner.query(sql.LAST_ID)).rows[0]?.last as bigint);
}

async function problems(database: Database, posted: Posted, before: bigint): Promise<readonly string[]> {
  const found = await withClient(
    database.ownerUrl,
    async (owner) => (await owner.query(sql.PLUSONE_FIGURES, [before])).rows[0],
  );
  const figure = (name: string) => BigInt(found[name]);
  return differences({
    events: [figure('events'), BigInt(posted.count)],
    'events that were not handled': [figure('not_handled'), 0n],
    rewards: [figure('rewards'), BigInt(posted.count)],
    'sum of rewards': [figure('owed'), posted.owed],
    'sum of available credits': [figure('available'), figure('credited')],
    'sum of balances': [figure('balances_sum'), 0n],
    'sum of ledger entries': [figure('entries_sum'), 0n],
    'balances that differ from their entries': [figure('drift'), 0n],
  });
}
