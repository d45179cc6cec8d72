// What holds for every answer: helmet, problem documents, health, metrics, and a log that tells on nobody.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROBLEMS } from '../../src/http/problems.ts';
import { ADMIN_TOKEN, APP_SECRET, HOST, type HttpTest, startHttp, stripePost } from '../support/http.ts';

let site: HttpTest;
beforeAll(async () => {
  site = await startHttp();
});
afterAll(() => site.close());

describe('every answer', () => {
  test.each(['/healthz', '/nowhere', '/admin/v1/rewards', '/p/claudexia/webhooks/app', '/p/nobody/x'])(
    'of %s carries helmet’s headers and is not kept',
    async (path) => {
      const { headers } = await request(site.app).get(path);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['x-powered-by']).toBeUndefined();
      expect(headers['cache-control']).toBe('no-store');
    },
  );

  test.each([
    ['get', '/nowhere', 404, 'not_found'],
    ['get', '/admin/v1/nowhere', 404, 'not_found'],
    ['get', '/p/nobody/v1/events', 404, 'unknown_program'],
    ['get', '/p/claudexia/nowhere', 404, 'not_found'],
    ['put', '/admin/v1/rewards', 405, 'method_not_allowed'],
    ['delete', '/healthz', 405, 'method_not_allowed'],
    ['get', '/admin/v1/rewards/%E0%A4%A', 400, 'bad_request'],
  ] as const)('%s %s is a problem document', async (method, path, status, code) => {
    const answer = await request(site.app)[method](path).set('Authorization', `Bearer ${ADMIN_TOKEN}`);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.status).toBe(status);
    const [, title] = PROBLEMS[code];
    expect(answer.body).toMatchObject({ type: `urn:plusone:problem:${code}`, title, status, code });
    expect(typeof answer.body.detail).toBe('string');
    if (status === 405) expect(answer.headers.allow).toBe('GET, HEAD');
  });

  test('to a body of the wrong type or form says so', async () => {
    const post = (type: string, body: string) =>
      site.admin('post', '/programs/claudexia/keys').set('Content-Type', type).send(body);
    expect((await post('text/plain', '{}')).body.code).toBe('unsupported_media_type');
    expect((await post('application/json', '{"name":')).body.code).toBe('not_parseable');
    expect((await post('application/json', '"text"')).body.code).toBe('not_parseable');
    expect((await post('application/json', `{"name":"${'x'.repeat(1024 * 1024)}"}`)).body.code).toBe('too_large');
  });

  test('to hostile keys is a refusal, and nothing is polluted', async () => {
    const body =
      '{"name":"x","scopes":["events:write"],"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}';
    const answer = await site
      .admin('post', '/programs/claudexia/keys')
      .set('Content-Type', 'application/json')
      .send(body);
    expect([answer.status, answer.body.code]).toEqual([422, 'invalid_request']);
    expect(answer.body.errors.map((each: { field: string }) => each.field)).toContain('constructor');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    const nested = '['.repeat(200_000) + ']'.repeat(200_000);
    const deep = await site.admin('post', '/rewards/bulk').set('Content-Type', 'application/json').send(nested);
    expect(deep.status).toBe(422);
  });

  test('to text that PostgreSQL cannot hold is a refusal', async () => {
    expect((await site.admin('get', '/members/a%00b?program=claudexia')).status).toBe(404);
    expect((await site.admin('get', '/rewards?flag=a%00b')).status).toBe(422);
    expect((await site.admin('get', '/rewards/99999999999999999999999')).status).toBe(404);
  });
});

describe('the host', () => {
  test('that a stranger forges by X-Forwarded-Host is not believed without a trusted proxy', async () => {
    const answer = await site.admin('get', '/programs').set('Host', HOST).set('X-Forwarded-Host', 'plusone.test');
    expect(answer.status).toBe(404);
  });

  test('that a trusted proxy forwards is believed', async () => {
    const behind = await startHttp({}, { TRUST_PROXY: '1' });
    try {
      const of = (host: string) => behind.admin('get', '/programs').set('X-Forwarded-Host', host);
      expect((await of(HOST)).status).toBe(404);
      expect((await of('plusone.test')).status).toBe(200);
    } finally {
      await behind.close();
    }
  });
});

