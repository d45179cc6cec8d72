// Reports over HTTP, in which everybody can check their own lines; and the sink's later word on a payout.
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Contributor, register } from '../../src/fund/contributors.ts';
import { reportUrl } from '../../src/http/fund/report.ts';
import { markGerman, ownWordsOf } from '../support/marked.ts';
import { client, tokenFor } from '../support/member.ts';
import { ADMIN_TOKEN, MEMBER_JWT_SECRET } from '../support/service.ts';
import { type FundScene, startFund } from './scene.ts';

let scene: FundScene;
let ann: Contributor;
let page: string;
beforeAll(async () => {
  scene = await startFund();
  ann = await scene.contributor('ann', 'ann@dev.example');
  await scene.paid('pay_1', 100_000);
  scene.sink.mode = 'accepted';
  await scene.to('2026-06-01T00:00:00Z');
  page = new URL((await report()).body.page_url).pathname;
});
afterAll(() => scene.stop());

const report = (query = '') => scene.service.admin('GET', `/fund/report?program=claudexia${query}`);
const get = (path: string) => request(scene.service.app).get(path);

/** Of a browser in which the owner, who is made once, has signed in. */
async function ownersCookie(): Promise<string> {
  const owner = { email: 'o@plusone.test', name: 'Olga', role: 'owner', password: 'three purple elephants' };
  await scene.service.admin('POST', '/users', owner);
  const signedIn = await request(scene.service.app)
    .post('/admin/sign-in')
    .set('Sec-Fetch-Site', 'same-origin')
    .type('form')
    .send({ email: owner.email, password: owner.password });
  return signedIn.headers['set-cookie']?.[0] ?? '';
}

test('an admin sees the run whole: the base, the share, and every line behind it', async () => {
  const { status, body } = await report('&month=2026-05');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    month: '2026-05',
    base: 100_000,
    share: '25%',
    of: 'referred_net',
    distributed: 25_000,
  });
  expect(body.contributors).toMatchObject([
    { contributor: 'ann', registered: true, lines: 90, weighted_lines: 150, share: 19_737, payout: { amount: 19_737 } },
    { contributor: 'b***@dev.example', registered: false, lines: 20, kept: 5_263, payout: null },
  ]);
  expect(body.components).toMatchObject([
    { component: 'core', lines: 80, contributors: 2 },
    { component: 'docs', lines: 30, contributors: 1 },
  ]);
  expect(body.repositories).toMatchObject([{ repository: 'app', lines: 110 }]);
  expect(body.lines).toContainEqual({ contributor: 'ann', repository: 'app', component: 'docs', weight: 1, lines: 30 });
  expect(body.explain.repositories[0].left_out).toContainEqual({
    ...{ why: 'machine', what: 'dependabot[bot]', files: 0, lines: 500 },
  });
  expect(await report('&month=2026-04')).toMatchObject({ status: 404, body: { code: 'unknown_month' } });
});

test.each([
  ['', 'contributor,repository,component,weight,lines', 'ann,app,core,2,60'],
  ['&table=contributors', 'contributor,registered,lines,weighted_lines,share', 'ann,yes,90,150,197.37,usd'],
  ['&table=components', 'component,lines,weighted_lines,contributors', 'core,80,160,2'],
  ['&table=repositories', 'repository,lines,weighted_lines,contributors', 'app,110,190,2'],
])('the table %s is there as CSV, for the admin and behind the link', async (table, head, row) => {
  const admin = await get(`/admin/v1/fund/report/csv?program=claudexia${table}`).set(
    'Authorization',
    `Bearer ${ADMIN_TOKEN}`,
  );
  const open = await get(`${page}/csv?month=2026-05${table}`);
  expect([admin.status, open.status]).toEqual([200, 200]);
  expect(admin.headers).toMatchObject({
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': expect.stringMatching(/^attachment; filename="claudexia-2026-05-\w+\.csv"$/),
  });
  expect(admin.text).toContain(`${head}`);
  expect(admin.text).toContain(row);
  expect(open.text).toBe(admin.text);
});

