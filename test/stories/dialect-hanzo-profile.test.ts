/** Hanzo's referrer profile through its tiers: referrals, credits, revenue share, cap and expiry. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DialectClient, shapeOf } from '../support/dialect.ts';
import * as samples from '../support/dialect-samples.ts';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let story: Story;
let api: DialectClient;

beforeEach(async () => {
  service = await TestService.start({ program: 'hanzo', start: '2026-03-01T00:00:00Z' });
  story = await Story.of(service);
  api = new DialectClient(service);
  await story.signUp('zach', 'zach@zach.example', { name: 'Zach' });
});

afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

const profile = async () => (await api.get('/v1/referrer/me', { as: 'zach' })).body;

async function refer(from: number, to: number, qualifies = true): Promise<void> {
  const referral_code = await service.codeOf('zach');
  const people = Array.from({ length: to - from + 1 }, (_, i) => `dev${from + i}`);
  const events = people.flatMap((id) => [
    ['member.created', { member_id: id, email: `${id}@${id}.example`, referral_code }] as const,
    ...(qualifies ? [['usage.recorded', { usage_id: `u_${id}`, member_id: id, billable: true }] as const] : []),
  ]);
  await story.tell(...events);
}

test('has every field of the documentation, and the values of a Pro with 55 referrals', async () => {
  await refer(1, 50);
  await refer(51, 55, false);
  await story.tell([
    'payment.succeeded',
    { payment_id: 'pay_1', member_id: 'dev1', amount: 64_000, currency: 'usd', paid_at: '2026-03-01T00:00:01Z' },
    '2026-03-01T00:00:01Z',
  ]);
  const body = await profile();
  expect(body).toEqual(shapeOf(samples.HANZO_PROFILE));
  expect(body).toMatchObject({
    tier: 'pro',
    referral_count: 55,
    credit_balance_cents: 9 * 2000 + 40 * 3000 + 5000,
    credit_max_cents: 2_000_000,
    credit_expiry_days: 365,
    revenue_share_pct: 5,
    revenue_share_total_cents: 0,
    revenue_share_pending_cents: 3200,
    referrals: { total: 55, qualified: 50, pending: 5 },
  });
});

test('revenue share is pending until the first of the following month, and then in the total and the balance', async () => {
  await refer(1, 10);
  await story.clock('2026-03-10T00:00:00Z');
  await story.tell([
    'payment.succeeded',
    { payment_id: 'pay_1', member_id: 'dev1', amount: 10_000, currency: 'usd', paid_at: '2026-03-10T00:00:00Z' },
    '2026-03-10T00:00:00Z',
  ]);
  const before = await profile();
  expect(before).toMatchObject({
    tier: 'growth',
    revenue_share_pct: 2.5,
    revenue_share_total_cents: 0,
    revenue_share_pending_cents: 250,
  });
  await story.clock('2026-04-01T00:00:00Z');
  const after = await profile();
  expect(after).toMatchObject({ revenue_share_total_cents: 250, revenue_share_pending_cents: 0 });
  expect(after.credit_balance_cents).toBe(before.credit_balance_cents + 250);
});

test('a referral that does not qualify in 30 days stays in the total and is not pending any more', async () => {
  await refer(1, 1);
  await refer(2, 3, false);
  expect((await profile()).referrals).toEqual({ total: 3, qualified: 1, pending: 2 });
  await story.clock('2026-04-01T00:00:00Z');
  expect((await profile()).referrals).toEqual({ total: 3, qualified: 1, pending: 0 });
});

test('a Starter has 90 days, no share and $20,000 at most; a Partner’s credits never expire', async () => {
  expect(await profile()).toMatchObject({
    tier: 'starter',
    credit_max_cents: 2_000_000,
    credit_expiry_days: 90,
    revenue_share_pct: 0,
    referrals: { total: 0, qualified: 0, pending: 0 },
  });
  await service.admin('PATCH', '/members/zach?program=hanzo', { tier: 'partner' });
  expect(await profile()).toMatchObject({
    tier: 'partner',
    credit_max_cents: 15_000_000,
    credit_expiry_days: null,
    revenue_share_pct: 7.5,
  });
});

test('the code tells the tier that its referrer has reached, and the referred user’s $20 all the same', async () => {
  await refer(1, 10);
  const { body } = await api.get(`/v1/referrer/code/${await service.codeOf('zach')}`);
  expect(body).toMatchObject({ tier: 'growth', credit_amount_cents: 2000 });
});
