/** What an owner does in the console, from the first page to the result, in a real browser. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { totpAt } from '../../src/accounts/totp.ts';
import { fromBase32 } from '../support/admin.ts';
import { client } from '../support/member.ts';
import { OWNER, PagesScene, PHONE } from './pages-scene.ts';

let scene: PagesScene;
beforeAll(async () => {
  const twoPersons = '\nmoderation: { two_persons_above: 20.00 }\n';
  scene = await PagesScene.start({ edit: (yaml) => `${yaml}${twoPersons}` });
  await scene.service.aliceRefersBob();
});
beforeEach(() => scene.complaints.splice(0));
afterAll(() => scene.stop());

/** Of the page and all that it loaded, not compressed, kept by the browser or not. */
const BYTES = `performance.getEntries().reduce((sum, each) => sum + (each.decodedBodySize ?? 0), 0)`;

const pay = (id: string, member = 'bob', amount = 10_000) =>
  scene.service.tell('payment.succeeded', { payment_id: id, member_id: member, amount, currency: 'usd' });

test('the admin token makes the first owner, once; then it is the password that counts', async () => {
  const tab = await scene.owner();
  expect(await tab.getByRole('link', { name: OWNER.name }).isVisible()).toBe(true);
  const other = await scene.open('/admin/first-run');
  expect(other.url()).toContain('/admin/sign-in');
  await other.getByLabel('E-mail').fill(OWNER.email);
  await other.getByLabel('Password').fill('not the password');
  await other.getByRole('button', { name: 'Sign in' }).click();
  expect(await other.getByRole('alert').textContent()).toContain('wrong');
});

test('a page that needs somebody leads to the sign-in and back, and never to another site', async () => {
  const tab = await scene.open('/admin/audit');
  await tab.getByLabel('E-mail').fill(OWNER.email);
  await tab.getByLabel('Password').fill(OWNER.password);
  await tab.getByRole('button', { name: 'Sign in' }).click();
  await tab.getByRole('heading', { name: 'Audit' }).waitFor();
  await tab.getByRole('button', { name: 'Sign out' }).click();
  await tab.goto(`${scene.url}/admin/sign-in?next=//evil.example/`);
  expect(await tab.locator('input[name=next]').getAttribute('value')).toBe('/admin');
});

test('the guide turns a source green when its first event arrives, without a reload', async () => {
  const tab = await scene.owner();
  await tab.goto(`${scene.url}/admin/setup`);
  const stripe = tab.getByRole('region', { name: 'stripe' });
  expect(await stripe.textContent()).toContain('waiting for the first event');
  expect(await stripe.textContent()).toContain('checkout.session.completed');
  expect(await stripe.textContent()).toContain('CLAUDEXIA_STRIPE_SECRET');
  expect(await stripe.getByLabel('Address').inputValue()).toMatch(/\/p\/claudexia\/webhooks\/stripe$/);
  expect(await tab.getByRole('region', { name: 'app' }).textContent()).toContain('heard from');
  await scene.service.post('stripe', {
    id: 'evt_1',
    object: 'event',
    type: 'ping',
    created: 1,
    livemode: false,
    data: { object: {} },
  });
  await stripe.getByText('heard from').waitFor({ timeout: 12_000 });
});

test('after an outage of the billing system one Approve credits everything that it missed, once', async () => {
  scene.sink.mode = 'refuse';
  await pay('pay_1');
  await pay('pay_2');
  scene.sink.mode = 'ok';
  const tab = await scene.owner();
  await tab.getByRole('link', { name: '2 failed credits' }).click();
  await tab.getByRole('button', { name: 'Approve all of Claudexia' }).click();
  await tab.getByText('Approved: 2 rewards.').waitFor();
  expect(await tab.getByText('No credit has failed').isVisible()).toBe(true);
  expect((await scene.service.rewards()).map(({ status }) => status)).toEqual(['credited', 'credited']);
  expect(scene.sink.applied('ref:auto:pay_1')).toBe(1);
});

test('a held reward says what held it; rejected with a reason, the reason stands in its history', async () => {
  await scene.service.refer('twin', 'alice', '192.0.2.1');
  await pay('pay_3', 'twin');
  const tab = await scene.owner();
  await tab.goto(`${scene.url}/admin/held`);
  await tab.getByRole('link', { name: /^rw_/ }).first().click();
  await tab.getByText('same ip').first().waitFor();
  await tab.getByRole('button', { name: 'Reject' }).click();
  expect(await tab.getByRole('alert').textContent()).toContain('missing or wrong');
  await tab.getByLabel('Reason').fill('the same household');
  await tab.getByRole('button', { name: 'Reject' }).click();
  await tab.getByText('“the same household”').waitFor();
  expect(await tab.getByText('rejected').first().isVisible()).toBe(true);
  await tab.goto(`${scene.url}/admin/audit`);
  expect(await tab.getByText('the same household').isVisible()).toBe(true);
});

