/** Rules for referrals that no seed shows by itself: qualified by a payment, tiers by volume, people who turn out to be one. */
import { afterEach, describe, expect, test } from 'vitest';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let story: Story;

async function start(program: string, edit: (yaml: string) => string): Promise<void> {
  service = await TestService.start({ program, edit, start: '2026-03-01T00:00:00Z' });
  story = await Story.of(service);
  await story.signUp('zach', 'zach@example.com');
}

afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

const paid = (payment_id: string, member_id: string, amount: number, paid_at: string) =>
  ['payment.succeeded', { payment_id, member_id, amount, currency: 'usd', paid_at }, paid_at] as const;

describe('qualified by payments', () => {
  const byPayment = (yaml: string) =>
    yaml.replace(/^qualify:.*$/m, 'qualify: { when: payment, count: 2, within: 30d }');

  test('the second payment in time qualifies, whatever order they are told in; a third grants nothing more', async () => {
    await start('hanzo', byPayment);
    await story.signUp('ann', 'ann@example.org', { referral_code: await service.codeOf('zach') });
    await story.tell(paid('p2', 'ann', 500, '2026-03-05T00:00:00Z'));
    expect(await story.rewardsOf('zach')).toEqual([['referral', 'pending', 'qualifying', 2000]]);
    await story.tell(paid('p1', 'ann', 500, '2026-03-04T00:00:00Z'));
    await story.tell(paid('p3', 'ann', 500, '2026-03-06T00:00:00Z'));
    expect(await story.rewardsOf('zach')).toEqual([['referral', 'credited', null, 2000]]);
  });

  test('a second payment after its time does not', async () => {
    await start('hanzo', byPayment);
    await story.signUp('ann', 'ann@example.org', { referral_code: await service.codeOf('zach') });
    await story.tell(paid('p1', 'ann', 500, '2026-03-01T00:00:00Z'));
    await story.clock('2026-04-05T00:00:00Z');
    await story.tell(paid('p2', 'ann', 500, '2026-04-05T00:00:00Z'));
    expect(await story.rewardsOf('zach')).toEqual([['referral', 'rejected', 'not_qualified', 2000]]);
  });
});

describe('tiers by monthly volume', () => {
  const byVolume = (yaml: string) =>
    `${yaml.replace('share: "5%"', 'share: tier.share')}
tiers: { by: monthly_volume, list: [{ name: base, from: 0, share: "5%" }, { name: plus, from: 1000.00, share: "8%" }] }
`;

  test('a payment earns by the volume of its month before it; each month begins anew', async () => {
    await start('claudexia', byVolume);
    await story.signUp('ann', 'ann@example.org', { referral_code: await service.codeOf('zach') });
    await story.tell(paid('m1', 'ann', 100_000, '2026-03-01T00:00:00Z'));
    await story.tell(paid('m2', 'ann', 10_000, '2026-03-02T00:00:00Z'));
    await story.tell(paid('m2', 'ann', 10_000, '2026-03-02T00:00:00Z'));
    await story.clock('2026-04-01T00:00:00Z');
    await story.tell(paid('a1', 'ann', 10_000, '2026-04-01T00:00:00Z'));
    await story.tell(paid('m3', 'ann', 10_000, '2026-03-31T00:00:00Z'));
    const rewards = await service.rewards('&member=zach');
    expect(rewards.map((r) => [r.source_payment_id, r.rate, r.amount]).reverse()).toEqual([
      ['m1', '5%', 5000],
      ['m2', '8%', 800],
      ['a1', '5%', 500],
      ['m3', '8%', 800],
    ]);
  });
});

test('a signup that its sender dates in our future is referred now', async () => {
  await start('hanzo', (yaml) => yaml);
  const data = { member_id: 'ann', email: 'ann@example.org', referral_code: await service.codeOf('zach') };
  await service.post('app', { type: 'member.created', timestamp: '2031-01-01T00:00:00Z', data });
  const [referral] = await story.referralsOf('zach');
  expect([referral.created_at, referral.completed_at]).toEqual([
    '2026-03-01T00:00:00.000Z',
    '2026-03-01T00:00:00.000Z',
  ]);
});