test('a contributor sees their own lines on a page and by the API, and they are the same', async () => {
  const token = await tokenFor('mem', { email: 'ben@dev.example' }, MEMBER_JWT_SECRET);
  const call = client(scene.service.app);
  await call('post', '/me/contributor', { token, body: { github_username: 'ben', email: 'ben@dev.example' } });
  const mail = (await scene.mails()).findLast(({ to }) => to === 'ben@dev.example');
  const code = /^\d+\.[\w-]{22}\.\d+\.[\w-]{22}$/m.exec(mail?.text ?? '')?.[0];
  const proved = await call('post', '/me/contributor/confirm', { token, body: { code } });
  // What was kept for the address is owed in the very answer that proves it.
  expect(proved.body).toMatchObject({ owed: 5_263, paid: 0, currency: 'usd' });
  const own = await call('get', '/me/contributor/report?month=2026-05', { token });
  expect(own.body).toMatchObject({
    ...{ lines: 20, weighted_lines: 40, all_weighted_lines: 190, share: 5_263, distributed: 25_000, payout: null },
    by_component: [{ repository: 'app', component: 'core', weight: 2, lines: 20 }],
  });
  const { status, text, headers } = await get(new URL(proved.body.report_url).pathname);
  expect(status).toBe(200);
  expect(text).toContain('<strong>ben: 20 lines, 52.63 USD.</strong>');
  expect(text).toContain('<td>app</td><td>core</td><td class="number">2</td><td class="number">20</td>');
  expect(text).toContain('dependabot[bot]');
  expect(text).not.toContain('ben@dev');
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'$/,
  );
  expect(headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
});

test('to a German reader every page of the fund is German', async () => {
  const { ports } = scene.service.service.deps.fund;
  await register(ports, scene.loaded, { username: 'cyd', address: 'cyd@dev.example', by: { operator: true } });
  const mail = (await scene.mails()).findLast(({ to }) => to === 'cyd@dev.example');
  const link = new URL(/http\S+\/fund\/confirm\/\S+/.exec(mail?.text ?? '')?.[0] ?? '').pathname;
  const german = { 'Accept-Language': 'de' };
  const own = new URL(reportUrl(scene.service.service.deps, scene.loaded, ann.id)).pathname;
  const restore = markGerman();
  const pages = [
    ...(await Promise.all([page, own, link, `${link}x`].map((path) => get(path).set(german)))),
    await request(scene.service.app).post(link).set(german),
  ];
  restore();
  expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 404, 200]);
  expect(pages.flatMap(({ text }) => ownWordsOf(text, DATA))).toEqual([]);
  const { text } = await get(page).set(german);
  expect(text).toContain('<h1>Der Open-Source-Fonds von Claudexia, Mai 2026</h1>');
  expect(text).toContain('<td class="number">197,37 USD</td>');
});

/** Names in repository and program; currencies; a month by Intl. */
const DATA =
  /\S+@\S+|Claudexia|dependabot\[bot\]|\b(USD|Mai|ann|ben|cyd|app|core|docs|main|v?\d[\d.]*|[0-9a-f]{12})\b/g;

test('the operator’s link shows everybody and nobody’s payout', async () => {
  const { status, text } = await get(page);
  expect(status).toBe(200);
  expect(text).toContain('By contributor');
  expect(text).not.toContain('Your lines');
  expect(text).not.toContain('The payout of');
});

test.each([
  ['of nobody whom we know', (token: string) => token.replace(/^0/, '1')],
  ['cut off', (token: string) => token.slice(0, -1)],
  ['signed by nobody', () => `0.${'A'.repeat(22)}`],
])('a link that is %s opens nothing', async (_what, change) => {
  const token = page.split('/').at(-1) ?? '';
  const at = page.replace(token, change(token));
  expect([(await get(at)).status, (await get(`${at}/csv`)).status]).toEqual([404, 404]);
});

test('a name in a repository cannot become markup', async () => {
  await scene.asOwner('alter table fund_lines disable trigger all');
  await scene.asOwner("update fund_lines set component = '<img src=x>' where component = 'docs'");
  const { text } = await get(page);
  expect(text).toContain('&lt;img src=x&gt;');
  expect(text).not.toContain('<img');
});

test('an admin sees the months, who is paid, and each payout with its state', async () => {
  const list = async (name: string, more = '') =>
    (await scene.service.admin('GET', `/fund/${name}?program=claudexia${more}`)).body;
  expect((await list('runs')).data).toMatchObject([
    { month: '2026-05', share: '25%', base: 100_000, distributed: 25_000, contributors: 2, payouts: 1, paid_out: 0 },
  ]);
  const person = {
    id: `con_${ann.id}`,
    github_username: 'ann',
    addresses: 1,
    has_details: true,
    owed: 19_737,
    paid: 0,
  };
  expect((await list('contributors')).data).toContainEqual(expect.objectContaining(person));
  const [payout] = (await list('payouts', `&status=accepted&contributor=con_${ann.id}`)).data;
  expect(payout).toMatchObject({ month: '2026-05', amount: 19_737, status: 'accepted', attempts: 1, settled_at: null });
  expect((await list('payouts', '&contributor=con_1')).data).toEqual([]);
});

