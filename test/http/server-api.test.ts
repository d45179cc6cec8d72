// What a product's server may do with its key: post canonical events, settle credits.
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpTest, startHttp } from '../support/http.ts';

let http: HttpTest;
let key: string;
beforeAll(async () => {
  http = await startHttp();
  key = await http.serverKey(['events:write', 'credits:write']);
});
afterAll(() => http.close());

function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  return request(http.app)
    .post(`/p/claudexia/v1${path}`)
    .set('Authorization', `Bearer ${key}`)
    .set('Prefer', 'wait')
    .set(headers)
    .send(body as object);
}
const signup = (member_id: string, more: object = {}) => ({
  type: 'member.created',
  data: { member_id, email: `${member_id}@example.com`, ...more },
});
const rows = async () =>
  (await http.pools.general.query(`select event_id, type, outcome from inbox_events where source = 'api' order by id`))
    .rows;
const stored = async () => (await rows()).length;

describe('POST /v1/events', () => {
  test('takes one event, under its own id, once', async () => {
    const event = { id: 'evt_one', ...signup('one') };
    const first = await post('/events', event);
    expect([first.status, first.body]).toEqual([200, { received: true, duplicate: false, events: 1 }]);
    expect((await post('/events', event)).body.duplicate).toBe(true);
    expect(await rows()).toEqual([{ event_id: 'evt_one', type: 'batch', outcome: null }]);
    expect((await http.admin('get', '/members/one?program=claudexia')).status).toBe(200);
  });

  test('takes many as one row, in their order, under the header’s id', async () => {
    const before = await stored();
    const alice = await post('/events', [signup('alice')]);
    expect(alice.status).toBe(200);
    const code = (await http.admin('get', '/members/alice?program=claudexia')).body.codes[0].code;
    const events = [
      {
        type: 'payment.succeeded',
        data: {
          payment_id: 'pay_b',
          member_id: 'bob',
          amount: 10_000,
          currency: 'usd',
          paid_at: '2026-05-01T12:00:00Z',
        },
      },
      signup('bob', { referral_code: code }),
    ];
    const many = await post('/events', { events }, { 'Idempotency-Key': 'batch-1' });
    expect([many.status, many.body]).toEqual([200, { received: true, duplicate: false, events: 2 }]);
    expect((await post('/events', { events }, { 'Idempotency-Key': 'batch-1' })).body.duplicate).toBe(true);
    expect(await stored()).toBe(before + 2);
    const { body } = await http.admin('get', '/rewards?program=claudexia&member=alice');
    expect(body.data).toMatchObject([{ idempotency_key: 'ref:auto:pay_b', amount: 500, referee_id: 'bob' }]);
  });

  test('without any id, the same again is another row', async () => {
    const before = await stored();
    const event = { type: 'member.updated', data: { member_id: 'one', email_verified: true } };
    for (const _ of [1, 2]) expect((await post('/events', event)).body.duplicate).toBe(false);
    expect(await stored()).toBe(before + 2);
  });

  test('stores nothing when one is wrong, and names each by index and field', async () => {
    const before = await stored();
    const events = [
      signup('good'),
      { type: 'planet.discovered', data: {} },
      { type: 'payment.succeeded', data: { payment_id: 'p', member_id: 'm', amount: 1.5, currency: 'usd' } },
      'text',
      { ...signup('odd'), id: 7 },
    ];
    const answer = await post('/events', events);
    expect([answer.status, answer.body.code]).toEqual([422, 'invalid_events']);
    const named = answer.body.errors.map((each: { index: number; field: string }) => [each.index, each.field]);
    expect(named).toEqual([
      [1, 'type'],
      [2, 'data.amount'],
      [3, 'type'],
      [4, 'id'],
    ]);
    expect(await stored()).toBe(before);
    expect((await http.admin('get', '/members/good?program=claudexia')).status).toBe(404);
  });

  test.each<[string, unknown]>([
    ['an empty list', []],
    ['an empty batch', { events: [] }],
    ['1,001 events', Array.from({ length: 1001 }, () => signup('x'))],
    ['nothing', {}],
  ])('refuses %s', async (_what, body) => {
    const answer = await post('/events', body);
    expect([answer.status, answer.body.code]).toEqual([422, 'invalid_events']);
  });

  test('takes 1,000 at a time', async () => {
    const events = Array.from({ length: 1000 }, (_, n) => signup(`m${n}`));
    const answer = await post('/events', { events });
    expect([answer.status, answer.body.events]).toEqual([200, 1000]);
    expect((await http.admin('get', '/members/m999?program=claudexia')).status).toBe(200);
  });

  test('refuses a key’s name that does not fit the inbox', async () => {
    expect((await post('/events', signup('long'), { 'Idempotency-Key': 'k'.repeat(256) })).status).toBe(422);
  });
});