describe('a leaderboard with rewards', () => {
  const ranked = (yaml: string) =>
    yaml.replace('rewards:', 'rewards:\n  top: { to: referrer, when: rank, top: 2, amount: 50.00 }');

  test('gives the first of each month their reward when it is over, once, and nobody for a month without signups', async () => {
    await start('claudexia', ranked);
    for (const [referrer, count] of [
      ['zach', 1],
      ['yves', 3],
      ['xena', 2],
    ] as const) {
      await story.signUp(referrer, `${referrer}@home.example`);
      const referral_code = await service.codeOf(referrer);
      for (let n = 0; n < count; n++)
        await story.signUp(`${referrer}${n}`, `${referrer}${n}@work.example`, { referral_code });
    }
    await story.clock('2026-03-31T23:59:59Z');
    expect(await service.rewards()).toEqual([]);
    for (const now of ['2026-04-01T00:00:00Z', '2026-04-02T00:00:00Z', '2026-06-02T00:00:00Z']) await story.clock(now);
    const rewards = await service.rewards();
    expect(rewards.map((r) => [r.member_id, r.idempotency_key, r.status, r.amount]).sort()).toEqual([
      ['xena', 'ref:auto:top:2026-03:2', 'credited', 5000],
      ['yves', 'ref:auto:top:2026-03:1', 'credited', 5000],
    ]);
    expect(rewards.every((r) => r.credited_at === '2026-04-01T00:00:00.000Z')).toBe(true);
  });
});

describe('a customer who turns out to be a member', () => {
  const twoSided = (yaml: string) =>
    yaml.replace('rewards:', 'rewards:\n  welcome: { to: referee, when: signup, amount: 3.00 }');
  const customer = (email: string | null, user?: string) => ({
    id: `evt_${Math.random()}`,
    object: 'event',
    type: 'customer.updated',
    created: 1_772_323_200,
    livemode: false,
    data: { object: { id: 'cus_1', object: 'customer', email, metadata: user ? { user_id: user } : {} } },
  });
  const session = (code: string) => ({
    id: 'evt_cs',
    object: 'event',
    type: 'checkout.session.completed',
    created: 1_772_323_200,
    livemode: false,
    data: {
      object: {
        id: 'cs_1',
        object: 'checkout.session',
        mode: 'payment',
        payment_status: 'paid',
        amount_total: 10_000,
        total_details: { amount_tax: 0, amount_discount: 0 },
        currency: 'usd',
        customer: 'cus_1',
        payment_intent: 'pi_1',
        created: 1_772_323_200,
        metadata: { referral_code: code },
      },
    },
  });

  test('keeps one welcome of two: the doubled one is taken back, and the elder referral stays', async () => {
    await start('claudexia', (yaml) =>
      twoSided(yaml).replace('kind: stripe,', 'kind: stripe, code_from: [metadata.referral_code],'),
    );
    await story.signUp('yves', 'yves@example.net');
    await service.post('stripe', session(await service.codeOf('zach')));
    expect(await story.rewardsOf('stripe:cus_1')).toEqual([['welcome', 'credited', null, 300]]);
    await story.signUp('ann', 'ann@example.org', { referral_code: await service.codeOf('yves') });
    expect(await story.rewardsOf('ann')).toEqual([['welcome', 'credited', null, 300]]);
    await service.post('stripe', customer(null, 'ann'));
    const rewards = (await service.rewards()).filter((r) => r.rule === 'welcome');
    expect(rewards.map((r) => [r.status, r.reason]).sort()).toEqual([
      ['credited', null],
      ['reversed', 'merged'],
    ]);
    expect(await story.balanceOf('ann')).toBe(300);
  });

  test('and who had referred themselves: the referral is void, and what it earned is taken back', async () => {
    await start('claudexia', (yaml) =>
      twoSided(yaml).replace('kind: stripe,', 'kind: stripe, code_from: [metadata.referral_code],'),
    );
    await service.post('stripe', session(await service.codeOf('zach')));
    expect(await story.balanceOf('zach')).toBe(500);
    await service.post('stripe', customer(null, 'zach'));
    expect(await story.balanceOf('zach')).toBe(0);
    const rewards = await service.rewards();
    expect(rewards.map((r) => r.status)).toEqual(['reversed', 'reversed']);
  });
});

test('the counts of referrals are what the referrals add up to, and nobody may write them', async () => {
  await start('kortix', (yaml) => yaml);
  const referral_code = await service.codeOf('zach');
  await story.signUp('a', 'a@example.org', { referral_code });
  await story.signUp('b', 'b@example.org', { referral_code, email_verified: false });
  await story.signUp('zach2', 'zach@example.com', { referral_code });
  const { general } = service.service.deps.pools;
  const { rows } = await general.query('select pending, completed, qualified from referral_counts');
  expect(rows).toEqual([{ pending: 1n, completed: 1n, qualified: 1n }]);
  await expect(general.query('update referral_counts set qualified = 200')).rejects.toThrow('permission denied');
});
