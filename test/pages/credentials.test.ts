// A1, whole: every route of the API, the console and the portal × every kind of credential. The routes come from the
// tables that the app is mounted from, and what a kind of credential opens stands in one table here.
import type { Express } from 'express';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KEY_SCOPES } from '../../src/accounts/keys.ts';
import { allRoutes, createApp } from '../../src/http/app.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { isOfAdmin, type Route } from '../../src/http/routes.ts';
import { consoleRoutes } from '../../src/pages/console/index.ts';
import { pages } from '../../src/pages/index.ts';
import { portalRoutes } from '../../src/pages/portal/index.ts';
import { sessionHeaders } from '../support/admin.ts';
import { ADMIN_TOKEN, HOST, type HttpTest, startHttp } from '../support/http.ts';
import { client, tokenFor } from '../support/member.ts';

type Area = 'api' | 'console' | 'portal';
type Listed = { readonly area: Area; readonly prefix: string; readonly route: Route };
type Sent = Readonly<Record<string, string>>;

const MEMBER: readonly string[] = ['member:read', 'member:write', 'program:read'];
const SCOPES: readonly string[] = KEY_SCOPES;
/** What needs no credential, or brings one of its own kind with it. */
const OPEN: readonly string[] = ['none', 'signature', 'password', 'lookup'];

const ofMember = ({ area, route }: Listed) => area === 'api' && MEMBER.includes(route.credential);
const ofAdmin = ({ area, route }: Listed) => area !== 'portal' && isOfAdmin(route.credential);

/** What each kind opens; the rest is closed to it. */
const KINDS: Readonly<Record<string, (each: Listed) => boolean>> = {
  nobody: () => false,
  'the admin token': (each) => ofAdmin(each) && each.route.credential !== 'admin:self',
  'an owner’s session': ofAdmin,
  'a viewer’s session': (each) => ofAdmin(each) && ['admin:read', 'admin:self'].includes(each.route.credential),
  'a server key': (each) => ofMember(each) || SCOPES.includes(each.route.credential),
  'a member’s token': ofMember,
  'a member’s key': ofMember,
  'a portal’s session': ({ area, route }) => area === 'portal' && MEMBER.includes(route.credential),
};

let http: HttpTest;
let app: Express;
let listed: Listed[];
const sent: Record<string, () => Promise<Sent>> = {};

beforeAll(async () => {
  http = await startHttp();
  app = createApp(http.deps, pages);
  const { open, program, admin } = allRoutes(http.deps, createMetrics(http.deps));
  const of = (area: Area, prefix: string, routes: readonly Route[]) => routes.map((route) => ({ area, prefix, route }));
  listed = [
    ...[open, program, admin].flatMap(({ prefix, routes }) => of('api', prefix, routes)),
    ...of('console', '/admin', consoleRoutes(http.deps, admin.routes)),
    ...of('portal', '/p/:program', portalRoutes(http.deps, program.routes)),
  ];
  // Until there is an owner the console leads to where one is made.
  await sessionHeaders(http, 'owner');
  await http.tell('member.created', { member_id: 'm1', email: 'm1@m1.example' }, 'm1');
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
  const token = await tokenFor('m1');
  const call = client(http.app);
  const ofServer = await http.serverKey([...KEY_SCOPES]);
  const own = (await call('post', '/me/keys', { token, body: { scopes: ['links', 'read'] } })).body.key;
  const link = (await call('post', '/portal-links', { token: ofServer, body: { member_id: 'm1' } })).body.url;
  const { pathname, search } = new URL(link);
  const entered = await request(app)
    .get(pathname + search)
    .set('Host', HOST);
  const cookie = String(entered.headers['set-cookie']).split(';')[0] as string;
  Object.assign(sent, {
    nobody: async () => ({}),
    'the admin token': async () => bearer(ADMIN_TOKEN),
    'an owner’s session': () => sessionHeaders(http, 'owner'),
    'a viewer’s session': () => sessionHeaders(http, 'viewer'),
    'a server key': async () => ({ ...bearer(ofServer), 'Plusone-Member': 'm1' }),
    'a member’s token': async () => bearer(token),
    'a member’s key': async () => bearer(own),
    'a portal’s session': async () => ({ Cookie: cookie, 'Sec-Fetch-Site': 'same-origin' }),
  });
});
afterAll(() => http.close());

async function answerTo({ prefix, route }: Listed, headers: Sent): Promise<'open' | 'closed' | number> {
  const path = `${prefix}${route.path}`.replace(':program', 'claudexia').replace(/:\w+/g, '12');
  const { status, headers: told } = await request(app)[route.method](path).set(headers);
  if (status >= 500) return status;
  const isSentAway = status === 303 && /\/(sign-in|setup)(\?|$)/.test(String(told.location));
  return isSentAway || status === 401 || status === 403 ? 'closed' : 'open';
}

test.each(Object.keys(KINDS))('%s opens what it is for, and nothing else', async (kind) => {
  const opens = KINDS[kind] as (each: Listed) => boolean;
  expect(listed.filter(({ area }) => area !== 'api').length).toBeGreaterThan(40);
  const wrong: string[] = [];
  for (const each of listed.filter(({ route }) => !OPEN.includes(route.credential))) {
    const isOpen = opens(each);
    // What it may change is changed elsewhere; here it would end what the next route needs.
    if (isOpen && each.route.method !== 'get') continue;
    const answer = await answerTo(each, (await sent[kind]?.()) ?? {});
    const { method, path, credential } = each.route;
    if (answer !== (isOpen ? 'open' : 'closed'))
      wrong.push(`${each.area} ${method} ${path} (${credential}): ${answer}`);
  }
  expect(wrong).toEqual([]);
});

test('what is open to anybody in the pages is the sign-in and its looks', () => {
  const open = listed.filter(({ area, route }) => area !== 'api' && OPEN.includes(route.credential));
  const paths = open.map(({ area, route }) => `${area} ${route.method} ${route.path} ${route.credential}`);
  expect(paths.toSorted()).toMatchInlineSnapshot(`
    [
      "console get /assets/page.js none",
      "console get /assets/style.css none",
      "console get /first-run password",
      "console get /sign-in password",
      "console post /first-run password",
      "console post /sign-in password",
      "portal get /portal/assets/page.js none",
      "portal get /portal/assets/style.css none",
      "portal get /portal/enter signature",
      "portal get /portal/oidc signature",
      "portal get /portal/oidc/callback signature",
      "portal get /portal/sign-in signature",
      "portal post /portal/enter signature",
      "portal post /portal/sign-in signature",
      "portal post /portal/sign-out signature",
    ]
  `);
});
