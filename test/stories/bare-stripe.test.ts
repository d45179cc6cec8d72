// Stripe alone: no identity provider, no script, no code in the product. Whoever pays is a member; a referrer is a
// customer like any other and is credited on their Stripe balance.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FakeStripe, startFakeStripe } from '../support/fake-stripe.ts';
import { bareProgram } from '../support/programs.ts';
import { TestService } from '../support/service.ts';

let stripe: FakeStripe;
let service: TestService;
beforeEach(async () => {
  stripe = await startFakeStripe();
  const yaml = bareProgram('stripe', { STRIPE_API_BASE: stripe.apiBase });
  service = await TestService.start({ program: 'acme', yaml });
  await customer('cus_alice', 'alice@example.com');
});
afterEach(async () => {
  expect(await service.isBalanced()).toBe(true);
  await service.stop();
  await stripe.close();
});

const at = (time: string) => Date.parse(`2026-05-01T${time}Z`) / 1000;
let n = 0;
const tell = (type: string, object: object, created = at('10:00:00')) =>
  service.post('stripe', { id: `evt_${++n}`, object: 'event', type, created, livemode: false, data: { object } });
const customer = (id: string, email: string) =>
  tell('customer.created', { id, object: 'customer', email, metadata: {} }, at('09:00:00'));
const promotion = (id: string, code: string, metadata = {}) =>
  tell('promotion_code.created', { id, object: 'promotion_code', code, active: true, metadata });

/** A Payment Link or Checkout page, paid. */
function session(more: object = {}, created?: number) {
  const paid = {
    id: `cs_${n}`,
    object: 'checkout.session',
    mode: 'payment',
    payment_status: 'paid',
    amount_total: 12_000,
    currency: 'usd',
    customer: 'cus_bob',
    customer_details: { email: 'bob@example.com' },
    payment_intent: `pi_${n}`,
    invoice: null,
    client_reference_id: null,
    metadata: {},
    discounts: [],
    total_details: { amount_tax: 2_000, amount_discount: 0, amount_shipping: 0 },
    ...more,
  };
  return tell('checkout.session.completed', paid, created);
}

function renewal(id: string, created: number, more: object = {}) {
  const invoice = {
    id,
    object: 'invoice',
    customer: 'cus_bob',
    customer_email: 'bob@example.com',
    amount_paid: 10_000,
    amount_due: 10_000,
    total: 10_000,
    currency: 'usd',
    billing_reason: 'subscription_cycle',
    status_transitions: { paid_at: created },
    total_taxes: [],
    discounts: [],
    lines: { data: [] },
    ...more,
  };
  return tell('invoice.paid', invoice, created);
}

const alicesCode = () => service.codeOf('stripe:cus_alice');
const balances = () => stripe.transactions.map(({ customer: to, amount, currency }) => [to, amount, currency]);

test('a Payment Link with the code in client_reference_id credits the referrer on their balance', async () => {
  await session({ client_reference_id: `ref_${await alicesCode()}` });
  expect(await service.rewards()).toMatchObject([
    { status: 'credited', amount: 2_000, member_id: 'stripe:cus_alice', referee_id: 'stripe:cus_bob' },
  ]);
  expect(balances()).toEqual([['cus_alice', -2_000, 'usd']]);
});

test('a subscription bought that way goes on earning, by the customer alone', async () => {
  await session({
    client_reference_id: `ref_${await alicesCode()}`,
    mode: 'subscription',
    invoice: 'in_1',
    payment_intent: null,
  });
  await renewal('in_2', at('11:30:00'));
  await renewal('in_3', at('12:30:00'), { customer_email: 'bob@elsewhere.example' });
  expect((await service.rewards()).map(({ amount, source_payment_id: id }) => [id, amount]).sort()).toEqual([
    ['in_1', 2_000],
    ['in_2', 2_000],
    ['in_3', 2_000],
  ]);
});

describe('a promotion code is a referral code', () => {
  test('by its text', async () => {
    await promotion('promo_1', await alicesCode());
    await session({ discounts: [{ coupon: 'FRIENDS20', promotion_code: 'promo_1' }] });
    expect(balances()).toEqual([['cus_alice', -2_000, 'usd']]);
    const [reward] = await service.rewards();
    const { body } = await service.admin('GET', `/rewards/${reward.id}`);
    expect(JSON.stringify(body.explain)).toContain('promotion_code');
  });

  test('by its metadata, where the owner chose another text', async () => {
    await promotion('promo_1', 'ALICE20', { ref: await alicesCode() });
    await session({ discounts: [{ coupon: 'FRIENDS20', promotion_code: 'promo_1' }] });
    expect(balances()).toEqual([['cus_alice', -2_000, 'usd']]);
  });

  test('also when Stripe tells of the code after the payment', async () => {
    await session({ discounts: [{ coupon: 'FRIENDS20', promotion_code: 'promo_1' }] });
    expect(await service.rewards()).toEqual([]);
    await promotion('promo_1', await alicesCode());
    expect(balances()).toEqual([['cus_alice', -2_000, 'usd']]);
  });

  test('on an invoice of a subscription made by the API, by the discount that the customer was given', async () => {
    await promotion('promo_1', await alicesCode());
    const discount = {
      id: 'di_1',
      object: 'discount',
      customer: 'cus_bob',
      promotion_code: 'promo_1',
      subscription: 'sub_1',
    };
    await tell('customer.discount.created', discount);
    await renewal('in_1', at('10:00:10'), { discounts: ['di_1'], billing_reason: 'subscription_create' });
    expect(balances()).toEqual([['cus_alice', -2_000, 'usd']]);
  });

  test('of the product itself refers nobody', async () => {
    await promotion('promo_1', 'SUMMER20');
    await session({ discounts: [{ coupon: 'SUMMER', promotion_code: 'promo_1' }] });
    const { body } = await service.admin('GET', `/payments?program=acme&earned=false`);
    expect(body.data).toMatchObject([{ reason: 'unattributed' }]);
  });

  test('refers no customer of long standing', async () => {
    await promotion('promo_1', await alicesCode());
    await renewal('in_1', at('06:00:00'));
    await session({ discounts: [{ coupon: 'FRIENDS20', promotion_code: 'promo_1' }] });
    await tell(
      'customer.discount.created',
      { id: 'di_1', customer: 'cus_bob', promotion_code: 'promo_1' },
      at('10:10:00'),
    );
    expect(await service.rewards()).toEqual([]);
  });
});

describe('who cannot earn', () => {
  test('the referrer themselves, as the same customer', async () => {
    await session({ customer: 'cus_alice', client_reference_id: `ref_${await alicesCode()}` });
    expect(await service.rewards()).toEqual([]);
  });

  test('the referrer as another customer with the same address', async () => {
    await customer('cus_gmail', 'alice.b@gmail.com');
    const code = await service.codeOf('stripe:cus_gmail');
    await session({ client_reference_id: `ref_${code}`, customer_details: { email: 'aliceb+2@gmail.com' } });
    expect(await service.rewards()).toMatchObject([{ status: 'rejected', reason: 'self_referral' }]);
    expect(balances()).toEqual([]);
  });
});

test('a refund takes its part back from the balance', async () => {
  await session({ client_reference_id: `ref_${await alicesCode()}`, payment_intent: 'pi_x' });
  await tell('refund.created', {
    id: 're_1',
    object: 'refund',
    amount: 6_000,
    payment_intent: 'pi_x',
    status: 'succeeded',
  });
  expect(balances()).toEqual([
    ['cus_alice', -2_000, 'usd'],
    ['cus_alice', 1_000, 'usd'],
  ]);
});
