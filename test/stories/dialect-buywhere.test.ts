/** BuyWhere's referral endpoints, with the models of its specification; its signup is in dialect-buywhere-signup. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DialectClient, shapeOf } from '../support/dialect.ts';
import * as samples from '../support/dialect-samples.ts';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let story: Story;
let api: DialectClient;
let code = '';

beforeEach(async () => {
  service = await TestService.start({ program: 'buywhere', start: '2026-04-01T10:00:00Z' });
  story = await Story.of(service);
  api = new DialectClient(service);
  await story.signUp('alice', 'alice@alice.example', { name: 'Alice' });
  code = await service.codeOf('alice');
});

afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

const referralCode = async () => await api.post('/v1/developers/referral-code', { as: 'alice' });

describe('POST /v1/developers/referral-code', () => {
  test('retrieves the code with its link, share text and figures', async () => {
    const { status, body } = await referralCode();
    expect(status).toBe(200);
    expect(body).toEqual(shapeOf(samples.BUYWHERE_CODE));
    expect(body.referral_code).toMatch(/^ALICE\d{4}$/);
    expect(body).toEqual({
      referral_code: code,
      referral_url: `https://api.buywhere.ai/signup?ref=${code}`,
      share_text: `Build AI shopping agents with @buywhere API — Singapore's product data layer. Use my referral code ${code} for 1000 bonus credits on signup! https://api.buywhere.ai/signup?ref=${code}`,
      total_referrals: 0,
      credits_earned: 0,
      credits_available: 0,
    });
    expect((await referralCode()).body).toEqual(body);
  });

  test('what vests is earned and not available; after 7 days it is', async () => {
    await story.signUp('bob', 'bob@acme.example', { referral_code: code });
    await story.use('bob');
    expect((await referralCode()).body).toMatchObject({
      total_referrals: 1,
      credits_earned: 1000,
      credits_available: 0,
    });
    await story.clock('2026-04-08T10:00:00Z');
    expect((await referralCode()).body).toMatchObject({ credits_earned: 1000, credits_available: 1000 });
  });

  test('a signup that is not complete is no referral yet', async () => {
    await story.signUp('bob', 'bob@acme.example', { referral_code: code, email_verified: false });
    expect((await referralCode()).body.total_referrals).toBe(0);
    await story.tell(['member.updated', { member_id: 'bob', email_verified: true }]);
    expect((await referralCode()).body.total_referrals).toBe(1);
  });
});

describe('DELETE /v1/developers/referral-code', () => {
  test('revokes the code: it brings nobody any more, and POST makes a new one of the same name', async () => {
    await story.signUp('bob', 'bob@acme.example', { referral_code: code });
    const { status, body } = await api.delete('/v1/developers/referral-code', { as: 'alice' });
    expect(status).toBe(200);
    expect(body).toEqual(shapeOf(samples.BUYWHERE_REVOKED));
    expect(body).toMatchObject({ code, developer_id: 'alice', is_active: false, uses_count: 1 });
    await story.signUp('carl', 'carl@carl.example', { referral_code: code });
    expect(await story.rewardsOf('carl')).toEqual([]);
    const again = await api.delete('/v1/developers/referral-code', { as: 'alice' });
    expect([again.status, again.body.code]).toEqual([404, 'no_code']);
    const made = (await referralCode()).body;
    expect(made.referral_code).toMatch(/^ALICE\d{4}$/);
    expect(made.referral_code).not.toBe(code);
    expect(made.total_referrals).toBe(1);
  });
});

describe('GET /v1/developers/referrals', () => {
  const list = async (query = '') => (await api.get(`/v1/developers/referrals${query}`, { as: 'alice' })).body;

  test('lists referrals with status and credit history, all PII masked', async () => {
    await story.signUp('bob', 'robert@acme.example', { referral_code: code });
    await story.clock('2026-04-02T10:00:00Z');
    await story.use('bob', 100);
    const { referrals, ...rest } = await list();
    expect(rest).toEqual({ total_referrals: 1, credits_earned: 2000, next_cursor: null });
    expect(referrals).toHaveLength(1);
    expect(referrals[0]).toMatchObject({
      developer_id: 'bob',
      email: 'rob***@acme.example',
      status: 'active_user',
      reason: null,
      credits_earned: 2000,
      credits_vesting: 2000,
    });
    const [first] = referrals[0].credits;
    expect(first).toEqual(shapeOf(samples.BUYWHERE_CREDIT));
    expect(referrals[0].credits.map((c: Record<string, unknown>) => [c.reason, c.credit_amount, c.created_at])).toEqual(
      [
        ['referral_signup', 500, '2026-04-01T10:00:00.000Z'],
        ['first_api_call', 500, '2026-04-02T10:00:00.000Z'],
        ['active_user', 1000, '2026-04-02T10:00:00.000Z'],
      ],
    );
  });

  test('the status is the last milestone', async () => {
    await story.signUp('bob', 'bob@acme.example', { referral_code: code, email_verified: false });
    expect((await list()).referrals[0]).toMatchObject({ status: 'pending', credits: [] });
    await story.tell(['member.updated', { member_id: 'bob', email_verified: true }]);
    expect((await list()).referrals[0].status).toBe('signed_up');
    await story.use('bob');
    expect((await list()).referrals[0].status).toBe('first_api_call');
    await story.use('bob', 99);
    expect((await list()).referrals[0].status).toBe('active_user');
  });

  test('a second signup from one domain is rejected, says so, and has no credits', async () => {
    await story.signUp('bob', 'bob@acme.example', { referral_code: code });
    await story.signUp('carl', 'carl@acme.example', { referral_code: code });
    const rejected = (await list()).referrals.find((each: { developer_id: string }) => each.developer_id === 'carl');
    expect(rejected).toMatchObject({ status: 'rejected', reason: 'domain_used', credits_earned: 0, credits: [] });
  });

  test('what was taken back is a line of its own, below zero; the line before stands', async () => {
    await story.signUp('bob', 'bob@acme.example', { referral_code: code });
    const [reward] = await service.rewards('&member=alice');
    await service.admin('POST', `/rewards/${reward.id}/reverse`, { reason: 'abuse' });
    const [referral] = (await list()).referrals;
    expect(referral).toMatchObject({ status: 'signed_up', credits_earned: 0 });
    expect(referral.credits.map((c: Record<string, unknown>) => c.credit_amount)).toEqual([500, -500]);
  });

  test('what has vested is one line, not two', async () => {
    await story.signUp('bob', 'bob@acme.example', { referral_code: code });
    await story.clock('2026-04-09T00:00:00Z');
    const [referral] = (await list()).referrals;
    expect(referral).toMatchObject({ credits_earned: 500, credits_vesting: 0 });
    expect(referral.credits).toHaveLength(1);
  });

  test('comes in pages, the newest first', async () => {
    for (const [index, name] of ['bob', 'carl', 'dora'].entries()) {
      await story.clock(`2026-04-0${index + 2}T00:00:00Z`);
      await story.signUp(name, `${name}@${name}.example`, { referral_code: code });
    }
    const first = await list('?limit=2');
    const second = await list(`?limit=2&cursor=${first.next_cursor}`);
    const ids = [...first.referrals, ...second.referrals].map((each: { developer_id: string }) => each.developer_id);
    expect(ids).toEqual(['dora', 'carl', 'bob']);
    expect(second.next_cursor).toBeNull();
  });
});

describe('GET /v1/developers/referral-stats', () => {
  test('adds up referrals and credits by reason', async () => {
    await story.signUp('bob', 'bob@acme.example', { referral_code: code });
    await story.signUp('carl', 'carl@carl.example', { referral_code: code });
    await story.signUp('dora', 'dora@dora.example', { referral_code: code, email_verified: false });
    await story.use('bob', 1);
    await story.clock('2026-04-08T10:00:00Z');
    await story.use('carl', 100);
    const { status, body } = await api.get('/v1/developers/referral-stats', { as: 'alice' });
    expect(status).toBe(200);
    expect(body).toEqual({
      referral_code: code,
      referral_url: `https://api.buywhere.ai/signup?ref=${code}`,
      uses_count: 3,
      total_referrals: 2,
      pending_referrals: 1,
      active_referrals: 2,
      referrals_last_30_days: 2,
      last_referral_at: '2026-04-01T10:00:00.000Z',
      credits_earned: 3000,
      credits_earned_last_30_days: 3000,
      credits_vesting: 1500,
      credits_used: 0,
      credits_available: 1500,
      by_reason: {
        referral_signup: { count: 2, credits: 1000 },
        first_api_call: { count: 2, credits: 1000 },
        active_user: { count: 1, credits: 1000 },
      },
    });
  });
});

test('what was used is used, also when it is taken back afterwards: used and available are what has vested', async () => {
  await story.signUp('bob', 'bob@acme.example', { referral_code: code });
  await story.clock('2026-04-09T00:00:00Z');
  const { body } = await service.admin('POST', '/programs/buywhere/keys', { name: 'api', scopes: ['credits:write'] });
  const spend = { member_id: 'alice', amount: 300, idempotency_key: 'call_1', reason: 'api_usage' };
  expect((await api.post('/v1/credits/spend', { token: body.key, body: spend })).status).toBe(200);
  const stats = async () => (await api.get('/v1/developers/referral-stats', { as: 'alice' })).body;
  expect(await stats()).toMatchObject({ credits_earned: 500, credits_used: 300, credits_available: 200 });
  const [reward] = await service.rewards('&member=alice');
  await service.admin('POST', `/rewards/${reward.id}/reverse`, { reason: 'abuse' });
  expect(await stats()).toMatchObject({ credits_earned: 0, credits_used: 300, credits_available: 0 });
});

test('API key authentication is required for all referral endpoints', async () => {
  const answers = await Promise.all([
    api.post('/v1/developers/referral-code'),
    api.delete('/v1/developers/referral-code'),
    api.get('/v1/developers/referrals'),
    api.get('/v1/developers/referral-stats'),
    api.get('/v1/developers/referrals', { token: `bw_live_${'A'.repeat(43)}` }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
});
