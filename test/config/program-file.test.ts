// The four programs that Plusone must be able to run, and what a program is when its file says little.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseProgram } from '../../src/config/program-file.ts';
import { EXAMPLES_DIR } from '../../src/config/programs.ts';
import { signals } from '../../src/fraud/signals/index.ts';
import type { Program } from '../../src/model/program.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import { KINDS, parse, problemsOf, SMALLEST, STANDARD_SECRET, withLine } from './program-text.ts';

const DAY = 86_400_000;

const env = {
  CLAUDEXIA_STRIPE_SECRET: 'whsec_stripe',
  CLAUDEXIA_PADDLE_SECRET: 'pdl_ntfset_paddle',
  CLAUDEXIA_CLERK_SECRET: STANDARD_SECRET,
  CLAUDEXIA_APP_SECRET: STANDARD_SECRET,
  CLAUDEXIA_BILLING_URL: 'https://billing.claudexia.tech/credits',
  CLAUDEXIA_BILLING_SECRET: STANDARD_SECRET,
  CLAUDEXIA_JWT_SECRET: 'a secret of 32 bytes, or even more',
  HANZO_APP_SECRET: STANDARD_SECRET,
  HANZO_STRIPE_SECRET: 'whsec_stripe',
  BUYWHERE_APP_SECRET: STANDARD_SECRET,
  KORTIX_APP_SECRET: STANDARD_SECRET,
};

function programOf(file: string): Program {
  return parseProgram(readFileSync(file, 'utf8'), { fileName: file, env, providers: PROVIDERS, kinds: KINDS });
}

const seed = (name: string) => programOf(new URL(`./programs/${name}.yaml`, import.meta.url).pathname);

test('Claudexia: 5 % of the net from 5.00 usd on, held by velocity and same_ip, delivered by webhook', () => {
  const program = programOf(`${EXAMPLES_DIR}/claudexia.yaml`);
  expect(program).toMatchObject({
    program: 'claudexia',
    mode: 'test',
    hosts: [],
    unit: { kind: 'money', currency: 'usd' },
    attribution: { parameter: 'ref', cookieDays: 400, touch: 'last', window: 400 * DAY, late: 30 * DAY },
    sink: {
      kind: 'webhook',
      url: env.CLAUDEXIA_BILLING_URL,
      secrets: [STANDARD_SECRET],
      idempotent: true,
      lookup: false,
    },
    auth: { jwt: { kind: 'secret', secret: env.CLAUDEXIA_JWT_SECRET } },
  });
  expect(program.rules).toEqual([
    {
      name: 'top_up_share',
      to: 'referrer',
      label: 'top_up_share',
      vestsAfter: undefined,
      lifetimeCap: undefined,
      when: 'payment',
      pays: { kind: 'share', share: { kind: 'fixed', rate: 50_000n } },
      of: 'net',
      minimumPayment: 500n,
      kinds: [],
      settle: 'at_once',
    },
  ]);
  expect(program.signals).toEqual([
    { name: 'self_referral', then: 'deny', params: { match: ['member', 'email'] } },
    { name: 'velocity', then: 'hold', params: { firstPayments: 5, withinMs: DAY } },
    { name: 'same_ip', then: 'hold', params: {} },
  ]);
});

test('Claudexia: the seed’s example code K7M2XQ can be made, and nothing that is misread', () => {
  const { code } = programOf(`${EXAMPLES_DIR}/claudexia.yaml`);
  expect(code.length).toBe(6);
  for (const character of 'K7M2XQ') expect(code.alphabet).toContain(character);
  for (const character of '0O1ILAEU') expect(code.alphabet).not.toContain(character);
});

test('Claudexia: sources take what the file says, else what their provider says', () => {
  const { sources } = programOf(`${EXAMPLES_DIR}/claudexia.yaml`);
  expect(sources.map(({ name, kind }) => [name, kind])).toEqual([
    ['stripe', 'stripe'],
    ['paddle', 'paddle'],
    ['clerk', 'clerk'],
    ['app', 'standard'],
  ]);
  const [stripe, paddle, clerk] = sources;
  expect(stripe?.memberFrom).toEqual(['metadata.user_id', 'client_reference_id', 'email']);
  expect(paddle?.memberFrom).toEqual(PROVIDERS.get('paddle')?.defaults.memberFrom);
  expect(clerk?.codeFrom).toEqual(['unsafe_metadata.ref']);
  expect(stripe?.codeFrom).toEqual(PROVIDERS.get('stripe')?.defaults.codeFrom);
});

