// Named admins: signing in, what ends a session, one-time passwords, and guessing.
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base32, totpAt, totpStep, totpUrl } from '../../src/accounts/totp.ts';
import { fromBase32, PASSWORD, signIn, userOf } from '../support/admin.ts';
import { type HttpTest, startHttp } from '../support/http.ts';

let http: HttpTest;
beforeAll(async () => {
  http = await startHttp();
  await userOf(http, 'ann@plusone.test', 'owner');
});
afterAll(() => http.close());

const ANN = { email: 'ann@plusone.test', password: PASSWORD };
const OWN_PAGE = { 'Sec-Fetch-Site': 'same-origin' };
const send = (method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string, cookie: string) =>
  request(http.app)[method](`/admin/v1${path}`).set('Cookie', cookie).set(OWN_PAGE);
const sql = (text: string, values: unknown[] = []) => http.pools.general.query(text, values);

describe('signing in', () => {
  test('gives a cookie that no script reads and no other site sends, and the database only its hash', async () => {
    const { answer, set, cookie } = await signIn(http.app, { ...ANN, email: 'Ann@Plusone.test' });
    expect([answer.status, answer.body.role, answer.body.user.email]).toEqual([200, 'owner', 'ann@plusone.test']);
    expect(set).toMatch(/^__Host-plusone_session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    const { rows } = await sql(`select encode(hash, 'base64') as hash from admin_sessions`);
    expect(JSON.stringify(rows)).not.toContain(cookie.split('=')[1]);
    const me = await send('get', '/session', cookie);
    expect([me.status, me.body.user.name, me.body.role]).toEqual([200, 'ann', 'owner']);
  });

  test('says the same of a wrong password, of an unknown address, and of somebody disabled', async () => {
    const id = await userOf(http, 'gone@plusone.test', 'viewer');
    await http.admin('patch', `/users/${id}`).send({ disabled: true });
    for (const wrong of [
      { ...ANN, password: 'three purple ants' },
      { ...ANN, email: 'x@y.example' },
      { ...ANN, email: 'gone@plusone.test' },
    ]) {
      const { answer, set } = await signIn(http.app, wrong);
      expect([answer.status, answer.body.code, set]).toEqual([401, 'sign_in_failed', '']);
    }
  });

  test('is refused from a page of another site', async () => {
    const answer = await request(http.app).post('/admin/v1/session').set('Origin', 'https://evil.example').send(ANN);
    expect([answer.status, answer.body.code]).toEqual([403, 'cross_site']);
  });

  test('refuses a cookie that came twice: one of them was planted', async () => {
    const { cookie } = await signIn(http.app, ANN);
    const answer = await send('get', '/session', `${cookie}; __Host-plusone_session=${'A'.repeat(43)}`);
    expect(answer.status).toBe(401);
  });
});

describe('a session ends', () => {
  test.each([
    ['an hour after its last use', `seen_at = seen_at - interval '61 minutes'`],
    ['twelve hours after its beginning, however busy', `created_at = created_at - interval '12 hours 1 minute'`],
  ])('%s', async (_when, set) => {
    const { cookie } = await signIn(http.app, ANN);
    expect((await send('get', '/session', cookie)).status).toBe(200);
    await sql(`update admin_sessions set ${set}`);
    expect((await send('get', '/session', cookie)).status).toBe(401);
  });

  test('by signing out', async () => {
    const { cookie } = await signIn(http.app, ANN);
    const out = await send('delete', '/session', cookie);
    expect([out.status, out.headers['set-cookie']?.[0]]).toEqual([
      200,
      expect.stringContaining('__Host-plusone_session=;'),
    ]);
    expect((await send('get', '/session', cookie)).status).toBe(401);
  });

  test('when its user is disabled, and a smaller role holds at the next request', async () => {
    const id = await userOf(http, 'bob@plusone.test', 'owner');
    const { cookie } = await signIn(http.app, { email: 'bob@plusone.test', password: PASSWORD });
    await http.admin('patch', `/users/${id}`).send({ role: 'viewer' });
    const refused = await send('post', '/users', cookie).send({ email: 'a@b.example', name: 'A', role: 'owner' });
    expect([refused.status, refused.body.code]).toEqual([403, 'insufficient_role']);
    await http.admin('patch', `/users/${id}`).send({ disabled: true });
    expect((await send('get', '/session', cookie)).status).toBe(401);
  });

  test('everywhere else when its user takes another password', async () => {
    await userOf(http, 'eve@plusone.test', 'viewer');
    const eve = { email: 'eve@plusone.test', password: PASSWORD };
    const [{ cookie: here }, { cookie: there }] = [await signIn(http.app, eve), await signIn(http.app, eve)];
    const change = (current: string, password: string) =>
      send('put', '/session/password', here).send({ current, password });
    expect((await change('wrong', 'another good one')).body.code).toBe('sign_in_failed');
    expect((await change(PASSWORD, 'password123')).body.code).toBe('invalid_request');
    expect((await change(PASSWORD, 'another good one')).status).toBe(200);
    expect((await send('get', '/session', there)).status).toBe(401);
    expect((await send('get', '/session', here)).status).toBe(200);
    expect((await signIn(http.app, eve)).answer.status).toBe(401);
    expect((await signIn(http.app, { ...eve, password: 'another good one' })).answer.status).toBe(200);
  });
});

describe('named admins', () => {
  test('are made by an owner, by name in the audit log, and nobody changes their own role', async () => {
    const { cookie, answer } = await signIn(http.app, ANN);
    const made = await send('post', '/users', cookie).send({
      email: 'New@Plusone.test',
      name: 'New',
      role: 'moderator',
    });
    expect([made.status, made.body.email, made.body.password.length]).toEqual([201, 'new@plusone.test', 16]);
    const twice = await send('post', '/users', cookie).send({ email: 'new@plusone.test', name: 'New', role: 'viewer' });
    expect([twice.status, twice.body.code]).toEqual([409, 'email_taken']);
    const { body } = await http.admin('get', `/audit?target=${made.body.id}`);
    expect(body.data).toMatchObject([
      { actor: answer.body.user.id, actor_name: 'ann', action: 'user.create', after: { role: 'moderator' } },
    ]);
    const own = await send('patch', `/users/${answer.body.user.id}`, cookie).send({ role: 'viewer' });
    expect([own.status, own.body.code]).toEqual([409, 'own_account']);
    const listed = await send('get', '/users', cookie);
    expect(JSON.stringify(listed.body)).not.toContain('scrypt');
  });

  test('have their names under what they decide', async () => {
    await http.tell('member.created', { member_id: 'm1', email: 'm1@example.com' }, 'm1');
    const { cookie, answer } = await signIn(http.app, ANN);
    await send('patch', '/members/m1?program=claudexia', cookie).send({ note: 'seen' });
    const { body } = await http.admin('get', '/audit?target=m1');
    expect(body.data[0]).toMatchObject({ actor: answer.body.user.id, action: 'member.patch' });
  });

  test('a moderator suspends, and leaves rates and tiers to an owner', async () => {
    await userOf(http, 'mod@plusone.test', 'moderator');
    const { cookie } = await signIn(http.app, { email: 'mod@plusone.test', password: PASSWORD });
    const patch = (body: object) => send('patch', '/members/m1?program=claudexia', cookie).send(body);
    expect((await patch({ suspended: true })).status).toBe(200);
    expect((await patch({ rate: '50%' })).body.code).toBe('insufficient_role');
  });
});

describe('one-time passwords', () => {
  test('are those of RFC 6238', () => {
    const secret = Buffer.from('12345678901234567890');
    const of = (seconds: number) => totpAt(secret, BigInt(Math.floor(seconds / 30)));
    // Appendix B, the last six of its eight digits.
    expect([59, 1111111109, 1111111111, 1234567890, 2000000000, 20000000000].map(of)).toEqual([
      '287082',
      '081804',
      '050471',
      '005924',
      '279037',
      '353130',
    ]);
    expect(totpStep(secret, '287 082', new Date(80_000))).toBe(1n);
    expect(totpStep(secret, '287082', new Date(120_000))).toBeUndefined();
    expect(base32(Buffer.from('foobar'))).toBe('MZXW6YTBOI');
    expect(totpUrl(secret, 'Plusone', 'a@b.c')).toContain('otpauth://totp/Plusone:a%40b.c?secret=GEZDGNBV');
  });

  test('are asked for once confirmed, taken once, and sealed in the database', async () => {
    await userOf(http, 'tot@plusone.test', 'viewer');
    const tot = { email: 'tot@plusone.test', password: PASSWORD };
    const { cookie } = await signIn(http.app, tot);
    const { body: offer } = await send('post', '/session/totp', cookie);
    const code = (ahead: number) => totpAt(fromBase32(offer.secret), BigInt(Math.floor(Date.now() / 30_000) + ahead));
    expect((await signIn(http.app, tot)).answer.status).toBe(200); // not confirmed yet
    expect((await send('put', '/session/totp', cookie).send({ code: '000000' })).status).toBe(401);
    expect((await send('put', '/session/totp', cookie).send({ code: code(-1) })).body.user.totp).toBe(true);
    expect((await signIn(http.app, tot)).answer.body.code).toBe('totp_required');
    const first = await signIn(http.app, { ...tot, code: code(0) });
    const again = await signIn(http.app, { ...tot, code: code(0) });
    expect([first.answer.status, again.answer.body.code]).toEqual([200, 'sign_in_failed']);
    expect((await send('post', '/session/totp', cookie)).body.code).toBe('totp_in_force');
    const { rows } = await sql('select totp from admin_users where totp is not null');
    expect(rows[0].totp.includes(fromBase32(offer.secret))).toBe(false);
    const off = await send('delete', '/session/totp', cookie).send({ code: code(1) });
    expect([off.status, off.body.user.totp]).toEqual([200, false]);
  });
});

test('guessing one account from wherever ends after ten tries, the right password included', async () => {
  await userOf(http, 'vic@plusone.test', 'viewer');
  const guess = (password: string) => signIn(http.app, { email: 'vic@plusone.test', password });
  await sql('delete from rate_limits');
  for (let tries = 0; tries < 10; tries++) expect((await guess('no')).answer.status).toBe(401);
  const { answer } = await guess(PASSWORD);
  expect([answer.status, answer.body.code]).toEqual([429, 'too_many_requests']);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(60);
  expect((await signIn(http.app, ANN)).answer.status).toBe(200);
});
