/** The console without a browser: who is let in, what other sites may not do, and that nobody's words become markup. */
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AdminRole } from '../../src/accounts/admin-users.ts';
import { allRoutes } from '../../src/http/app.ts';
import { keepDear } from '../../src/http/kept.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { diff } from '../../src/pages/console/diff.ts';
import { seen } from '../../src/pages/console/findings.ts';
import { consoleRoutes } from '../../src/pages/console/index.ts';
import { translatorIn } from '../../src/texts/translator.ts';
import { ADMIN_TOKEN, TestService } from '../support/service.ts';

const EVIL = '<img src=x onerror=alert(1)>"\'';
const PASSWORD = 'three purple elephants';

let service: TestService;
const cookies = {} as Record<AdminRole, string>;
beforeAll(async () => {
  const careful = '\nmoderation: { two_persons_above: 1.00 }\n';
  service = await TestService.start({
    edit: (text) => `${text.replace('hosts: []', 'hosts: [go.claudexia.tech]')}${careful}`,
  });
  await service.aliceRefersBob();
  await service.tell('member.created', { member_id: EVIL, email: 'evil@example.com' });
  await service.tell('payment.succeeded', { payment_id: 'pay_1', member_id: 'bob', amount: 10_000, currency: 'usd' });
  for (const role of ['viewer', 'moderator', 'owner'] as const) cookies[role] = await signedIn(role);
});
afterAll(() => service.stop());

async function signedIn(role: AdminRole): Promise<string> {
  const email = `${role}@plusone.test`;
  await service.admin('POST', '/users', { email, name: role, role, password: PASSWORD });
  const answer = await request(service.app)
    .post('/admin/sign-in')
    .set('Sec-Fetch-Site', 'same-origin')
    .type('form')
    .send({ email, password: PASSWORD });
  expect(answer.status).toBe(303);
  return (answer.headers['set-cookie'] as unknown as string[])[0]?.split(';')[0] ?? '';
}

const look = (path: string, role?: AdminRole) =>
  request(service.app)
    .get(`/admin${path}`)
    .set('Cookie', role ? cookies[role] : '');
const send = (path: string, form: object, role: AdminRole, site = 'same-origin') =>
  request(service.app)
    .post(`/admin${path}`)
    .set('Cookie', cookies[role])
    .set('Sec-Fetch-Site', site)
    .type('form')
    .send(form);

function pageRoutes() {
  const deps = service.service.deps;
  return consoleRoutes(deps, allRoutes(deps, createMetrics(deps)).admin.routes);
}

test('every page but the way in and the files asks for an admin, and leads whoever is none to the sign-in', async () => {
  const open = pageRoutes().filter(({ credential }) => credential === 'none' || credential === 'password');
  expect(open.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'get /assets/style.css',
    'get /assets/page.js',
    'get /sign-in',
    'post /sign-in',
    'get /first-run',
    'post /first-run',
  ]);
  for (const { path, credential } of pageRoutes().filter(({ method }) => method === 'get')) {
    if (!credential.startsWith('admin')) continue;
    const answer = await look(path.replace(/:\w+/g, '12'));
    expect([path, answer.status, answer.headers.location?.split('?')[0]]).toEqual([path, 303, '/admin/sign-in']);
  }
});

test('a credit that stays in the ledger is not said to be confirmed by a billing system', async () => {
  const [reward] = await service.rewards();
  const { text } = await look(`/rewards/${reward.id}`, 'viewer');
  expect(text).toContain('It is in the ledger, where the balances of this program are kept.');
});

test('a viewer sees and decides nothing, a moderator decides, an owner reads program files', async () => {
  const [reward] = await service.rewards();
  expect((await look(`/rewards/${reward.id}`, 'viewer')).text).not.toContain('Take back');
  const form = { action: 'reverse', ids: reward.id, reason: 'a test' };
  expect((await send('/rewards', form, 'viewer')).status).toBe(403);
  expect((await look('/programs/claudexia', 'moderator')).status).toBe(403);
  expect((await look('/programs/claudexia', 'owner')).text).toContain('program: claudexia');
  expect((await service.rewards())[0].status).toBe('credited');
});

