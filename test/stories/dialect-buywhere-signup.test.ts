/** BuyWhere's signup: a developer with a login and an API key, with or without a referral code. */
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
  service = await TestService.start({
    program: 'buywhere',
    start: '2026-04-01T10:00:00Z',
    variables: { TRUST_PROXY: '1' },
  });
  story = await Story.of(service);
  api = new DialectClient(service);
  await story.signUp('alice', 'alice@alice.example', { name: 'Alice' });
  code = await service.codeOf('alice');
});

afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

let lastByte = 0;
/** From an address of its own, unless told otherwise. */
function signUp(more: object = {}, from = `198.51.100.${++lastByte}`) {
  const body = { email: 'newdev@new.example', password: 'secure-password', name: 'New Developer', ...more };
  return api.post('/v1/developers/signup', { body, headers: { 'X-Forwarded-For': from, 'User-Agent': 'curl/8' } });
}

const query = async (text: string) => (await service.service.pools.general.query(text)).rows;

describe('with a referral code', () => {
  test('answers 201 with the Developer and an API key, and both sides are credited', async () => {
    const { status, body } = await signUp({ referral_code: code });
    expect(status).toBe(201);
    expect(body).toEqual(shapeOf(samples.BUYWHERE_SIGNUP));
    expect(body).toMatchObject({
      email: 'newdev@new.example',
      name: 'New Developer',
      referred_by: 'alice',
      referral_credits_earned: 1000,
      referral_credits_used: 0,
      referral_credits_balance: 1000,
      referred_developers_count: 0,
      created_at: '2026-04-01T10:00:00.000Z',
    });
    expect(body.id).toMatch(/^dev_\w+$/);
    expect(body.api_key).toMatch(/^bw_live_[\w-]{43}$/);
    expect(body.referral_code).toMatch(/^NEWDEVELOPER\d{4}$/);
    expect(await story.rewardsOf('alice')).toEqual([['signup_reward', 'pending', 'vesting', 500]]);
    const mine = await api.post('/v1/developers/referral-code', { token: body.api_key });
    expect(mine.body).toMatchObject({ referral_code: body.referral_code, credits_available: 1000 });
  });

  test('that does not exist: 201, no bonus, and said', async () => {
    const { status, body } = await signUp({ referral_code: 'NOBODY1234' });
    expect([status, body.referred_by, body.referral_credits_balance]).toEqual([201, null, 0]);
    expect(body.referral).toMatchObject({ applied: false, reason: 'unknown_code' });
  });

  test('that was revoked, or is of the same domain: 201, no bonus, and said', async () => {
    const sameDomain = await signUp({ email: 'bob@alice.example', referral_code: code });
    expect(sameDomain.body).toMatchObject({ referred_by: null, referral: { applied: false, reason: 'self_referral' } });
    await api.delete('/v1/developers/referral-code', { as: 'alice' });
    const revoked = await signUp({ referral_code: code });
    expect(revoked.body).toMatchObject({ referred_by: null, referral: { applied: false, reason: 'code_revoked' } });
    expect(await story.balanceOf(revoked.body.id)).toBe(0);
  });

  test('in any case and with spaces around it, counts', async () => {
    const { body } = await signUp({ referral_code: ` ${code.toLowerCase()} ` });
    expect([body.referred_by, 'referral' in body]).toEqual(['alice', false]);
  });
});

describe('without a referral code', () => {
  test('makes a developer with a code of their own and nothing said of referrals', async () => {
    const { status, body } = await signUp();
    expect([status, body.referred_by, 'referral' in body]).toEqual([201, null, false]);
    expect((await signUp({ email: 'two@two.example', referral_code: body.referral_code })).body.referred_by).toBe(
      body.id,
    );
  });

  test.each([null, '', ' '])('%j is none', async (referral_code) => {
    const { status, body } = await signUp({ referral_code });
    expect([status, body.referred_by, 'referral' in body]).toEqual([201, null, false]);
  });
});

