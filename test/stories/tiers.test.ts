/** Hanzo's cap and expiry for every kind of credit, and BuyWhere's usage that draws credit, with the bundled files. */
import { afterEach, describe, expect, test } from 'vitest';
import { DialectClient } from '../support/dialect.ts';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let story: Story;

async function start(program: string, edit?: (yaml: string) => string): Promise<void> {
  service = await TestService.start({ program, start: '2026-01-10T00:00:00Z', ...(edit && { edit }) });
  story = await Story.of(service);
}

afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

const tier = (name: string) => service.admin('PATCH', '/members/zach?program=hanzo', { tier: name });
const ofZach = async (rule: string) => (await service.rewards('&member=zach')).find((reward) => reward.rule === rule);

describe('Hanzo', () => {
  /** Ann came by Zach, who shares in what she pays from Growth on. */
  async function zachAndAnn(): Promise<void> {
    await start('hanzo');
    await story.signUp('zach', 'zach@example.com', { name: 'Zach' });
    await tier('growth');
    await story.signUp('ann', 'ann@example.org', { referral_code: await service.codeOf('zach') });
  }
  const pays = (amount: number) =>
    story.tell(['payment.succeeded', { payment_id: `pay_${amount}`, member_id: 'ann', amount, currency: 'usd' }]);

  test('a Starter with $19,990 whose referral qualifies gets $10 of the $20; a share fills the balance as well', async () => {
    await zachAndAnn();
    await pays(79_960_000);
    await tier('starter');
    expect(await ofZach('revenue_share')).toMatchObject({ status: 'pending', reason: 'settling', amount: 1_999_000 });
    expect(await story.balanceOf('zach')).toBe(0);
    await story.clock('2026-02-01T00:00:00Z');
    expect(await story.balanceOf('zach')).toBe(1_999_000);
    await story.use('ann');
    expect(await ofZach('referral')).toMatchObject({ status: 'credited', amount: 2_000, forfeited_amount: 1_000 });
    expect(await story.balanceOf('zach')).toBe(2_000_000);
  });

  test('a share that is settled onto a full balance is forfeited: pending does not count, crediting does', async () => {
    await zachAndAnn();
    await pays(79_960_000);
    await story.clock('2026-02-01T00:00:00Z');
    await pays(100_000);
    await story.use('ann');
    await story.clock('2026-03-01T00:00:00Z');
    const rewards = await service.rewards('&member=zach');
    expect(rewards.map((r) => [r.rule, r.status, r.reason, r.amount, r.forfeited_amount])).toEqual([
      ['revenue_share', 'rejected', 'forfeited', 2_500, 2_500],
      ['revenue_share', 'credited', null, 1_999_000, 0],
      ['referral', 'credited', null, 3_000, 2_000],
    ]);
    expect(await story.balanceOf('zach')).toBe(2_000_000);
  });

  test.each([
    ['growth', 2_000_000, 80_000_000],
    ['pro', 2_000_000, 40_000_000],
    ['partner', 15_000_000, 200_000_000],
  ])(
    'the balance of %s is at most %i cents: the last dollar of a share beyond it is forfeited',
    async (name, most, paid) => {
      await zachAndAnn();
      await tier(name);
      await pays(paid + 4_000);
      await story.clock('2026-02-01T00:00:00Z');
      const share = await ofZach('revenue_share');
      expect([share.status, share.amount - share.forfeited_amount]).toEqual(['credited', most]);
      expect(share.forfeited_amount).toBe({ growth: 100, pro: 200, partner: 300 }[name]);
      expect(await story.balanceOf('zach')).toBe(most);
    },
  );

  test('credit expires by the tier in force when it was awarded: 90 days, 180 days, a year, never', async () => {
    await start('hanzo');
    await story.signUp('zach', 'zach@example.com', { name: 'Zach' });
    const code = await service.codeOf('zach');
    for (const name of ['starter', 'growth', 'pro', 'partner']) {
      await tier(name);
      await story.signUp(name, `${name}@${name}.example`, { referral_code: code });
      await story.use(name);
    }
    const granted = await service.rewards('&member=zach');
    expect(granted.map((reward) => [reward.amount, reward.expires_at]).reverse()).toEqual([
      [2_000, '2026-04-10T00:00:00.000Z'],
      [3_000, '2026-07-09T00:00:00.000Z'],
      [5_000, '2027-01-10T00:00:00.000Z'],
      [10_000, null],
    ]);
    const left: number[] = [];
    for (const day of [
      '2026-04-09T23:59:59Z',
      '2026-04-10T00:00:00Z',
      '2026-07-09T00:00:00Z',
      '2027-01-10T00:00:00Z',
    ]) {
      await story.clock(day);
      left.push(await story.balanceOf('zach'));
    }
    await story.clock('2036-01-01T00:00:00Z');
    expect([...left, await story.balanceOf('zach')]).toEqual([20_000, 18_000, 15_000, 10_000, 10_000]);
    expect(await story.balanceOf('growth')).toBe(0);
  });
});

