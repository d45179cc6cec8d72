// P2: outside the admin nobody reads another person's address: every JSON answer of every route that is read, taken from
// the document, and every line of the log.
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import { pages } from '../../src/pages/index.ts';
import { type HttpTest, startHttp } from '../support/http.ts';
import { client, tokenFor } from '../support/member.ts';
import { type Caller, callerOf, filled, operations, POLYGLOT } from '../support/operations.ts';

/** In every address of somebody else, and nowhere else. */
const CANARY = 'canary';
const REFEREES = ['one', 'two', 'three'];

let http: HttpTest;
let caller: Caller;
let code: string;

beforeAll(async () => {
  http = await startHttp({}, {}, { polyglot: `leaderboard: true${POLYGLOT}` });
  caller = await callerOf(http);
  code = (await http.admin('get', '/members/mia?program=polyglot')).body.code;
  for (const [index, name] of REFEREES.entries()) {
    const email = `${CANARY}.${name}@hidden.example`;
    const signup = { member_id: name, email, name: email, referral_code: code, ip: `198.51.100.${index}` };
    await http.tell('member.created', signup, `s_${name}`, 'polyglot');
    const paid = { payment_id: `p_${name}`, member_id: name, email, amount: 10_000, currency: 'usd' };
    await http.tell('payment.succeeded', paid, `p_${name}`, 'polyglot');
  }
  const invited = { emails: [`${CANARY}.invited@hidden.example`] };
  await client(http.app)('post', '/me/invites', { token: await tokenFor('mia'), program: 'polyglot', body: invited });
});
afterAll(() => http.close());

const reads = operations.filter(({ method, path }) => method === 'get' && !path.startsWith('/admin/'));

test('no answer of a route that is read has the address of somebody else', async () => {
  expect(reads.length).toBeGreaterThan(20);
  const told: string[] = [];
  const masked: string[] = [];
  for (const { path, operation } of reads) {
    const url = filled(path, operation.parameters).replace(/\/codes\/x|\/code\/x/, (at) => at.replace(/x$/, code));
    const { text = '', status } = await request(http.app).get(url).set(caller.headersFor(operation));
    if (text.toLowerCase().includes(CANARY)) told.push(`${path} (${status})`);
    if (text.includes('***@hidden.example')) masked.push(path);
  }
  expect(told).toEqual([]);
  // They do stand there, masked: the search looked at what it should.
  expect(masked).toContain('/p/{program}/v1/me/referrals');
});

test('nor has the referrer’s page, which shows the same', async () => {
  const app = createApp(http.deps, pages);
  const key = await http.serverKey(['members:write'], 'polyglot');
  const asked = { token: key, program: 'polyglot', body: { member_id: 'mia' } };
  const { pathname, search } = new URL((await client(http.app)('post', '/portal-links', asked)).body.url);
  const entered = await request(app).get(pathname + search);
  const cookie = String(entered.headers['set-cookie']).split(';')[0] as string;
  const { text, status } = await request(app).get('/p/polyglot/portal').set('Cookie', cookie);
  expect([status, text.toLowerCase().includes(CANARY), text.includes('***@hidden.example')]).toEqual([
    200,
    false,
    true,
  ]);
});

test('nor has a line of the log', () => {
  expect(http.lines.length).toBeGreaterThan(5);
  expect(http.lines.filter((line) => line.toLowerCase().includes(CANARY))).toEqual([]);
});
