/** What seeds/buywhere promises of its credits: milestones, vesting, one referral for each e-mail domain. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DialectClient } from '../support/dialect.ts';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let story: Story;
let code = '';

beforeEach(async () => {
  service = await TestService.start({ program: 'buywhere', start: '2026-04-01T10:00:00Z' });
  story = await Story.of(service);
  await story.signUp('alice', 'alice@alice.example', { name: 'Alice' });
  code = await service.codeOf('alice');
});

afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

describe('incentives', () => {
  test('signup 500, first call 500 and hundredth call 1,000, each available 7 days after it was earned', async () => {
    await story.signUp('bob', 'bob@acme.example', { referral_code: code });
    expect(await story.rewardsOf('bob')).toEqual([['signup_bonus', 'credited', null, 1000]]);
    await story.clock('2026-04-02T10:00:00Z');
    await story.use('bob');
    await story.clock('2026-04-03T10:00:00Z');
    await story.use('bob', 98);
    expect(await story.rewardsOf('alice')).toHaveLength(2);
    await story.use('bob');
    expect(await story.rewardsOf('alice')).toEqual([
      ['signup_reward', 'pending', 'vesting', 500],
      ['first_call', 'pending', 'vesting', 500],
      ['active_user', 'pending', 'vesting', 1000],
    ]);
    const available: number[] = [];
    for (const day of ['08T09:59:59', '08T10:00:00', '09T10:00:00', '10T09:59:59', '10T10:00:00']) {
      await story.clock(`2026-04-${day}Z`);
      available.push(await story.balanceOf('alice'));
    }
    expect(available).toEqual([0, 500, 1000, 1000, 2000]);
    const keys = (await service.rewards('&member=alice')).map((r) => r.idempotency_key);
    expect(keys.sort()).toEqual([
      'ref:auto:active_user:bob:100',
      'ref:auto:first_call:bob:1',
      'ref:auto:signup_reward:bob',
    ]);
  });

  test('the same use told twice counts once, and no further use of a passed milestone is written', async () => {
    await story.signUp('bob', 'bob@acme.example', { referral_code: code });
    await story.use('bob', 60, 'call_1');
    await story.use('bob', 60, 'call_1');
    expect(await story.rewardsOf('alice')).toHaveLength(2);
    await story.use('bob', 40, 'call_2');
    expect(await story.rewardsOf('alice')).toHaveLength(3);
    await story.use('bob', 1, 'call_3');
    const { rows } = await service.service.deps.pools.general.query('select usage_id from usage_events order by 1');
    expect(rows.map((row) => row.usage_id)).toEqual(['call_1', 'call_2']);
  });

  test('what vests can be taken back for abuse, and then never becomes available', async () => {
    await story.signUp('bob', 'bob@acme.example', { referral_code: code });
    const [reward] = await service.rewards('&member=alice');
    const answer = await service.admin('POST', `/rewards/${reward.id}/reverse`, { reason: 'one person' });
    expect(answer.body).toMatchObject({ status: 'reversed', reason: 'admin' });
    await story.clock('2026-05-01T00:00:00Z');
    expect(await story.balanceOf('alice')).toBe(0);
  });
});

test('Alice’s story: 12 referrals, 6,000 earned, 1,200 used, 3,800 available, which she then uses', async () => {
  const api = new DialectClient(service);
  const key = (await service.admin('POST', '/programs/buywhere/keys', { name: 'api', scopes: ['credits:write'] })).body
    .key;
  const spend = (amount: number) =>
    api.post('/v1/credits/spend', {
      token: key,
      body: { member_id: 'alice', amount, idempotency_key: `use_${amount}` },
    });
  for (let n = 1; n <= 10; n++) await story.signUp(`bob${n}`, `bob@b${n}.example`, { referral_code: code });
  expect(await story.balanceOf('bob1')).toBe(1000);
  await story.clock('2026-04-08T10:00:00Z');
  for (let n = 11; n <= 12; n++) await story.signUp(`bob${n}`, `bob@b${n}.example`, { referral_code: code });
  expect((await spend(1200)).status).toBe(200);
  const generated = await api.post('/v1/developers/referral-code', { as: 'alice' });
  expect(generated.body).toMatchObject({ total_referrals: 12, credits_earned: 6000, credits_available: 3800 });
  const stats = async () => (await api.get('/v1/developers/referral-stats', { as: 'alice' })).body;
  expect(await stats()).toMatchObject({ total_referrals: 12, credits_used: 1200, credits_available: 3800 });
  expect((await spend(3801)).body.code).toBe('insufficient_credits');
  expect((await spend(3800)).status).toBe(200);
  expect(await stats()).toMatchObject({ credits_used: 5000, credits_available: 0, credits_vesting: 1000 });
});

test('the share text is there for X, LinkedIn and Telegram', async () => {
  const { body } = await new DialectClient(service).get('/v1/me', { as: 'alice' });
  const text = `Build AI shopping agents with @buywhere API — Singapore's product data layer. Use my referral code ${code} for 1000 bonus credits on signup! https://api.buywhere.ai/signup?ref=${code}`;
  expect(body.share_text).toMatchObject({ x: text, linkedin: text, telegram: text });
});

test('the leaderboard shows the month’s top referrers, their names masked', async () => {
  for (const id of ['bob', 'carl']) await story.signUp(id, `${id}@${id}.example`, { referral_code: code });
  await story.signUp('dora', 'dora@dora.example', { referral_code: await service.codeOf('bob') });
  const { body } = await new DialectClient(service).get('/v1/leaderboard', { as: 'bob' });
  expect(body.data).toEqual([
    { rank: 1, name: 'Al***', signups: 2, is_me: false },
    { rank: 2, name: 'b***', signups: 1, is_me: true },
  ]);
});

describe('one referral for each e-mail domain', () => {
  test('a second signup from acme.io with the same code earns nothing for either side, from gmail.com it does', async () => {
    await story.signUp('bob', 'bob@acme.io', { referral_code: code });
    await story.signUp('carl', 'carl@acme.io', { referral_code: code });
    expect(await story.rewardsOf('carl')).toEqual([['signup_bonus', 'rejected', 'domain_used', 1000]]);
    expect(await story.balanceOf('carl')).toBe(0);
    expect((await story.rewardsOf('alice')).map((r) => (r as unknown[])[2])).toEqual(['vesting', 'domain_used']);
    await story.signUp('dan', 'dan@gmail.com', { referral_code: code });
    await story.signUp('eve', 'eve@gmail.com', { referral_code: code });
    expect(await story.balanceOf('dan')).toBe(1000);
    expect(await story.balanceOf('eve')).toBe(1000);
  });

  test("somebody from the referrer's own domain is denied, and so is a throw-away mailbox", async () => {
    await story.signUp('al', 'al@alice.example', { referral_code: code });
    await story.signUp('tmp', 'x@mailinator.com', { referral_code: code });
    expect(await story.rewardsOf('al')).toEqual([['signup_bonus', 'rejected', 'self_referral', 1000]]);
    expect(await story.rewardsOf('tmp')).toEqual([['signup_bonus', 'rejected', 'disposable_email', 1000]]);
  });
});

test('credits are given once for each developer: told again, claimed again or by another code there is no more', async () => {
  const signup = { member_id: 'bob', email: 'bob@acme.example', referral_code: code };
  for (let told = 0; told < 3; told++) await story.tell(['member.created', signup]);
  await story.use('bob', 200);
  await story.signUp('carl', 'carl@carl.example');
  const api = new DialectClient(service);
  for (const given of [code, await service.codeOf('carl')])
    await api.post('/v1/claims', { as: 'bob', body: { code: given } });
  await story.use('bob', 200);
  expect(await story.rewardsOf('bob')).toEqual([['signup_bonus', 'credited', null, 1000]]);
  expect((await story.rewardsOf('alice')).map((r) => (r as unknown[])[3])).toEqual([500, 500, 1000]);
  expect(await story.rewardsOf('carl')).toEqual([]);
});

describe('a signup that is not complete', () => {
  test('earns when its address turns out to be verified', async () => {
    await story.signUp('bob', 'bob@acme.example', { referral_code: code, email_verified: false });
    expect(await service.rewards()).toEqual([]);
    await story.tell(['member.updated', { member_id: 'bob', email_verified: true }]);
    expect(await story.balanceOf('bob')).toBe(1000);
  });
});