describe('tiers by monthly volume', () => {
  /** Ann came by Zach; who has 5 % up to $1,000 a month, and 10 % beyond, with more room and more time. */
  async function zachAndAnn(): Promise<void> {
    await start(
      'claudexia',
      (yaml) => `${yaml.replace('share: "5%"', 'share: tier.share')}
tiers:
  by: monthly_volume
  list:
    - { name: base, from: 0, share: "5%", max_balance: 60.00, expires_after: 30d }
    - { name: plus, from: 1000.00, share: "10%", max_balance: 500.00, expires_after: never }
`,
    );
    await story.signUp('zach', 'zach@example.com');
    await story.signUp('ann', 'ann@example.org', { referral_code: await service.codeOf('zach') });
  }
  const pays = (id: string, amount: number) =>
    story.tell(['payment.succeeded', { payment_id: id, member_id: 'ann', amount, currency: 'usd' }]);
  const me = async () => (await new DialectClient(service).get('/v1/me', { as: 'zach' })).body;
  const given = async () =>
    (await service.rewards('&member=zach')).map((r) => [r.rate, r.amount, r.forfeited_amount, r.expires_at]).reverse();

  test('cap and expiry go by the month’s tier in force, as the share does', async () => {
    await zachAndAnn();
    await pays('jan_1', 100_000);
    expect(await me()).toMatchObject({
      tier: 'plus',
      limits: { max_balance: 50_000, credits_expire_after_days: null },
    });
    await pays('jan_2', 20_000);
    await story.clock('2026-02-01T00:00:00Z');
    expect(await me()).toMatchObject({ tier: 'base', limits: { max_balance: 6_000, credits_expire_after_days: 30 } });
    await pays('feb_1', 10_000);
    await story.clock('2026-02-09T00:00:00Z');
    await pays('feb_2', 10_000);
    expect(await given()).toEqual([
      ['5%', 5_000, 0, '2026-02-09T00:00:00.000Z'],
      ['10%', 2_000, 0, null],
      ['5%', 500, 500, null],
      ['5%', 500, 0, '2026-03-11T00:00:00.000Z'],
    ]);
    expect(await story.balanceOf('zach')).toBe(2_500);
  });

  test('a tier that an admin gave holds whatever the month', async () => {
    await zachAndAnn();
    await service.admin('PATCH', '/members/zach?program=claudexia', { tier: 'plus' });
    await pays('jan_1', 10_000);
    expect(await given()).toEqual([['10%', 1_000, 0, null]]);
  });
});

describe('BuyWhere', () => {
  test('usage draws one credit a call, as long as there is some, each usage once', async () => {
    await start('buywhere', (yaml) => `${yaml}\nspend: { on: usage, per: 1 }\n`);
    await story.signUp('alice', 'alice@alice.example', { name: 'Alice' });
    await story.signUp('bob', 'bob@acme.example', { referral_code: await service.codeOf('alice') });
    expect(await story.balanceOf('bob')).toBe(1_000);
    await story.use('bob', 30, 'u1');
    await story.use('bob', 30, 'u1');
    expect(await story.balanceOf('bob')).toBe(970);
    await story.use('bob', 900);
    await story.use('bob', 900);
    expect(await story.balanceOf('bob')).toBe(0);
    await story.use('carol', 5);
    await story.clock('2026-01-17T00:00:00Z');
    expect(await story.balanceOf('alice')).toBe(2_000);
  });

  test('credit never expires, and usage draws nothing unless the program says so', async () => {
    await start('buywhere');
    await story.signUp('alice', 'alice@alice.example', { name: 'Alice' });
    await story.signUp('bob', 'bob@acme.example', { referral_code: await service.codeOf('alice') });
    await story.use('bob', 30);
    await story.clock('2036-01-01T00:00:00Z');
    expect(await story.balanceOf('bob')).toBe(1_000);
  });
});