test('the bundled examples name only signals that are built', () => {
  const text = readFileSync(`${EXAMPLES_DIR}/claudexia.yaml`, 'utf8');
  const options = { fileName: 'claudexia.yaml', env, providers: PROVIDERS, kinds: { signals } };
  expect(parseProgram(text, options).program).toBe('claudexia');
});

test('Hanzo: four tiers in cents and ppm, the last one without expiry', () => {
  const program = seed('hanzo');
  expect(program.tiersBy).toBe('qualified');
  expect(
    program.tiers.map(({ name, from, credit, share, maxBalance, expiresAfter }) => [
      name,
      from,
      credit,
      share,
      maxBalance,
      expiresAfter,
    ]),
  ).toEqual([
    ['starter', 0n, 2_000n, 0n, 2_000_000n, 90 * DAY],
    ['growth', 10n, 3_000n, 25_000n, 2_000_000n, 180 * DAY],
    ['pro', 50n, 5_000n, 50_000n, 2_000_000n, 365 * DAY],
    ['partner', 200n, 10_000n, 75_000n, 15_000_000n, 'never'],
  ]);
  expect(program.qualify).toEqual({ when: 'usage', count: 1n, billable: true, within: 30 * DAY });
  expect(program.rules).toMatchObject([
    { name: 'welcome', to: 'referee', when: 'signup', amount: { kind: 'fixed', amount: 2_000n } },
    { name: 'referral', when: 'qualified', amount: { kind: 'tier_credit' } },
    { name: 'revenue_share', pays: { kind: 'share', share: { kind: 'tier_share' } }, settle: 'monthly' },
  ]);
});

test('Hanzo: the same member or address is denied, whatever else self_referral says', () => {
  expect(seed('hanzo').signals.filter(({ name }) => name === 'self_referral')).toEqual([
    { name: 'self_referral', then: 'deny', params: { match: ['member', 'email'] } },
    { name: 'self_referral', then: 'suspend', params: { match: ['ip', 'fingerprint', 'instrument'] } },
  ]);
});

test('Hanzo: a signal may be named with its severity alone', () => {
  expect(
    seed('hanzo')
      .signals.slice(2)
      .map(({ name, then }) => `${name}: ${then}`),
  ).toEqual([
    'email_domain: flag',
    'duplicate_account: deny',
    'click_fraud: suspend',
    'fake_accounts: suspend',
    'credit_cycling: suspend',
  ]);
});

test('BuyWhere: whole points, milestones that vest for 7 days, one referral per e-mail domain', () => {
  const program = seed('buywhere');
  expect(program.unit).toEqual({ kind: 'points', name: 'credits' });
  expect(program.rules).toMatchObject([
    { name: 'signup_bonus', to: 'referee', amount: { amount: 1000n }, vestsAfter: undefined },
    { name: 'signup_reward', label: 'referral_signup', amount: { amount: 500n }, vestsAfter: 7 * DAY },
    {
      name: 'first_call',
      when: 'usage',
      count: 1n,
      billable: false,
      label: 'first_api_call',
      amount: { amount: 500n },
    },
    { name: 'active_user', when: 'usage', count: 100n, label: 'active_user', amount: { amount: 1000n } },
  ]);
  expect(program.limits).toEqual({ onePerEmailDomain: true, exceptPublicMailboxes: true });
  expect(program.spend).toEqual({ on: 'usage', per: 1n });
  expect(program.members).toEqual({ signup: 'embedded', apiKeyPrefix: 'bw_live_' });
  expect(program.code).toMatchObject({ from: 'name', lookup: 'keyed', maxUses: undefined });
});