test('health tells that a sink is left alone, since when, and what it said last', async () => {
  const { general } = service.service.pools;
  const [{ no } = { no: 0 }] = service.service.programs.all();
  await general.query(
    `insert into sink_breakers (program_no, failures, open_until, opened_at, last_error)
     values ($1, 12, now() + interval '1 hour', '2026-05-01T10:00:00Z', 'HTTP 503')`,
    [no],
  );
  const open = (await look('/health', 'viewer')).text;
  expect(open).toMatch(/left alone.*since.*2026-05-01T10:00.*12 failed in a row, the last: HTTP 503/s);
  await general.query("update sink_breakers set open_until = '2026-05-01T11:00:00Z' where program_no = $1", [no]);
  expect((await look('/health', 'viewer')).text).toMatch(/to be tried again.*since.*2026-05-01T11:00/s);
});

test('the console speaks the browser’s language, or the one that an admin chose, and says so', async () => {
  const saidIn = async (accept: string, cookie = '') => {
    const page = request(service.app).get('/admin/rewards').set('Accept-Language', accept);
    const { text } = await page.set('Cookie', `${cookies.viewer}; ${cookie}`);
    return [/<html lang="(\w+)">/.exec(text)?.[1], /<h1>([^<]*)/.exec(text)?.[1]];
  };
  expect(await saidIn('fr, de-AT;q=0.8, en;q=0.5')).toEqual(['de', 'Prämien']);
  expect(await saidIn('fr')).toEqual(['en', 'Rewards']);
  const choose = async (language: string) =>
    (await send('/account/language', { language }, 'viewer')).headers['set-cookie']?.[0]?.split('; ') ?? [];
  const [chosen = '', ...kept] = await choose('de');
  expect(kept).toEqual(expect.arrayContaining(['Path=/admin', 'HttpOnly', 'SameSite=Lax']));
  expect(await saidIn('en', chosen)).toEqual(['de', 'Prämien']);
  expect(await choose('tlh')).toContain('Max-Age=0');
  expect(await saidIn('en', 'plusone_language=tlh')).toEqual(['en', 'Rewards']);
});

test('a member’s graph has who brought them and two levels below, and counts whom it leaves out', async () => {
  await service.tell('member.created', { member_id: 'dora', email: 'dora@example.com' });
  for (let at = 0; at < 10; at++) await service.refer(`dora_${at}`, 'dora', `198.51.100.${at}`);
  for (let at = 0; at < 4; at++) await service.refer(`dora_0_${at}`, 'dora_0', `203.0.113.${at}`);
  const graphOf = async (id: string) => {
    const { text } = await look(`/members/${id}?program=claudexia`, 'viewer');
    return [...(/<svg class="tree".*?<\/svg>/s.exec(text)?.[0] ?? '').matchAll(/<text[^>]*>([^<]*)/g)].map(
      (each) => each[1],
    );
  };
  const below = ['dora_0', 'dora_0_3', 'dora_0_2', 'dora_0_1', 'and 1 more'];
  const others = ['dora_9', 'dora_8', 'dora_7', 'dora_6', 'dora_5', 'dora_4', 'dora_3', 'and 2 more'];
  expect(await graphOf('dora')).toEqual(['dora', ...below, ...others]);
  expect(await graphOf('dora_0')).toEqual(['dora', 'dora_0', 'dora_0_3', 'dora_0_2', 'dora_0_1', 'dora_0_0']);
  expect(await graphOf('viewer-is-nobody')).toEqual([]);
});

test('a form that another site sends does nothing', async () => {
  const [reward] = await service.rewards();
  const form = { action: 'reverse', ids: reward.id, reason: 'theft' };
  expect((await send('/rewards', form, 'owner', 'cross-site')).status).toBe(403);
  expect((await service.rewards())[0].status).toBe('credited');
});

test('the bare address leads to the console, and on a program’s host nowhere', async () => {
  const answer = await request(service.app).get('/');
  expect([answer.status, answer.headers.location]).toEqual([303, '/admin']);
  expect((await request(service.app).get('/').set('Host', 'go.claudexia.tech')).status).toBe(404);
});

