// What the webhook sink sends, and what it makes of the answers.
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createHttp } from '../../src/delivery/egress.ts';
import type { SinkIntent } from '../../src/delivery/sinks/sink.ts';
import { webhook } from '../../src/delivery/sinks/webhook.ts';
import { signStandard } from '../../src/delivery/standard-signature.ts';
import { type FakeSink, type LookupMode, type SinkMode, startFakeSink } from '../support/fake-sink.ts';

const http = createHttp({ allow: ['127.0.0.0/8'] });
let sink: FakeSink;

const intent: SinkIntent = {
  deliveryId: 42n,
  rewardId: 7n,
  program: 'claudexia',
  kind: 'create',
  amount: 250n,
  unit: 'usd',
  idempotencyKey: 'ref:auto:in_1',
  reverses: null,
  memberId: 'user_1',
  customerId: null,
  reason: 'Top-up share',
  paymentId: 'in_1',
  at: new Date('2026-05-01T10:00:00Z'),
  token: () => '',
};

beforeAll(async () => {
  sink = await startFakeSink();
});
afterAll(async () => {
  await http.close();
  await sink.close();
});
beforeEach(() => Object.assign(sink, { mode: 'ok', lookupMode: 'ok', retryAfter: undefined, reference: undefined }));

function call(key = intent.idempotencyKey, secrets = [sink.secret]) {
  const config = { kind: 'webhook', url: sink.url, secrets, idempotent: true, lookup: true } as const;
  return { config, program: 'claudexia', deliveryId: 42n, idempotencyKey: key, http, signal: AbortSignal.timeout(500) };
}

describe('the request', () => {
  test('is the one that the design lays down', async () => {
    const frozen = webhook.freeze(intent);
    expect(frozen).toBe(
      '{"type":"credit.create","timestamp":"2026-05-01T10:00:00.000Z","data":{"program":"claudexia","credit_id":"cr_42","idempotency_key":"ref:auto:in_1","member_id":"user_1","customer_id":null,"amount":250,"currency":"usd","reason":"Top-up share","reward_id":"rw_7","payment_id":"in_1","attempt":1}}',
    );
    await webhook.send(frozen, call());
    const sent = sink.requests.at(-1);
    expect(sent).toMatchObject({ method: 'POST', key: 'ref:auto:in_1', body: frozen });
    expect(sent?.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': 'msg_claudexia_42' });
    expect(sink.faults).toEqual([]);
  });

  test('of a reversal names the key that it takes back, and its amount is positive', () => {
    const reversal = {
      ...intent,
      kind: 'reverse',
      idempotencyKey: 'ref:auto:in_1:reverse:1',
      reverses: 'ref:auto:in_1',
    } as const;
    expect(JSON.parse(webhook.freeze(reversal))).toMatchObject({
      type: 'credit.reverse',
      data: { idempotency_key: 'ref:auto:in_1:reverse:1', reverses: 'ref:auto:in_1', amount: 250 },
    });
  });

  test('of a restoration is a credit of its own', () => {
    const restored = JSON.parse(
      webhook.freeze({ ...intent, kind: 'restore', idempotencyKey: 'ref:auto:in_1:restore:1' }),
    );
    expect(restored).toMatchObject({ type: 'credit.create', data: { idempotency_key: 'ref:auto:in_1:restore:1' } });
    expect(restored.data).not.toHaveProperty('reverses');
  });

  test('refuses an amount that JSON readers would round', () => {
    expect(() => webhook.freeze({ ...intent, amount: 2n ** 60n })).toThrow('does not fit');
  });

  test.each([
    ['ref:auto:zahlung-ä\n1', 'ref:auto:zahlung-%C3%A4%0A1'],
    ['ref:auto:100%', 'ref:auto:100%25'],
    ['ref:auto:a b', 'ref:auto:a%20b'],
  ])('carries the key %j in a header', async (key, header) => {
    expect(await webhook.send(webhook.freeze({ ...intent, idempotencyKey: key }), call(key))).toMatchObject({
      answer: 'confirmed',
    });
    expect(sink.requests.at(-1)?.headers['idempotency-key']).toBe(header);
  });
});

describe('the signature', () => {
  const at = new Date();
  const base64 = Buffer.from('twenty-four bytes at least').toString('base64');

  test.each([
    ['whsec_ and base64', `whsec_${base64}`, undefined],
    ['bare base64', base64, undefined],
    ['plain text', 'not-base64: ünïcode'.normalize('NFD').replace(/[^\x20-\x7e]/g, ''), 'raw'],
    ['whsec_ and plain text', 'whsec_my secret!', 'raw'],
  ] as const)('by %s is what the official package expects', (_what, secret, format) => {
    const headers = { ...signStandard([secret], 'msg_1', at, '{"a":1}') };
    const official = format ? new Webhook(secret, { format }) : new Webhook(secret);
    expect(official.verify('{"a":1}', headers)).toEqual({ a: 1 });
  });

  test('is made with every configured secret, so that a receiver can rotate', () => {
    const other = `whsec_${Buffer.from('another secret of its own').toString('base64')}`;
    const headers = { ...signStandard([other, `whsec_${base64}`], 'msg_1', at, 'x') };
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2);
    for (const secret of [other, base64])
      expect(() => new Webhook(secret).verify('x', headers, { jsonParse: false })).not.toThrow();
  });

  test('is never made with an empty key', () => {
    expect(() => signStandard([''], 'msg_1', at, 'x')).toThrow('without a secret');
  });
});

