/** What a referrer does in the portal, in a real browser, on a desktop and on a phone, in English and in German. */

import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { client, tokenFor } from '../support/member.ts';
import { MEMBER_JWT_SECRET } from '../support/service.ts';
import { DESKTOP, PagesScene, PHONE } from './pages-scene.ts';

let scene: PagesScene;
let key: string;
beforeAll(async () => {
  scene = await PagesScene.start({
    edit: (yaml) => `${yaml}\nleaderboard: true\ninvites: { per_day: 20 }\nmails: { news: daily, summary: monthly }\n`,
  });
  await scene.service.aliceRefersBob();
  await scene.service.tell('payment.succeeded', {
    payment_id: 'pay_1',
    member_id: 'bob',
    amount: 20_000,
    currency: 'usd',
  });
  key = (await scene.service.admin('POST', '/programs/claudexia/keys', { name: 'app', scopes: ['members:write'] })).body
    .key;
});
beforeEach(() => scene.complaints.splice(0));
afterAll(() => scene.stop());

/** By the link that the product asks for. */
async function portalOf(member: string, options: BrowserContextOptions = DESKTOP): Promise<Page> {
  const { body } = await client(scene.service.app)('post', '/portal-links', {
    token: key,
    body: { member_id: member },
  });
  return await scene.open(new URL(body.url).pathname + new URL(body.url).search, options);
}

test('a link of the product signs in; the share link is copied at one click, and leads to the signup', async () => {
  const tab = await portalOf('alice');
  expect(new URL(tab.url()).pathname).toBe('/p/claudexia/portal');
  await tab.getByRole('button', { name: 'Copy' }).first().click();
  await tab.getByRole('button', { name: 'Copied' }).waitFor();
  const code = await scene.service.codeOf('alice');
  expect(await tab.evaluate('navigator.clipboard.readText()')).toBe(`https://claudexia.tech/?ref=${code}`);
  expect(await tab.getByText('$10.00').first().isVisible()).toBe(true);
  expect(await tab.getByText('bob***@work.example').or(tab.getByText('b***@work.example')).first().isVisible()).toBe(
    true,
  );
});

test('a friend who comes by the copied link and pays shows up as a reward', async () => {
  const code = await scene.service.codeOf('alice');
  await scene.service.tell('member.created', {
    member_id: 'cara',
    email: 'cara@else.example',
    referral_code: code,
    ip: '192.0.2.9',
  });
  await scene.service.tell('payment.succeeded', {
    payment_id: 'pay_2',
    member_id: 'cara',
    amount: 50_000,
    currency: 'usd',
  });
  const tab = await portalOf('alice');
  expect(await tab.getByRole('region', { name: 'Your credits' }).getByText('$25.00').first().isVisible()).toBe(true);
});

test('a link for a channel, an invitation and an API key are made where they are listed', async () => {
  const tab = await portalOf('alice');
  await tab.getByLabel('Channel', { exact: true }).fill('newsletter');
  await tab.getByRole('button', { name: 'Make a link' }).click();
  await tab.getByRole('cell', { name: 'newsletter' }).waitFor();
  await tab.getByLabel('E-mail addresses').fill('zoe@example.org\nyan@example.org');
  await tab.getByLabel('A personal word').fill('Try it.');
  await tab.getByRole('button', { name: 'Send the invitations' }).click();
  await tab.getByText('2 of 2 invitations sent.').waitFor();
  await tab.getByRole('button', { name: 'Make a key' }).click();
  await tab.getByText('This is the only time that it is shown').waitFor();
  expect(await tab.locator('#new-key').inputValue()).toMatch(/.{20,}/);
});

test('on a phone, the link is copied by touch, and a member says which mails they want', async () => {
  const tab = await portalOf('alice', PHONE);
  await tab.getByRole('button', { name: 'Copy' }).first().tap();
  await tab.getByRole('button', { name: 'Copied' }).waitFor();
  expect(await tab.evaluate('navigator.clipboard.readText()')).toContain(await scene.service.codeOf('alice'));
  await tab.getByLabel('What is new, at most once a day').uncheck();
  await tab.getByRole('button', { name: 'Save' }).tap();
  await tab.getByText('Done.').waitFor();
  expect(await tab.getByLabel('What is new, at most once a day').isChecked()).toBe(false);
  expect(await tab.getByLabel('A summary, once a month').isChecked()).toBe(true);
});

test('the token of the product’s page signs in as well, a made-up link does not', async () => {
  const token = await tokenFor('alice', {}, MEMBER_JWT_SECRET);
  const tab = await scene.open('/p/claudexia/portal/sign-in');
  // As the product's page would; its own script puts the token into the form.
  await tab.evaluate(`{
    document.body.insertAdjacentHTML('beforeend', '<form id="by-token" method="post" action="enter"><input name="token"></form>');
    const form = document.querySelector('#by-token');
    form.elements.token.value = ${JSON.stringify(token)};
    form.submit();
  }`);
  await tab.getByRole('heading', { name: 'Your link' }).waitFor();
  const other = await scene.open('/p/claudexia/portal/enter?token=1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
  expect(await other.getByRole('alert').textContent()).toContain('no longer valid');
});

test('in German, amounts and dates are German, too', async () => {
  const tab = await portalOf('alice', { ...DESKTOP, locale: 'de-DE' });
  await tab.getByRole('heading', { name: 'Claudexia weiterempfehlen' }).waitFor();
  expect(await tab.getByText('10,00 $').first().isVisible()).toBe(true);
  expect(await tab.locator('html').getAttribute('lang')).toBe('de');
});

test('axe finds nothing, on a phone either, in light and dark, for somebody new and somebody busy', async () => {
  const faults: Record<string, string[]> = {};
  const sizes = [
    { ...DESKTOP, colorScheme: 'light' },
    { ...PHONE, colorScheme: 'dark' },
  ] as const;
  for (const options of sizes) {
    for (const member of ['alice', 'bob']) {
      const found = await scene.faultsOf(await portalOf(member, options));
      if (found.length > 0) faults[`${member} ${options.colorScheme}`] = found;
    }
    const out = await scene.faultsOf(await scene.open('/p/claudexia/portal', options));
    if (out.length > 0) faults[`signed out ${options.colorScheme}`] = out;
  }
  expect(faults).toEqual({});
  expect(scene.complaints).toEqual([]);
}, 90_000);