test('what needs two persons is approved by one from the console, not by the same again, and paid by another', async () => {
  await service.refer('twin', 'alice', '192.0.2.1');
  await service.tell('payment.succeeded', {
    payment_id: 'pay_two',
    member_id: 'twin',
    amount: 10_000,
    currency: 'usd',
  });
  const [held] = await service.rewards('&status=pending');
  const approve = async (role: AdminRole) => {
    const form = { action: 'approve', ids: held.id, back: '/admin/held' };
    const { status, headers } = await send('/rewards', form, role);
    return [status, (await service.rewards()).find(({ id }) => id === held.id)?.status, headers.location];
  };
  expect((await approve('moderator')).slice(0, 2)).toEqual([303, 'pending']);
  expect((await look('/held', 'owner')).text).toContain('approved by 1 of 2');
  expect((await look(`/rewards/${held.id}`, 'owner')).text).toContain('Somebody else has to approve it, too.');
  expect(await approve('moderator')).toEqual([303, 'pending', expect.stringContaining('code=already_approved')]);
  expect((await approve('owner')).slice(0, 2)).toEqual([303, 'credited']);
  expect(await service.isBalanced()).toBe(true);
});

test('an owner adds an admin, whose password is shown once and signs them in; nobody else does', async () => {
  const form = { email: 'new@plusone.test', name: 'Newcomer', role: 'moderator' };
  expect((await send('/account/users', form, 'moderator')).status).toBe(403);
  const { text } = await send('/account/users', form, 'owner');
  const [, password = ''] = /Newcomer may sign in with this password[^<]*<code>([^<]+)</.exec(text) ?? [];
  const answer = await request(service.app)
    .post('/admin/sign-in')
    .set('Sec-Fetch-Site', 'same-origin')
    .type('form')
    .send({ email: form.email, password });
  expect([answer.status, answer.headers.location]).toEqual([303, '/admin']);
  expect((await look('/account', 'owner')).text).not.toContain(password);
  expect((await send('/account/users', form, 'owner')).headers.location).toContain('code=email_taken');
});

test('first-run makes no second owner, whoever has the token', async () => {
  const form = { token: ADMIN_TOKEN, name: 'Eve', email: 'eve@example.com', password: PASSWORD };
  const answer = await request(service.app).post('/admin/first-run').type('form').send(form);
  expect([answer.status, answer.headers.location]).toEqual([303, '/admin/sign-in']);
  expect((await service.admin('GET', '/users')).body.data).toHaveLength(4);
});

test('what somebody calls themselves is text on every page, and the page allows no script but its file', async () => {
  const member = `/members/${encodeURIComponent(EVIL)}?program=claudexia`;
  for (const path of ['/members', member, '/events']) {
    const { text, headers } = await look(path, 'owner');
    expect(text).not.toContain('<img src=x');
    expect(headers['content-security-policy']).toContain("script-src 'self';");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['referrer-policy']).toBe('same-origin');
  }
  expect((await look('/members', 'owner')).text).toContain('&lt;img src=x');
});

test('what a link says was done is told in words of ours only', async () => {
  const { text } = await look('?done=You+won&code=call+this+number', 'owner');
  expect(text).not.toContain('You won');
  expect(text).not.toContain('call this number');
});

test('a list as a file has the columns of the API, and no cell that a spreadsheet runs', async () => {
  await service.tell('member.created', { member_id: '=1+1', email: 'sum@example.com' });
  await service.refer('=2+2', '=1+1', '192.0.2.77');
  await service.tell('payment.succeeded', { payment_id: 'pay_2', member_id: '=2+2', amount: 10_000, currency: 'usd' });
  const { text, headers } = await look('/rewards.csv', 'viewer');
  expect(headers['content-type']).toContain('text/csv');
  const [head, first] = text.split('\r\n');
  expect(head?.split(',').slice(0, 3)).toEqual(['id', 'program', 'rule']);
  expect(first).toContain("'=1+1");
});

