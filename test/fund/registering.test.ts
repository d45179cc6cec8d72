// Registering as a contributor over HTTP: a member by code, who is no member by link, and nobody by accident.
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { register } from '../../src/fund/contributors.ts';
import { client, tokenFor } from '../support/member.ts';
import { MEMBER_JWT_SECRET } from '../support/service.ts';
import { type FundScene, startFund } from './scene.ts';

let scene: FundScene;
beforeAll(async () => {
  scene = await startFund();
});
afterAll(() => scene.stop());

async function member(name: string) {
  const token = await tokenFor(name, { email: `${name}@example.com` }, MEMBER_JWT_SECRET);
  const call = client(scene.service.app);
  return {
    me: () => call('get', '/me/contributor', { token }),
    register: (github_username: string, email: string) =>
      call('post', '/me/contributor', { token, body: { github_username, email } }),
    confirm: (code: string) => call('post', '/me/contributor/confirm', { token, body: { code } }),
    details: (details: object) => call('put', '/me/contributor/details', { token, body: { details } }),
    forget: () => call('delete', '/me/contributor/details', { token }),
    report: (month = '') => call('get', `/me/contributor/report${month && `?month=${month}`}`, { token }),
  };
}

async function codeFor(address: string): Promise<string> {
  const mail = (await scene.mails()).findLast(({ to }) => to === address);
  return /^\d+\.[\w-]{22}\.\d+\.[\w-]{22}$/m.exec(mail?.text ?? '')?.[0] ?? '';
}

/** Registered by the operator, as the command line does it, with a mail that has a link. */
async function linkFor(username: string, address: string): Promise<string> {
  const { ports } = scene.service.service.deps.fund;
  await register(ports, scene.loaded, { username, address, by: { operator: true } });
  const mail = (await scene.mails()).findLast(({ to }) => to === address);
  return new URL(/http\S+\/fund\/confirm\/\S+/.exec(mail?.text ?? '')?.[0] ?? '').pathname;
}

test('a member proves an address with the code that was mailed there, and says where to pay', async () => {
  const ann = await member('ann');
  expect(await ann.me()).toMatchObject({ status: 404, body: { code: 'not_registered' } });
  const made = await ann.register('ann', 'Ann@Dev.example');
  expect(made).toMatchObject({
    status: 200,
    body: { github_username: 'ann', addresses: 0, proved_at: null, report_url: null },
  });
  const code = await codeFor('ann@dev.example');
  expect(await ann.confirm(code)).toMatchObject({ status: 200, body: { addresses: 1, has_details: false, owed: 0 } });
  expect(await ann.confirm(code)).toMatchObject({ status: 200, body: { addresses: 1 } });
  expect(await ann.details({ iban: 'DE-ann' })).toMatchObject({ status: 200, body: { has_details: true } });
  expect(JSON.stringify((await ann.me()).body)).not.toContain('DE-ann');
  const audit = await scene.rows("select actor, action from audit_log where action like 'contributor%'");
  expect(audit).toEqual([{ actor: 'member:ann', action: 'contributor.details' }]);
  expect(await ann.forget()).toMatchObject({ status: 200, body: { has_details: false } });
  await ann.details({ iban: 'DE-ann' });
});

test('a code is taken from nobody but who asked for it, and from nobody by a link', async () => {
  const [cat, dan] = [await member('cat'), await member('dan')];
  await cat.register('cat', 'cat@dev.example');
  const code = await codeFor('cat@dev.example');
  const refused = { status: 422, body: { code: 'challenge_invalid' } };
  expect(await dan.confirm(code)).toMatchObject(refused);
  expect(await dan.confirm(`${code.slice(0, -1)}A`)).toMatchObject(refused);
  expect(await dan.confirm('no code at all')).toMatchObject(refused);
  const link = `/p/claudexia/fund/confirm/${code}`;
  for (const answer of [await request(scene.service.app).get(link), await request(scene.service.app).post(link)])
    expect([answer.status, answer.text.includes('This link does not work')]).toEqual([404, true]);
  expect((await cat.me()).body).toMatchObject({ addresses: 0, proved_at: null });
});

test('a name or an address that another has proved is refused, and only its reader learns that', async () => {
  const [eva, fay] = [await member('eva'), await member('fay')];
  await eva.register('eva', 'eva@dev.example');
  await eva.confirm(await codeFor('eva@dev.example'));
  for (const _twice of [1, 2]) expect((await fay.register('fay', 'eva@dev.example')).status).toBe(200);
  expect((await scene.mails()).filter(({ to }) => to === 'eva@dev.example')).toHaveLength(2);
  const code = await codeFor('eva@dev.example');
  expect(await fay.confirm(code)).toMatchObject({ status: 409, body: { code: 'address_taken' } });
  await fay.register('EVA', 'fay@dev.example');
  expect(await fay.confirm(await codeFor('fay@dev.example'))).toMatchObject({
    status: 409,
    body: { code: 'username_taken' },
  });
  expect(await eva.register('eve', 'eva2@dev.example')).toMatchObject({
    status: 409,
    body: { code: 'username_taken' },
  });
});

