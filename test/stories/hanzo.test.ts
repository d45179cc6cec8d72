/** What seeds/hanzo promises of its rewards: tiers, qualification, revenue share. Amounts in cents. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DialectClient } from '../support/dialect.ts';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let story: Story;

beforeEach(async () => {
  service = await TestService.start({ program: 'hanzo', start: '2026-01-10T00:00:00Z' });
  story = await Story.of(service);
  await story.signUp('zach', 'zach@example.com', { name: 'Zach' });
});

afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

/** `count` further people whom zach referred, and who made their first billable call. */
async function qualify(from: number, to: number): Promise<void> {
  const code = await service.codeOf('zach');
  const people = Array.from({ length: to - from + 1 }, (_, i) => `dev${from + i}`);
  await story.tell(
    ...people.flatMap((id) => [
      ['member.created', { member_id: id, email: `${id}@${id}.example`, referral_code: code }] as const,
      ['usage.recorded', { usage_id: `first_${id}`, member_id: id, billable: true }] as const,
    ]),
  );
}

async function granted(referee: string): Promise<unknown> {
  const rewards = await service.rewards('&member=zach');
  const found = rewards.find((r) => r.rule === 'referral' && r.idempotency_key === `ref:auto:referral:${referee}`);
  return found && [found.status, found.reason, found.amount];
}

describe('credit per referral', () => {
  test('the first qualified referral gives $20, and the referee has $20 at once', async () => {
    const code = await service.codeOf('zach');
    await story.signUp('ann', 'ann@example.org', { referral_code: code });
    expect(await story.rewardsOf('ann')).toEqual([['welcome', 'credited', null, 2000]]);
    expect(await granted('ann')).toEqual(['pending', 'qualifying', 2000]);
    expect(await story.balanceOf('zach')).toBe(0);
    await story.use('ann');
    expect(await granted('ann')).toEqual(['credited', null, 2000]);
    expect(await story.balanceOf('zach')).toBe(2000);
  });

  test('the 9th gives $20, the 10th $30, the 49th $30, the 50th $50, the 200th $100, and every referee $20', async () => {
    await qualify(1, 60);
    await qualify(61, 200);
    const amounts = await Promise.all(['dev9', 'dev10', 'dev49', 'dev50', 'dev199', 'dev200'].map(granted));
    expect(amounts).toEqual([2000, 3000, 3000, 5000, 5000, 10_000].map((amount) => ['credited', null, amount]));
    expect(await story.rewardsOf('dev200')).toEqual([['welcome', 'credited', null, 2000]]);
    const { body } = await service.admin('GET', '/members/zach?program=hanzo');
    expect(body.tier).toBe('partner');
  });

  test('a first billable call on day 31 gives the referrer nothing', async () => {
    const code = await service.codeOf('zach');
    await story.signUp('late', 'late@example.org', { referral_code: code });
    await story.clock('2026-02-08T23:59:59Z');
    expect(await granted('late')).toEqual(['pending', 'qualifying', 2000]);
    await story.clock('2026-02-10T00:00:00Z');
    await story.use('late');
    expect(await granted('late')).toEqual(['rejected', 'not_qualified', 2000]);
    expect(await story.balanceOf('zach')).toBe(0);
    expect(await story.balanceOf('late')).toBe(2000);
  });

  test('a call on day 30 counts, and one that nobody is billed for does not', async () => {
    const code = await service.codeOf('zach');
    await story.signUp('ann', 'ann@example.org', { referral_code: code });
    await story.tell(['usage.recorded', { usage_id: 'free', member_id: 'ann', billable: false }]);
    expect(await granted('ann')).toEqual(['pending', 'qualifying', 2000]);
    await story.clock('2026-02-08T12:00:00Z');
    await story.use('ann');
    expect(await granted('ann')).toEqual(['credited', null, 2000]);
  });

  test('a call told before the signup and its code counts as well', async () => {
    await story.use('ann');
    await story.signUp('ann', 'ann@example.org', { referral_code: await service.codeOf('zach') });
    expect(await granted('ann')).toEqual(['credited', null, 2000]);
  });
});

