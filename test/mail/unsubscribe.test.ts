// The way out of invitations: the page, one click in the mail program, and that nobody is told.
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Scene, startScene, statuses, unsubscribeLink } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());

async function linkOf(address: string): Promise<string> {
  await scene.advance();
  const [arrived] = scene.smtp.to(address);
  return unsubscribeLink(arrived?.header('List-Unsubscribe'));
}

test('whoever unsubscribes gets nothing more, and whoever invites them is not told', async () => {
  const [ann, ben] = [await scene.member('ann'), await scene.member('ben')];
  await ann.invite(['bob@friends.example']);
  const link = await linkOf('bob@friends.example');
  const click = await scene.unsubscribe(link, 'List-Unsubscribe=One-Click');
  expect([click.status, click.text.includes('You are unsubscribed')]).toEqual([200, true]);
  expect((await scene.unsubscribe(link)).status).toBe(200);
  // The same address invited for the first time ever, in a program that forgot the invitation.
  await scene.http.pools.general.query('delete from mails');
  const answer = await ben.invite(['bob+other@friends.example']);
  expect(statuses(answer)).toEqual(['sent']);
  await scene.advance();
  expect(scene.recipients()).toEqual(['bob@friends.example']);
  expect((await ben.invited()).data).toMatchObject([{ email: 'bob***@friends.example', status: 'sent' }]);
});

test('what was planned before is not sent after', async () => {
  const { app, deps } = scene.http;
  const cat = await scene.member('cat');
  await cat.invite(['dan@friends.example']);
  const kortix = deps.programs.byName('kortix');
  if (!kortix) throw new Error('no kortix');
  const link = deps.mail.unsubscribeUrl(kortix, deps.mail.hashOf(kortix, 'dan@friends.example'));
  await request(app).post(new URL(link).pathname);
  await scene.advance();
  expect(scene.smtp.to('dan@friends.example')).toEqual([]);
  expect((await scene.states()).at(-1)).toBe('cancelled');
});

test('the page asks first: whoever only opens the link stays subscribed', async () => {
  const eva = await scene.member('eva');
  await eva.invite(['fred@friends.example']);
  const link = await linkOf('fred@friends.example');
  const { pathname } = new URL(link);
  const page = await request(scene.http.app).get(pathname);
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(page.text).toContain('<form method="post">');
  expect(page.text).toContain('<html lang="en">');
  expect(page.text).not.toContain('fred');
  const policy = page.headers['content-security-policy'];
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'/);
  expect(page.headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
  const { rows } = await scene.http.pools.general.query('select from mail_suppressions');
  expect(rows).toHaveLength(2);
});

test.each([
  ['cut off', (token: string) => token.slice(0, -1)],
  ['changed', (token: string) => `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`],
  ['signed by nobody', (token: string) => `${token.slice(0, 22)}${'A'.repeat(22)}`],
  ['of another form', () => 'bob@friends.example'],
])('a token that is %s does nothing', async (_what, change) => {
  const { deps, app, pools } = scene.http;
  const kortix = deps.programs.byName('kortix');
  if (!kortix) throw new Error('no kortix');
  const link = deps.mail.unsubscribeUrl(kortix, deps.mail.hashOf(kortix, 'gil@friends.example'));
  const at = `/p/kortix/unsubscribe/${change(link.split('/').at(-1) ?? '')}`;
  for (const answer of [await request(app).get(at), await request(app).post(at)]) {
    expect([answer.status, answer.text.includes('This link does not work')]).toEqual([404, true]);
  }
  expect((await pools.general.query('select from mail_suppressions')).rows).toHaveLength(2);
});

test('a token of one program is none of another', async () => {
  const { deps, app } = scene.http;
  const kortix = deps.programs.byName('kortix');
  if (!kortix) throw new Error('no kortix');
  const link = deps.mail.unsubscribeUrl(kortix, deps.mail.hashOf(kortix, 'gil@friends.example'));
  const { status } = await request(app).post(new URL(link).pathname.replace('/kortix/', '/claudexia/'));
  expect(status).toBe(404);
});
