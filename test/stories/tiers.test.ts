/** Hanzo's cap and expiry for every kind of credit, and BuyWhere's usage that draws credit, with the bundled files. */
import { afterEach, describe, expect, test } from 'vitest';
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