test('Starter credits lapse after 90 days, the oldest are spent first, and what was spent does not lapse again', async () => {
  const made = await service.admin('POST', '/programs/hanzo/keys', { name: 'commerce', scopes: ['credits:write'] });
  const spend = async (amount: number) => {
    const body = { member_id: 'zach', amount, idempotency_key: `inv_${amount}`, reason: 'invoice' };
    return (await new DialectClient(service).post('/v1/credits/spend', { token: made.body.key, body })).body;
  };
  await qualify(1, 1);
  await story.clock('2026-02-09T00:00:00Z');
  await qualify(2, 2);
  expect(await spend(2_500)).toMatchObject({ balance: 1_500 });
  const left: number[] = [];
  for (const day of ['2026-04-10T00:00:00Z', '2026-05-09T23:59:59Z', '2026-05-10T00:00:00Z', '2026-08-10T00:00:00Z']) {
    await story.clock(day);
    left.push(await story.balanceOf('zach'));
  }
  expect(left).toEqual([1_500, 1_500, 0, 0]);
  expect((await spend(1)).code).toBe('insufficient_credits');
});

test('the code is there when the account is, made of the name, and so is its link', async () => {
  const code = await service.codeOf('zach');
  expect(code).toMatch(/^zach\d+$/i);
  const { body } = await new DialectClient(service).get('/v1/me', { as: 'zach' });
  expect(body).toMatchObject({ code, url: `https://hanzo.ai/signup?ref=${code}` });
});

