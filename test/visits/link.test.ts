// GET /r/:code through the front door: where it leads, what it counts, what it leaves in the browser.

import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { client, tokenFor } from '../support/member.ts';
import { MEMBER_JWT_SECRET, TestService } from '../support/service.ts';
import { Visitor } from './scene.ts';

let service: TestService;
let code: string;

beforeAll(async () => {
  service = await TestService.start({ edit: (yaml) => yaml.replace('hosts: []', 'hosts: [go.claudexia.tech]') });
  await service.tell('member.created', { member_id: 'alice', email: 'alice@example.com' });
  code = await service.codeOf('alice');
});
afterAll(() => service.stop());

const clicks = async (): Promise<number> =>
  (await service.admin('GET', `/programs/${service.program}/summary`)).body.funnel.clicks;

test('a link leads to the landing page with the code, in its owner’s spelling', async () => {
  const answer = await new Visitor(service, 'v').follow(code.toLowerCase());
  expect([answer.status, answer.headers.location]).toEqual([302, `https://claudexia.tech/?ref=${code}`]);
  expect(answer.headers['cache-control']).toBe('no-store');
});

test.each([
  ['an unknown code', 'NOBODYS'],
  ['what is no code', '%2F%2Fevil.example'],
  ['another address', 'https:%2F%2Fevil.example'],
  ['a tag', '%3Cscript%3E'],
])('%s leads to the landing page without one, and counts nothing', async (_what, written) => {
  const before = await clicks();
  const visitor = new Visitor(service, 'v');
  const answer = await visitor.follow(written);
  expect([answer.status, answer.headers.location]).toEqual([302, 'https://claudexia.tech/']);
  expect([visitor.cookie, await clicks()]).toEqual(['', before]);
});

test.each(['', 'NOBODYS'])('what else the link says is carried on, but never another code (%j)', async (unknown) => {
  const answer = await new Visitor(service, 'v').follow(`${unknown || code}?utm_source=x&q=a%26b&ref=OTHER&q=2`);
  expect(answer.headers.location).toBe(
    `https://claudexia.tech/?utm_source=x&q=a%26b&q=2${unknown ? '' : `&ref=${code}`}`,
  );
});