test('BuyWhere: credits are never cash: a sink that takes money is refused for points', () => {
  const text = withLine('unit', 'unit: { kind: points, name: credits }').replace('share: "5%"', 'amount: 5');
  const stripe = '  stripe: { kind: stripe, secret: whsec_1 }';
  const paying = `${text.replace('rewards:', `${stripe}\nrewards:`)}delivery: { sink: stripe_balance, api_key: sk_1 }\n`;
  expect(problemsOf(paying)).toEqual(['acme.yaml:10:13: delivery.sink: takes money, and the unit is points']);
});

test('Kortix: a dollar each up to a hundred, shown as credits of a cent', () => {
  const program = seed('kortix');
  expect(program.unit).toEqual({ kind: 'money', currency: 'usd', shownAs: { name: 'credits', per: 1n } });
  expect(program.rules).toMatchObject([
    { name: 'referrer_credit', to: 'referrer', amount: { amount: 100n }, lifetimeCap: 10_000n },
    { name: 'referee_credit', to: 'referee', amount: { amount: 100n }, lifetimeCap: undefined },
  ]);
  expect(program.code.onRefresh).toBe('close_pending');
});

test('what a file leaves open has defaults', () => {
  expect(parse(SMALLEST)).toMatchObject({
    language: 'en',
    mode: 'live',
    hosts: [],
    code: { from: 'random', length: 8, maxUses: undefined, onRefresh: 'keep', lookup: 'public' },
    attribution: { parameter: 'ref', cookieDays: 90, touch: 'last', window: 90 * DAY, late: 30 * DAY },
    matchWithin: 600_000,
    retention: 90 * DAY,
    sink: { kind: 'ledger' },
    signals: [{ name: 'self_referral', then: 'deny', params: { match: ['member', 'email'] } }],
    members: { signup: 'external' },
    leaderboard: false,
    api: [],
  });
});

test('the window is as long as the cookie, unless it is named', () => {
  expect(parse(withLine('attribution', 'attribution: { cookie_days: 30 }')).attribution.window).toBe(30 * DAY);
  expect(parse(withLine('attribution', 'attribution: { cookie_days: 30, window: 7d }')).attribution.window).toBe(
    7 * DAY,
  );
});

test('with tiers and no word about qualifying, a referral is qualified at signup', () => {
  const program = parse(withLine('tiers', 'tiers: [{ name: one, from: 0 }]'));
  expect(program.qualify).toEqual({ when: 'signup', count: 1n, billable: false, within: undefined });
});

test('tiers by monthly volume have their lines in the unit', () => {
  const text = withLine(
    'tiers',
    'tiers: { by: monthly_volume, list: [{ name: one, from: 0 }, { name: two, from: 1000.00 }] }',
  );
  expect(parse(text)).toMatchObject({ tiersBy: 'monthly_volume', tiers: [{ from: 0n }, { from: 100_000n }] });
});

test.each([
  ['usd', '12.50', 1_250n],
  ['jpy', '1250', 1_250n],
  ['kwd', '1.250', 1_250n],
  ['usd', '0.1', 10n],
  ['usd', '1234567890123.45', 123_456_789_012_345n],
  ['usd', '"5"', 500n],
])('an amount has the decimals of its currency: %s %s', (currency, amount, expected) => {
  const text = withLine('unit', `unit: { kind: money, currency: ${currency} }`).replace(
    'share: "5%"',
    `amount: ${amount}`,
  );
  expect(problemsOf(text)).toEqual([]);
  expect(parse(text).rules).toMatchObject([{ pays: { kind: 'amount', amount: { kind: 'fixed', amount: expected } } }]);
});

test('with currency: payment there are shares, and a minimum in hundredths', () => {
  const text = withLine('unit', 'unit: { kind: money, currency: payment }').replace(
    '"5%"',
    '"5%", minimum_payment: 5.00',
  );
  expect(parse(text)).toMatchObject({
    unit: { kind: 'money', currency: 'payment' },
    rules: [{ minimumPayment: 500n }],
  });
});

test('a Stripe sink takes the customers of the only Stripe source', () => {
  const text =
    withLine('app', '  pay: { kind: stripe, secret: whsec_x }') +
    'delivery: { sink: stripe_balance, api_key: sk_test_1 }\n';
  expect(parse(text).sink).toEqual({ kind: 'stripe_balance', apiKey: 'sk_test_1', source: 'pay', apiBase: undefined });
});