describe('revenue share', () => {
  const paid = (id: string, member: string, amount: number, at: string, tax = 0) =>
    [
      'payment.succeeded',
      { payment_id: id, member_id: member, amount, tax, currency: 'usd', paid_at: at },
      at,
    ] as const;
  const refunded = (id: string, payment: string, amount: number, at: string) =>
    ['payment.refunded', { refund_id: id, payment_id: payment, amount }, at] as const;

  test('a Growth referrer whose referee pays $100 net and is refunded $20 in March has $2.00 credited on 1 April', async () => {
    await qualify(1, 10);
    await story.clock('2026-03-10T00:00:00Z');
    await story.tell(paid('pay_1', 'dev1', 12_000, '2026-03-10T00:00:00Z', 2_000));
    expect((await story.rewardsOf('zach')).at(-1)).toEqual(['revenue_share', 'pending', 'settling', 250]);
    await story.clock('2026-03-20T00:00:00Z');
    await story.tell(refunded('re_1', 'pay_1', 2_400, '2026-03-20T00:00:00Z'));
    const before = await story.balanceOf('zach');
    await story.clock('2026-03-31T23:59:59Z');
    expect(await story.balanceOf('zach')).toBe(before);
    await story.clock('2026-04-01T00:00:00Z');
    expect(await story.balanceOf('zach')).toBe(before + 200);
    const [share] = await service.rewards('&member=zach');
    expect(share).toMatchObject({
      rule: 'revenue_share',
      status: 'credited',
      amount: 250,
      reversed_amount: 50,
      rate: '2.5%',
      idempotency_key: 'ref:auto:pay_1',
      credited_at: '2026-04-01T00:00:00.000Z',
    });
  });

  test('a month is settled once, however often the job runs and however many run it at once', async () => {
    await qualify(1, 10);
    await story.clock('2026-01-12T00:00:00Z');
    await story.tell(paid('jan', 'dev1', 10_000, '2026-01-12T00:00:00Z'));
    const before = await story.balanceOf('zach');
    await Promise.all(Array.from({ length: 4 }, () => story.clock('2026-02-01T00:00:00Z')));
    for (let again = 0; again < 3; again++) await story.clock('2026-02-01T00:00:00Z');
    expect(await story.balanceOf('zach')).toBe(before + 250);
    await story.clock('2026-02-12T00:00:00Z');
    await story.tell(paid('feb', 'dev1', 20_000, '2026-02-12T00:00:00Z'));
    for (const day of ['2026-03-01T00:00:00Z', '2026-03-01T00:00:01Z', '2026-04-01T00:00:00Z']) await story.clock(day);
    expect(await story.balanceOf('zach')).toBe(before + 250 + 500);
    const shares = (await service.rewards('&member=zach')).filter((r) => r.rule === 'revenue_share');
    expect(shares.map((r) => [r.source_payment_id, r.status, r.credited_at]).sort()).toEqual([
      ['feb', 'credited', '2026-03-01T00:00:00.000Z'],
      ['jan', 'credited', '2026-02-01T00:00:00.000Z'],
    ]);
    const { body } = await service.admin('GET', `/rewards/${shares[0].id}`);
    const credited = body.entries.filter((entry: { account: string }) => entry.account === 'available');
    expect(credited.map((entry: { amount: number }) => entry.amount)).toEqual([500]);
  });

  test('a refund after the month is settled takes its part back from the balance', async () => {
    await qualify(1, 10);
    await story.clock('2026-01-12T00:00:00Z');
    await story.tell(paid('pay_1', 'dev1', 10_000, '2026-01-12T00:00:00Z'));
    await story.clock('2026-02-01T00:00:00Z');
    const settled = await story.balanceOf('zach');
    await story.tell(refunded('re_1', 'pay_1', 2_000, '2026-02-02T00:00:00Z'));
    expect(await story.balanceOf('zach')).toBe(settled - 50);
  });

  test('is of the net spend: what a discount or credits have paid earns nothing', async () => {
    await qualify(1, 10);
    const told = { member_id: 'dev1', currency: 'usd', paid_at: '2026-01-12T00:00:00Z' };
    await story.tell(
      ['payment.succeeded', { ...told, payment_id: 'pay_1', amount: 7_000, discount: 2_000, credit_applied: 1_000 }],
      ['payment.succeeded', { ...told, payment_id: 'pay_2', amount: 0, credit_applied: 10_000 }],
    );
    const shares = (await service.rewards('&member=zach')).filter((r) => r.rule === 'revenue_share');
    expect(shares.map((r) => [r.source_payment_id, r.amount])).toEqual([['pay_1', 175]]);
  });

  test.each([
    ['growth', '2.5%', 250],
    ['pro', '5%', 500],
    ['partner', '7.5%', 750],
  ])('at %s is %s of what was paid', async (tier, rate, amount) => {
    await qualify(1, 1);
    await service.admin('PATCH', '/members/zach?program=hanzo', { tier });
    await story.clock('2026-01-11T00:00:00Z');
    await story.tell(paid('pay_1', 'dev1', 10_000, '2026-01-11T00:00:00Z'));
    expect((await service.rewards('&member=zach'))[0]).toMatchObject({ rate, amount, reason: 'settling' });
  });

  test('a Starter earns no share', async () => {
    await qualify(1, 1);
    await story.tell(paid('pay_1', 'dev1', 10_000, '2026-01-10T00:00:00Z'));
    expect(await story.rewardsOf('zach')).toEqual([['referral', 'credited', null, 2000]]);
    const { body } = await service.admin('GET', '/payments?program=hanzo&earned=false');
    expect(body.data[0]).toMatchObject({ source_payment_id: 'pay_1', reason: 'no_share' });
  });

  test('a payment made before the tier was reached earns by the tier of its own time', async () => {
    await qualify(1, 9);
    await story.clock('2026-01-20T00:00:00Z');
    await qualify(10, 10);
    await story.tell(
      paid('old', 'dev1', 10_000, '2026-01-15T00:00:00Z'),
      paid('new', 'dev1', 10_000, '2026-01-20T00:00:01Z'),
    );
    const shares = (await service.rewards('&member=zach')).filter((r) => r.rule === 'revenue_share');
    expect(shares.map((r) => [r.source_payment_id, r.amount])).toEqual([['new', 250]]);
  });

  test('a tier once reached is kept, also when what reached it is taken back', async () => {
    await qualify(1, 10);
    for (const reward of await service.rewards('&member=zach'))
      await service.admin('POST', `/rewards/${reward.id}/reverse`, { reason: 'abuse' });
    await story.clock('2027-01-01T00:00:00Z');
    const { body } = await service.admin('GET', '/members/zach?program=hanzo');
    expect(body.tier).toBe('growth');
  });
});