test('each click of a person counts; a machine’s, a prefetch’s and a HEAD do not, and arrive all the same', async () => {
  const before = await clicks();
  const visitor = new Visitor(service, 'v');
  await visitor.follow(code);
  await visitor.follow(code);
  for (const headers of [
    { 'User-Agent': 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' },
    { 'User-Agent': 'curl/8.5.0' },
    { 'User-Agent': '' },
    { 'Sec-Purpose': 'prefetch;prerender' },
  ]) {
    const machine = new Visitor(service, 'v', headers as unknown as Record<string, string>);
    const answer = await machine.follow(code);
    expect([answer.headers.location, machine.cookie]).toEqual([`https://claudexia.tech/?ref=${code}`, '']);
  }
  await request(service.app).head(`/p/${service.program}/r/${code}`).set(visitor.headers);
  expect(await clicks()).toBe(before + 2);
});

test('a click leaves a cookie of `cookie_days` with the visitor and the code; the next keeps the visitor', async () => {
  const visitor = new Visitor(service, 'v');
  const first = await visitor.follow(code);
  const [set] = first.headers['set-cookie'] as unknown as string[];
  expect(set).toMatch(
    new RegExp(`^plusone_claudexia=[\\w-]{22}\\.${code}\\.[0-9a-z]+; Path=/; Max-Age=34560000; SameSite=Lax$`),
  );
  const id = visitor.cookie.split('.')[0];
  await visitor.follow(code);
  expect(visitor.cookie.split('.')[0]).toBe(id);
});

test('on a program’s own host it stands at the root, and its cookie is the landing page’s, too', async () => {
  const answer = await request(service.app)
    .get(`/r/${code}`)
    .set({ Host: 'go.claudexia.tech', 'User-Agent': new Visitor(service, 'v').headers['User-Agent'] as string });
  expect([answer.status, answer.headers.location]).toEqual([302, `https://claudexia.tech/?ref=${code}`]);
  expect((answer.headers['set-cookie'] as unknown as string[])[0]).toContain('; Domain=claudexia.tech');
});

test('somebody who asks not to be tracked counts, and is given no cookie and no row', async () => {
  for (const header of ['DNT', 'Sec-GPC']) {
    const [before, rows] = [await clicks(), await visitors()];
    const visitor = new Visitor(service, 'v', { [header]: '1' });
    const answer = await visitor.follow(code);
    expect([answer.headers.location, visitor.cookie]).toEqual([`https://claudexia.tech/?ref=${code}`, '']);
    expect([await clicks(), await visitors()]).toEqual([before + 1, rows]);
  }
});

const visitors = async (): Promise<number> =>
  (await service.service.pools.general.query('select count(*)::int as n from visits')).rows[0].n;

test('addresses, browsers and ids of visitors are kept as keyed hashes only', async () => {
  const visitor = new Visitor(service, 'visitor-of-the-test');
  await visitor.follow(code);
  await visitor.land(code);
  const { rows } = await service.service.pools.general.query('select * from visits');
  const text = JSON.stringify(rows, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
  for (const clear of ['127.0.0', '::ffff', 'Firefox', visitor.id, visitor.cookie.split(/[=.]/)[1] as string]) {
    expect(text).not.toContain(clear);
  }
});

test('the page that a link leads to tells of the same click; one who came straight there is counted by it', async () => {
  const before = await clicks();
  const linked = new Visitor(service, 'linked', { 'User-Agent': 'Mozilla/5.0 (one) Firefox/1' });
  await linked.follow(code);
  await linked.land(code);
  const direct = new Visitor(service, 'direct', { 'User-Agent': 'Mozilla/5.0 (two) Firefox/2' });
  await direct.land(code);
  expect(await clicks()).toBe(before + 2);
});

test('each link has its own counts', async () => {
  const call = client(service.app);
  const token = await tokenFor('alice', {}, MEMBER_JWT_SECRET);
  const make = async (channel: string) => (await call('post', '/me/links', { token, body: { channel } })).body.code;
  const [x, mail] = [await make('x'), await make('mail')];
  await new Visitor(service, 'one').follow(x);
  await new Visitor(service, 'two').follow(x);
  await new Visitor(service, 'three').land(mail);
  await service.tell('member.created', { member_id: 'xavier', email: 'xavier@example.org', referral_code: x });
  const { body } = await call('get', '/me/links', { token });
  const counts = body.data.map((link: Record<string, unknown>) => [link.channel, link.clicks, link.signups]);
  expect(counts.sort()).toEqual([
    ['mail', 1, 0],
    ['x', 2, 1],
  ]);
});

test('a dead code attributes nothing, so it leads there without itself', async () => {
  await service.tell('member.created', { member_id: 'dora', email: 'dora@example.com' });
  const dead = await service.codeOf('dora');
  await service.admin('PATCH', `/codes/${dead}?program=${service.program}`, { suspended: true });
  const answer = await new Visitor(service, 'v').follow(dead);
  expect(answer.headers.location).toBe('https://claudexia.tech/');
});

test('whoever guesses by links or beacons is told nothing more, once too many codes of a program did not stand', async () => {
  const guesser = new Visitor(service, 'guesser');
  const known = async (written: string) => (await guesser.land(written)).body.known;
  expect([(await guesser.follow('guess1')).headers.location, await known('guess1')]).toEqual([
    'https://claudexia.tech/',
    false,
  ]);
  const { general } = service.service.deps.pools;
  await general.query(`update rate_limits set points = 600 where key like 'link_misses:%'`);
  const before = await clicks();
  const miss = await guesser.follow('guess2');
  expect([miss.headers.location, guesser.cookie]).toEqual([
    'https://claudexia.tech/?ref=GUESS2',
    expect.stringContaining('GUESS2'),
  ]);
  expect(await known('guess2')).toBe(true);
  expect(await clicks()).toBe(before);
  const honest = await new Visitor(service, 'honest').follow(code);
  expect([honest.headers.location, await clicks()]).toEqual([`https://claudexia.tech/?ref=${code}`, before + 1]);
  await general.query(`delete from rate_limits`);
});
