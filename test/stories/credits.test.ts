/** Credit that lives here: the tiers' caps and expiry, spends and their voids, through the front door. */
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, TestService } from '../support/service.ts';

const TIERS = `tiers:
  - { name: starter, from: 0, max_balance: 20000.00, expires_after: 90d }
  - { name: growth, from: 10, max_balance: 20000.00, expires_after: 180d }
  - { name: partner, from: 200, max_balance: 150000.00, expires_after: never }
`;
const withTiers = (yaml: string) =>
  yaml
    .replace(/^ {2}(velocity|same_ip):.*\n/gm, '')
    .replace(/^fraud:.*\n/m, '')
    .replace('api: []', `${TIERS}api: []`);

let service: TestService;
let key: string;

async function start(edit: (yaml: string) => string): Promise<void> {
  service = await TestService.start({ edit });
  const scopes = ['credits:write', 'members:read'];
  key = (await service.admin('POST', '/programs/claudexia/keys', { name: 'app', scopes })).body.key;
  await service.aliceRefersBob();
}

async function server(method: 'get' | 'post', url: string, body?: object, memberId?: string): Promise<Answer> {
  const call = request(service.app)[method](`/p/claudexia/v1${url}`).set('Authorization', `Bearer ${key}`);
  if (memberId) call.set('Plusone-Member', memberId);
  return await (body ? call.send(body) : call);
}

const me = async (url = '') => (await server('get', `/me${url}`, undefined, 'alice')).body;
const clock = (now: string) => service.admin('POST', '/test-clock', { now });
const spend = (amount: number, idempotency_key: string, more: object = {}) =>
  server('post', '/credits/spend', { member_id: 'alice', amount, idempotency_key, reason: 'image model', ...more });

/** Alice earns so many cents, 5 % of what Bob pays. */
const earn = (payment_id: string, cents: number) =>
  service.tell('payment.succeeded', { payment_id, member_id: 'bob', amount: cents * 20, currency: 'usd' });
const refund = (payment_id: string, cents: number, status = 'succeeded') =>
  service.tell('payment.refunded', { refund_id: `re_${payment_id}`, payment_id, amount: cents * 20, status });

