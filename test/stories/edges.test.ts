/** What a newcomer, a member without a code, one who is suspended and one who is gone are told, in all four programs. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DialectClient } from '../support/dialect.ts';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

const LISTS = ['rewards', 'referrals', 'ledger', 'links', 'invites', 'keys'].map((name) => `/v1/me/${name}`);
const FIGURES = ['/v1/me', '/v1/referrer/me', '/v1/developers/referral-stats', '/v1/referrals/stats'];
const READS = [...LISTS, ...FIGURES, '/v1/developers/referrals', '/v1/referrals/history'];

/** Keys of what is allowed, not of what there is. */
const LIMITS = new Set(['limits', 'credit_max_cents', 'credit_expiry_days', 'remaining_earnable_credits']);
LIMITS.add('max_earnable_credits');

function numbersOf(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => (LIMITS.has(key) ? [] : numbersOf(each)));
}

/** Every dialect, whatever the program: the use cases are the same. */
describe.each(['claudexia', 'hanzo', 'buywhere', 'kortix'])('in %s', (program) => {
  let service: TestService;
  let api: DialectClient;
  let story: Story;
  let code = '';

  beforeAll(async () => {
    const edit = (yaml: string) => yaml.replace(/^api: .*$/m, 'api: [hanzo, buywhere, kortix]');
    service = await TestService.start({ program, edit });
    api = new DialectClient(service);
    story = await Story.of(service);
    await story.signUp('ann', 'ann@ann.example', { name: 'Ann' });
    code = await service.codeOf('ann');
    await story.signUp('bob', 'bob@bob.example', { referral_code: code });
  });

  afterAll(async () => {
    expect(await story.isSound()).toBe(true);
    await service.stop();
  });

  const read = async (path: string, as: string) => await api.get(path, { as });
  const codesOf = async (as: string) => {
    const answers = await Promise.all(FIGURES.map((path) => read(path, as)));
    return answers.map(({ status, body }) => [status, body.code ?? body.referral_code ?? null]);
  };
  const isValid = async (given: string) => {
    const answers = await Promise.all([
      read(`/v1/codes/${given}`, 'looker'),
      read(`/v1/referrer/code/${given}`, 'looker'),
      api.post('/v1/referrals/validate', { as: 'looker', body: { code: given } }),
    ]);
    return answers.map(({ status, body }) => [status, body.valid]);
  };

  test('a newcomer has a code, empty lists, and zero of everything', async () => {
    for (const path of LISTS) {
      const { status, body } = await read(path, 'new');
      expect([path, status, body]).toEqual([path, 200, { data: [], next_cursor: null }]);
    }
    expect((await read('/v1/referrals/history', 'new')).body).toEqual([]);
    const { body } = await read('/v1/developers/referrals', 'new');
    expect(body).toEqual({ total_referrals: 0, credits_earned: 0, referrals: [], next_cursor: null });
    for (const path of FIGURES) {
      const figures = await read(path, 'new');
      expect([path, figures.status, numbersOf(figures.body).filter((figure) => figure !== 0)]).toEqual([path, 200, []]);
      expect([path, numbersOf(figures.body).length > 2]).toEqual([path, true]);
    }
    const [[, mine]] = (await codesOf('new')) as [[number, string]];
    expect(await codesOf('new')).toEqual(FIGURES.map(() => [200, mine]));
    expect(await isValid(mine)).toEqual(Array.from({ length: 3 }, () => [200, true]));
  });

  test('whoever revoked theirs has none in every answer, and nothing to share, until they ask for one', async () => {
    expect((await api.delete('/v1/me/code', { as: 'none' })).status).toBe(200);
    for (const path of READS) expect([path, (await read(path, 'none')).status]).toEqual([path, 200]);
    expect(await codesOf('none')).toEqual(FIGURES.map(() => [200, null]));
    const emails = { emails: ['friend@friend.example'] };
    const refused = await Promise.all([
      read('/v1/me/qr.svg', 'none'),
      read('/v1/me/qr.png', 'none'),
      read('/v1/referrals/code', 'none'),
      api.delete('/v1/me/code', { as: 'none' }),
      api.delete('/v1/developers/referral-code', { as: 'none' }),
      api.post('/v1/me/invites', { as: 'none', body: emails }),
      api.post('/v1/referrals/send-bulk', { as: 'none', body: emails }),
    ]);
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(refused.map(() => [404, 'no_code']));
    const { body } = await api.post('/v1/referrer', { as: 'none' });
    expect(await codesOf('none')).toEqual(FIGURES.map(() => [200, body.code]));
  });

  test('whoever is suspended reads what is theirs, and no code of theirs stands, not even a new one', async () => {
    const mine = async () => {
      const [me, referrals] = await Promise.all(['/v1/me', '/v1/me/referrals'].map((path) => read(path, 'ann')));
      return [await codesOf('ann'), me?.body.balance, referrals?.body.data.length];
    };
    const before = await mine();
    await service.admin('PATCH', `/members/ann?program=${program}`, { suspended: true });
    for (const path of READS) expect([path, (await read(path, 'ann')).status]).toEqual([path, 200]);
    expect((await read('/v1/me', 'ann')).body.suspended).toBe(true);
    expect(await mine()).toEqual(before);
    const none = Array.from({ length: 3 }, () => [200, false]);
    expect(await isValid(code)).toEqual(none);
    const denied = await api.post('/v1/referral/claim', { as: 'late', body: { code } });
    expect([denied.status, denied.body.status, denied.body.credit_cents]).toEqual([200, 'denied', 0]);
    const renewed = (await api.post('/v1/referrals/refresh', { as: 'ann' })).body.new_code;
    expect(await isValid(renewed)).toEqual(none);
    await story.signUp('later', 'later@later.example', { referral_code: renewed });
    expect(await story.rewardsOf('later')).toEqual([]);
  });

  test('whoever is deleted is nobody, by any endpoint, and brings nobody any more', async () => {
    await story.signUp('cat', 'cat@cat.example', { name: 'Cat' });
    const theirs = await service.codeOf('cat');
    const leadsTo = async () => (await api.get(`/r/${theirs}`)).headers.location;
    expect(await leadsTo()).toContain(`=${theirs}`);
    await story.signUp('dan', 'dan@dan.example', { referral_code: theirs });
    const earned = await story.rewardsOf('dan');
    await story.tell(['member.deleted', { member_id: 'cat' }]);
    for (const path of READS) expect([path, (await read(path, 'cat')).status]).toEqual([path, 401]);
    expect(await isValid(theirs)).toEqual(Array.from({ length: 3 }, () => [200, false]));
    expect(await leadsTo()).not.toContain(theirs);
    expect(await story.rewardsOf('dan')).toEqual(earned);
    await story.signUp('eve', 'eve@eve.example', { referral_code: theirs });
    expect(await story.rewardsOf('eve')).toEqual([]);
  });

  test('whoever referred somebody who is deleted keeps the referral and what it earned', async () => {
    await story.signUp('fay', 'fay@fay.example');
    await story.signUp('gil', 'gilbert@gil.example', { referral_code: await service.codeOf('fay') });
    const paths = [...FIGURES, '/v1/me/referrals', '/v1/developers/referrals', '/v1/referrals/history'];
    const told = async () => (await Promise.all(paths.map((path) => read(path, 'fay')))).map(({ body }) => body);
    const before = await told();
    await story.tell(['member.deleted', { member_id: 'gil' }]);
    expect(await told()).toEqual(before);
  });
});
