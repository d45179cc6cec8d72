/** The portal without a browser: whose page it is, who may frame it, and what a link is good for. */
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writePortalToken } from '../../src/http/portal-tokens.ts';
import { client } from '../support/member.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let key: string;
beforeAll(async () => {
  service = await TestService.start({
    edit: (yaml) => `${yaml}\nportal: { frame_ancestors: ["https://app.claudexia.tech"] }\n`,
    variables: { PUBLIC_URL: 'https://plusone.test' },
  });
  await service.aliceRefersBob();
  const scopes = ['members:write'];
  key = (await service.admin('POST', '/programs/claudexia/keys', { name: 'app', scopes })).body.key;
});
afterAll(() => service.stop());

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
