// A SaaS starter as they are given away, with one line added to its pages and nothing else: a signup form, a pricing page
// whose buttons post to its own server, a hosted checkout that knows only the starter's own ids, and Stripe's webhooks.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Providers } from './providers.ts';
import { BrowserScene, page } from './scene.ts';

let scene: BrowserScene;
let providers: Providers;
/** The starter's own table of users. */
const users: string[] = [];

beforeAll(async () => {
  // The one setting: payers are known by their address, for the starter's ids mean nothing to anybody else.
  scene = await BrowserScene.start((yaml) => yaml.replace(/member_from: \[.*\]/, 'member_from: [email]'));
  providers = new Providers(scene);
  scene.internet.pages('claudexia.tech', {
    '/': page('<h1>Ship faster</h1><a href="/sign-up">Get started</a><a href="/pricing">Pricing</a>'),
    '/sign-up': page(`<h2>Create your account</h2><form action="/api/sign-up" method="post">
      <input type="hidden" name="redirect" value="">
      <label>Email <input id="email" name="email" type="email" autocomplete="email" required maxlength="50"></label>
      <label>Password <input id="password" name="password" type="password" autocomplete="new-password" required minlength="8"></label>
      <button type="submit">Sign up</button></form><a href="/sign-in">Sign in to existing account</a>`),
    '/api/sign-up': (req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        users.push(new URLSearchParams(Buffer.concat(chunks).toString()).get('email') ?? '');
        res.writeHead(303, { Location: '/pricing' }).end();
      });
    },
    '/pricing':
      page(`<h2>Plus</h2><form action="/api/checkout" method="post"><input type="hidden" name="priceId" value="price_1">
      <button type="submit">Get Started</button></form>`),
    '/api/checkout': (_req, res) => {
      const id = users.length; // the starter's own use of the field
      res.writeHead(303, { Location: `https://checkout.stripe.com/pay?client_reference_id=${id}` }).end();
    },
  });
});
afterAll(() => scene.stop());

test('somebody who came by a link, signed up and paid is found, and the referrer credited', async () => {
  const context = await scene.person();
  const tab = await context.newPage();
  const landed = scene.internet.answered('/v1/visits');
  await tab.goto(`https://go.claudexia.tech/r/${scene.code}`);
  await landed;
  await tab.click('text=Get started');
  await tab.fill('#email', 'Nina@Startup.example');
  await tab.fill('#password', 'correct horse');
  const claimed = scene.internet.answered('/v1/visits');
  await tab.click('text=Sign up');
  await tab.waitForURL('**/pricing');
  await claimed;
  await tab.click('text=Get Started');
  await tab.waitForURL('https://checkout.stripe.com/**');
  expect([users, providers.last]).toEqual([['Nina@Startup.example'], '1']);

  await providers.stripeCustomer('nina', 'nina@startup.example');
  await providers.stripePaid('nina', { mode: 'subscription', customer_details: { email: 'nina@startup.example' } });
  expect(await scene.referral('stripe:cus_nina')).toEqual(['alice', 'visit_claim']);
  const rewards = await scene.service.rewards();
  expect(rewards.map((each) => [each.member_id, each.status, each.amount])).toEqual([['alice', 'credited', 500]]);
  const { explain } = (await scene.service.admin('GET', `/rewards/${rewards[0]?.id}`)).body;
  expect(explain.map((line: { asked: string }) => line.asked)).toEqual(
    expect.arrayContaining(['attribution', 'visit_claim']),
  );
  expect([scene.internet.missed, scene.complaints]).toEqual([[], []]);
});
