/**
 * The whole service for stories: composed as `npm start` composes it, on a database of its own, spoken to over HTTP.
 * Promises: signed bytes in, answers and ledger out; the only fake is what stands at the other end of the sink.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Express } from 'express';
import pino from 'pino';
import request from 'supertest';
import { compose, type Service } from '../../src/compose.ts';
import { readEnv } from '../../src/config/env.ts';
import { EXAMPLES_DIR } from '../../src/config/programs.ts';
import { createApp } from '../../src/http/app.ts';
import { pages } from '../../src/pages/index.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { heldToDocument } from './document.ts';
import { secretFor, signFor } from './sign.ts';

const KINDS: Readonly<Record<string, string>> = {
  app: 'standard',
  stripe: 'stripe',
  paddle: 'paddle',
  clerk: 'clerk',
  lemonsqueezy: 'lemonsqueezy',
};
export const ADMIN_TOKEN = 'admin-token-of-the-tests-0123456789';
export const MEMBER_JWT_SECRET = 'a-jwt-secret-for-tests-that-is-long-enough';
export const START = '2026-05-01T00:00:00Z';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field, as a client would
  readonly body: any;
}

export interface StartOptions {
  /** One of the bundled examples; Claudexia unless told otherwise. */
  readonly program?: string;
  /** The program's text, instead of an example's. */
  readonly yaml?: string;
  /** Replaces parts of the example's text. */
  readonly edit?: (yaml: string) => string;
  readonly sinkUrl?: string;
  readonly start?: string;
  /** As `npm start` with nothing set: the bundled examples on the embedded database, with secrets made in DATA_DIR. */
  readonly bundled?: boolean;
  /** Further variables of the environment. */
  readonly variables?: Readonly<Record<string, string>>;
}

export class TestService {
  readonly db: TestDatabase;
  readonly service: Service;
  readonly app: Express;
  readonly dir: string;
  readonly program: string;
  #messages = 0;

  private constructor(db: TestDatabase, service: Service, dir: string, program: string) {
    this.db = db;
    this.service = service;
    this.dir = dir;
    this.program = program;
    this.app = heldToDocument(createApp(service.deps, pages));
  }

  static async start(options: StartOptions = {}): Promise<TestService> {
    const db = await freshDatabase();
    const dir = mkdtempSync(path.join(os.tmpdir(), 'plusone-story-'));
    const program = options.program ?? 'claudexia';
    const yaml = options.yaml ?? readFileSync(path.join(EXAMPLES_DIR, `${program}.yaml`), 'utf8');
    const edited = options.edit ? options.edit(yaml) : yaml;
    const withSink =
      options.sinkUrl || options.yaml ? edited : edited.replace(/^delivery:.*$/m, 'delivery: { sink: ledger }');
    writeFileSync(path.join(dir, `${program}.yaml`), withSink);
    const env = readEnv({
      ...(options.bundled ? {} : { ...secretsOf(program.toUpperCase(), options.sinkUrl), PROGRAMS_DIR: dir }),
      DATABASE_URL: db.appUrl,
      SECRET_KEY: 'a-secret-key-for-tests-that-is-long-enough',
      ADMIN_TOKEN,
      DATA_DIR: dir,
      TEST_CLOCK: '1',
      EGRESS_ALLOW: '127.0.0.0/8',
      ...options.variables,
    });
    const service = await compose({
      env,
      role: 'all',
      databaseUrl: db.appUrl,
      embedded: options.bundled ?? false,
      log: pino({ level: 'silent' }),
    });
    service.startWork();
    const started = new TestService(db, service, dir, program);
    // As the schedule does, before anybody has set the clock.
    for (const { no } of service.programs.all()) await service.runDue(no);
    await started.admin('POST', '/test-clock', { now: options.start ?? START });
    return started;
  }

  /** Posts a signed body to a source, waiting for its effects unless told otherwise. */
  async post(source: string, payload: object, options: { id?: string; wait?: boolean } = {}): Promise<Answer> {
    const body = JSON.stringify(payload);
    const kind = KINDS[source] ?? 'standard';
    const id = options.id ?? `msg_${++this.#messages}`;
    const headers = signFor(kind, body, secretFor(kind, source), id, new Date());
    const call = request(this.app)
      .post(`/p/${this.program}/webhooks/${source}`)
      .set(headers)
      .set('Content-Type', 'application/json');
    return await (options.wait === false ? call : call.set('Prefer', 'wait')).send(body);
  }

  /** A canonical event from the product itself. */
  async tell(type: string, data: object): Promise<Answer> {
    return await this.post('app', { type, timestamp: new Date().toISOString(), data });
  }

  async admin(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, body?: object): Promise<Answer> {
    const verb = method.toLowerCase() as 'get' | 'post' | 'patch' | 'delete';
    const call = request(this.app)[verb](`/admin/v1${url}`).set('Authorization', `Bearer ${ADMIN_TOKEN}`);
    return await (body ? call.send(body) : call);
  }

  async rewards(filter = ''): Promise<Answer['body'][]> {
    const found: Answer['body'][] = [];
    let next = '';
    do {
      const { body } = await this.admin('GET', `/rewards?program=${this.program}&limit=100${filter}${next}`);
      found.push(...body.data);
      next = body.next_cursor ? `&cursor=${body.next_cursor}` : '';
    } while (next);
    return found;
  }

  async codeOf(memberId: string): Promise<string> {
    const { body } = await this.admin('GET', `/members/${memberId}?program=${this.program}`);
    return body.codes[0].code;
  }

  /** `alice` refers `bob`. */
  async aliceRefersBob(): Promise<void> {
    await this.tell('member.created', { member_id: 'alice', email: 'alice@example.com', ip: '192.0.2.1' });
    await this.refer('bob', 'alice', '192.0.2.2');
  }

  async refer(referee: string, referrer: string, ip: string): Promise<Answer> {
    const code = await this.codeOf(referrer);
    return await this.tell('member.created', {
      member_id: referee,
      email: `${referee}@work.example`,
      referral_code: code,
      ip,
    });
  }

  async isBalanced(): Promise<boolean> {
    const { body } = await this.admin('GET', '/ledger/check');
    return body.balanced && body.drift === 0;
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.db.drop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** What the examples read from the environment, by the program's name in capitals. */
function secretsOf(name: string, sinkUrl = 'https://billing.example/credits'): Record<string, string> {
  return {
    [`${name}_STRIPE_SECRET`]: secretFor('stripe', 'stripe'),
    [`${name}_PADDLE_SECRET`]: secretFor('paddle', 'paddle'),
    [`${name}_CLERK_SECRET`]: secretFor('clerk', 'clerk'),
    [`${name}_APP_SECRET`]: secretFor('standard', 'app'),
    [`${name}_BILLING_URL`]: sinkUrl,
    [`${name}_BILLING_SECRET`]: secretFor('standard', 'billing'),
    [`${name}_JWT_SECRET`]: MEMBER_JWT_SECRET,
  };
}