test('an address that is not there, and an id that is none, are pages with their status', async () => {
  for (const path of ['/nowhere', '/rewards/rw_999999999']) {
    const answer = await look(path, 'viewer');
    expect([answer.status, answer.type]).toEqual([404, 'text/html']);
  }
  const api = await request(service.app).get('/admin/v1/nowhere');
  expect([api.status, api.type]).toEqual([404, 'application/problem+json']);
});

test('the files are kept for a year by the name of their content', async () => {
  const { text } = await look('/sign-in');
  const [, href = ''] = /href="(\/admin\/assets\/style\.css[^"]*)"/.exec(text) ?? [];
  const file = await request(service.app).get(href);
  expect([file.status, file.headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
  const again = await request(service.app)
    .get(href)
    .set('If-None-Match', file.headers.etag ?? '');
  expect(again.status).toBe(304);
});

describe('the difference of two files', () => {
  test.each([
    ['a\nb\nc', 'a\nc', ['=a', '-b', '=c']],
    ['a\nc', 'a\nb\nc', ['=a', '+b', '=c']],
    ['a', 'b', ['-a', '+b']],
  ])('%j to %j', (before, after, lines) => {
    const sign = { same: '=', added: '+', removed: '-' } as const;
    expect(diff(before, after).map(({ kind, text }) => sign[kind] + text)).toEqual(lines);
  });
});

describe('what a rule or a signal saw', () => {
  const plain = (saw: Record<string, unknown>) =>
    seen(translatorIn('en'), saw, 'usd')
      .html.replaceAll(/<[^>]+>/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim();
  test.each([
    [
      { gross: 7500, tax: 0, net: 7500, currency: 'eur', rate: '5%', minimum_payment: 500 },
      'gross €75.00 tax €0.00 net €75.00 rate 5% minimum payment $5.00',
    ],
    [
      { first_payment: true, others_in_window: 3, limit: 5, within_ms: 86_400_000 },
      'first payment yes others in window 3 limit 5 within 1 day',
    ],
    [{ asked: ['member', 'email'], lost: [] }, 'asked member, email lost none'],
    [
      { lost: [{ code: 'a_b', carrier: 'visit_claim', why: 'unknown_code' }] },
      'lost code a_b carrier visit claim why unknown code',
    ],
    [{ rate: null }, 'nothing'],
    [{ reason: '<b>' }, 'reason &lt;b&gt;'],
  ])('%j', (saw, said) => expect(plain(saw)).toBe(said));
});

test('figures that are read fast are read anew each time; slow ones are kept, and read again behind the page', async () => {
  let now = 0;
  let reads = 0;
  const keep = keepDear(() => now);
  const read = (ms: number) => async () => {
    now += ms;
    return ++reads;
  };
  expect((await keep('fast', read(1))).value).toBe(1);
  now += 100;
  expect((await keep('fast', read(1))).value).toBe(2);
  expect((await keep('slow', read(200))).value).toBe(3);
  now += 3_000;
  expect(await keep('slow', read(200))).toEqual({ value: 3, isOld: false });
  now += 3_000;
  expect(await keep('slow', read(200))).toEqual({ value: 3, isOld: true });
  await vi.waitFor(async () => expect(await keep('slow', read(200))).toEqual({ value: 4, isOld: false }));
});

test('whoever has no patience for figures never read before gets them at the next look; two looks are one read, and reads come one by one', async () => {
  const keep = keepDear();
  const counted = Promise.withResolvers<number>();
  let reads = 0;
  const read = () => {
    reads++;
    return counted.promise;
  };
  expect(await keep('dear', read, 1)).toBeUndefined();
  const other = vi.fn(async () => 'other');
  expect(await keep('other', other, 1)).toBeUndefined();
  expect(other).not.toHaveBeenCalled();
  const patient = keep('dear', read);
  counted.resolve(7);
  expect([(await patient).value, reads]).toEqual([7, 1]);
  expect((await keep('dear', read, 1))?.value).toBe(7);
  expect((await keep('other', other)).value).toBe('other');
});
