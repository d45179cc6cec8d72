// The door for webhooks, status by status (design 1.4), on a real inbox.
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { APP_SECRET, HOST, type HttpTest, START, startHttp, stripePost } from '../support/http.ts';
import { signStandard } from '../support/sign.ts';

let http: HttpTest;
beforeAll(async () => {
  http = await startHttp();
});
afterAll(() => http.close());

const event = (type: string, data: object) => JSON.stringify({ type, timestamp: START, data });
const BODY = event('member.created', { member_id: 'ann', email: 'ann@example.com' });

function send(body: string | Buffer, headers: Record<string, string>, path = '/p/claudexia/webhooks/app') {
  // supertest would write a Buffer out as JSON under application/json
  const type = typeof body === 'string' ? 'application/json' : 'application/octet-stream';
  return request(http.app).post(path).set('Content-Type', type).set(headers).send(body);
}
const signed = (body: string | Buffer, id: string, at = new Date()) => signStandard(body, APP_SECRET, id, at);

describe('200', () => {
  test('after the event is committed, and the second time it is a duplicate', async () => {
    const first = await send(BODY, signed(BODY, 'msg_1'));
    expect([first.status, first.body]).toEqual([200, { received: true, duplicate: false }]);
    const { rows } = await http.pools.general.query(
      `select body, type, source from inbox_events where event_id = 'msg_1'`,
    );
    expect(rows).toEqual([{ body: BODY, type: 'member.created', source: 'app' }]);
    const again = await send(BODY, signed(BODY, 'msg_1'));
    expect([again.status, again.body]).toEqual([200, { received: true, duplicate: true }]);
  });

  test('for a type that nobody knows; it is kept as ignored', async () => {
    expect((await http.tell('planet.discovered', {}, 'msg_planet')).status).toBe(200);
    const { body } = await http.admin('get', '/events?state=ignored');
    expect(body.data).toMatchObject([{ event_id: 'msg_planet', type: 'planet.discovered', state: 'ignored' }]);
  });

  test('for a signed event that we cannot understand; it is kept as parked', async () => {
    expect((await http.tell('payment.succeeded', { amount: 'much' }, 'msg_odd')).status).toBe(200);
    const { body } = await http.admin('get', '/events?state=parked');
    expect(body.data).toMatchObject([{ event_id: 'msg_odd', state: 'parked' }]);
  });

  test('whatever the content type says, also at the root of a host of the program', async () => {
    const bytes = await send(BODY, { ...signed(BODY, 'msg_2'), 'Content-Type': 'text/plain; charset=klingon' });
    expect(bytes.status).toBe(200);
    const rooted = await send(BODY, { ...signed(BODY, 'msg_3'), Host: HOST }, '/webhooks/app');
    expect([rooted.status, rooted.body.duplicate]).toEqual([200, false]);
  });

  test('with Prefer: wait only after the effects', async () => {
    await http.tell('member.created', { member_id: 'waited', email: 'waited@example.com' }, 'msg_wait');
    expect((await http.admin('get', '/members/waited?program=claudexia')).status).toBe(200);
  });

  test('for Stripe by its own scheme', async () => {
    const answer = await stripePost(http.app, '{"id":"evt_1","object":"event","type":"plan.created","livemode":false}');
    expect([answer.status, answer.body]).toEqual([200, { received: true, duplicate: false }]);
  });
});