test('whoever asks for a hundred mails gets ten', async () => {
  const gil = await member('gil');
  const answers: number[] = [];
  for (let n = 0; n < 11; n++) answers.push((await gil.register('gil', `gil${n}@dev.example`)).status);
  expect(answers).toEqual([...Array(10).fill(200), 429]);
});

test('the page of a mail asks first, and only its button proves the address', async () => {
  const link = await linkFor('hal', 'hal@dev.example');
  const page = await request(scene.service.app).get(link);
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(page.text).toContain('<form method="post">');
  expect(page.text).not.toContain('hal@dev');
  expect(page.headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
  );
  const proved = 'select from fund_contributors where proved_at is not null and github_username = $1';
  expect(await scene.rows(proved, ['hal'])).toHaveLength(0);
  for (const _twice of [1, 2]) {
    const done = await request(scene.service.app).post(link);
    expect([done.status, done.text.includes('The address is confirmed')]).toEqual([200, true]);
  }
  expect(await scene.rows(proved, ['hal'])).toHaveLength(1);
});

test.each([
  ['cut off', (token: string) => token.slice(0, -1)],
  ['changed', (token: string) => token.replace(/^\d+/, (id) => String(BigInt(id) + 1n))],
  ['of another form', () => 'hal@dev.example'],
])('a link that is %s does nothing', async (_what, change) => {
  const link = await linkFor('ida', 'ida@dev.example');
  const token = link.split('/').at(-1) ?? '';
  const at = link.replace(token, change(token));
  for (const answer of [await request(scene.service.app).get(at), await request(scene.service.app).post(at)])
    expect([answer.status, answer.text.includes('This link does not work')]).toEqual([404, true]);
});

test('a link of another’s address says so, and a link of last week no longer works', async () => {
  const link = await linkFor('jan', 'jan@dev.example');
  await scene.contributor('joe', 'jan@dev.example');
  const taken = await request(scene.service.app).post(link);
  expect([taken.status, taken.text.includes('This belongs to somebody else')]).toEqual([409, true]);
  const late = await linkFor('kim', 'kim@dev.example');
  await scene.to('2026-05-09T00:00:00Z');
  expect((await request(scene.service.app).post(late)).status).toBe(404);
});

test('a month that was not run has no report', async () => {
  const ann = await member('ann');
  expect(await ann.report()).toMatchObject({ status: 404, body: { code: 'unknown_month' } });
});

test('in the portal, the same by forms; where to pay is kept, and never shown again', async () => {
  const pay = { name: 'app', scopes: ['members:write'] };
  const { key } = (await scene.service.admin('POST', '/programs/claudexia/keys', pay)).body;
  const link = await client(scene.service.app)('post', '/portal-links', { token: key, body: { member_id: 'bob' } });
  const { pathname, search } = new URL(link.body.url);
  const entered = await request(scene.service.app).get(pathname + search);
  const [cookie = ''] = entered.headers['set-cookie'] as unknown as string[];
  const home = async () => (await request(scene.service.app).get('/p/claudexia/portal').set('Cookie', cookie)).text;
  const send = (path: string, form: object) =>
    request(scene.service.app)
      .post(`/p/claudexia/portal/contributor${path}`)
      .set('Cookie', cookie)
      .set('Sec-Fetch-Site', 'same-origin')
      .type('form')
      .send(form);
  const saved = '/p/claudexia/portal?done=1';
  expect((await send('', { github: 'bob', address: 'bob@dev.example' })).headers.location).toBe(saved);
  expect(await home()).toContain('a code was mailed to you');
  expect((await send('/confirm', { code: 'wrong' })).headers.location).toContain('failed=challenge_invalid');
  expect((await send('/confirm', { code: await codeFor('bob@dev.example') })).headers.location).toBe(saved);
  expect(await home()).toContain('1 address proved');
  expect((await send('/details', { details: 'no colon' })).headers.location).toContain('failed=invalid_request');
  expect((await send('/details', { details: 'IBAN: DE-bob\nAccount holder: Bob' })).headers.location).toBe(saved);
  const page = await home();
  expect(page).not.toContain('DE-bob');
  expect(page).not.toContain('bob@dev.example');
  const [row] = await scene.rows("select details is not null as has from fund_contributors where member_id = 'bob'");
  expect(row).toEqual({ has: true });
  expect((await send('/details', { details: '' })).headers.location).toBe(saved);
  expect((await scene.rows("select details from fund_contributors where member_id = 'bob'"))[0]).toEqual({
    details: null,
  });
});