test('the console shows the same, and its lists are files', async () => {
  const cookie = await ownersCookie();
  const look = async (path: string) => (await get(`/admin${path}`).set('Cookie', cookie)).text;
  const shown = await look('/fund');
  expect(shown).toContain('25% of what referred members pay');
  expect(shown).toContain('$197.37');
  expect(shown).toContain('Send again');
  expect(await look('/payouts.csv?program=claudexia')).toMatch(/^id,contributor_id,.+\r\npo_/);
  expect(await look('/contributors.csv?program=claudexia')).toContain(`con_${ann.id},ann`);
});

describe('the sink’s later word on a payout that it had answered with 202', () => {
  const settle = async (key: string, word: string, body: object = {}) => {
    const token = (
      await scene.service.admin('POST', '/programs/claudexia/keys', { name: 'sink', scopes: ['payouts:write'] })
    ).body.key;
    return await client(scene.service.app)('post', `/payouts/${encodeURIComponent(key)}/${word}`, { token, body });
  };
  const key = () => scene.sink.requests.at(-1)?.key ?? '';

  test('refused is owed as before, said twice or once, and never paid after', async () => {
    expect(await scene.accounts()).toMatchObject({ 'fund_owed ann': 19_737 });
    for (const _twice of [1, 2]) {
      const said = await settle(key(), 'refuse');
      expect(said).toMatchObject({ status: 200, body: { idempotency_key: key(), status: 'refused' } });
    }
    expect(await settle(key(), 'confirm')).toMatchObject({ status: 409, body: { code: 'payout_settled' } });
    expect(await settle('fund:claudexia:2026-05:1', 'confirm')).toMatchObject({
      ...{ status: 404, body: { code: 'unknown_payout' } },
    });
    expect(await scene.accounts()).toMatchObject({ 'fund_owed ann': 19_737 });
  });

  test('confirmed is paid, once, in the ledger and in the report; the whole debt by the next month’s run', async () => {
    const before = key();
    await scene.to('2026-07-01T00:00:00Z');
    const [payout] = scene.sink.requests.filter((each) => each.key.endsWith(`2026-06:${ann.id}`));
    expect(payout?.key).not.toBe(before);
    const at = payout?.key ?? '';
    for (const _twice of [1, 2])
      expect(await settle(at, 'confirm', { reference: 'tr_1' })).toMatchObject({ status: 200 });
    expect(await settle(at, 'refuse')).toMatchObject({ status: 409, body: { code: 'payout_settled' } });
    expect(await scene.accounts()).toMatchObject({ 'fund_paid ann': 19_737 });
    const note = await scene.rows("select actor, action, reason from audit_log where action = 'payout.paid'");
    expect(note).toEqual([{ actor: 'sink', action: 'payout.paid', reason: 'tr_1' }]);
    expect(await scene.service.isBalanced()).toBe(true);
  });

  test('an admin has a payout sent again, or says by name that it was paid, once', async () => {
    await scene.paid('pay_2', 100_000, { paid_at: '2026-07-02T00:00:00Z' });
    await scene.to('2026-08-01T00:00:00Z');
    const url = '/fund/payouts?program=claudexia&month=2026-07';
    const [payout] = (await scene.service.admin('GET', url)).body.data;
    const say = (word: string, more: object = {}) =>
      scene.service.admin('POST', `/fund/payouts/${payout.id}/settle`, { program: 'claudexia', word, ...more });
    expect((await say('retry')).body.payout).toMatchObject({ settled_at: null });
    await scene.to('2026-08-01T01:00:00Z');
    const keys = scene.sink.requests.filter((each) => each.key.endsWith(`2026-07:${ann.id}`)).map(({ key }) => key);
    expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
    const cookie = await ownersCookie();
    expect((await get('/admin/fund?program=claudexia').set('Cookie', cookie)).text).toContain(
      `/admin/payouts/${payout.id}`,
    );
    const form = { program: 'claudexia', word: 'paid', reference: 'bank_1' };
    const settled = await request(scene.service.app)
      .post(`/admin/payouts/${payout.id}`)
      .set({ Cookie: cookie, 'Sec-Fetch-Site': 'same-origin' })
      .type('form')
      .send(form);
    expect([settled.status, settled.headers.location]).toEqual([303, '/admin/fund?program=claudexia&done=settled']);
    expect((await say('paid', { reference: 'bank_1' })).body.payout).toMatchObject({ status: 'confirmed' });
    expect(await say('refused')).toMatchObject({ status: 409, body: { code: 'payout_settled' } });
    expect((await scene.service.admin('GET', '/audit?action=payout.paid')).body.data[0]).toMatchObject({
      ...{ actor_name: 'Olga', target: payout.id, reason: 'bank_1' },
    });
    expect(await scene.service.isBalanced()).toBe(true);
  });
});