test('an owner adds a moderator; what is above the amount is paid when both have approved it, each by their own sign-in', async () => {
  await scene.service.refer('third', 'alice', '192.0.2.1');
  await pay('pay_large', 'third', 100_000);
  const owner = await scene.owner();
  await owner.getByRole('link', { name: OWNER.name }).click();
  await owner.getByLabel('E-mail').fill('mo@example.com');
  await owner.getByLabel('Name', { exact: true }).fill('Mo Derator');
  await owner.getByLabel('Role').selectOption('moderator');
  await owner.getByRole('button', { name: 'Add' }).click();
  const password = (await owner.getByRole('status').getByRole('code').textContent()) ?? '';
  expect(await owner.getByRole('row', { name: /Mo Derator/ }).textContent()).toContain('moderator');

  const moderator = await scene.signIn('mo@example.com', password);
  await moderator.getByRole('link', { name: 'Mo Derator' }).click();
  await moderator.getByRole('button', { name: 'Set them up' }).click();
  const secret = fromBase32((await moderator.locator('section code').first().textContent()) ?? '');
  const code = (ahead: number) => totpAt(secret, BigInt(Math.floor(Date.now() / 30_000) + ahead));
  await moderator.getByLabel('Code of the app').fill(code(-1));
  await moderator.getByRole('button', { name: 'Turn them on' }).click();
  await moderator.getByRole('button', { name: 'Turn them off' }).waitFor();
  await moderator.getByRole('button', { name: 'Sign out' }).click();
  await moderator.getByRole('button', { name: 'Sign in' }).waitFor();

  const approve = async (tab: Page): Promise<void> => {
    await tab.getByRole('link', { name: /held for a look/ }).click();
    await tab.getByRole('row', { name: /third/ }).getByRole('checkbox').check();
    await tab.getByRole('button', { name: 'Approve' }).click();
    await tab.getByText('Approved: 1 reward.').waitFor();
  };
  const status = async () =>
    (await scene.service.rewards()).find((reward) => reward.source_payment_id === 'pay_large')?.status;
  const first = await scene.signIn('mo@example.com', password, code(0));
  await approve(first);
  expect(await first.getByRole('row', { name: /third/ }).textContent()).toContain('approved by 1 of 2');
  expect(await status()).toBe('pending');
  const second = await scene.owner();
  await approve(second);
  expect(await second.getByRole('row', { name: /third/ }).count()).toBe(0);
  expect(await status()).toBe('credited');
  expect(scene.sink.applied('ref:auto:pay_large')).toBe(1);
}, 60_000);

test('whoever paid without a code gets a referrer from a person, with a reason, and the payment earns', async () => {
  await scene.service.tell('member.created', { member_id: 'cleo', email: 'cleo@else.example', ip: '192.0.2.31' });
  await pay('pay_4', 'cleo');
  const tab = await scene.owner();
  await tab.goto(`${scene.url}/admin/payments`);
  await tab.getByRole('link', { name: 'pay_4' }).click();
  await tab.getByText('Nobody is likely').waitFor();
  await tab.getByLabel('Reason').fill('she told us in the chat');
  await tab.getByLabel('Somebody else').fill(await scene.service.codeOf('alice'));
  await tab.getByRole('button', { name: 'Attach to them' }).click();
  await tab.getByText('The payment has its referrer.').waitFor();
  await tab.getByRole('link', { name: /^rw_/ }).click();
  await tab.getByRole('heading', { name: /^Reward rw_/ }).waitFor();
  await tab.getByLabel('A note').fill('asked her by mail');
  await tab.getByRole('button', { name: 'Add it' }).click();
  await tab.getByText('“asked her by mail”').waitFor();
});

test('a suspended member appeals by the portal; an admin reads what was seen and lifts it', async () => {
  const { service } = scene;
  await service.admin('PATCH', '/members/twin?program=claudexia', { suspended: true, suspended_reason: 'spam' });
  const key = await service.admin('POST', '/programs/claudexia/keys', { name: 'app', scopes: ['members:write'] });
  const link = await client(service.app)('post', '/portal-links', {
    token: key.body.key,
    body: { member_id: 'twin' },
  });
  const portal = await scene.open(new URL(link.body.url).pathname + new URL(link.body.url).search, PHONE);
  await portal.getByLabel('Why is that wrong?').fill('We are two people.');
  await portal.getByRole('button', { name: 'Appeal' }).click();
  await portal.getByText('Your appeal has reached us').waitFor();
  const tab = await scene.owner();
  await tab.goto(`${scene.url}/admin/appeals`);
  await tab.getByText('“We are two people.”').waitFor();
  expect(await scene.faultsOf(tab)).toEqual([]);
  await tab.getByLabel('Reason').fill('so they are');
  await tab.getByLabel('Reason').press('Enter'); // takes no decision
  expect(await tab.getByText('“We are two people.”').isVisible()).toBe(true);
  await tab.getByRole('button', { name: 'Grant: lift it' }).click();
  await tab.getByText('No appeal is open').waitFor();
  expect((await service.admin('GET', '/members/twin?program=claudexia')).body.suspended).toBe(false);
});