describe('an answer', () => {
  test.each<[SinkMode, string | undefined, object]>([
    ['ok', undefined, { answer: 'confirmed', status: 200, reference: 'ref ref:auto:in_1' }],
    ['known', undefined, { answer: 'confirmed', status: 409, reference: null }],
    ['accepted', undefined, { answer: 'accepted', status: 202 }],
    ['refuse', undefined, { answer: 'refused', status: 422, detail: 'no_such_member' }],
    ['gone', undefined, { answer: 'refused', status: 410, detail: 'http_410' }],
    ['redirect', undefined, { answer: 'refused', status: 307, detail: 'http_307' }],
    ['error', undefined, { answer: 'unknown', status: 500, detail: 'http_500' }],
    ['reset', undefined, { answer: 'unknown', status: null }],
    ['stall', undefined, { answer: 'unknown', status: null, detail: 'timeout' }],
    ['too_many', '30', { answer: 'retry_after', status: 429, seconds: 30, mayHaveArrived: false }],
    ['busy', '30', { answer: 'retry_after', status: 503, seconds: 30, mayHaveArrived: true }],
    ['too_many', undefined, { answer: 'not_sent', status: 429, detail: 'too_many_requests' }],
    ['busy', undefined, { answer: 'unknown', status: 503, detail: 'http_503' }],
    ['busy', 'soon', { answer: 'unknown', status: 503, detail: 'http_503' }],
    ['huge', undefined, { answer: 'confirmed', status: 200, reference: null }],
  ])('%s with Retry-After %s', async (mode, retryAfter, expected) => {
    Object.assign(sink, { mode, retryAfter });
    expect(await webhook.send(webhook.freeze(intent), call())).toMatchObject(expected);
  });

  test('may say when to come back as a date', async () => {
    Object.assign(sink, { mode: 'busy', retryAfter: new Date(Date.now() + 90_000).toUTCString() });
    const answer = await webhook.send(webhook.freeze(intent), call());
    expect(answer.answer === 'retry_after' && Math.abs(answer.seconds - 90)).toBeLessThanOrEqual(2);
  });

  test.each([
    ['too long', 'x'.repeat(201)],
    ['with a NUL, which the database refuses', 'a\u0000b'],
    ['half a character', '\ud800'],
    ['blank', '  '],
  ])('keeps no reference that is %s', async (_what, reference) => {
    sink.reference = reference;
    expect(await webhook.send(webhook.freeze(intent), call())).toEqual({
      answer: 'confirmed',
      status: 200,
      reference: null,
    });
  });
});

describe('a lookup', () => {
  const key = 'ref:auto:looked up & found?';

  test.each<[LookupMode, object]>([
    ['ok', { found: 'absent', status: 404 }],
    ['empty_list', { found: 'absent', status: 200 }],
    ['web_page', { found: 'cannot', detail: 'web_page' }],
    ['error', { found: 'cannot', status: 500 }],
  ])('of a credit that is not there, answered with %s', async (mode, expected) => {
    sink.lookupMode = mode;
    expect(await webhook.lookup('', call('ref:auto:nowhere'))).toMatchObject(expected);
  });

  test('finds the credit by its key, signed as everything else', async () => {
    await webhook.send(webhook.freeze({ ...intent, idempotencyKey: key }), call(key));
    expect(await webhook.lookup('', call(key))).toEqual({ found: 'found', status: 200, reference: `ref ${key}` });
    expect(sink.requests.at(-1)).toMatchObject({ method: 'GET', key });
    expect(sink.faults).toEqual([]);
  });
});