describe('health', () => {
  test('is alive whatever happens, and ready only with the schema of this version', async () => {
    const old = await startHttp({ schemaCurrent: async () => false });
    const away = await startHttp({
      schemaCurrent: () => Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })),
    });
    try {
      expect((await request(site.app).get('/readyz')).status).toBe(200);
      for (const { app } of [old, away]) {
        expect((await request(app).get('/healthz')).status).toBe(200);
        const answer = await request(app).get('/readyz');
        expect([answer.status, answer.body.code, answer.headers['retry-after']]).toEqual([503, 'not_ready', '5']);
      }
    } finally {
      await old.close();
      await away.close();
    }
  });

  test('is measured without naming anybody', async () => {
    await site.tell('member.created', { member_id: 'measured', email: 'measured@example.com' }, 'msg_m');
    await site.admin('get', '/members/measured?program=claudexia');
    const { status, text, headers } = await request(site.app).get('/metrics');
    expect(status).toBe(200);
    expect(headers['content-type']).toContain('text/plain');
    expect(text).toMatch(
      /plusone_http_request_duration_seconds_count\{method="GET",route="\/admin\/v1\/members\/:id",status="200"\} 1/,
    );
    expect(text).toContain('plusone_inbox_backlog{program="claudexia"} 0');
    expect(text).toContain('plusone_database_up 1');
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).not.toContain('measured');
  });

  test('is measured while the database is away', async () => {
    const cut = await startHttp();
    await cut.close();
    const { status, text } = await request(cut.app).get('/metrics');
    expect(status).toBe(200);
    expect(text).toContain('plusone_database_up 0');
  });
});

describe('the log', () => {
  test('has a line for each request, and no token, signature, body, query, address or id in it', async () => {
    site.lines.length = 0;
    const secret = 'sk_verysecret';
    await stripePost(
      site.app,
      '{"id":"evt_2","object":"event","type":"plan.created","data":{"object":{"email":"carl@example.com"}}}',
    );
    await site.admin('get', '/members/carl@example.com?program=claudexia').set('Cookie', `session=${secret}`);
    await request(site.app).get('/p/claudexia/webhooks/app?token=sk_verysecret').set('X-Forwarded-For', '203.0.113.9');
    await request(site.app).get('/healthz');
    const text = site.lines.join('');
    for (const word of [
      ADMIN_TOKEN,
      secret,
      'carl',
      'program=',
      'v1=',
      '203.0.113.9',
      '127.0.0.1',
      '::',
      'evt_2',
      APP_SECRET,
    ]) {
      expect([word, text.includes(word)]).toEqual([word, false]);
    }
    const lines = site.lines.map((each) => JSON.parse(each)).filter((each) => each.msg.startsWith('request'));
    expect(lines.map(({ method, route, status, code, level }) => [method, route, status, code, level])).toEqual([
      ['POST', '/p/:program/webhooks/:source', 200, undefined, 20],
      ['GET', '/admin/v1/members/:id', 404, 'unknown_member', 30],
      ['GET', '/p/:program/webhooks/:source', 405, 'method_not_allowed', 30],
      ['GET', '/healthz', 200, undefined, 20],
    ]);
    expect(lines.every((each) => typeof each.request_id === 'string')).toBe(true);
  });

  test('tells of a fault of ours with its frames, and of a database error without the values it quotes', async () => {
    const quoted = Object.assign(new Error('insert into x values (sk_verysecret) - duplicate'), {
      code: '23505',
      constraint: 'x_key',
    });
    const broken = await startHttp({ receive: () => Promise.reject(quoted) });
    try {
      expect((await broken.tell('planet.discovered', {}, 'm')).status).toBe(500);
      const [line] = broken.lines.map((each) => JSON.parse(each)).filter((each) => each.level === 50);
      expect(line.err).toMatchObject({ code: '23505', constraint: 'x_key' });
      expect(line.err.stack).toContain('face.test.ts');
      expect(broken.lines.join('')).not.toContain('sk_verysecret');
    } finally {
      await broken.close();
    }
  });
});

test('a request that breaks off midway hurts nobody', async () => {
  const server = http.createServer(site.app).listen(0);
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => {
    const sent = http.request({
      port,
      method: 'POST',
      path: '/p/claudexia/webhooks/app',
      headers: { 'content-length': 1000 },
    });
    sent.on('error', () => resolve());
    sent.write('{');
    setTimeout(() => sent.destroy(), 50);
  });
  const { status } = await request(server).get('/healthz');
  server.close();
  expect(status).toBe(200);
});
