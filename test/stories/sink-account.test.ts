/** Credits for members who have no customer at the sink yet: they wait, and are delivered once there is one. */
import { afterEach, expect, test } from 'vitest';
import { startFakePaddle } from '../support/fake-paddle.ts';
import { startFakeStripe } from '../support/fake-stripe.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let closeSink: () => Promise<void>;

/** Claudexia with another sink; bob, whom alice brought, has paid twice. */
async function start<S extends { apiBase: string; close(): Promise<void> }>(sink: S, delivery: string): Promise<S> {
  closeSink = sink.close;
  const line = `delivery: { ${delivery}, api_base: "${sink.apiBase}" }`;
  service = await TestService.start({
    sinkUrl: sink.apiBase,
    edit: (yaml) => yaml.replace(/^delivery:.*$/m, line),
  });
  await service.aliceRefersBob();
  for (const id of ['pay_1', 'pay_2'])
    await service.tell('payment.succeeded', { payment_id: id, member_id: 'bob', amount: 10_000, currency: 'usd' });
  expect(await states()).toEqual(WAITING);
  return sink;
}
afterEach(async () => {
  expect(await service.isBalanced()).toBe(true);
  await service.stop();
  await closeSink();
});

const toStripe = async () => start(await startFakeStripe(), 'sink: stripe_balance, api_key: sk_test_x');
const toPaddle = async () => start(await startFakePaddle(), 'sink: paddle_discount, api_key: pdl_sdbx_apikey_x');

const WAITING = Array(2).fill(['pending', 'no_account']);
const CREDITED = Array(2).fill(['credited', null]);
const states = async () =>
  (await service.rewards()).map(({ status, reason }: { status: string; reason: string | null }) => [status, reason]);

let events = 0;
const atStripe = (metadata: object) =>
  service.post('stripe', {
    id: `evt_${++events}`,
    object: 'event',
    type: 'customer.updated',
    created: 1_777_640_400,
    livemode: false,
    data: { object: { id: 'cus_alice', object: 'customer', email: null, livemode: false, metadata } },
  });
const atPaddle = (type: string, data: object) =>
  service.post('paddle', {
    event_id: `evt_${++events}`,
    event_type: type,
    occurred_at: '2026-05-01T12:00:00.000Z',
    notification_id: `ntf_${events}`,
    data,
  });

test('what waits is delivered when the customer is told, each credit once', async () => {
  const stripe = await toStripe();
  expect(stripe.requests).toEqual([]);
  for (const _ of [1, 2]) await atStripe({ user_id: 'alice' });
  expect(await states()).toEqual(CREDITED);
  expect(stripe.transactions.map(({ amount, customer }) => [customer, amount])).toEqual(
    Array(2).fill(['cus_alice', -500]),
  );
});

test('… or when a customer who was known by itself turns out to be the member', async () => {
  await toStripe();
  await atStripe({});
  expect(await states()).toEqual(WAITING);
  await atStripe({ user_id: 'alice' });
  expect(await states()).toEqual(CREDITED);
});

test('at Paddle by the custom data of the customer, and never by what a checkout page could write', async () => {
  const paddle = await toPaddle();
  const custom_data = { user_id: 'alice' };
  await atPaddle('subscription.created', { id: 'sub_1', customer_id: 'ctm_eve', status: 'active', custom_data });
  expect(await states()).toEqual(WAITING);
  await atPaddle('customer.created', { id: 'ctm_alice', email: 'alice@example.com', custom_data });
  expect(await states()).toEqual(CREDITED);
  expect(paddle.discounts.map(({ amount }) => amount)).toEqual(['500', '500']);
  expect(paddle.faults).toEqual([]);
});
