// Each carrier of the code in a real browser: the page hands it over by itself, the provider's signed webhook brings it
// back, and the referral says by which carrier.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Providers } from './providers.ts';
import { BrowserScene, page, SNIPPET } from './scene.ts';

let scene: BrowserScene;
let providers: Providers;
const signedUp: string[] = [];

const STRIPE = '<script src="https://js.stripe.com/v3/pricing-table.js"></script>';
const PADDLE = '<script src="https://cdn.paddle.com/paddle/v2/paddle.js"></script>';
const CLERK = '<script src="https://cdn.clerk.dev/clerk.js"></script>';
const LINK = '<a id="pay" href="https://buy.stripe.com/test_14k?prefilled_email=a@b.example">Pay</a>';

/** Adds markup when asked to, as a framework would. */
const later = (markup: string) =>
  `<button id="more" onclick="document.querySelector('main').innerHTML = ${JSON.stringify(markup).replaceAll('"', '&quot;')}">More</button><main></main>`;

beforeAll(async () => {
  scene = await BrowserScene.start();
  providers = new Providers(scene);
  scene.internet.pages('claudexia.tech', {
    '/': page('A landing page'),
    '/link': page(LINK),
    '/own': page(LINK.replace('?', '?client_reference_id=team_7&')),
    '/link-later': page(later(LINK)),
    '/table': page('<stripe-pricing-table pricing-table-id="prctbl_1"></stripe-pricing-table>', SNIPPET + STRIPE),
    '/table-later': page(later('<stripe-pricing-table></stripe-pricing-table>'), SNIPPET + STRIPE),
    '/button-later': page(later('<p><stripe-buy-button></stripe-buy-button></p>'), STRIPE + SNIPPET),
    '/paddle': page(
      `<button id="pay" onclick="Paddle.Checkout.open({ items: [], customData: { plan: 'pro' } })">Buy</button>`,
      SNIPPET + PADDLE,
    ),
    '/paddle-first': page(
      `<a href="#" id="pay" class="paddle_button" data-custom-data='{"plan":"pro"}'>Buy</a><script>Paddle.Initialize()</script>`,
      PADDLE + SNIPPET,
    ),
    '/form': page(
      '<form action="/register" method="post"><input name="email" type="email"><button>Sign up</button></form>',
    ),
    '/clerk': page(
      '<div id="sign-up"></div><script>Clerk.load(); Clerk.mountSignUp(document.getElementById("sign-up"), {})</script>',
      SNIPPET + CLERK,
    ),
    '/clerk-headless': page(
      `<button id="go" onclick="Clerk.client.signUp.create({ emailAddress: 'a@b.example', unsafeMetadata: { plan: 'pro' } })">Go</button><script>Clerk.load()</script>`,
      CLERK + SNIPPET,
    ),
    '/register': (req, res) => {
      let body = '';
      req.on('data', (chunk) => {
        body += chunk;
      });
      req.on('end', () => {
        signedUp.push(new URLSearchParams(body).get('ref') ?? '');
        res.writeHead(200, { 'Content-Type': 'text/html' }).end('<title>Welcome</title>');
      });
    },
  });
});
beforeEach(() => {
  providers.handed.length = 0;
});
afterEach(async () => {
  await scene.leave();
  expect([scene.internet.missed, scene.complaints]).toEqual([[], []]);
});
afterAll(() => scene.stop());

/** Comes by the code, then opens a page of the product. */
async function referred(path: string) {
  const context = await scene.person();
  const tab = await scene.open(`https://claudexia.tech/?ref=${scene.code}`, context);
  await tab.goto(`https://claudexia.tech${path}`);
  return tab;
}

describe('Stripe', () => {
  const paths = ['/link', '/link-later', '/table', '/table-later', '/button-later'];
  test.each(paths)('%s takes the code along as client_reference_id', async (path) => {
    const tab = await referred(path);
    if (path.endsWith('later')) await tab.click('#more');
    await tab.click('#pay, stripe-pricing-table button, stripe-buy-button button');
    await tab.waitForURL(/stripe\.com/);
    expect(providers.last).toBe(`ref_${scene.code}`);
    const n = path.slice(1);
    await providers.stripePaid(n);
    expect(await scene.referral(`stripe:cus_${n}`)).toEqual(['alice', 'client_reference_id']);
    const rewards = await scene.service.rewards();
    expect(rewards.filter((reward) => reward.referee_id === `stripe:cus_${n}`).map(({ amount }) => amount)).toEqual([
      500,
    ]);
  });

  test('what the product has set itself stays', async () => {
    const tab = await referred('/own');
    await tab.click('#pay');
    await tab.waitForURL(/stripe\.com/);
    expect(providers.last).toBe('team_7');
  });

  test('a link whose address was changed after it was marked is marked again when it is clicked', async () => {
    const tab = await referred('/link');
    await tab.evaluate(`document.querySelector('#pay').href = 'https://buy.stripe.com/test_14k'`);
    await tab.click('#pay');
    await tab.waitForURL(/stripe\.com/);
    expect(providers.last).toBe(`ref_${scene.code}`);
  });

  test('nothing is handed over for somebody who came by themselves', async () => {
    const tab = await scene.open('https://claudexia.tech/link');
    await tab.click('#pay');
    await tab.waitForURL(/stripe\.com/);
    expect(providers.last).toBeNull();
  });
});

describe('Paddle', () => {
  test.each(['/paddle', '/paddle-first'])(
    '%s takes the code along in its custom data, beside the product’s own',
    async (path) => {
      const tab = await referred(path);
      await tab.click('#pay');
      await tab.waitForSelector('text=paid');
      expect(providers.last).toEqual({ plan: 'pro', ref: scene.code });
      const n = path.slice(1);
      await providers.paddlePaid(n);
      expect(await scene.referral(`paddle:ctm_${n}`)).toEqual(['alice', 'custom_data.ref']);
    },
  );
});

test('a signup form takes the code along in a hidden field, and the product’s own event names it', async () => {
  const tab = await referred('/form');
  await tab.fill('input[type=email]', 'fran@work.example');
  await tab.click('button');
  await tab.waitForURL('**/register');
  expect(signedUp).toEqual([scene.code]);
  const signup = { member_id: 'fran', email: 'other@work.example', referral_code: signedUp[0] };
  await scene.service.tell('member.created', signup);
  expect(await scene.referral('fran')).toEqual(['alice', 'referral_code']);
});

describe('Clerk', () => {
  test('its component takes the code along in the metadata of the sign-up', async () => {
    const tab = await referred('/clerk');
    await tab.click('#mounted');
    await tab.waitForSelector('text=signed up');
    expect(providers.last).toEqual({ ref: scene.code });
    await providers.clerkSignedUp('user_1', 'bob@work.example');
    expect(await scene.referral('user_1')).toEqual(['alice', 'unsafe_metadata.ref']);
  });

  test('so does a page that makes the sign-up itself, beside its own metadata', async () => {
    const tab = await referred('/clerk-headless');
    await tab.waitForFunction('Clerk.client');
    await tab.click('#go');
    await tab.waitForSelector('text=signed up');
    expect(providers.last).toEqual({ plan: 'pro', ref: scene.code });
  });
});
