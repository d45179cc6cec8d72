/** The portal without a browser: whose page it is, who may frame it, and what a link is good for. */
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { writePortalToken } from '../../src/http/portal-tokens.ts';
import { type FakeOidc, OIDC_CLIENT, startFakeOidc } from '../support/fake-oidc.ts';
import { client } from '../support/member.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let key: string;
let idp: FakeOidc;
beforeAll(async () => {
  idp = await startFakeOidc();
  service = await TestService.start({
    edit: (yaml) => `${yaml}
portal:
  frame_ancestors: ["https://app.claudexia.tech"]
  oidc: { issuer: "${idp.issuer}", client_id: ${OIDC_CLIENT.id}, client_secret: ${OIDC_CLIENT.secret} }
`,
    variables: { PUBLIC_URL: 'https://plusone.test' },
  });
  await service.aliceRefersBob();
  const scopes = ['members:write'];
  key = (await service.admin('POST', '/programs/claudexia/keys', { name: 'app', scopes })).body.key;
});
afterAll(async () => {
  await service.stop();
  await idp.close();
});

const linkFor = (member: string) =>
  client(service.app)('post', '/portal-links', { token: key, body: { member_id: member } });
const get = (path: string, cookie = '') => request(service.app).get(path).set('Cookie', cookie);

async function cookieOf(member: string): Promise<string> {
  const { body } = await linkFor(member);
  const { pathname, search } = new URL(body.url);
  const answer = await get(pathname + search);
  expect(answer.status).toBe(303);
  return String((answer.headers['set-cookie'] as unknown as string[])[0]);
}
const pair = (set: string): string => set.split(';')[0] ?? '';

test('the link of the product opens the member’s page, and nobody else’s', async () => {
  const page = await get('/p/claudexia/portal', pair(await cookieOf('alice')));
  expect(page.status).toBe(200);
  expect(page.text).toContain(await service.codeOf('alice'));
  expect(page.text).not.toContain(await service.codeOf('bob'));
  expect(page.text).not.toContain('bob@work.example');
});

test('the link is shared by a button for each place, with the text of that place', async () => {
  const { text } = await get('/p/claudexia/portal', pair(await cookieOf('alice')));
  const buttons = Array.from(text.matchAll(/class="button" href="([^"]+)" target/g), ([, href = '']) =>
    href.replaceAll('&amp;', '&'),
  );
  expect(buttons.map((href) => new URL(href).host || new URL(href).protocol)).toEqual([
    ...['x.com', 'www.linkedin.com', 't.me', 'wa.me'],
    'mailto:',
  ]);
  const code = await service.codeOf('alice');
  for (const href of buttons) {
    expect(decodeURIComponent(href)).toContain(`https://claudexia.tech/?ref=${code}`);
    expect(href).not.toContain('+');
  }
});

