// Every mounted route with every credential: none, wrong, of another program, revoked, too little, right. The routes
// come from the app itself, and a route that was registered past the table fails the first test.
import type { Express } from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AdminRole } from '../../src/accounts/admin-users.ts';
import { KEY_SCOPES } from '../../src/accounts/keys.ts';
import { allRoutes } from '../../src/http/app.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { isOfAdmin, type Route } from '../../src/http/routes.ts';
import { sessionHeaders } from '../support/admin.ts';
import { ADMIN_TOKEN, HOST, type HttpTest, startHttp } from '../support/http.ts';
import { client, tokenFor } from '../support/member.ts';

type Listed = { readonly prefix: string; readonly route: Route };

let http: HttpTest;
const keys = { elsewhere: '', right: '', other: '', revoked: '', lesser: '' };
const ofMember = {
  token: '',
  both: '',
  read: '',
  links: '',
  revoked: '',
  foreign: '',
  server: '',
  reader: '',
  other: '',
};
beforeAll(async () => {
  http = await startHttp();
  const all = ['events:write', 'credits:write', 'members:write', 'payouts:write'];
  keys.right = await http.serverKey(all);
  keys.other = await http.serverKey(all, 'other');
  keys.elsewhere = await http.serverKey(['events:write', 'credits:write', 'payouts:write']);
  keys.lesser = await http.serverKey(['members:read']);
  const made = await http.admin('post', '/programs/claudexia/keys').send({ name: 'gone', scopes: all });
  keys.revoked = made.body.key;
  await http.admin('delete', `/programs/claudexia/keys/${made.body.id}`);
  await membersCredentials();
});

/** Of several members, for one has two keys at most; what a route does to one does not matter to another. */
async function membersCredentials(): Promise<void> {
  const call = client(http.app);
  const keyOf = async (name: string, scopes: string[]) =>
    (await call('post', '/me/keys', { token: await tokenFor(name), body: { scopes } })).body;
  ofMember.token = await tokenFor('m1');
  ofMember.both = (await keyOf('m2', ['links', 'read'])).key;
  ofMember.read = (await keyOf('m3', ['read'])).key;
  ofMember.links = (await keyOf('m3', ['links'])).key;
  const gone = await keyOf('m4', ['links', 'read']);
  await call('delete', `/me/keys/${gone.id}`, { token: await tokenFor('m4') });
  ofMember.revoked = gone.key;
  ofMember.server = await http.serverKey(['members:read', 'members:write']);
  ofMember.reader = await http.serverKey(['members:read']);
  ofMember.other = await http.serverKey(['members:read', 'members:write'], 'other');
  await http.tell('member.created', { member_id: 'm1', email: 'm1@example.com' }, 'm1', 'other');
  const named = { token: ofMember.other, program: 'other', headers: { 'Plusone-Member': 'm1' }, body: {} };
  ofMember.foreign = (await call('post', '/me/keys', named)).body.key;
}
afterAll(() => http.close());

function listed(): Listed[] {
  const { open, program, admin } = allRoutes(http.deps, createMetrics(http.deps));
  return [open, program, admin].flatMap(({ prefix, routes }) => routes.map((route) => ({ prefix, route })));
}

function call({ prefix, route }: Listed, token: string | undefined, host?: string) {
  const path = `${prefix}${route.path}`
    .replace(':program', 'claudexia')
    .replace(':program', 'claudexia')
    .replace(':source', 'app')
    .replace(/:\w+/g, '12');
  const sent = request(http.app)[route.method](path);
  if (token) sent.set('Authorization', `Bearer ${token}`);
  if (host) sent.set('Host', host);
  return sent;
}

type Layer = { route?: { path: string; stack: { method?: string }[] }; handle: { stack?: Layer[] } };

/** METHOD path of every route in Express's own stack. */
function registered(app: Express): Set<string> {
  const found = new Set<string>();
  const walk = (layers: readonly Layer[]): void => {
    for (const { route, handle } of layers) {
      if (route) for (const { method } of route.stack) if (method) found.add(`${method} ${route.path}`);
      if (handle.stack) walk(handle.stack);
    }
  };
  walk((app.router as unknown as { stack: Layer[] }).stack);
  return found;
}

test('every route of the app stands in the table, with a credential', () => {
  const known = new Set(listed().map(({ route }) => `${route.method} ${route.path}`));
  expect(known.size).toBeGreaterThan(25);
  expect([...registered(http.app)].filter((each) => !known.has(each))).toEqual([]);
});

test('nothing but the probes, the document and what visitors meet is open, and webhooks and the links in mails prove themselves', () => {
  const of = (credential: string) => listed().filter(({ route }) => route.credential === credential);
  expect(of('none').map(({ route }) => route.path)).toEqual([
    ...['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs'],
    ...['/r/:code', '/plusone.js', '/v1/visits'],
    '/v1/reports',
    '/v1/developers/signup',
  ]);
  expect(of('signature').map(({ route }) => `${route.method} ${route.path}`)).toEqual([
    'post /webhooks/:source',
    'get /unsubscribe/:token',
    'post /unsubscribe/:token',
    'get /appeal/:token',
    'post /appeal/:token',
    'post /v1/appeals',
    'get /fund/confirm/:token',
    'post /fund/confirm/:token',
    'get /fund/report/:token',
    'get /fund/report/:token/csv',
  ]);
});

