// Sinks whose credits are things of their own (a grant at Stripe, a discount at Paddle): taking back a part of one, one
// that was used, and one of several, whatever breaks on the way.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FakePaddle, startFakePaddle } from '../support/fake-paddle.ts';
import { type FakeStripe, startFakeStripe } from '../support/fake-stripe.ts';
import { type Base, type Harness, type Planned, startBase, startHarness } from './harness.ts';

let base: Base;
beforeAll(async () => {
  base = await startBase();
});
afterAll(() => base.drop());

let harness: Harness;
async function deliver(planned: Planned): Promise<{ state: string; reference: string | null }> {
  const id = await harness.plan({ key: 'k', ...planned });
  await harness.deliverer.runDue(harness.no);
  return await harness.row(id);
}

describe('stripe_credit_grant', () => {
  let stripe: FakeStripe;
  beforeEach(async () => {
    stripe = await startFakeStripe();
    const config = {
      kind: 'stripe_credit_grant',
      apiKey: 'sk_test_x',
      source: 'stripe',
      apiBase: stripe.apiBase,
    } as const;
    harness = await startHarness(base, config);
  });
  afterEach(() => stripe.close());

  const valid = () =>
    stripe.grants.filter((grant) => grant.voided_at === null).map((grant) => grant.amount.monetary.value);

  test('grants promotional credit for metered prices, under our key', async () => {
    expect(await deliver({ amount: 750n })).toMatchObject({ state: 'confirmed', reference: 'credgr_1' });
    expect(stripe.grants).toMatchObject([
      {
        customer: 'cus_1',
        category: 'promotional',
        amount: { monetary: { currency: 'usd', value: 750 } },
        metadata: { plusone_key: 'k', program: 'acme' },
      },
    ]);
    expect(stripe.requests[0]?.key).toBe('acme:k');
  });

  test('a part is taken back by voiding the grant and granting the rest', async () => {
    await deliver({ amount: 750n });
    expect((await deliver({ kind: 'reverse', amount: 250n })).state).toBe('confirmed');
    expect(valid()).toEqual([500]);
    expect((await deliver({ kind: 'reverse', amount: 100n, n: 2 })).state).toBe('confirmed');
    expect(valid()).toEqual([400]);
  });

  test.each([
    ['the note', ['reset_after']],
    ['the void', ['ok', 'reset_after']],
    ['the rest', ['ok', 'ok', 'reset_after']],
    ['anything but the rest', ['reset_after', 'reset_after']],
  ] as const)('a part is taken back once, although %s was not answered', async (_what, faults) => {
    await deliver({ amount: 750n });
    stripe.next.push(...faults);
    expect((await deliver({ kind: 'reverse', amount: 250n })).state).toBe('confirmed');
    expect(valid()).toEqual([500]);
  });

  test('several grants of one reward are taken back together, the newest first', async () => {
    await deliver({ amount: 300n });
    await deliver({ kind: 'reverse', amount: 200n });
    await deliver({ kind: 'restore', amount: 200n });
    expect(valid()).toEqual([100, 200]);
    expect((await deliver({ kind: 'reverse', amount: 250n, n: 2 })).state).toBe('confirmed');
    expect(valid()).toEqual([50]);
  });

  test('a grant that has paid for something stays, and the reversal is refused', async () => {
    await deliver({ amount: 300n });
    for (const grant of stripe.grants) grant.used = true;
    expect((await deliver({ kind: 'reverse', amount: 300n })).state).toBe('refused');
    expect(valid()).toEqual([300]);
    expect(stripe.grants[0]?.metadata).not.toHaveProperty('taken_by');
  });
});

describe('trap: Paddle adds no credit to customers whom it charges by itself: paddle_discount', () => {
  let paddle: FakePaddle;
  beforeEach(async () => {
    paddle = await startFakePaddle();
    const config = {
      kind: 'paddle_discount',
      apiKey: 'pdl_sdbx_apikey_x',
      source: 'paddle',
      apiBase: paddle.apiBase,
    } as const;
    harness = await startHarness(base, config);
  });
  afterEach(async () => {
    expect(paddle.faults).toEqual([]);
    await paddle.close();
  });

  const valid = () => paddle.discounts.filter(({ status }) => status === 'active').map(({ amount }) => amount);

  test('makes a discount of the amount for one use, whose code is the reference', async () => {
    const { state, reference } = await deliver({ amount: 750n });
    expect(state).toBe('confirmed');
    expect(reference).toMatch(/^[A-Z0-9]{16}$/);
    expect(paddle.discounts).toMatchObject([
      { code: reference, type: 'flat', amount: '750', currency_code: 'USD', usage_limit: 1, recur: false },
    ]);
    expect(paddle.discounts[0]?.custom_data).toMatchObject({ plusone_key: 'k', program: 'acme' });
  });

  test('another credit has another code', async () => {
    const one = await deliver({});
    const two = await deliver({ key: 'l' });
    expect(one.reference).not.toBe(two.reference);
  });

  test.each(['reset_after', 'error_after'] as const)(
    'a part is taken back once, although the answer was %s',
    async (fault) => {
      await deliver({ amount: 750n });
      paddle.next.push(fault);
      expect((await deliver({ kind: 'reverse', amount: 250n })).state).toBe('confirmed');
      expect(valid()).toEqual(['500']);
    },
  );

  test('all of it is taken back by archiving the discount', async () => {
    await deliver({ amount: 750n });
    expect((await deliver({ kind: 'reverse', amount: 750n })).state).toBe('confirmed');
    expect(valid()).toEqual([]);
  });

  test('what was restored is taken back before what it restored', async () => {
    await deliver({ amount: 300n });
    await deliver({ kind: 'reverse', amount: 200n });
    await deliver({ kind: 'restore', amount: 200n });
    expect(valid()).toEqual(['100', '200']);
    expect((await deliver({ kind: 'reverse', amount: 250n, n: 2 })).state).toBe('confirmed');
    expect(valid()).toEqual(['50']);
  });

  test('a discount that was used stays, and the reversal is refused', async () => {
    await deliver({ amount: 300n });
    for (const discount of paddle.discounts) discount.times_used = 1;
    expect((await deliver({ kind: 'reverse', amount: 300n })).state).toBe('refused');
    expect(valid()).toEqual(['300']);
  });
});