test('without a link there is only the sign-in; a made-up cookie is none', async () => {
  for (const cookie of ['', 'plusone_portal_1=1.AAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'plusone_portal_1=%']) {
    const page = await get('/p/claudexia/portal', cookie);
    expect([page.status, page.headers.location]).toEqual([303, '/p/claudexia/portal/sign-in']);
  }
});

test('the product’s page may frame it, nobody else; the cookie is kept apart for each such page', async () => {
  const set = await cookieOf('alice');
  expect(set).toContain('Partitioned');
  expect(set).toContain('Path=/p/claudexia/portal');
  const { headers } = await get('/p/claudexia/portal', pair(set));
  expect(headers['content-security-policy']).toContain('frame-ancestors https://app.claudexia.tech');
  expect(headers['x-frame-options']).toBeUndefined();
});

test('a form of another site does nothing', async () => {
  const cookie = pair(await cookieOf('alice'));
  const code = await service.codeOf('alice');
  const refresh = (site: string) =>
    request(service.app).post('/p/claudexia/portal/refresh').set('Cookie', cookie).set('Sec-Fetch-Site', site);
  expect((await refresh('cross-site')).status).toBe(403);
  expect(await service.codeOf('alice')).toBe(code);
});

test('a link is good for its program, its purpose and its time only', async () => {
  const { vault, programs } = service.service.deps;
  const no = programs.byName('claudexia')?.no ?? 0;
  const enter = (token: string) => get(`/p/claudexia/portal/enter?token=${token}`);
  const alice = { memberId: 'alice', orgId: null };
  const soon = new Date(Date.now() + 60_000);
  const write = (use: 'link' | 'session', programNo: number, until: Date) =>
    writePortalToken(vault, { use, programNo }, alice, until);
  expect((await enter(write('link', no, soon))).status).toBe(303);
  expect((await enter(write('session', no, soon))).status).toBe(401);
  expect((await enter(write('link', no + 1, soon))).status).toBe(401);
  expect((await enter(write('link', no, new Date(Date.now() - 1)))).status).toBe(401);
  expect((await linkFor('nobody')).status).toBe(404);
});

test('a mailed link is on its way for those who are known, and the answer is the same for others', async () => {
  const ask = (email: string) => request(service.app).post('/p/claudexia/portal/sign-in').type('form').send({ email });
  const [known, unknown] = [await ask('alice@example.com'), await ask('nobody@example.com')];
  expect([known.status, known.text]).toEqual([unknown.status, unknown.text]);
  const { rows } = await service.service.pools.general.query(`select kind from mails where kind = 'sign_in'`);
  expect(rows).toHaveLength(1);
});

test('whoever is erased is out at once', async () => {
  await service.refer('gone', 'alice', '192.0.2.40');
  const cookie = pair(await cookieOf('gone'));
  expect((await get('/p/claudexia/portal', cookie)).status).toBe(200);
  await service.admin('POST', '/members/gone/erase?program=claudexia', {});
  expect((await get('/p/claudexia/portal', cookie)).status).toBe(303);
});

describe('the product’s identity provider', () => {
  const ZOE = { sub: 'zoe', email: 'zoe@example.com', email_verified: true, name: 'Zoe' };
  afterEach(() => {
    idp.fault = 'none';
  });

  /** A browser that goes there: where it stands, and what it has to bring back. */
  async function gone() {
    const answer = await get('/p/claudexia/portal/oidc');
    expect(answer.status).toBe(303);
    const [set = ''] = answer.headers['set-cookie'] as unknown as string[];
    return { at: answer.headers.location ?? '', set, cookie: pair(set) };
  }
  const cameTo = (url: string, cookie: string) => get(url.replace('https://plusone.test', ''), cookie);

  test('signs in whom it names, who becomes a member on first sight', async () => {
    expect((await get('/p/claudexia/portal/sign-in')).text).toContain('href="/p/claudexia/portal/oidc"');
    const { at, set, cookie } = await gone();
    const asked = new URL(at);
    expect(asked.origin).toBe(idp.issuer);
    expect(asked.searchParams.get('redirect_uri')).toBe('https://plusone.test/p/claudexia/portal/oidc/callback');
    expect(asked.searchParams.get('code_challenge_method')).toBe('S256');
    expect(set).toMatch(/Path=\/p\/claudexia\/portal\/oidc; .*HttpOnly; Secure; SameSite=Lax/);
    const answer = await cameTo(idp.agree(at, ZOE), cookie);
    expect([answer.status, answer.headers.location]).toEqual([303, '/p/claudexia/portal']);
    const [cleared = '', session = ''] = answer.headers['set-cookie'] as unknown as string[];
    expect(cleared).toContain('plusone_oidc_1=;');
    const page = await get('/p/claudexia/portal', pair(session));
    expect(page.text).toContain(await service.codeOf('zoe'));
  });

  test('what comes back a second time, to another browser, or refused, signs nobody in and is a page', async () => {
    const { at, cookie } = await gone();
    const back = idp.agree(at, ZOE);
    expect((await cameTo(back, '')).status).toBe(401);
    expect((await cameTo(back, (await gone()).cookie)).status).toBe(401);
    expect((await cameTo(back, cookie)).status).toBe(303);
    const again = await cameTo(back, cookie);
    expect([again.status, again.headers['set-cookie']?.length]).toEqual([401, 1]);
    expect(again.text).toContain('The sign-in did not work');
    const other = await gone();
    expect((await cameTo(idp.refuse(other.at), other.cookie)).status).toBe(401);
  });

  test.each(['nonce', 'key', 'audience'] as const)('an ID token with another %s signs nobody in', async (fault) => {
    const { at, cookie } = await gone();
    idp.fault = fault;
    expect((await cameTo(idp.agree(at, ZOE), cookie)).status).toBe(401);
  });

  test('while it is away, the page says so, and the mailed link is there', async () => {
    const { at, cookie } = await gone();
    idp.fault = 'away';
    const answer = await cameTo(idp.agree(at, ZOE), cookie);
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('does not work at the moment');
    expect(answer.text).toContain('Mail me a link');
  });
});
