// Paddle alone: no identity provider, no script, no code in the product. Whoever pays is a member; a referrer's credit
// is a discount code of their own.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FakePaddle, startFakePaddle } from '../support/fake-paddle.ts';
import { client, tokenFor } from '../support/member.ts';
import { bareProgram } from '../support/programs.ts';
import { MEMBER_JWT_SECRET, TestService } from '../support/service.ts';

let paddle: FakePaddle;
let service: TestService;
beforeEach(async () => {
  paddle = await startFakePaddle();
  const bare = bareProgram('paddle', { PADDLE_API_BASE: paddle.apiBase });
  const yaml = `${bare}auth: { jwt: { secret: "${MEMBER_JWT_SECRET}" } }\n`;
  service = await TestService.start({ program: 'acme', yaml });
  await tell('customer.created', { id: 'ctm_alice', email: 'alice@example.com', custom_data: null });
});
afterEach(async () => {
  expect(paddle.faults).toEqual([]);
  expect(await service.isBalanced()).toBe(true);
  await service.stop();
  await paddle.close();
});

let n = 0;
const tell = (event_type: string, data: object, occurred_at = '2026-05-01T10:00:00.000Z') =>
  service.post('paddle', { event_id: `evt_${++n}`, event_type, occurred_at, notification_id: `ntf_${n}`, data });

function paid(id: string, more: object = {}, occurredAt?: string) {
  const totals = {
    subtotal: '10000',
    discount: '0',
    tax: '2000',
    total: '12000',
    credit: '0',
    grand_total: '12000',
    grand_total_tax: '2000',
    currency_code: 'USD',
  };
  const transaction = {
    id,
    status: 'completed',
    origin: 'web',
    customer_id: 'ctm_bob',
    subscription_id: null,
    currency_code: 'USD',
    discount_id: null,
    custom_data: null,
    details: { totals },
    payments: [],
    ...more,
  };
  return tell('transaction.completed', transaction, occurredAt);
}

const alicesCode = () => service.codeOf('paddle:ctm_alice');
const discounts = () =>
  paddle.discounts.map(({ status, amount, currency_code: currency }) => [status, amount, currency]);

test('the code in custom data refers the payer, and the referrer gets a discount code', async () => {
  await paid('txn_1', { custom_data: { ref: await alicesCode() } });
  expect(await service.rewards()).toMatchObject([
    { status: 'credited', amount: 2_000, member_id: 'paddle:ctm_alice', referee_id: 'paddle:ctm_bob' },
  ]);
  expect(discounts()).toEqual([['active', '2000', 'USD']]);
});

test('the member reads the code to redeem in their rewards, until the reward is taken back', async () => {
  await paid('txn_1', { custom_data: { ref: await alicesCode() } });
  const token = await tokenFor('paddle:ctm_alice', {}, MEMBER_JWT_SECRET);
  const vouchers = async () => {
    const { body } = await client(service.app)('get', '/me/rewards', { token, program: 'acme' });
    return body.data.map((reward: { vouchers: string[] }) => reward.vouchers);
  };
  expect(await vouchers()).toEqual([[paddle.discounts[0]?.code]]);
  const totals = { total: '12000', tax: '2000' };
  await tell('adjustment.created', {
    id: 'adj_1',
    action: 'refund',
    status: 'approved',
    transaction_id: 'txn_1',
    totals,
  });
  expect(await vouchers()).toEqual([[]]);
});

test('renewals go on earning', async () => {
  const custom = { custom_data: { ref: await alicesCode() }, subscription_id: 'sub_1' };
  await paid('txn_1', custom);
  await paid('txn_2', { ...custom, origin: 'subscription_recurring' }, '2026-05-01T12:00:00.000Z');
  expect(discounts()).toEqual([
    ['active', '2000', 'USD'],
    ['active', '2000', 'USD'],
  ]);
});

describe('a discount is a referral code', () => {
  test('by its code', async () => {
    await tell('discount.created', { id: 'dsc_1', code: await alicesCode(), status: 'active', custom_data: null });
    await paid('txn_1', { discount_id: 'dsc_1' });
    expect(await service.rewards()).toMatchObject([{ status: 'credited', member_id: 'paddle:ctm_alice' }]);
  });

  test('also when Paddle tells of it after the payment, and by its custom data', async () => {
    await paid('txn_1', { discount_id: 'dsc_1' });
    expect(await service.rewards()).toEqual([]);
    await tell('discount.updated', { id: 'dsc_1', code: 'ALICE20', custom_data: { ref: await alicesCode() } });
    expect(await service.rewards()).toMatchObject([{ status: 'credited', member_id: 'paddle:ctm_alice' }]);
  });

  test('a reward that is redeemed as one refers nobody and earns nothing by itself', async () => {
    await paid('txn_1', { custom_data: { ref: await alicesCode() } });
    const [voucher] = paddle.discounts;
    await tell('discount.created', { id: voucher?.id, code: voucher?.code, custom_data: voucher?.custom_data });
    await paid('txn_2', { customer_id: 'ctm_alice', discount_id: voucher?.id });
    expect(await service.rewards()).toHaveLength(1);
  });
});

test('an approved refund takes its part out of the discount; one that waits or is rejected takes nothing', async () => {
  await paid('txn_1', { custom_data: { ref: await alicesCode() } });
  const adjustment = {
    id: 'adj_1',
    action: 'refund',
    transaction_id: 'txn_1',
    totals: { total: '6000', tax: '1000' },
    items: [],
  };
  await tell('adjustment.created', { ...adjustment, status: 'pending_approval' });
  expect(discounts()).toEqual([['active', '2000', 'USD']]);
  await tell('adjustment.updated', { ...adjustment, status: 'approved' });
  expect(discounts()).toEqual([['active', '1000', 'USD']]);
});