test('a table is saved as a file as it is seen', async () => {
  const tab = await scene.owner();
  const [file] = await Promise.all([
    tab.waitForEvent('download'),
    tab.getByRole('button', { name: 'CSV of Top referrers' }).click(),
  ]);
  expect(file.suggestedFilename()).toBe('top-referrers.csv');
  expect(readFileSync(await file.path(), 'utf8')).toMatch(/^Member,Signups,Qualified,Last\r\nalice,\d,\d,"?\w+ \d/);
});

test('a first visit takes less than 150 KB, whatever page it is', async () => {
  const tab = await scene.owner();
  const taken: [string, number][] = [];
  for (const path of ['', '/rewards', '/setup', '/programs/claudexia']) {
    await tab.goto(`${scene.url}/admin${path}`);
    taken.push([path, Number(await tab.evaluate(BYTES))]);
  }
  await tab.goto(`${scene.url}/p/claudexia/portal/sign-in`);
  taken.push(['portal', Number(await tab.evaluate(BYTES))]);
  expect(taken.filter(([, bytes]) => bytes === 0 || bytes > 150_000)).toEqual([]);
});

test('somebody changes their password, and has a code of their app asked for, until they turn it off', async () => {
  const password = 'four yellow giraffes';
  const tab = await scene.owner();
  await tab.getByRole('link', { name: OWNER.name }).click();
  await tab.getByLabel('The one now').fill(OWNER.password);
  await tab.getByLabel('The new one').fill(password);
  await tab.getByRole('button', { name: 'Change it' }).click();
  await tab.getByText('Saved.').waitFor();
  await tab.getByRole('button', { name: 'Set them up' }).click();
  const secret = (await tab.locator('section code').first().textContent()) ?? '';
  const code = (ahead: number) => totpAt(fromBase32(secret), BigInt(Math.floor(Date.now() / 30_000) + ahead));
  expect(await scene.faultsOf(tab)).toEqual([]);
  await tab.getByLabel('Code of the app').fill(code(-1));
  await tab.getByRole('button', { name: 'Turn them on' }).click();
  await tab.getByRole('button', { name: 'Turn them off' }).waitFor();
  const again = await scene.open('/admin/sign-in');
  await again.getByLabel('E-mail').fill(OWNER.email);
  await again.getByLabel('Password').fill(password);
  await again.getByRole('button', { name: 'Sign in' }).click();
  await again.getByText('Enter the code of your authenticator app').waitFor();
  await again.getByLabel('Password').fill(password);
  await again.getByLabel('One-time code').fill(code(0));
  await again.getByRole('button', { name: 'Sign in' }).click();
  await again.getByRole('heading', { name: 'Overview' }).waitFor();
  await tab.getByLabel('Code of the app').fill(code(1));
  await tab.getByRole('button', { name: 'Turn them off' }).click();
  await tab.getByRole('button', { name: 'Set them up' }).waitFor();
  await tab.getByLabel('The one now').fill(password);
  await tab.getByLabel('The new one').fill(OWNER.password);
  await tab.getByRole('button', { name: 'Change it' }).click();
  await tab.getByText('Saved.').waitFor();
});

const PAGES = [
  '',
  '/rewards',
  '/held',
  '/failed',
  '/payments',
  '/members',
  '/members/alice?program=claudexia',
  '/events',
  '/programs',
  '/programs/claudexia',
  '/setup',
  '/audit',
  '/health',
  '/appeals?state=',
  '/fund',
  '/account',
];

test('axe finds nothing on any page, nor on a phone in German, and no page complains', async () => {
  const faults: Record<string, string[]> = {};
  const { body } = await scene.service.admin('GET', '/events?limit=1');
  const [reward] = await scene.service.rewards();
  await scene.service.refer('twin2', 'alice', '192.0.2.1');
  await pay('pay_5', 'twin2');
  await pay('pay_6', 'alice');
  const [payment] = (await scene.service.admin('GET', '/payments?earned=false')).body.data;
  const all = [...PAGES, `/rewards/${reward.id}`, `/events/${body.data[0].id}`, `/payments/${payment.id}`];
  for (const [size, options] of [
    ['desktop', { colorScheme: 'light' }],
    ['phone', { ...PHONE, colorScheme: 'dark' }],
  ] as const) {
    const tab = await scene.owner(options);
    // Whose words are longer.
    if (size === 'phone') await tab.context().addCookies([{ name: 'plusone_language', value: 'de', url: scene.url }]);
    for (const path of all) {
      const answer = await tab.goto(`${scene.url}/admin${path}`);
      const found = await scene.faultsOf(tab);
      if (answer?.status() !== 200) found.push(`status ${answer?.status()}`);
      if (found.length > 0) faults[`${size} ${path}`] = found;
    }
  }
  expect(faults).toEqual({});
  expect(scene.complaints).toEqual([]);
}, 120_000);
