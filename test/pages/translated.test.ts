/**
 * No page has a word that a translator would not find. German is another language here: each text of
 * English between marks, so that what stands between none is either what somebody sent us, or a fault.
 */
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFakeSink } from '../support/fake-sink.ts';
import { markGerman, ownWordsOf } from '../support/marked.ts';
import { client, tokenFor } from '../support/member.ts';
import { MEMBER_JWT_SECRET, TestService } from '../support/service.ts';
import { secretFor } from '../support/sign.ts';

let restore = () => {};
let service: TestService;
let sink: Awaited<ReturnType<typeof startFakeSink>>;
let cookie = '';
let firstRun: request.Response;
beforeAll(async () => {
  restore = markGerman();
  sink = await startFakeSink({ secret: secretFor('standard', 'billing') });
  service = await TestService.start({ sinkUrl: sink.url, edit });
  await happen();
  firstRun = await look('/first-run');
  const owner = { email: 'owner@plusone.test', name: 'Olga', role: 'owner', password: 'three purple elephants' };
  await service.admin('POST', '/users', owner);
  const signedIn = await send('/sign-in', { email: owner.email, password: owner.password });
  cookie = signedIn.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
});
afterAll(async () => {
  restore();
  await service.stop();
  await sink.close();
});

const edit = (yaml: string) =>
  `${yaml.replace('stripe: { kind: stripe,', 'stripe: { kind: stripe, api_key: sk_test_1,')}
tiers: [{ name: bronze, from: 0 }, { name: gold, from: 5.00 }]
moderation: { two_persons_above: 1.00 }
`;

const send = (path: string, form: object) =>
  request(service.app)
    .post(`/admin${path}`)
    .set({ Cookie: cookie, 'Sec-Fetch-Site': 'same-origin', 'Accept-Language': 'de' })
    .type('form')
    .send(form);

const look = (path: string) =>
  request(service.app).get(`/admin${path}`).set({ Cookie: cookie, 'Accept-Language': 'de' });
const pay = (payment_id: string, member_id: string, amount = 10_000) =>
  service.tell('payment.succeeded', { payment_id, member_id, amount, currency: 'usd' });

const first = async (status: string) => (await service.rewards(`&status=${status}`))[0].id;

/** Something of everything that a page has a word for. */
async function happen(): Promise<void> {
  await service.aliceRefersBob();
  await pay('pay_1', 'bob');
  sink.mode = 'refuse';
  await pay('pay_2', 'bob');
  sink.mode = 'ok';
  await service.refer('twin', 'alice', '192.0.2.1');
  await pay('pay_3', 'twin');
  await service.tell('member.created', { member_id: 'cleo', email: 'cleo@else.example', referral_code: 'NOBODY' });
  await pay('pay_4', 'cleo');
  await service.tell('nothing.known', {});
  await service.refer('dora', 'bob', '192.0.2.9');
  await pay('pay_5', 'dora');
  const [credited, failed, held] = await Promise.all(['credited', 'failed', 'pending'].map((status) => first(status)));
  await service.admin('POST', `/rewards/${held}/notes`, { note: '…' });
  await service.admin('POST', `/rewards/${held}/approve`, {});
  await service.admin('POST', `/rewards/${failed}/reject`, { reason: '…' });
  await service.admin('POST', `/rewards/${credited}/reverse`, { reason: '…' });
  for (const member of ['dora', 'twin']) {
    const suspended = { suspended: true, suspended_reason: 'fake_accounts' };
    await service.admin('PATCH', `/members/${member}?program=claudexia`, suspended);
    const token = await tokenFor(member, {}, MEMBER_JWT_SECRET);
    await client(service.app)('post', '/appeals', { token, body: { message: '…' } });
  }
  const [open] = (await service.admin('GET', '/appeals?state=open')).body.data;
  await service.admin('POST', `/appeals/${open.id}/grant`, { reason: '…' });
  const { general } = service.service.pools;
  await general.query(
    `insert into catch_ups (program_no, source, since, until, started_at, ended_at, listed, missing, missing_types, error)
     values (1, 'stripe', now(), now(), now(), now(), 3, 1, '{"charge.succeeded":1}', null)`,
  );
  await general.query(
    `insert into sink_breakers (program_no, failures, open_until, opened_at, last_error)
     values (1, 12, now() + interval '1 hour', now(), '…')`,
  );
}