describe('a Starter', () => {
  beforeAll(async () => await start(withTiers));
  afterAll(async () => await service.stop());

  test('at $19,990 who earns $20 gets $10 and forfeits $10', async () => {
    await earn('big', 1_999_000);
    await earn('last', 2_000);
    const [reward] = await service.rewards();
    expect(reward).toMatchObject({
      source_payment_id: 'last',
      status: 'credited',
      amount: 2_000,
      forfeited_amount: 1_000,
      reversed_amount: 0,
      expires_at: '2026-07-30T00:00:00.000Z',
    });
    expect(await me()).toMatchObject({
      balance: 2_000_000,
      totals: { earned: 2_000_000 },
      limits: { max_balance: 2_000_000 },
    });
    const { data } = await me('/ledger?limit=2');
    expect(data).toMatchObject([
      { kind: 'forfeit', reason: 'top_up_share', entries: [{ account: 'pending', amount: -1_000 }] },
      {
        kind: 'credit',
        reason: 'top_up_share',
        entries: [
          { account: 'pending', amount: 1_000 },
          { account: 'available', amount: 1_000 },
        ],
      },
    ]);
    expect(await service.isBalanced()).toBe(true);
  });

  test('who is full has the next one rejected as forfeited, visibly', async () => {
    await earn('full', 500);
    const [reward] = await service.rewards();
    expect(reward).toMatchObject({ status: 'rejected', reason: 'forfeited', amount: 500, forfeited_amount: 500 });
    expect((await me('/rewards?limit=1')).data).toMatchObject([{ reason: 'forfeited', expires_at: null }]);
  });

  test('spends once under one key, and is told the first result again', async () => {
    const first = await spend(50_000, 'call-1');
    expect(first.status).toBe(200);
    expect(first.body).toEqual({
      id: expect.stringMatching(/^sp_\d+$/),
      member_id: 'alice',
      amount: 50_000,
      unit: 'usd',
      idempotency_key: 'call-1',
      reason: 'image model',
      balance: 1_950_000,
      created_at: '2026-05-01T00:00:00.000Z',
      voided_at: null,
    });
    await spend(10_000, 'call-2', { reason: null });
    const again = await spend(50_000, 'call-1');
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect((await me()).balance).toBe(1_940_000);
    expect((await me('/ledger?limit=2')).data).toMatchObject([
      {
        kind: 'spend',
        reason: null,
        reward_id: null,
        entries: [{ account: 'available', unit: 'usd', amount: -10_000 }],
      },
      { kind: 'spend', reason: 'image model', spend_id: first.body.id },
    ]);
  });

  test.each<[string, () => Promise<Answer>, number, string]>([
    ['the same key with another amount', () => spend(50_001, 'call-1'), 409, 'idempotency_conflict'],
    ['the same key with another reason', () => spend(50_000, 'call-1', { reason: 'x' }), 409, 'idempotency_conflict'],
    ['more than there is', () => spend(1_940_001, 'call-9'), 422, 'insufficient_credits'],
    ['a member who is not known', () => spend(1, 'call-9', { member_id: 'nobody' }), 404, 'unknown_member'],
    ['nothing', () => spend(0, 'call-9'), 422, 'invalid_request'],
    ['a part of a cent', () => spend(0.5, 'call-9'), 422, 'invalid_request'],
    ['another currency', () => spend(1, 'call-9', { currency: 'eur' }), 422, 'invalid_request'],
    ['a key that usage takes', () => spend(1, 'usage:1'), 422, 'invalid_request'],
    ['a void of what never was', () => server('post', '/credits/spend/sp_12/void'), 404, 'unknown_spend'],
    ['a void of no id', () => server('post', '/credits/spend/all/void'), 404, 'unknown_spend'],
  ])('is refused: %s', async (_what, call, status, code) => {
    const { status: answered, body } = await call();
    expect([answered, body.code]).toEqual([status, code]);
    expect((await me()).balance).toBe(1_940_000);
  });

  test('whose payment is in dispute cannot spend what came of it, until it is won', async () => {
    const dispute = (status: string) =>
      service.tell('payment.disputed', { dispute_id: 'dp', payment_id: 'big', amount: 1, status });
    await dispute('open');
    expect((await service.rewards('&flag=disputed'))[0]).toMatchObject({ status: 'credited' });
    expect((await spend(1_001, 'call-3')).body.code).toBe('insufficient_credits');
    await dispute('won');
    expect((await spend(1_001, 'call-3')).body).toMatchObject({ balance: 1_938_999 });
  });

  test('has the credit back, with its old expiry, when the spend is void', async () => {
    const { body: spent } = await spend(1_001, 'call-3');
    for (let i = 0; i < 2; i++) {
      const { status, body } = await server('post', `/credits/spend/${spent.id}/void`);
      expect([status, body]).toEqual([200, { ...spent, balance: 1_940_000, voided_at: '2026-05-01T00:00:00.000Z' }]);
    }
    expect((await me('/ledger?limit=1')).data).toMatchObject([{ kind: 'unspend', spend_id: spent.id }]);
    expect(await service.isBalanced()).toBe(true);
  });

  test('loses after 90 days what was not spent, and no more of it when the clock goes on', async () => {
    await service.admin('PATCH', '/members/alice?program=claudexia', { tier: 'growth' });
    await clock('2026-05-02T00:00:00Z');
    await earn('growth', 700);
    await clock('2026-07-29T23:59:59Z');
    expect((await me()).balance).toBe(1_940_700);
    await clock('2026-07-30T00:00:00Z');
    expect((await me()).balance).toBe(700);
    const { data } = await me('/ledger?limit=3');
    expect(data).toMatchObject([
      { kind: 'expire', reason: 'top_up_share', created_at: '2026-07-30T00:00:00.000Z' },
      { kind: 'expire', reason: 'top_up_share' },
      { kind: 'credit' },
    ]);
    await clock('2026-10-29T00:00:01Z');
    expect((await me()).balance).toBe(0);
    expect((await me('/ledger?limit=1')).data).toMatchObject([
      { kind: 'expire', created_at: '2026-10-29T00:00:00.000Z', entries: [{ account: 'available', amount: -700 }] },
    ]);
    expect(await service.isBalanced()).toBe(true);
  });

  test('has credit of a void spend that has expired meanwhile only until the next look', async () => {
    const { body: spent } = await spend(50_000, 'call-1');
    await server('post', `/credits/spend/${spent.id}/void`);
    expect((await me()).balance).toBe(50_000);
    expect((await spend(1, 'call-4')).body.code).toBe('insufficient_credits');
    await clock('2026-10-29T00:00:02Z');
    expect((await me()).balance).toBe(0);
    expect(await service.isBalanced()).toBe(true);
  });

  test('owes what was spent of a reward that is taken back, and a refund that fails settles it', async () => {
    await earn('spent', 1_000);
    await spend(1_000, 'call-5');
    await refund('spent', 1_000);
    expect((await me()).by_unit).toMatchObject([{ balance: 0, debt: 1_000 }]);
    await refund('spent', 1_000, 'failed');
    expect((await me()).by_unit).toMatchObject([{ balance: 0, debt: 0 }]);
    expect(await service.isBalanced()).toBe(true);
  });
});

describe('where credit is in the currency of each payment', () => {
  beforeAll(
    async () =>
      await start((yaml) =>
        withTiers(yaml)
          .replace('currency: usd }', 'currency: payment }')
          .replace(/tiers:[\s\S]*(?=api:)/, ''),
      ),
  );
  afterAll(async () => await service.stop());

  test('a spend names the currency and uses that alone', async () => {
    await earn('usd', 500);
    await service.tell('payment.succeeded', { payment_id: 'eur', member_id: 'bob', amount: 14_000, currency: 'eur' });
    const unnamed = await spend(1, 'call-1');
    expect([unnamed.status, unnamed.body.errors]).toEqual([
      422,
      [{ field: 'currency', reason: 'is required: credit is in several' }],
    ]);
    expect((await spend(600, 'call-1', { currency: 'usd' })).body.code).toBe('insufficient_credits');
    expect((await spend(600, 'call-1', { currency: 'eur' })).body).toMatchObject({ unit: 'eur', balance: 100 });
  });
});

test('where the balance is kept by another system nothing is spent here', async () => {
  service = await TestService.start({ sinkUrl: 'https://billing.example/credits' });
  try {
    const made = await service.admin('POST', '/programs/claudexia/keys', { name: 'app', scopes: ['credits:write'] });
    key = made.body.key;
    const [spent, voided] = [await spend(1, 'call-1'), await server('post', '/credits/spend/sp_1/void')];
    expect([spent.status, spent.body.code]).toEqual([409, 'not_our_balance']);
    expect([voided.status, voided.body.code]).toEqual([409, 'not_our_balance']);
  } finally {
    await service.stop();
  }
});