describe('what is refused', () => {
  test('an address that has an account, however it is written, is 409', async () => {
    await signUp();
    for (const email of ['newdev@new.example', 'NewDev@New.Example', ' newdev@new.example ']) {
      const { status, body } = await signUp({ email });
      expect([status, body.code]).toEqual([409, 'email_taken']);
    }
    const told = await signUp({ email: 'alice@alice.example' });
    expect([told.status, told.body.code]).toEqual([409, 'email_taken']);
  });

  test('of two who sign up with one address at the same moment, one is 409', async () => {
    const statuses = (await Promise.all([signUp(), signUp()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 409]);
    expect(await query(`select from persons where member_id like 'dev%'`)).toHaveLength(1);
  });

  test.each<[string, object, string]>([
    ['no e-mail', { email: undefined }, 'email'],
    ['an e-mail that is none', { email: 'newdev' }, 'email'],
    ['no password', { password: undefined }, 'password'],
    ['a short password', { password: 'short7!' }, 'password'],
    ['a password that everybody has', { password: 'Password123' }, 'password'],
    ['a password of one character', { password: 'aaaaaaaaaaaa' }, 'password'],
    ['the address as password', { password: 'newdev@new.example' }, 'password'],
    ['no name', { name: ' ' }, 'name'],
    ['a code that is no text', { referral_code: 7 }, 'referral_code'],
    ['an unknown field', { is_admin: true }, 'is_admin'],
  ])('%s is a problem document with field and reason', async (_what, more, field) => {
    const { status, body, headers } = await signUp(more);
    expect([status, body.code, body.errors[0].field]).toEqual([422, 'invalid_request', field]);
    expect([headers['content-type'], typeof body.errors[0].reason]).toEqual([
      'application/problem+json; charset=utf-8',
      'string',
    ]);
  });

  test('the eleventh in an hour from one address is 429 with Retry-After, counted in the database for all processes', async () => {
    const from = '203.0.113.7';
    const statuses: number[] = [];
    for (let i = 1; i <= 10; i++) statuses.push((await signUp({ email: `d${i}@d${i}.example` }, from)).status);
    expect(statuses).toEqual(Array.from({ length: 10 }, () => 201));
    const { status, body, headers } = await signUp({ email: 'd11@d11.example' }, from);
    expect([status, body.code]).toEqual([429, 'too_many_requests']);
    expect(Number(headers['retry-after'])).toBeGreaterThan(3000);
    expect((await signUp({ email: 'd12@d12.example' }, '203.0.113.8')).status).toBe(201);
    const counts = await query(`select points from rate_limits where key like 'signups:%' order by points`);
    expect(counts.map((row) => row.points)).toEqual([1, 11]);
  });

  test('a program whose members sign up elsewhere has no signup', async () => {
    await service.stop();
    service = await TestService.start({
      program: 'buywhere',
      edit: (yaml) => yaml.replace('signup: embedded', 'signup: external'),
    });
    story = await Story.of(service);
    api = new DialectClient(service);
    expect((await signUp()).status).toBe(404);
  });
});

describe('what is kept', () => {
  test('the password only as scrypt with its parameters, and in no event', async () => {
    const { body } = await signUp();
    const [login] = await query('select password, person_id, member_id from logins');
    expect(login.password).toMatch(/^scrypt\$32768\$8\$3\$[\w+/=]{24}\$[\w+/=]{44}$/);
    expect(login.member_id).toBe(body.id);
    expect(login.person_id).toBeGreaterThan(0n);
    const bodies = (await query('select body from inbox_events')).map((row) => row.body).join();
    expect(bodies).not.toContain('secure-password');
    expect(bodies).not.toContain(body.api_key);
  });

  test('the login is erased with the address', async () => {
    await signUp();
    await query('delete from person_secrets where person_id = (select person_id from logins)');
    expect(await query('select from logins')).toEqual([]);
  });

  test('address and user agent are facts of the signup', async () => {
    await signUp({}, '203.0.113.9');
    const [event] = await query(`select body from inbox_events where event_id like 'signup:%'`);
    expect(JSON.parse(event.body).events[0].data).toMatchObject({ ip: '203.0.113.9', user_agent: 'curl/8' });
    const facts = await query(
      `select f.kind from person_facts f join persons p on p.id = f.person_id where p.member_id like 'dev%' order by 1`,
    );
    expect(facts.map((row) => row.kind)).toEqual(['ip', 'subnet']);
  });

  test('a signup that broke off is taken up by the next try after a minute, and only then', async () => {
    const { no } = service.service.programs.all()[0] ?? { no: 0 };
    const hash = service.service.deps.mail.hashOf(service.service.programs.all()[0] as never, 'newdev@new.example');
    const broken = (age: string) => `
      insert into logins (program_no, email_hash, member_id, password, claimed_at, created_at)
      values (${no}, '${hash}', 'dev_broken', 'scrypt$', clock_timestamp() - interval '${age}', now())
      on conflict (program_no, email_hash) do update set claimed_at = excluded.claimed_at`;
    await query(broken('30 seconds'));
    expect((await signUp({ referral_code: code })).status).toBe(409);
    await query(broken('61 seconds'));
    const { status, body } = await signUp({ referral_code: code });
    expect([status, body.id, body.referral_credits_balance]).toEqual([201, 'dev_broken', 1000]);
    expect((await signUp()).status).toBe(409);
  });
});
