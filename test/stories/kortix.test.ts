/** What seeds/kortix promises of its credits: both sides, the lifetime cap, refreshed codes. Amounts in cents. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DialectClient } from '../support/dialect.ts';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let story: Story;

async function start(edit = (yaml: string) => yaml): Promise<void> {
  service = await TestService.start({ program: 'kortix', edit });
  story = await Story.of(service);
  await story.signUp('ref', 'ref@example.com');
}

beforeEach(async () => {
  await start();
});

afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

async function referPeople(count: number, from = 1): Promise<void> {
  const referral_code = await service.codeOf('ref');
  await story.tell(
    ...Array.from({ length: count }, (_, i) => {
      const member_id = `user${from + i}`;
      return ['member.created', { member_id, email: `${member_id}@example.org`, referral_code }] as const;
    }),
  );
}

test('both sides get $1.00 when the friend has signed up', async () => {
  await referPeople(1);
  expect(await story.rewardsOf('ref')).toEqual([['referrer_credit', 'credited', null, 100]]);
  expect(await story.rewardsOf('user1')).toEqual([['referee_credit', 'credited', null, 100]]);
});

test('the credits are on both balances immediately, and can be used for any service', async () => {
  await referPeople(1);
  const { body } = await service.admin('POST', '/programs/kortix/keys', { name: 'api', scopes: ['credits:write'] });
  const api = new DialectClient(service);
  for (const member_id of ['ref', 'user1']) {
    const spend = { member_id, amount: 100, idempotency_key: `run_${member_id}`, reason: 'agent run' };
    const answer = await api.post('/v1/credits/spend', { token: body.key, body: spend });
    expect([answer.status, answer.body.balance]).toEqual([200, 0]);
  }
});

test('the code is permanent: years, referrals and another address do not change it', async () => {
  const code = await service.codeOf('ref');
  await referPeople(3);
  await story.tell(['member.updated', { member_id: 'ref', email: 'another@example.com', email_verified: true }]);
  await story.clock('2030-05-01T00:00:00Z');
  expect(await service.codeOf('ref')).toBe(code);
  await story.signUp('late', 'late@example.org', { referral_code: code });
  expect(await story.balanceOf('late')).toBe(100);
});

test('the direct link is app.kortix.ai/auth?ref= and the code', async () => {
  const { body } = await new DialectClient(service).get('/v1/me', { as: 'ref' });
  expect(body.url).toBe(`https://app.kortix.ai/auth?ref=${await service.codeOf('ref')}`);
});

describe('the earning limit', () => {
  test('at $99.50 earned the next gives $0.50, the one after nothing, and the friend always $1.00', async () => {
    await service.stop();
    await start((yaml) => yaml.replace('lifetime_cap: 100.00', 'lifetime_cap: 10.50'));
    await referPeople(12);
    const amounts = (await story.rewardsOf('ref')).map((r) => (r as unknown[]).slice(1));
    expect(amounts.slice(9)).toEqual([
      ['credited', null, 100],
      ['credited', null, 50],
      ['rejected', 'cap_reached', 100],
    ]);
    expect(await story.balanceOf('ref')).toBe(1050);
    expect(await story.balanceOf('user12')).toBe(100);
  });

  test('with the seed’s own figures: at $98.50 the next gives $1.00, at $99.50 it gives 50 credits, and the one after none', async () => {
    await service.stop();
    await start((yaml) => yaml.replace('amount: 1.00, lifetime', 'amount: 0.50, lifetime'));
    await referPeople(1);
    const file = path.join(service.dir, 'kortix.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('amount: 0.50, lifetime', 'amount: 1.00, lifetime'));
    await service.service.programs.reload();
    const api = new DialectClient(service);
    const stats = async () => {
      const { body } = await api.get('/api/v1/referrals/stats', { as: 'ref' });
      return [body.total_credits_earned, body.remaining_earnable_credits, body.has_reached_limit];
    };
    await referPeople(98, 2);
    expect(await stats()).toEqual([9850, 150, false]);
    await referPeople(1, 100);
    expect(await stats()).toEqual([9950, 50, false]);
    await referPeople(1, 101);
    expect(await stats()).toEqual([10_000, 0, true]);
    await referPeople(1, 102);
    expect(await stats()).toEqual([10_000, 0, true]);
    const { body } = await api.get('/api/v1/referrals/history?limit=4', { as: 'ref' });
    expect(body.map((r: Record<string, unknown>) => [r.status, r.credits_awarded])).toEqual([
      ['successful', 0],
      ['successful', 50],
      ['successful', 100],
      ['successful', 100],
    ]);
    expect(await story.balanceOf('user102')).toBe(100);
  });

  test('what was taken back frees no room', async () => {
    await service.stop();
    await start((yaml) => yaml.replace('lifetime_cap: 100.00', 'lifetime_cap: 1.00'));
    await referPeople(1);
    const [first] = await service.rewards('&member=ref');
    await service.admin('POST', `/rewards/${first.id}/reverse`, { reason: 'abuse' });
    await referPeople(1, 2);
    expect((await story.rewardsOf('ref')).at(-1)).toEqual(['referrer_credit', 'rejected', 'cap_reached', 100]);
  });

  test('holds within one batch of 400 signups', async () => {
    await referPeople(400);
    expect(await story.balanceOf('ref')).toBe(10_000);
  });
});

describe('a refreshed code', () => {
  async function refresh(): Promise<void> {
    const { no } = service.service.deps.programs.all()[0] ?? { no: 0 };
    await service.service.deps.submit(no, { command: 'code.refresh', memberId: 'ref' });
  }

  test('kills the old one: nobody is referred by it any more', async () => {
    const old = await service.codeOf('ref');
    await refresh();
    await story.signUp('late', 'late@example.org', { referral_code: old });
    expect(await service.rewards()).toEqual([]);
  });

  test('ends the pending referrals of the old one, which are not credited afterwards', async () => {
    const old = await service.codeOf('ref');
    await story.signUp('bob', 'bob@example.org', { referral_code: old, email_verified: false });
    await refresh();
    await story.tell(['member.updated', { member_id: 'bob', email_verified: true }]);
    expect(await story.rewardsOf('bob')).toEqual([['referee_credit', 'rejected', 'code_refreshed', 100]]);
    expect(await story.balanceOf('ref')).toBe(0);
    expect(await story.referralsOf('ref')).toMatchObject([{ status: 'denied', reason: 'code_refreshed' }]);
  });
});