/** Everything that has a page of its own. */
async function details(): Promise<string[]> {
  const ids = async (path: string): Promise<string[]> => {
    const { body } = await service.admin('GET', path);
    return body.data.map(({ id }: { id: string }) => `/${path.split(/[/?]/)[1]}/${id}`);
  };
  const found = await Promise.all(['/rewards', '/events', '/payments?earned=false'].map(ids));
  return [...found.flat(), ...['alice', 'bob', 'dora', 'cleo'].map((id) => `/members/${id}?program=claudexia`)];
}

const PAGES = `/ /rewards /held /failed /payments /members /members?find=nobody /events /events?type=none /programs
/programs/claudexia /setup /audit /health /appeals?state= /appeals /fund /account /held?member=nobody /rewards?member=nobody
/rewards?done=approve&n=2&code=status_changed&refused=1 /rewards?done=saved`.split(/\s+/);

test('no page of console or portal has a word of its own', async () => {
  const left: Record<string, string[]> = {};
  const see = (path: string, { text }: { text: string }) => {
    const own = ownWordsOf(text, DATA);
    if (own.length > 0) left[path] = own;
  };
  for (const path of [...PAGES, ...(await details())]) {
    const answer = await look(path);
    expect([path, answer.status]).toEqual([path, 200]);
    see(path, answer);
  }
  see('/first-run', firstRun);
  see('/nowhere', await look('/nowhere'));
  see('/rewards?limit=x', await look('/rewards?limit=x'));
  see('a new admin', await send('/account/users', { email: 'new@plusone.test', name: 'Newcomer', role: 'viewer' }));
  const secret = { program: 'claudexia', source: 'stripe', variable: 'CLAUDEXIA_STRIPE_SECRET', secret: 'x' };
  see('a refused secret', await send('/setup/secret', secret));
  see('one-time codes', await send('/account/totp', {}));
  see('/sign-in', await look('/sign-in'));
  see('a wrong password', await send('/sign-in', { email: 'x@y.example', password: 'wrong' }));
  const portal = '/p/claudexia/portal';
  for (const member of ['alice', 'dora']) {
    const token = await tokenFor(member, {}, MEMBER_JWT_SECRET);
    const entered = await request(service.app).post(`${portal}/enter`).type('form').send({ token });
    const Cookie = entered.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    const page = (query: string) =>
      request(service.app).get(`${portal}${query}`).set({ Cookie, 'Accept-Language': 'de' });
    see(`the portal of ${member}`, await page(''));
    see(`after a form of ${member}`, await page('?done=1&sent=1&total=2'));
  }
  see('the sign-in of the portal', await request(service.app).get(`${portal}/sign-in`).set('Accept-Language', 'de'));
  expect(left).toEqual({});
});

/** Names, ids and addresses of the story above; what the program file names; and what Intl writes. */
const DATA = new RegExp(
  [
    '\\w+\\.yaml|Plusone|CSV|SVG|PNG|GitHub|SHA-256|English|Deutsch|Olga|Newcomer|Claudexia|claudexia|bronze|gold|top up share',
    '[\\w.*]+@[\\w.]*|https?:\\S*|(member )?(alice|bob|cleo|dora|twin)\\b|(ref )?ref:auto:\\S+|no_such_member|(rw|ev|pm|pay|usr|msg|evt)_\\S+',
    '(stripe|paddle|clerk|app|standard)\\b|(payment|member|charge|nothing)\\.\\w+|\\b[BCDFGHJKMNPQRSTVWXYZ2-9]{6}\\b|HTTP \\d+',
    '\\b(und|ms|Tage?|Stunden?)\\b|\\b(work|else|example|localhost:\\d+|com|p)[./]?$',
  ].join('|'),
  'g',
);
