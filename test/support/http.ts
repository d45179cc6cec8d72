// The whole service as compose.ts wires it, for tests through HTTP: two programs, one that keeps the balance here and
// one with a sink of the test's own. Nothing is scheduled: what is due happens by Prefer: wait and the test clock.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Express } from 'express';
import pino from 'pino';
import request from 'supertest';
import { compose } from '../../src/compose.ts';
import { readEnv } from '../../src/config/env.ts';
import type { Pools } from '../../src/db/pool.ts';
import { createApp } from '../../src/http/app.ts';
import type { Deps } from '../../src/http/deps.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { heldToDocument } from './document.ts';
import { serveLocally } from './local-server.ts';
import { secretFor, signStandard, signStripe } from './sign.ts';

export const ADMIN_TOKEN = 'admin-token-of-the-tests';
export const HOST = 'ref.claudexia.test';
export const APP_SECRET = secretFor('standard', 'the app');
export const STRIPE_SECRET = secretFor('stripe', 'stripe secret');
export const JWT_SECRET = 'the secret of the members’ tokens, long enough';
export const START = new Date('2026-05-01T12:00:00Z');

export interface HttpTest {
  readonly app: Express;
  readonly database: TestDatabase;
  readonly pools: Pools;
  readonly deps: Deps;
  /** DATA_DIR. */
  readonly folder: string;
  /** From then on the background loops work, too. */
  startWork(): void;
  /** Everything that was logged, a line each. */
  readonly lines: string[];
  /** The sink of the program `other`: what it answers, and the idempotency keys that it was sent. */
  readonly sink: { status: number; readonly keys: string[] };
  /** A request with the admin token. */
  admin(method: 'get' | 'post' | 'patch' | 'delete', path: string): request.Test;
  /** A canonical event through the front door, its effects awaited. */
  tell(type: string, data: object, id: string, program?: string): request.Test;
  serverKey(scopes: string[], program?: string): Promise<string>;
  close(): Promise<void>;
}

/** Keys that `differs` has stand as it has them. */
function programFile(name: string, differs: string): string {
  const keys = commonPart(name).split(/^(?=\w)/m);
  return [...keys.filter((key) => !new RegExp(`^${/^\w*/.exec(key)}:`, 'm').test(differs)), differs].join('');
}

const commonPart = (name: string) => `program: ${name}
name: ${name}
mode: test
product: { home_url: https://${name}.example/, signup_url: https://${name}.example/, support_email: help@${name}.example }
unit: { kind: money, currency: usd }
sources:
  app: { kind: standard, secrets: ["\${APP_SECRET}"] }
  stripe: { kind: stripe, secrets: ["\${STRIPE_SECRET}"] }
rewards:
  top_up_share: { to: referrer, when: payment, share: "5%", of: net, minimum_payment: 5.00 }
fraud:
  velocity: { first_payments: 50, within: 24h, then: hold }
  same_ip: { then: hold }
`;

const MEMBERS = `auth: { jwt: { secret: "\${JWT_SECRET}" } }\nmembers: { api_key_prefix: cx_ }\nleaderboard: true\napi: [hanzo, buywhere, kortix]`;

/** `changes` replace what compose.ts made; `variables` are added to the environment; `more`: further programs. */
export async function startHttp(
  changes: Partial<Deps> = {},
  variables: Readonly<Record<string, string>> = {},
  more: Readonly<Record<string, string>> = {},
): Promise<HttpTest> {
  const database = await freshDatabase();
  const folder = mkdtempSync(path.join(tmpdir(), 'plusone-http-'));
  const { sink, url, stop: stopSink } = await startSink();
  writeFileSync(path.join(folder, 'claudexia.yaml'), programFile('claudexia', `hosts: [${HOST}]\n${MEMBERS}`));
  for (const [name, differs] of Object.entries(more)) {
    writeFileSync(path.join(folder, `${name}.yaml`), programFile(name, differs));
  }
  writeFileSync(
    path.join(folder, 'other.yaml'),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a program file's own variables
    programFile('other', 'delivery: { sink: webhook, url: "${SINK_URL}", secret: "${APP_SECRET}" }'),
  );
  const lines: string[] = [];
  const env = readEnv({
    PUBLIC_URL: 'https://plusone.test',
    DATABASE_URL: database.appUrl,
    SECRET_KEY: 'x'.repeat(40),
    ADMIN_TOKEN,
    PROGRAMS_DIR: folder,
    DATA_DIR: folder,
    EGRESS_ALLOW: '127.0.0.1/32',
    TEST_CLOCK: '1',
    APP_SECRET,
    STRIPE_SECRET,
    JWT_SECRET,
    SINK_URL: url,
    ...variables,
  });
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const service = await compose({ env, role: 'all', databaseUrl: database.appUrl, embedded: false, log });
  const deps = { ...service.deps, ...changes };
  const app = heldToDocument(createApp(deps));
  const admin: HttpTest['admin'] = (method, where) =>
    request(app)[method](`/admin/v1${where}`).set('Authorization', `Bearer ${ADMIN_TOKEN}`);
  if (env.testClock) await service.deps.advanceClock(START);
  return {
    app,
    database,
    pools: service.pools,
    deps,
    folder,
    startWork: () => service.startWork(),
    lines,
    sink,
    admin,
    tell: (type, data, id, program = 'claudexia') =>
      post(app, program, JSON.stringify({ type, timestamp: START, data }), id),
    serverKey: async (scopes, program = 'claudexia') =>
      (await admin('post', `/programs/${program}/keys`).send({ name: 'test', scopes })).body.key,
    close: async () => {
      await service.stop();
      await stopSink();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startSink(): Promise<{ sink: HttpTest['sink']; url: string; stop: () => Promise<void> }> {
  const sink = { status: 200, keys: [] as string[] };
  const { origin, close } = await serveLocally((req, res) => {
    sink.keys.push(String(req.headers['idempotency-key']));
    req.resume().on('end', () => res.writeHead(sink.status).end());
  });
  return { sink, url: `${origin}/credits`, stop: close };
}

function post(app: Express, program: string, body: string, id: string): request.Test {
  return request(app)
    .post(`/p/${program}/webhooks/app`)
    .set(signStandard(body, APP_SECRET, id, new Date()))
    .set('Content-Type', 'application/json')
    .set('Prefer', 'wait')
    .send(body);
}

/** A body for `POST …/webhooks/stripe`, signed now. */
export function stripePost(app: Express, body: string, program = 'claudexia'): request.Test {
  return request(app)
    .post(`/p/${program}/webhooks/stripe`)
    .set(signStripe(body, STRIPE_SECRET, new Date()))
    .set('Content-Type', 'application/json')
    .send(body);
}
