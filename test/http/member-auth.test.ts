// Who a token says they are: what is believed, what is not, and what it writes.
import { createHmac } from 'node:crypto';
import { exportSPKI } from 'jose';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createHttp } from '../../src/delivery/egress.ts';
import { createIntrospection } from '../../src/http/member/introspection.ts';
import { createJwks } from '../../src/http/member/jwks.ts';
import { createMemberTokens } from '../../src/http/member/tokens.ts';
import { type HttpTest, JWT_SECRET, startHttp } from '../support/http.ts';
import { client, identity, type KeyServer, startKeyServer, tokenFor } from '../support/member.ts';

const HOUR_S = 3600;
const nowS = () => Math.floor(Date.now() / 1000);
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** Signed by hand, for what no library would sign. */
function forge(header: object, payload: object, secret: string): string {
  const text = `${part(header)}.${part(payload)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

describe('with a shared secret', () => {
  let http: HttpTest;
  let call: ReturnType<typeof client>;
  beforeAll(async () => {
    http = await startHttp(
      {},
      {},
      { orgs: `auth: { jwt: { secret: "\${JWT_SECRET}" }, org_claim: org }\nleaderboard: true` },
    );
    call = client(http.app);
  });
  afterAll(() => http.close());

  const events = async () => {
    const text = `select type from inbox_events where source = 'plusone' order by id`;
    return (await http.pools.general.query(text)).rows.map((row) => row.type);
  };

  test('a good token makes its member once, and a GET costs no write afterwards', async () => {
    const token = await tokenFor('new', { email: 'new@example.com', name: 'Nora New' });
    const before = await events();
    for (const _ of [1, 2, 3]) {
      const { status, body } = await call('get', '/me', { token });
      expect([status, body.member_id, typeof body.code]).toEqual([200, 'new', 'string']);
    }
    expect(await events()).toEqual([...before, 'member.seen']);
    const { body } = await http.admin('get', '/members/new?program=claudexia');
    expect(body).toMatchObject({ email: 'new@example.com', name: 'Nora New', signed_up_at: null });
  });

  test('what webhooks told already is not written again', async () => {
    const told = { member_id: 'told', email: 'told@example.com', email_verified: true, name: 'Told' };
    await http.tell('member.created', told, 'told');
    const before = await events();
    const token = await tokenFor('told', { email: told.email, email_verified: true, name: 'Told' });
    expect((await call('get', '/me', { token })).status).toBe(200);
    expect((await call('get', '/me', { token: await tokenFor('told') })).status).toBe(200);
    const stale = await tokenFor('told', { email: told.email, email_verified: false });
    expect((await call('get', '/me', { token: stale })).status).toBe(200);
    expect(await events()).toEqual(before);
  });

  test('a changed address is written once, and two tokens that contradict each other do not take turns', async () => {
    const old = await tokenFor('mover', { email: 'old@example.com' });
    const fresh = await tokenFor('mover', { email: 'fresh@example.com', email_verified: 'true' });
    const before = await events();
    for (const token of [old, fresh, old, fresh, old]) expect((await call('get', '/me', { token })).status).toBe(200);
    expect(await events()).toEqual([...before, 'member.seen', 'member.seen']);
    const { body } = await http.admin('get', '/members/mover?program=claudexia');
    expect(body).toMatchObject({ email: 'fresh@example.com', email_verified: true });
  });

  const claims = (more: object = {}) => ({ sub: 'eve', iat: nowS(), exp: nowS() + HOUR_S, ...more });
  test.each<[string, () => string | Promise<string>]>([
    ['that has expired', () => tokenFor('eve', { exp: nowS() - 1 })],
    ['without exp', () => tokenFor('eve', { exp: undefined as never })],
    ['without sub', () => tokenFor(undefined as never)],
    ['with an empty sub', () => tokenFor(' ')],
    ['with a sub that no column holds', () => tokenFor('e\0ve')],
    ['that is not valid yet', () => tokenFor('eve', { nbf: nowS() + 60 })],
    ['of another secret', () => tokenFor('eve', {}, 'another secret, which is long enough')],
    ['with alg none', () => `${part({ alg: 'none' })}.${part(claims())}.`],
    ['with alg None and a signature', () => forge({ alg: 'None' }, claims(), JWT_SECRET)],
    ['of another HMAC', () => forge({ alg: 'HS512' }, claims(), JWT_SECRET)],
    ['without an algorithm', () => forge({ typ: 'JWT' }, claims(), JWT_SECRET)],
    ['that asks for an unknown extension', () => forge({ alg: 'HS256', crit: ['x'], x: 1 }, claims(), JWT_SECRET)],
    [
      'with a changed body',
      async () => (await tokenFor('eve')).replace(/\..*\./, `.${part(claims({ sub: 'alice' }))}.`),
    ],
    ['that is half', async () => (await tokenFor('eve')).split('.').slice(0, 2).join('.')],
    ['that is junk', () => 'a.b.c'],
  ])('a token %s is refused', async (_what, make) => {
    const { status, body } = await call('get', '/me', { token: await make() });
    expect([status, body.code]).toEqual([401, 'unauthorized']);
    expect((await http.admin('get', '/members/eve?program=claudexia')).status).toBe(404);
  });

  test('a program without a secret believes no token', async () => {
    const { status } = await call('get', '/me', { token: await tokenFor('eve'), program: 'other' });
    expect(status).toBe(401);
  });

  test('whoever was deleted is nobody, by token, by key and through the server', async () => {
    const token = await tokenFor('gone');
    const { body: key } = await call('post', '/me/keys', { token, body: {} });
    await http.tell('member.deleted', { member_id: 'gone' }, 'gone');
    expect((await call('get', '/me', { token })).status).toBe(401);
    expect((await call('get', '/me', { token: key.key })).status).toBe(401);
    const server = await http.serverKey(['members:read']);
    const answer = await call('get', '/me', { token: server, headers: { 'Plusone-Member': 'gone' } });
    expect([answer.status, answer.body.code]).toEqual([404, 'unknown_member']);
  });

  test('a token of an organization sees its people only', async () => {
    const program = 'orgs';
    for (const [name, org] of [
      ['a1', 'A'],
      ['b1', 'B'],
    ] as const) {
      const token = await tokenFor(name, { org, name: `${name} somebody` });
      const { code } = (await call('get', '/me', { token, program })).body;
      const data = { member_id: `${name}x`, email: `${name}x@example.com`, referral_code: code };
      await http.tell('member.created', data, `${name}x`, program);
    }
    const board = async (claim: object) =>
      (await call('get', '/leaderboard', { token: await tokenFor('a1', { ...claim }), program })).body.data.length;
    expect(await board({ org: 'A' })).toBe(1);
    expect(await board({})).toBe(2);
  });

  test('a server key acts for the member that it names, whose id may be in any script', async () => {
    await http.tell('member.created', { member_id: 'ünï|1', email: 'u@example.com' }, 'uni');
    const token = await http.serverKey(['members:read']);
    const named = Buffer.from('ünï|1', 'utf8').toString('latin1');
    const answer = await call('get', '/me', { token, headers: { 'Plusone-Member': named } });
    expect([answer.status, answer.body.member_id]).toEqual([200, 'ünï|1']);
    const nobody = await call('get', '/me', { token, headers: { 'Plusone-Member': 'nobody' } });
    expect([nobody.status, nobody.body.code]).toEqual([404, 'unknown_member']);
    const unnamed = await call('get', '/me', { token });
    expect([unnamed.status, unnamed.body.code]).toEqual([400, 'member_required']);
  });

  test('a member names nobody else', async () => {
    const token = await tokenFor('self');
    const { body } = await call('get', '/me', { token, headers: { 'Plusone-Member': 'told' } });
    expect(body.member_id).toBe('self');
  });
});

describe('with public keys', () => {
  let http: HttpTest;
  let call: ReturnType<typeof client>;
  let server: KeyServer;
  let elapsed = 0;
  const program = 'idp';
  beforeAll(async () => {
    server = await startKeyServer();
    const jwt = `auth: { jwt: { jwks_url: "${server.url}", issuer: "https://idp.test/", audience: referrals } }`;
    const out = { http: createHttp({ allow: ['127.0.0.1/32'] }), elapsed: () => elapsed };
    const tokens = createMemberTokens(createJwks(out), createIntrospection(out));
    http = await startHttp({ tokens }, {}, { idp: `${jwt}\ncode: { lookup: keyed }` });
    call = client(http.app);
  });
  afterAll(async () => {
    await http.close();
    await server.stop();
  });
  /** As if nobody had asked for a day and more. */
  beforeEach(() => {
    elapsed += 48 * HOUR_S * 1000;
    server.answer.status = 200;
  });
  const serve = (...keys: object[]) => {
    server.answer.body = JSON.stringify({ keys });
  };
  const me = async (token: string) => (await call('get', '/me', { token, program })).status;

  test.each(['ES256', 'RS256', 'PS256', 'EdDSA'])('%s is believed by its key, fetched once', async (alg) => {
    const idp = await identity(`k-${alg}`, alg);
    serve(idp.jwk);
    const before = server.asked();
    for (const _ of [1, 2, 3]) expect(await me(await idp.sign('ann'))).toBe(200);
    expect(server.asked()).toBe(before + 1);
  });

  test('the issuer and the audience must be ours', async () => {
    const idp = await identity('k1');
    serve(idp.jwk);
    expect(await me(await idp.sign('ann', { aud: ['x', 'referrals'] }))).toBe(200);
    expect(await me(await idp.sign('ann', { iss: 'https://evil.test/' }))).toBe(401);
    expect(await me(await idp.sign('ann', { aud: 'another' }))).toBe(401);
    expect(await me(await idp.sign('ann', { aud: undefined as never }))).toBe(401);
    expect(await me(await idp.sign('ann', { iss: undefined as never }))).toBe(401);
    expect(await me(await idp.sign('ann', { exp: nowS() - 1 }))).toBe(401);
  });

  test('a public key is never taken for a shared secret', async () => {
    const idp = await identity('k1', 'RS256');
    serve(idp.jwk);
    const payload = { sub: 'ann', iss: 'https://idp.test/', aud: 'referrals', exp: nowS() + HOUR_S };
    for (const secret of [await exportSPKI(idp.publicKey), JSON.stringify(idp.jwk), JWT_SECRET]) {
      expect(await me(forge({ alg: 'HS256', kid: 'k1' }, payload, secret))).toBe(401);
    }
    expect(await me(`${part({ alg: 'none', kid: 'k1' })}.${part(payload)}.`)).toBe(401);
  });

  test('a key that comes along in the token is not used', async () => {
    const [ours, theirs] = [await identity('k1'), await identity('k1')];
    serve(ours.jwk);
    const signed = await theirs.sign('ann');
    expect(await me(signed)).toBe(401);
    const [, payload, signature] = signed.split('.');
    expect(await me(`${part({ alg: 'ES256', jwk: theirs.jwk })}.${payload}.${signature}`)).toBe(401);
  });

  test('a rotated key is fetched when a token names it, and junk does not make us ask again and again', async () => {
    const [old, fresh] = [await identity('old'), await identity('fresh')];
    serve(old.jwk);
    expect(await me(await old.sign('ann'))).toBe(200);
    serve(fresh.jwk);
    elapsed += 31_000;
    expect(await me(await fresh.sign('ann'))).toBe(200);
    expect(await me(await old.sign('ann'))).toBe(401);
    const before = server.asked();
    const stranger = await identity('stranger');
    for (const _ of [1, 2, 3, 4]) expect(await me(await stranger.sign('ann'))).toBe(401);
    expect(server.asked()).toBe(before);
  });

  test('while the keys cannot be fetched the last ones stand; without any it is our 503', async () => {
    const idp = await identity('k1');
    server.answer.status = 500;
    const answer = await call('get', '/me', { token: await idp.sign('ann'), program });
    expect([answer.status, answer.body.code, answer.headers['retry-after']]).toEqual([503, 'unavailable', '5']);
    elapsed += 31_000;
    server.answer.status = 200;
    serve(idp.jwk);
    expect(await me(await idp.sign('ann'))).toBe(200);
    elapsed += HOUR_S * 1000;
    server.answer = { status: 200, body: 'not json' };
    expect(await me(await idp.sign('ann'))).toBe(200);
  });

  test('a keyed lookup needs a credential, of whatever kind', async () => {
    const idp = await identity('k1');
    serve(idp.jwk);
    const token = await idp.sign('ann');
    const { code } = (await call('get', '/me', { token, program })).body;
    const look = async (given: string | undefined) =>
      (await call('get', `/codes/${code}`, { token: given, program })).status;
    const { key } = (await call('post', '/me/keys', { token, program, body: { scopes: ['read'] } })).body;
    expect(await look(undefined)).toBe(401);
    expect(await look(token)).toBe(200);
    expect(await look(key)).toBe(200);
    expect(await look(await http.serverKey(['members:read'], program))).toBe(200);
    expect(await look(await http.serverKey(['members:write'], program))).toBe(403);
    expect(await look(await http.serverKey(['members:read']))).toBe(403);
    expect((await request(http.app).get('/p/idp/v1/codes/nothing')).status).toBe(401);
  });
});