describe('POST /v1/credits/:idempotency_key', () => {
  const settle = (name: string, answer: string, body: object | undefined, program = 'other') => {
    const sent = request(http.app)
      .post(`/p/${program}/v1/credits/${name}/${answer}`)
      .set('Authorization', `Bearer ${keys[program]}`);
    return body ? sent.send(body) : sent;
  };
  const keys: Record<string, string> = {};
  const reward = async (id: string) =>
    (await http.admin('get', '/rewards?program=other')).body.data.find(
      (each: { source_payment_id: string }) => each.source_payment_id === id,
    );

  beforeAll(async () => {
    keys.other = await http.serverKey(['credits:write'], 'other');
    http.sink.status = 202;
    await http.tell('member.created', { member_id: 'ann', email: 'ann@example.com' }, 'ann', 'other');
    const { codes } = (await http.admin('get', '/members/ann?program=other')).body;
    await http.tell(
      'member.created',
      { member_id: 'ben', email: 'ben@example.com', referral_code: codes[0].code },
      'ben',
      'other',
    );
    for (const id of ['pay_1', 'pay_2']) {
      await http.tell(
        'payment.succeeded',
        { payment_id: id, member_id: 'ben', amount: 10_000, currency: 'usd' },
        id,
        'other',
      );
    }
  });

  test('confirm makes the credit stand, needs no body, and says the same again', async () => {
    expect(await reward('pay_1')).toMatchObject({ status: 'pending', reason: 'delivering' });
    for (const _ of [1, 2]) {
      const { status, body } = await settle('ref:auto:pay_1', 'confirm', undefined);
      expect([status, body]).toEqual([200, { idempotency_key: 'ref:auto:pay_1', status: 'confirmed' }]);
    }
    await expect.poll(() => reward('pay_1')).toMatchObject({ status: 'credited' });
    const { status, body } = await settle('ref:auto:pay_1', 'refuse', {});
    expect([status, body.code]).toEqual([409, 'already_settled']);
  });

  test('refuse makes it fail, and the history says why', async () => {
    expect((await settle('ref:auto:pay_2', 'refuse', { reason: 'account closed' })).status).toBe(200);
    await expect.poll(() => reward('pay_2')).toMatchObject({ status: 'failed', outcome: 'refused' });
    const { history } = (await http.admin('get', `/rewards/${(await reward('pay_2')).id}`)).body;
    expect(history.at(-1)).toMatchObject({ status: 'failed', outcome: 'refused', note: 'account closed' });
  });

  test.each(['ref:auto:pay_unknown', 'ref:auto:app%2Fpay_1'])('%s is unknown', async (name) => {
    const { status, body } = await settle(name, 'confirm', { reference: 'cr_1' });
    expect([status, body.code]).toEqual([404, 'unknown_credit']);
  });

  test('takes no field that it does not know', async () => {
    const { body } = await settle('ref:auto:pay_1', 'confirm', { ref: 'x' });
    expect(body.errors).toEqual([{ field: 'ref', reason: 'is not known here' }]);
  });
});

test('a key says when it was last used', async () => {
  const { body } = await http.admin('get', '/programs/claudexia/keys');
  expect(body.data[0].last_used_at).toBe('2026-05-01T12:00:00.000Z');
});