describe('400', () => {
  const notUtf8 = Buffer.concat([Buffer.from('{"type":"x","data":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);

  test.each<[string, string | Buffer, () => Record<string, string>, string]>([
    ['no signature', BODY, () => ({}), 'missing_signature'],
    ['a signature over other bytes', `${BODY} `, () => signed(BODY, 'm'), 'bad_signature'],
    [
      'a signature by another secret',
      BODY,
      () => signStandard(BODY, 'whsec_b3RoZXJvdGhlcm90aGVyb3RoZXI=', 'm', new Date()),
      'bad_signature',
    ],
    ['a signature of last hour', BODY, () => signed(BODY, 'm', new Date(Date.now() - 3_600_000)), 'stale_timestamp'],
    [
      'a signature of the next hour',
      BODY,
      () => signed(BODY, 'm', new Date(Date.now() + 3_600_000)),
      'stale_timestamp',
    ],
    ['a body that is no JSON', '{"type":', () => signed('{"type":', 'm'), 'not_parseable'],
    ['a body that is no object', '[1]', () => signed('[1]', 'm'), 'not_parseable'],
    ['a body that is not UTF-8', notUtf8, () => signed(notUtf8, 'm'), 'not_parseable'],
    ['no body', '', () => ({}), 'missing_signature'],
  ])('for %s', async (_what, body, headers, code) => {
    const answer = await send(body, headers());
    expect([answer.status, answer.body.code]).toEqual([400, code]);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  });
});

describe('other refusals', () => {
  test.each([
    ['a program that is not there', '/p/nobody/webhooks/app', 'unknown_program'],
    ['a source that is not declared', '/p/claudexia/webhooks/paddle', 'unknown_source'],
    ['our own source', '/p/claudexia/webhooks/plusone', 'unknown_source'],
    ['the source of the API', '/p/claudexia/webhooks/api', 'unknown_source'],
    ['the root of a host that is no program’s', '/webhooks/app', 'not_found'],
  ])('404 for %s', async (_what, path, code) => {
    const answer = await send(BODY, signed(BODY, 'msg_404'), path);
    expect([answer.status, answer.body.code]).toEqual([404, code]);
  });

  test('413 over 1 MiB, and not a byte before', async () => {
    const padded = (length: number) => {
      const body = event('planet.discovered', { name: '' });
      return body.replace('""', `"${'x'.repeat(length - body.length)}"`);
    };
    const fits = padded(1024 * 1024);
    expect((await send(fits, signed(fits, 'msg_big'))).status).toBe(200);
    const over = padded(1024 * 1024 + 1);
    const answer = await send(over, signed(over, 'msg_bigger'));
    expect([answer.status, answer.body.code]).toEqual([413, 'too_large']);
  });

  test('415 for a compressed body, which is not inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024));
    const answer = await send(bomb, { ...signed(bomb, 'msg_gz'), 'Content-Encoding': 'gzip' });
    expect([answer.status, answer.body.code]).toEqual([415, 'unsupported_encoding']);
  });

  test('405 for another method, with what is allowed', async () => {
    const answer = await request(http.app).get('/p/claudexia/webhooks/app');
    expect([answer.status, answer.body.code, answer.headers.allow]).toEqual([405, 'method_not_allowed', 'POST']);
  });
});

describe('our own faults are 5xx', () => {
  test.each<[string, Error, number, string]>([
    ['the database is away', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 503, 'unavailable'],
    ['the database shuts down', Object.assign(new Error('terminating'), { code: '57P01' }), 503, 'unavailable'],
    ['the code is wrong', new TypeError('cannot read secret whsec_123 of undefined'), 500, 'internal_error'],
  ])('when %s', async (_what, error, status, code) => {
    const broken = await startHttp({ receive: () => Promise.reject(error) });
    try {
      const answer = await request(broken.app).post('/p/claudexia/webhooks/app').set(signed(BODY, 'm')).send(BODY);
      expect([answer.status, answer.body.code]).toEqual([status, code]);
      expect(answer.headers['retry-after']).toBe(status === 503 ? '5' : undefined);
      expect(JSON.stringify(answer.body)).not.toContain(error.message);
    } finally {
      await broken.close();
    }
  });
});

test('without the test clock, Prefer: wait is not heard', async () => {
  const settled: unknown[] = [];
  const plain = await startHttp({ settle: async (...given) => void settled.push(given) }, { TEST_CLOCK: '0' });
  try {
    expect((await plain.tell('planet.discovered', {}, 'm')).status).toBe(200);
    expect(settled).toEqual([]);
    const { rows } = await plain.pools.general.query('select tried_once from inbox_events');
    expect(rows).toEqual([{ tried_once: false }]);
  } finally {
    await plain.close();
  }
});
