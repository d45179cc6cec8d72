// The snippet in a real browser: what it keeps, what it tells, and what it leaves alone.
import type { Page as Tab } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BrowserScene, page, SNIPPET } from './scene.ts';

let scene: BrowserScene;
/** What a page complained of by its own policy. */
const violations: string[] = [];

const STRICT =
  "default-src 'none'; script-src https://plusone.test; connect-src https://plusone.test; form-action 'self'";
const FORMS = `
<form id="signup" method="post" action="/welcome"><input type="email" name="email"><button>Create account</button></form>
<form id="newsletter" method="post" action="/welcome"><input type="email" name="email"><button>Subscribe</button></form>
<form id="login" method="post" action="/welcome"><input type="email" name="email">
  <input type="password" name="password" autocomplete="current-password"><button>Log in</button></form>
<form id="contact" method="post" action="/welcome"><input type="email" name="email"><textarea></textarea><button>Contact us</button></form>`;

beforeAll(async () => {
  scene = await BrowserScene.start();
  scene.internet.pages('claudexia.tech', {
    '/': page('<a href="https://app.claudexia.tech/join">Start</a>'),
    '/asks': page(
      '<button onclick="plusone.consent(true)">Accept</button>',
      SNIPPET.replace('<script', '<script data-consent="required"'),
    ),
    '/strict': { ...page(FORMS), headers: { 'Content-Security-Policy': STRICT } },
    '/forms': page(FORMS),
    '/welcome': page('Welcome'),
  });
  scene.internet.pages('app.claudexia.tech', {
    '/join': page('<a href="https://accounts.example.test/authorize">Sign up with Accounts</a>'),
    '/callback': page(
      '<form method="post" action="/welcome"><input type="email" name="email"><button>Create account</button></form>',
    ),
    '/welcome': page('Welcome'),
  });
  // An identity provider: its own page, then back by a redirect.
  scene.internet.pages('accounts.example.test', {
    '/authorize': page('<a href="/consent">Allow</a>', ''),
    '/consent': (_req, res) => res.writeHead(302, { Location: 'https://app.claudexia.tech/callback?code=xyz' }).end(),
  });
});
afterEach(async () => {
  await scene.leave();
  expect([scene.internet.missed, scene.complaints, violations]).toEqual([[], [], []]);
});
afterAll(() => scene.stop());

const told = () => scene.internet.answered('/v1/visits');
const beacons = () => scene.internet.asked.filter((each) => each.endsWith('/v1/visits')).length;
const kept = async (tab: Tab): Promise<string> =>
  String(await tab.evaluate('document.cookie + (localStorage.getItem("plusone_claudexia") ?? "")'));

async function send(tab: Tab, form: string, address: string): Promise<void> {
  await tab.fill(`${form} input[type=email]`, address);
  await tab.click(`${form} button`);
  await tab.waitForURL('**/welcome');
}

test('a person who follows a link signs up on another host, by another provider’s page, and the webhook finds who brought them', async () => {
  const before = await scene.clicks();
  const context = await scene.person();
  const tab = await context.newPage();
  const landed = told();
  await tab.goto(`https://go.claudexia.tech/r/${scene.code}`);
  await landed;
  expect(tab.url()).toBe('https://claudexia.tech/');
  expect(await scene.clicks()).toBe(before + 1);
  await tab.click('a');
  await tab.click('a');
  await tab.click('text=Allow');
  await tab.waitForURL('**/callback?code=xyz');
  const claimed = told();
  await send(tab, 'form', 'Bob@work.example');
  expect(await claimed).toBe(202);
  await scene.service.tell('member.created', { member_id: 'bob', email: 'bob@work.example' });
  expect(await scene.referral('bob')).toEqual(['alice', 'visit_claim']);
});

test('somebody who comes straight to the landing page is counted there, once', async () => {
  const before = await scene.clicks();
  const context = await scene.person({ userAgent: 'Mozilla/5.0 (Macintosh) Safari/605.1.15' });
  const landed = told();
  const tab = await scene.open(`https://claudexia.tech/?ref=${scene.code}`, context);
  await landed;
  expect(await scene.clicks()).toBe(before + 1);
  const count = beacons();
  await tab.goto('https://claudexia.tech/forms');
  expect([await scene.clicks(), beacons()]).toEqual([before + 1, count]);
});

