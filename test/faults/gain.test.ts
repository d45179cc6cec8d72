/** F3 and F6: what somebody gains who pays, is paid back, and pays again; and who buys a tier with people who charge back. */
import { afterEach, expect, test } from 'vitest';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';
import { sized } from '../support/sized.ts';

let service: TestService;
let story: Story;
afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

const paid = (id: string, who: string, more: object = {}) =>
  ['payment.succeeded', { payment_id: id, member_id: who, amount: 10_000, currency: 'usd', ...more }] as const;

test('pay, earn, be paid back, and again: nothing is gained, and credit that pays earns nothing', async () => {
  service = await TestService.start({
    edit: (yaml) => yaml.replace('minimum_payment: 5.00 }', 'minimum_payment: 5.00, vests_after: 14d }'),
  });
  story = await Story.of(service);
  await story.signUp('alice', 'alice@alice.example');
  await story.signUp('bob', 'bob@bob.example', { referral_code: await service.codeOf('alice') });
  for (let n = 0; n < sized(4, 40); n++) {
    await story.tell(paid(`pay_${n}`, 'bob'));
    await story.tell(['payment.refunded', { refund_id: `re_${n}`, payment_id: `pay_${n}`, amount: 10_000 }]);
  }
  // Inside the time of vesting nothing was there to be spent; behind it nothing is left.
  expect(await story.balanceOf('alice')).toBe(0);
  await story.clock('2026-06-01T00:00:00Z');
  expect(await story.balanceOf('alice')).toBe(0);
  // What our own credits paid is no money: of $100, $80 from the balance, the share is of $20.
  await story.tell(paid('mixed', 'bob', { amount: 2_000, credit_applied: 8_000 }), paid('free', 'bob', { amount: 0 }));
  await story.clock('2026-07-01T00:00:00Z');
  expect(await story.balanceOf('alice')).toBe(100);
});

test('a tier bought with people who charge back stays by the rule, and an owner takes it away with a reason', async () => {
  service = await TestService.start({ program: 'hanzo', start: '2026-01-10T00:00:00Z' });
  story = await Story.of(service);
  await story.signUp('zach', 'zach@example.com', { name: 'Zach' });
  const code = await service.codeOf('zach');
  const people = Array.from({ length: 10 }, (_, i) => `fake${i}`);
  await story.tell(
    ...people.flatMap((id) => [
      ['member.created', { member_id: id, email: `${id}@${id}.example`, referral_code: code }] as const,
      ['usage.recorded', { usage_id: `first_${id}`, member_id: id, billable: true }] as const,
    ]),
  );
  await story.tell(...people.map((id) => paid(`pay_${id}`, id)));
  const zach = async () => (await service.admin('GET', '/members/zach?program=hanzo')).body;
  expect((await zach()).tier).toBe('growth');
  const lost = people.map(
    (id) =>
      [
        'payment.disputed',
        { dispute_id: `dp_${id}`, payment_id: `pay_${id}`, amount: 10_000, status: 'lost' },
      ] as const,
  );
  await story.tell(...lost);
  const shares = (await service.rewards('&member=zach')).filter((r) => r.rule === 'revenue_share');
  expect(new Set(shares.map((r) => r.status))).toEqual(new Set(['reversed']));
  expect((await zach()).tier).toBe('growth');
  const body = { tier: 'starter', note: 'ten of ten charged back' };
  expect((await service.admin('PATCH', '/members/zach?program=hanzo', body)).status).toBe(200);
  expect((await zach()).tier).toBe('starter');
  const { data } = (await service.admin('GET', '/audit?program=hanzo&target=zach')).body;
  expect(data[0]).toMatchObject({ before: { tier: 'growth' }, after: { tier: 'starter' } });
  // Demoted is demoted: the next referral earns as a Starter's.
  await story.signUp('next', 'next@next.example', { referral_code: code });
  await story.use('next');
  const [reward] = (await service.rewards('&member=zach')).filter((r) => r.referee_id === 'next');
  expect([(await zach()).tier, reward.amount]).toEqual(['starter', 2000]);
});
