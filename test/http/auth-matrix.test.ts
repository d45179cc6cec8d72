// Every mounted route with every credential: none, wrong, of another program, revoked, too little, right. The routes
// come from the app itself, and a route that was registered past the table fails the first test.
import type { Express } from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allRoutes } from '../../src/http/app.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import type { Route } from '../../src/http/routes.ts';
import { ADMIN_TOKEN, HOST, type HttpTest, startHttp } from '../support/http.ts';

type Listed = { readonly prefix: string; readonly route: Route };

let http: HttpTest;
const keys = { right: '', other: '', revoked: '', lesser: '' };
beforeAll(async () => {
  http = await startHttp();
  const all = ['events:write', 'credits:write'];
  keys.right = await http.serverKey(all);
  keys.other = await http.serverKey(all, 'other');
  keys.lesser = await http.serverKey(['members:read']);
  const made = await http.admin('post', '/programs/claudexia/keys').send({ name: 'gone', scopes: all });
  keys.revoked = made.body.key;
  await http.admin('delete', `/programs/claudexia/keys/${made.body.id}`);
});
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

test('nothing but the probes is open, and webhooks prove themselves', () => {
  const of = (credential: string) => listed().filter(({ route }) => route.credential === credential);
  expect(of('none').map(({ route }) => route.path)).toEqual(['/healthz', '/readyz', '/metrics']);
  expect(of('signature').map(({ route }) => route.path)).toEqual(['/webhooks/:source']);
});

describe('routes of the admin', () => {
  const isAdmin = ({ route }: Listed) => route.credential === 'admin';
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

  test('are open to the token', async () => {
    for (const each of listed().filter(isAdmin)) {
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
  const isKeyed = ({ route }: Listed) => route.credential.includes(':');
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
