/** Kortix's API Reference, endpoint by endpoint, with the JSON of its own examples. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DialectClient, shapeOf } from '../support/dialect.ts';
import * as samples from '../support/dialect-samples.ts';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let story: Story;
let api: DialectClient;
let code = '';

async function start(edit = (yaml: string) => yaml): Promise<void> {
  service = await TestService.start({ program: 'kortix', start: '2024-01-13T15:45:00Z', edit });
  story = await Story.of(service);
  api = new DialectClient(service);
  await story.signUp('ann', 'ann@ann.example', { name: 'Ann' });
  code = await service.codeOf('ann');
}

beforeEach(() => start());

afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

async function referPeople(count: number): Promise<void> {
  const people = Array.from({ length: count }, (_, i) => `friend${i + 1}`);
  await story.tell(
    ...people.map(
      (id) => ['member.created', { member_id: id, email: `${id}@${id}.example`, referral_code: code }] as const,
    ),
  );
}

const stats = async (path = '/api/v1/referrals/stats') => (await api.get(path, { as: 'ann' })).body;

describe('GET /api/v1/referrals/code', () => {
  test('every user has a code from the moment the account exists', async () => {
    for (const path of ['/api/v1/referrals/code', '/v1/referrals/code']) {
      const { status, body } = await api.get(path, { as: 'ann' });
      expect([status, body]).toEqual([200, { referral_code: code }]);
    }
    expect(code).toMatch(/^[0-9A-Z]{9}$/);
    const fresh = await api.get('/api/v1/referrals/code', { as: 'seen-for-the-first-time' });
    expect(fresh.body.referral_code).toMatch(/^[0-9A-Z]{9}$/);
  });

  test('whoever revoked theirs has none', async () => {
    await api.delete('/v1/me/code', { as: 'ann' });
    const { status, body } = await api.get('/api/v1/referrals/code', { as: 'ann' });
    expect([status, body.code]).toEqual([404, 'no_code']);
  });
});

describe('POST /api/v1/referrals/refresh', () => {
  test('gives a new code, and the old one is invalid', async () => {
    const { status, body } = await api.post('/api/v1/referrals/refresh', { as: 'ann' });
    expect(status).toBe(200);
    expect(body).toEqual(shapeOf(samples.KORTIX_REFRESHED));
    expect(body).toMatchObject({ success: true, old_code: code, message: 'Referral code refreshed successfully' });
    expect(body.new_code).not.toBe(code);
    expect((await stats()).referral_code).toBe(body.new_code);
    await story.signUp('late', 'late@late.example', { referral_code: code });
    expect(await story.balanceOf('late')).toBe(0);
  });

  test('pending referrals by the old code are not credited, those by the new one are', async () => {
    await story.signUp('slow', 'slow@slow.example', { referral_code: code, email_verified: false });
    const { body } = await api.post('/api/v1/referrals/refresh', { as: 'ann' });
    await story.signUp('next', 'next@next.example', { referral_code: body.new_code, email_verified: false });
    for (const member_id of ['slow', 'next']) await story.tell(['member.updated', { member_id, email_verified: true }]);
    expect([await story.balanceOf('slow'), await story.balanceOf('next'), await story.balanceOf('ann')]).toEqual([
      0, 100, 100,
    ]);
    expect(await stats()).toMatchObject({ total_referrals: 2, successful_referrals: 1, total_credits_earned: 100 });
  });
});

describe('GET /api/v1/referrals/stats', () => {
  test('counts in platform credits: $1.00 is 100', async () => {
    await referPeople(12);
    await story.clock('2024-01-15T10:30:00Z');
    await story.signUp('slow', 'slow@slow.example', { referral_code: code, email_verified: false });
    const body = await stats();
    expect(body).toEqual(shapeOf(samples.KORTIX_STATS));
    expect(body).toEqual({
      referral_code: code,
      total_referrals: 13,
      successful_referrals: 12,
      total_credits_earned: 1200,
      remaining_earnable_credits: 8800,
      max_earnable_credits: 10_000,
      has_reached_limit: false,
      last_referral_at: '2024-01-15T10:30:00.000Z',
    });
    expect(await stats('/v1/referrals/stats')).toEqual(body);
  });

  test('without referrals there are none, and what one was given as a friend is not earned by referring', async () => {
    await referPeople(1);
    const { body } = await api.get('/api/v1/referrals/stats', { as: 'friend1' });
    expect(body).toMatchObject({
      total_referrals: 0,
      successful_referrals: 0,
      total_credits_earned: 0,
      remaining_earnable_credits: 10_000,
      has_reached_limit: false,
      last_referral_at: null,
    });
    expect(await story.balanceOf('friend1')).toBe(100);
  });

  test('after the limit nothing more is earned; the referral beyond it counts and stands in the history with 0', async () => {
    await service.stop();
    await start((yaml) => yaml.replace('lifetime_cap: 100.00', 'lifetime_cap: 2.50'));
    await referPeople(4);
    expect(await stats()).toMatchObject({
      total_referrals: 4,
      successful_referrals: 3,
      total_credits_earned: 250,
      remaining_earnable_credits: 0,
      max_earnable_credits: 250,
      has_reached_limit: true,
    });
    const { body } = await api.get('/api/v1/referrals/history', { as: 'ann' });
    expect(body.map((each: Record<string, unknown>) => [each.status, each.credits_awarded])).toEqual([
      ['successful', 0],
      ['successful', 50],
      ['successful', 100],
      ['successful', 100],
    ]);
    expect(await story.balanceOf('friend4')).toBe(100);
  });

  test('what was taken back is not earned, and frees no room', async () => {
    await referPeople(2);
    const [reward] = await service.rewards('&member=ann');
    await service.admin('POST', `/rewards/${reward.id}/reverse`, { reason: 'fraud' });
    expect(await stats()).toMatchObject({
      total_referrals: 2,
      successful_referrals: 1,
      total_credits_earned: 100,
      remaining_earnable_credits: 9800,
    });
  });
});

describe('GET /api/v1/referrals/history', () => {
  test('is a plain list, the newest first, with pending ones', async () => {
    await story.signUp('user-uuid-3', '3@three.example', { referral_code: code, email_verified: false });
    await story.clock('2024-01-14T08:20:00Z');
    await story.signUp('user-uuid-2', '2@two.example', { referral_code: code });
    await story.clock('2024-01-15T10:30:00Z');
    await story.signUp('user-uuid-1', '1@one.example', { referral_code: code });
    const { status, body } = await api.get('/api/v1/referrals/history?limit=50&offset=0', { as: 'ann' });
    expect(status).toBe(200);
    const [uuid1, uuid2, uuid3] = ['2024-01-15T10:30:00.000Z', '2024-01-14T08:20:00.000Z', '2024-01-13T15:45:00.000Z'];
    expect(body).toEqual([
      { referred_account_id: 'user-uuid-1', referred_at: uuid1, status: 'successful', credits_awarded: 100 },
      { referred_account_id: 'user-uuid-2', referred_at: uuid2, status: 'successful', credits_awarded: 100 },
      { referred_account_id: 'user-uuid-3', referred_at: uuid3, status: 'pending', credits_awarded: 0 },
    ]);
  });

  test('pages by limit and offset', async () => {
    await referPeople(5);
    const ids = async (query: string) =>
      (await api.get(`/api/v1/referrals/history?${query}`, { as: 'ann' })).body.map(
        (each: { referred_account_id: string }) => each.referred_account_id,
      );
    const all = await ids('');
    expect(all).toHaveLength(5);
    expect([...(await ids('limit=2')), ...(await ids('limit=2&offset=2')), ...(await ids('limit=2&offset=4'))]).toEqual(
      all,
    );
    expect(await ids('offset=5')).toEqual([]);
  });

  test.each(['limit=0', 'limit=x', 'offset=-1', 'page=2'])('?%s is refused', async (query) => {
    const { status, body } = await api.get(`/api/v1/referrals/history?${query}`, { as: 'ann' });
    expect([status, body.code]).toEqual([422, 'invalid_request']);
  });
});

describe('POST /api/v1/referrals/validate', () => {
  const validate = (given: string) => api.post('/api/v1/referrals/validate', { as: 'bob', body: { code: given } });

  test('a valid code names its referrer, in whatever case it is written', async () => {
    for (const given of [code, code.toLowerCase()]) {
      const { status, body } = await validate(given);
      expect([status, body]).toEqual([200, { valid: true, referrer_id: 'ann' }]);
    }
  });

  test('an unknown, refreshed or suspended code is 200 with valid false', async () => {
    expect((await validate('NOBODY123')).body).toEqual({ valid: false });
    const { body } = await api.post('/api/v1/referrals/refresh', { as: 'ann' });
    const old = await validate(code);
    expect([old.status, old.body]).toEqual([200, { valid: false }]);
    await service.admin('PATCH', `/codes/${body.new_code}?program=kortix`, { suspended: true });
    expect((await validate(body.new_code)).body).toEqual({ valid: false });
  });

  test('a code is invalid from the moment at which it expires', async () => {
    const expires_at = '2024-01-14T00:00:00Z';
    await service.admin('PATCH', `/codes/${code}?program=kortix`, { expires_at });
    expect((await validate(code)).body.valid).toBe(true);
    await story.clock(expires_at);
    expect((await validate(code)).body).toEqual({ valid: false });
    await story.signUp('late', 'late@late.example', { referral_code: code });
    expect(await story.balanceOf('late')).toBe(0);
  });

  test('needs a member token', async () => {
    expect((await api.post('/api/v1/referrals/validate', { body: { code } })).status).toBe(401);
  });
});

test('self-referrals are not allowed, and each user is referred once', async () => {
  await story.signUp('bob', 'bob@bob.example');
  const bobs = await service.codeOf('bob');
  const claim = (as: string, given: string) => api.post('/v1/claims', { as, body: { code: given } });
  expect((await claim('ann', code)).body.code).toBe('self_referral');
  expect((await claim('carl', code)).status).toBe(200);
  expect((await claim('carl', bobs)).body.code).toBe('already_referred');
  expect(await story.balanceOf('carl')).toBe(100);
  expect(await story.balanceOf('bob')).toBe(0);
});

describe('invitations by mail', () => {
  const send = (body: object) => api.post('/api/v1/referrals/send', { as: 'ann', body });
  const sendBulk = (emails: string[]) => api.post('/api/v1/referrals/send-bulk', { as: 'ann', body: { emails } });

  test('one is sent, and the same address again is not', async () => {
    const first = await send({ email: 'friend@home.example' });
    expect([first.status, first.body]).toEqual([200, { success: true, message: 'Referral email sent successfully' }]);
    const again = await send({ email: 'Friend@home.example' });
    expect([again.status, again.body]).toEqual([
      200,
      { success: false, message: 'This address has been invited before' },
    ]);
  });

  test('many are answered one by one', async () => {
    const { status, body } = await sendBulk(['a@home.example', 'nobody', 'b@home.example']);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      message: 'Successfully sent 2 out of 3 emails',
      results: [
        { email: 'a@home.example', success: true, message: 'Email sent successfully' },
        { email: 'nobody', success: false, message: 'This is not an e-mail address' },
        { email: 'b@home.example', success: true, message: 'Email sent successfully' },
      ],
      success_count: 2,
      total_count: 3,
    });
  });

  test('more than fifty at once, none, or something else is refused', async () => {
    const many = await sendBulk(Array.from({ length: 51 }, (_, n) => `n${n}@home.example`));
    expect([many.status, many.body.code]).toEqual([422, 'invalid_request']);
    expect((await sendBulk([])).status).toBe(422);
    expect((await send({ emails: ['a@home.example'] })).status).toBe(422);
    expect((await api.post('/api/v1/referrals/send', { body: { email: 'a@home.example' } })).status).toBe(401);
  });
});
