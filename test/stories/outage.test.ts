/** Bonuses survive outages: the sink goes away, answers late or lies, and every credit arrives once. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FakeSink, startFakeSink } from '../support/fake-sink.ts';
import { TestService } from '../support/service.ts';
import { secretFor } from '../support/sign.ts';

let sink: FakeSink;
let service: TestService;
beforeEach(async () => {
  sink = await startFakeSink({ secret: secretFor('standard', 'billing') });
  service = await TestService.start({ sinkUrl: sink.url });
  await service.aliceRefersBob();
});
afterEach(async () => {
  expect(await service.isBalanced()).toBe(true);
  expect(sink.faults).toEqual([]);
  await service.stop();
  await sink.close();
});

const pay = (id: string, amount = 10_000) =>
  service.tell('payment.succeeded', { payment_id: id, member_id: 'bob', amount, currency: 'usd' });
const clock = (now: string) => service.admin('POST', '/test-clock', { now });

test('a credit is confirmed by the sink and then credited, with the key of its payment', async () => {
  await pay('pay_1');
  expect(await service.rewards()).toMatchObject([{ status: 'credited', amount: 500 }]);
  expect(sink.requests.map(({ key, body }) => [key, JSON.parse(body).type, JSON.parse(body).data.amount])).toEqual([
    ['ref:auto:pay_1', 'credit.create', 500],
  ]);
});

test('while the sink is down the reward stands failed; one Approve after it is back credits it, once', async () => {
  sink.mode = 'error';
  await pay('pay_1');
  const [failed] = await service.rewards();
  expect(failed).toMatchObject({ status: 'failed', outcome: 'unknown' });
  sink.mode = 'ok';
  expect(await service.admin('POST', `/rewards/${failed.id}/approve`)).toMatchObject({
    status: 200,
    body: { status: 'credited' },
  });
  expect((await service.admin('POST', `/rewards/${failed.id}/approve`)).status).toBe(409);
  expect(sink.applied('ref:auto:pay_1')).toBe(1);
});

test('the queue goes on by itself: the first success makes it credited', async () => {
  sink.mode = 'error';
  await pay('pay_1');
  sink.mode = 'ok';
  await clock('2026-05-01T00:01:00Z');
  expect(await service.rewards()).toMatchObject([{ status: 'credited' }]);
  expect(sink.applied('ref:auto:pay_1')).toBe(1);
});

test('after a day of trying the queue gives up, and Approve still recovers the credit', async () => {
  sink.mode = 'error';
  await pay('pay_1');
  await clock('2026-05-03T00:00:00Z');
  const [failed] = await service.rewards();
  expect(failed).toMatchObject({ status: 'failed' });
  const tries = sink.posts();
  await clock('2026-05-10T00:00:00Z');
  expect(sink.posts()).toBe(tries);
  sink.mode = 'ok';
  expect(await service.admin('POST', `/rewards/${failed.id}/approve`)).toMatchObject({ body: { status: 'credited' } });
  expect(sink.applied('ref:auto:pay_1')).toBe(1);
});

test.each(['error_after', 'reset_after'] as const)(
  'a sink that applies and then answers with %s is credited once',
  async (mode) => {
    sink.next = [mode];
    await pay('pay_1');
    expect(await service.rewards()).toMatchObject([{ status: 'failed', outcome: 'unknown' }]);
    await clock('2026-05-01T00:01:00Z');
    expect(await service.rewards()).toMatchObject([{ status: 'credited' }]);
    expect(sink.applied('ref:auto:pay_1')).toBe(1);
  },
);

test('a refusal is failed at once and not tried again by itself', async () => {
  sink.mode = 'refuse';
  await pay('pay_1');
  expect(await service.rewards()).toMatchObject([{ status: 'failed', outcome: 'refused' }]);
  await clock('2026-05-02T00:00:00Z');
  expect(sink.posts()).toBe(1);
});

test('a refund goes out as a reversal of its part; a later full refund reverses the reward', async () => {
  await pay('pay_1');
  await service.tell('payment.refunded', { payment_id: 'pay_1', refund_id: 're_1', amount: 4_000 });
  await service.tell('payment.refunded', { payment_id: 'pay_1', refund_id: 're_2', amount: 6_000 });
  expect(await service.rewards()).toMatchObject([{ status: 'reversed', reversed_amount: 500 }]);
  expect(sink.requests.map(({ key, body }) => [key, JSON.parse(body).data.amount])).toEqual([
    ['ref:auto:pay_1', 500],
    ['ref:auto:pay_1:reverse:1', 200],
    ['ref:auto:pay_1:reverse:2', 300],
  ]);
  await service.tell('payment.refunded', { payment_id: 'pay_1', refund_id: 're_2', amount: 6_000, status: 'failed' });
  expect(sink.requests.at(-1)).toMatchObject({ key: 'ref:auto:pay_1:restore:1' });
  expect(await service.rewards()).toMatchObject([{ status: 'credited', reversed_amount: 200 }]);
});

test('a reversal that the sink refuses leaves the reward credited with the flag', async () => {
  await pay('pay_1');
  sink.mode = 'refuse';
  await service.tell('payment.refunded', { payment_id: 'pay_1', refund_id: 're_1', amount: 10_000 });
  expect(await service.rewards()).toMatchObject([{ status: 'credited', flags: ['reversal_undelivered'] }]);
});

test('nothing is reversed while it is not known whether the credit arrived', async () => {
  sink.mode = 'error_after';
  await pay('pay_1');
  await service.tell('payment.refunded', { payment_id: 'pay_1', refund_id: 're_1', amount: 10_000 });
  expect(await service.rewards()).toMatchObject([{ status: 'failed' }]);
  expect(sink.requests.some(({ key }) => key.includes('reverse'))).toBe(false);
  sink.mode = 'ok';
  await clock('2026-05-01T00:01:00Z');
  expect(await service.rewards()).toMatchObject([{ status: 'reversed' }]);
  expect(sink.applied('ref:auto:pay_1:reverse:1')).toBe(1);
});

test('rejecting a failed credit of unknown outcome needs a person who has looked', async () => {
  sink.mode = 'error';
  await pay('pay_1');
  const [failed] = await service.rewards();
  expect(await service.admin('POST', `/rewards/${failed.id}/reject`, { reason: 'no' })).toMatchObject({ status: 409 });
  expect(
    await service.admin('POST', `/rewards/${failed.id}/reject`, { reason: 'no', confirm_absent: true }),
  ).toMatchObject({ status: 200, body: { status: 'rejected' } });
});
