/** Organizations: colleagues do not refer each other, whenever it is told, and are named to their own people only. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DialectClient } from '../support/dialect.ts';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let story: Story;
let api: DialectClient;

beforeEach(async () => {
  service = await TestService.start({ program: 'hanzo', start: '2026-03-01T00:00:00Z' });
  story = await Story.of(service);
  api = new DialectClient(service);
  await story.signUp('zach', 'zach@example.com', { name: 'Zach' });
  await service.admin('PATCH', '/members/zach?program=hanzo', { tier: 'growth' });
  await story.clock('2026-03-02T00:00:00Z');
});

afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

/** zach referred them, they qualified, and paid $100. */
async function refer(id: string, more: object = {}): Promise<void> {
  await story.signUp(id, `${id}@example.org`, { referral_code: await service.codeOf('zach'), ...more });
  await story.use(id);
  await pay(id, `pay_${id}`);
}

async function pay(id: string, paymentId: string): Promise<void> {
  await story.tell(['payment.succeeded', { payment_id: paymentId, member_id: id, amount: 10_000, currency: 'usd' }]);
}

async function referralsOf(id: string, claims: object = {}) {
  const { body } = await api.get('/v1/me/referrals', { as: id, claims });
  return body.data.map((r: Record<string, unknown>) => [r.status, r.reason, r.email]);
}

const EARNED_BY_ANN = [
  ['revenue_share', 'pending', 'settling', 250],
  ['referral', 'credited', null, 3000],
];

async function earned(): Promise<unknown[]> {
  return (await story.rewardsOf('zach')).sort().reverse();
}

describe('two who turn out to be of one organization', () => {
  const afterwards = [
    ['revenue_share', 'reversed', 'void', 250],
    ['referral', 'reversed', 'void', 3000],
  ];

  async function expectUndone(): Promise<void> {
    expect(await earned()).toEqual(afterwards);
    expect(await story.rewardsOf('ann')).toEqual([['welcome', 'reversed', 'void', 2000]]);
    expect([await story.balanceOf('zach'), await story.balanceOf('ann')]).toEqual([0, 0]);
    await pay('ann', 'pay_later');
    expect(await earned()).toEqual(afterwards);
    const { body } = await service.admin('GET', '/payments?program=hanzo&earned=false');
    expect(body.data.map((p: Record<string, unknown>) => p.reason)).toContain('same_organization');
    await story.clock('2026-04-01T00:00:00Z');
    expect(await story.balanceOf('zach')).toBe(0);
  }

  test('by an event about the referred user: the referral is void, and what it earned is taken back', async () => {
    await story.tell(['member.updated', { member_id: 'zach', org_id: 'acme' }]);
    await refer('ann');
    expect(await earned()).toEqual(EARNED_BY_ANN);
    await story.tell(['member.updated', { member_id: 'ann', org_id: 'acme' }]);
    await expectUndone();
    expect(await referralsOf('zach', { org_id: 'acme' })).toEqual([['void', 'same_organization', 'a***@example.org']]);
  });

  test('by an event about the referrer: so it is for each colleague, and for nobody else', async () => {
    await refer('ann', { org_id: 'acme' });
    await refer('bob', { org_id: 'other' });
    await refer('eve');
    await story.tell(['member.updated', { member_id: 'zach', org_id: 'acme' }]);
    expect(await earned()).toEqual([
      ['revenue_share', 'reversed', 'void', 250],
      ['revenue_share', 'pending', 'settling', 250],
      ['revenue_share', 'pending', 'settling', 250],
      ['referral', 'reversed', 'void', 3000],
      ['referral', 'credited', null, 3000],
      ['referral', 'credited', null, 3000],
    ]);
    expect(await story.rewardsOf('bob')).toEqual([['welcome', 'credited', null, 2000]]);
  });

  test('both told at once, after the referral', async () => {
    await refer('ann');
    await story.tell(
      ['member.updated', { member_id: 'ann', org_id: 'acme' }],
      ['member.updated', { member_id: 'zach', org_id: 'acme' }],
    );
    await expectUndone();
  });

  test('by the claims of a token', async () => {
    await refer('ann', { org_id: 'acme' });
    await api.get('/v1/me', { as: 'zach', claims: { org_id: 'acme' } });
    await expectUndone();
  });

  test('who has spent it owes it', async () => {
    await refer('ann', { org_id: 'acme' });
    const key = (await service.admin('POST', '/programs/hanzo/keys', { name: 's', scopes: ['credits:write'] })).body
      .key;
    const spend = { member_id: 'zach', amount: 3000, idempotency_key: 's1', reason: 'usage' };
    expect((await api.post('/v1/credits/spend', { token: key, body: spend })).status).toBe(200);
    await story.tell(['member.updated', { member_id: 'zach', org_id: 'acme' }]);
    const me = await api.get('/v1/me', { as: 'zach', claims: { org_id: 'acme' } });
    expect(me.body.by_unit[0]).toMatchObject({ balance: 0, debt: 3000 });
  });
});

test('whoever changes organizations later keeps what was earned', async () => {
  await refer('ann', { org_id: 'other' });
  await story.tell(['member.updated', { member_id: 'zach', org_id: 'acme' }]);
  await story.tell(['member.updated', { member_id: 'ann', org_id: 'acme' }]);
  expect(await earned()).toEqual(EARNED_BY_ANN);
  await pay('ann', 'pay_later');
  expect(await earned()).toHaveLength(3);
});

test('the people of another organization are not named in the list of referrals', async () => {
  await refer('ann', { org_id: 'other' });
  await refer('bob');
  expect(await referralsOf('zach', { org_id: 'acme' })).toEqual([
    ['completed', null, 'b***@example.org'],
    ['completed', null, null],
  ]);
});