test('of the admin API nothing is open but the sign-in, and what names no finer credential is an owner’s', () => {
  const inAdmin = listed().filter(({ prefix }) => prefix === '/admin/v1');
  const open = inAdmin.filter(({ route }) => !isOfAdmin(route.credential));
  expect(open.map(({ route }) => [route.method, route.path, route.credential])).toEqual([
    ['post', '/session', 'password'],
  ]);
  const written = inAdmin.filter(({ route }) => route.method !== 'get' && route.credential === 'admin:read');
  expect(written).toEqual([]);
});

describe('routes of the admin', () => {
  const isAdmin = ({ route }: Listed) => isOfAdmin(route.credential);
  const isOfToken = ({ route }: Listed) => isOfAdmin(route.credential) && route.credential !== 'admin:self';
  const tokens: [string, () => string | undefined][] = [
    ['no token', () => undefined],
    ['a wrong token', () => `${ADMIN_TOKEN}x`],
    ['half of the token', () => ADMIN_TOKEN.slice(0, -1)],
    ['a server key', () => keys.right],
  ];
  test.each(tokens)('are closed to %s', async (_who, token) => {
    for (const each of listed().filter(isAdmin)) {
      const { status, body, headers } = await call(each, token());
      expect([each.route.path, status, body.code]).toEqual([each.route.path, 401, 'unauthorized']);
      expect(headers['www-authenticate']).toBe('Bearer');
    }
  });

  const roles: [AdminRole, readonly string[]][] = [
    ['viewer', ['admin:read', 'admin:self']],
    ['moderator', ['admin:read', 'admin:self', 'admin:moderate']],
    ['owner', ['admin:read', 'admin:self', 'admin:moderate', 'admin']],
  ];
  test.each(roles)('are open to a %s as far as the role goes, and closed beyond', async (role, allowed) => {
    for (const each of listed().filter(isAdmin)) {
      // Each with a session of its own: a sign-out ends it.
      const answer = await call(each, undefined).set(await sessionHeaders(http, role));
      const { path, method, credential } = each.route;
      const said = [method, path, answer.status === 403 ? answer.body.code : ''];
      expect(said).toEqual([method, path, allowed.includes(credential) ? '' : 'insufficient_role']);
      expect([path, [401, 500, 503].includes(answer.status)]).toEqual([path, false]);
    }
  });

  test.each<[string, Record<string, string>]>([
    ['a page of another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }],
    ['a page of another host of the same site', { 'Sec-Fetch-Site': 'same-site', Origin: 'https://x.plusone.test' }],
    ['an old browser on another site', { Origin: 'https://evil.example' }],
    ['a page without an origin', { Origin: 'null' }],
    ['something that does not say where it stands', {}],
  ])('that change something are closed to the cookie of an owner from %s', async (_where, headers) => {
    const { Cookie } = await sessionHeaders(http, 'owner');
    for (const each of listed().filter(isAdmin)) {
      if (each.route.method === 'get') continue;
      const { status, body } = await call(each, undefined).set({ Cookie, ...headers });
      expect([each.route.path, status, body.code]).toEqual([each.route.path, 403, 'cross_site']);
    }
  });

  test('that are about oneself are closed to the token, which is nobody by name', async () => {
    for (const each of listed().filter(({ route }) => route.credential === 'admin:self')) {
      const { status, body } = await call(each, ADMIN_TOKEN);
      expect([each.route.path, status, body.code]).toEqual([each.route.path, 403, 'session_required']);
    }
  });

  test('are open to the token', async () => {
    for (const each of listed().filter(isOfToken)) {
      const { status } = await call(each, ADMIN_TOKEN);
      expect([each.route.path, [401, 403, 500, 503].includes(status)]).toEqual([each.route.path, false]);
    }
  });

  test('are not there on a program’s host', async () => {
    for (const each of listed().filter(isAdmin)) {
      const { status, body } = await call(each, ADMIN_TOKEN, HOST);
      expect([each.route.path, status, body.code]).toEqual([each.route.path, 404, 'not_found']);
    }
  });
});

describe('routes of a server key', () => {
  const scopes: readonly string[] = KEY_SCOPES;
  const isKeyed = ({ route }: Listed) => scopes.includes(route.credential);
  const tokens: [string, () => string | undefined, number, string][] = [
    ['no key', () => undefined, 401, 'unauthorized'],
    ['a key that was never made', () => `po_claudexia_${'A'.repeat(43)}`, 401, 'unauthorized'],
    ['a revoked key', () => keys.revoked, 401, 'unauthorized'],
    ['the admin token', () => ADMIN_TOKEN, 401, 'unauthorized'],
    ['a key of another program', () => keys.other, 403, 'wrong_program'],
    ['a key without the scope', () => keys.lesser, 403, 'insufficient_scope'],
  ];
  test.each(tokens)('are closed to %s', async (_who, token, status, code) => {
    for (const each of listed().filter(isKeyed)) {
      const answer = await call(each, token());
      expect([each.route.path, answer.status, answer.body.code]).toEqual([each.route.path, status, code]);
    }
  });

  test('are open to the key', async () => {
    for (const each of listed().filter(isKeyed)) {
      const { status } = await call(each, keys.right);
      expect([each.route.path, [401, 403, 500, 503].includes(status)]).toEqual([each.route.path, false]);
    }
  });

  test('are at the root of the program’s host, too', async () => {
    const answer = await request(http.app)
      .post('/v1/events')
      .set('Host', HOST)
      .set('Authorization', `Bearer ${keys.right}`);
    expect([answer.status, answer.body.code]).toEqual([422, 'invalid_events']);
  });
});

describe('routes of a member', () => {
  const MEMBER = ['member:read', 'member:write', 'program:read'];
  const isOf = (...credentials: string[]) => listed().filter(({ route }) => credentials.includes(route.credential));
  /** m1 exists in both programs. */
  const send = (each: Listed, token: string | undefined, acts = true) =>
    acts ? call(each, token).set('Plusone-Member', 'm1') : call(each, token);

  test('are all the routes of the member API but the lookup', () => {
    const paths = listed().filter(({ route }) => /^\/v1\/(me|claims|leaderboard|codes)/.test(route.path));
    expect(paths.filter(({ route }) => ![...MEMBER, 'lookup'].includes(route.credential))).toEqual([]);
    expect(isOf(...MEMBER).filter(({ route }) => !route.dialect)).toHaveLength(28);
    expect(isOf('lookup').map(({ route }) => route.path)).toEqual([
      '/v1/codes/:code',
      '/v1/referrer/code/:code',
      '/api/v1/referrer/code/:code',
    ]);
  });

  const tokens: [string, () => string | undefined | Promise<string>, number, string][] = [
    ['nobody', () => undefined, 401, 'unauthorized'],
    ['a token that has expired', () => tokenFor('m1', { exp: 1 }), 401, 'unauthorized'],
    ['a token of another secret', () => tokenFor('m1', {}, 'x'.repeat(40)), 401, 'unauthorized'],
    ['the admin token', () => ADMIN_TOKEN, 401, 'unauthorized'],
    ['a member’s revoked key', () => ofMember.revoked, 401, 'unauthorized'],
    ['a member’s key that was never made', () => `cx_${'A'.repeat(43)}`, 401, 'unauthorized'],
    ['a member’s key of another program', () => ofMember.foreign, 401, 'unauthorized'],
    ['a revoked server key', () => keys.revoked, 401, 'unauthorized'],
    ['a server key of another program', () => ofMember.other, 403, 'wrong_program'],
    ['a server key for something else', () => keys.elsewhere, 403, 'insufficient_scope'],
  ];
  test.each(tokens)('are closed to %s', async (_who, token, status, code) => {
    for (const each of isOf(...MEMBER)) {
      const answer = await send(each, await token());
      expect([each.route.path, answer.status, answer.body.code]).toEqual([each.route.path, status, code]);
    }
  });

  test('that change something are closed to what may only read, and the other way round', async () => {
    for (const token of [ofMember.read, ofMember.reader]) {
      for (const each of isOf('member:write')) {
        const answer = await send(each, token);
        expect([each.route.path, answer.status, answer.body.code]).toEqual([
          each.route.path,
          403,
          'insufficient_scope',
        ]);
      }
    }
    for (const each of isOf('member:read', 'program:read')) {
      const answer = await send(each, ofMember.links);
      expect([each.route.path, answer.status, answer.body.code]).toEqual([each.route.path, 403, 'insufficient_scope']);
    }
  });

  test('are closed to a server key that names nobody, or somebody who is not there', async () => {
    for (const each of isOf('member:read', 'member:write')) {
      const unnamed = await send(each, ofMember.server, false);
      expect([each.route.path, unnamed.status, unnamed.body.code]).toEqual([each.route.path, 400, 'member_required']);
      const unknown = await call(each, ofMember.server).set('Plusone-Member', 'nobody');
      expect([each.route.path, unknown.status, unknown.body.code]).toEqual([each.route.path, 404, 'unknown_member']);
    }
  });

  test.each(['token', 'both', 'server'] as const)('are open to the right %s', async (kind) => {
    for (const each of isOf(...MEMBER)) {
      const { status } = await send(each, ofMember[kind]);
      expect([each.route.path, [400, 401, 403, 429, 500, 503].includes(status)]).toEqual([each.route.path, false]);
    }
  });

  test('the leaderboard is open to a server key that names nobody', async () => {
    for (const each of isOf('program:read')) expect((await send(each, ofMember.reader, false)).status).toBe(200);
  });
});