test('the address bar is cleared of the code, and of nothing else', async () => {
  const tab = await scene.open(`https://claudexia.tech/?utm_source=a%20b&ref=${scene.code}&q=1#top`);
  expect(tab.url()).toBe('https://claudexia.tech/?utm_source=a%20b&q=1#top');
  expect(await kept(tab)).toContain(`.${scene.code}.`);
});

test('the code survives the end of the tab, and of either of the two places where it is kept', async () => {
  const context = await scene.person();
  const first = await scene.open(`https://claudexia.tech/?ref=${scene.code}`, context);
  await first.close();
  await context.clearCookies();
  const second = await scene.open('https://claudexia.tech/', context);
  expect(await second.evaluate('plusone.code()')).toBe(scene.code);
  await second.evaluate('localStorage.clear()');
  const third = await scene.open('https://claudexia.tech/', context);
  expect(await third.evaluate('plusone.code()')).toBe(scene.code);
  expect((await context.cookies('https://app.claudexia.tech'))[0]).toMatchObject({ secure: true, sameSite: 'Lax' });
});

test('a parameter that is no code of ours leaves no trace, and the code from before stays', async () => {
  const context = await scene.person();
  await (await scene.open(`https://claudexia.tech/?ref=${scene.code}`, context)).close();
  const landed = told();
  const tab = await scene.open('https://claudexia.tech/?ref=producthunt', context);
  await landed;
  await tab.waitForFunction(`plusone.code() === '${scene.code}'`);
});

describe('forms', () => {
  test.each(['newsletter', 'login', 'contact'])('a %s form is not read', async (form) => {
    const context = await scene.person();
    const landed = told();
    const tab = await scene.open(`https://claudexia.tech/forms?ref=${scene.code}`, context);
    await landed;
    const count = beacons();
    await send(tab, `#${form}`, 'carol@work.example');
    // The next page has come, and with it whatever the one before had to tell.
    await scene.service.tell('member.created', { member_id: `carol-${form}`, email: 'carol@work.example' });
    expect([beacons(), await scene.referral(`carol-${form}`)]).toEqual([count, null]);
  });

  test('of somebody who came by themselves none is read', async () => {
    const tab = await scene.open('https://claudexia.tech/forms');
    const count = beacons();
    await send(tab, '#signup', 'dave@work.example');
    expect(beacons()).toBe(count);
    expect(await kept(tab)).toBe('');
  });
});

test('behind a strict policy it needs no more than its own place', async () => {
  const context = await scene.person();
  const tab = await context.newPage();
  tab.on('console', (message) => void (message.type() === 'error' && violations.push(message.text())));
  const landed = told();
  await tab.goto(`https://claudexia.tech/strict?ref=${scene.code}`);
  expect(await landed).toBe(202);
  const claimed = told();
  await send(tab, '#signup', 'erin@work.example');
  expect(await claimed).toBe(202);
  await scene.service.tell('member.created', { member_id: 'erin', email: 'erin@work.example' });
  expect(await scene.referral('erin')).toEqual(['alice', 'visit_claim']);
});

describe('consent', () => {
  test('where it is required, nothing is kept or told before it is given; then all of it', async () => {
    const count = beacons();
    const tab = await scene.open(`https://claudexia.tech/asks?ref=${scene.code}`);
    expect([tab.url(), await kept(tab), beacons()]).toEqual([
      `https://claudexia.tech/asks?ref=${scene.code}`,
      '',
      count,
    ]);
    const landed = told();
    await tab.click('text=Accept');
    await landed;
    expect([tab.url(), beacons()]).toEqual(['https://claudexia.tech/asks', count + 1]);
    expect(await kept(tab)).toContain(scene.code);
    await tab.evaluate('plusone.consent(false)');
    expect(await kept(tab)).toBe('');
  });

  test.each(['globalPrivacyControl', 'doNotTrack'])('%s is a no', async (signal) => {
    const context = await scene.person();
    const value = signal === 'doNotTrack' ? '1' : true;
    await context.addInitScript(`Object.defineProperty(navigator, '${signal}', { value: ${JSON.stringify(value)} })`);
    const count = beacons();
    const tab = await scene.open(`https://claudexia.tech/forms?ref=${scene.code}`, context);
    await send(tab, '#signup', 'greta@work.example');
    expect([await kept(tab), beacons()]).toEqual(['', count]);
  });
});
