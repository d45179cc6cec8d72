// What a program file is refused for: each line says where, what and why, and none says a secret.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so program files are written
import { expect, test } from 'vitest';
import { KINDS, problemsOf, SMALLEST, withLine } from './program-text.ts';

const WEBHOOK = 'delivery: { sink: webhook, url: https://b.test/, secret: "${APP_SECRET}" }';

/** What is refused · the key whose line is replaced, or that is added · the new line · the refusal. */
type Case = readonly [outcome: string, key: string, line: string, refusal: string];

function expectOnly(text: string, refusal: string): void {
  const [only, ...more] = problemsOf(text);
  expect(only).toContain(refusal);
  expect(more).toEqual([]);
}

test('the smallest program is accepted', () => {
  expect(problemsOf(SMALLEST)).toEqual([]);
});

const UNKNOWN: readonly Case[] = [
  ['an unknown key', 'reward', 'reward: {}', 'acme.yaml:9:1: reward: unknown key; known here: program, name,'],
  [
    'an unknown key inside',
    'share',
    '  share: { to: referrer, when: payment, share: "5%", off: net }',
    'acme.yaml:8:54: rewards.share.off: unknown key',
  ],
  [
    'a key of another kind of rule',
    'share',
    '  share: { to: referrer, when: signup, amount: 1, settle: monthly }',
    'acme.yaml:8:51: rewards.share.settle: is not for this when, only for payment',
  ],
  [
    'a share without payments',
    'share',
    '  share: { to: referrer, when: signup, amount: 1, share: "5%" }',
    'rewards.share.share: is not for this when, only for payment',
  ],
  [
    'a key of another sink',
    'delivery',
    'delivery: { sink: ledger, url: https://b.test/ }',
    'delivery.url: is not for this sink, only for webhook',
  ],
  [
    'an unknown kind of rule',
    'share',
    '  share: { to: referrer, when: birthday, amount: 1 }',
    'rewards.share.when: must be one of signup, qualified, usage, payment, rank',
  ],
  [
    'an unknown kind of source',
    'app',
    '  app: { kind: strpe, secret: x }',
    'acme.yaml:6:10: sources.app.kind: unknown kind of source; known: stripe, paddle, lemonsqueezy, polar, clerk, auth0, workos, supabase, logto, standard',
  ],
  ['an unknown sink', 'delivery', 'delivery: { sink: bank }', 'delivery.sink: must be one of ledger, webhook,'],
  ['an unknown signal', 'fraud', 'fraud: { telepathy: hold }', 'acme.yaml:9:10: fraud.telepathy: unknown signal'],
  ['an unknown dialect', 'api', 'api: [esperanto]', 'acme.yaml:9:7: api.0: must be one of hanzo, buywhere, kortix'],
];

test.each(UNKNOWN)('%s is refused with its line and column', (_outcome, key, line, refusal) => {
  expectOnly(withLine(key, line), refusal);
});

test.each(['program', 'name', 'product', 'unit', 'rewards'])('a file without %s is refused', (key) => {
  const text = key === 'rewards' ? SMALLEST.split('\n').slice(0, 6).join('\n') : withLine(key, '');
  expectOnly(text, `acme.yaml:1:1: ${key}: is required`.replace('1:1', key === 'program' ? '2:1' : '1:1'));
});

const YAML: readonly Case[] = [
  [
    'two rules with one key',
    'share',
    '  share: { to: referrer, when: payment, share: "5%" }\n  share: { to: referee, when: signup, amount: 1 }',
    'acme.yaml:9:3: the key share stands here a second time',
  ],
  [
    'a key that stands twice',
    'name',
    'name: Acme\nprogram: other',
    'acme.yaml:3:1: the key program stands here a second time',
  ],
  [
    'a variable without quotes',
    'share',
    '  share: { to: referrer, when: payment, share: ${SHARE} }',
    '(put "${NAME}" in quotes)',
  ],
  ['an anchor', 'hosts', 'hosts: &hosts []', 'acme.yaml:9:15: anchors and aliases are not for program files'],
  ['a tag', 'hosts', 'hosts: !!seq []', 'tags are not for program files'],
  ['a second document', 'hosts', '---\nprogram: other', 'acme.yaml:9:1: a file holds one program'],
  ['a key that is a list', 'hosts', '? [a]\n: 1', 'acme.yaml:9:3: is no key'],
  ['a prototype', 'hosts', '__proto__: { mode: test }', 'acme.yaml:9:1: is no key'],
];

test.each(YAML)('%s is refused with its line', (_outcome, key, line, refusal) => {
  expectOnly(withLine(key, line), refusal);
});

test('an empty file is refused', () => {
  expectOnly('# nothing\n', 'acme.yaml:1:1: must not be empty');
});

const VALUES: readonly Case[] = [
  ['a name that does not fit a URL', 'program', 'program: Acme Inc', 'program: must be 2 to 40 of a-z, 0-9 and -'],
  [
    'javascript as a page',
    'product',
    'product: { home_url: "javascript:alert(1)", signup_url: https://a.test/, support_email: a@a.test }',
    'acme.yaml:3:12: product.home_url: must be an https:// URL',
  ],
  [
    'plain http to the public',
    'product',
    'product: { home_url: http://acme.test/, signup_url: https://a.test/, support_email: a@a.test }',
    'product.home_url: must be an https:// URL',
  ],
  [
    'a password in a URL',
    'delivery',
    WEBHOOK.replace('b.test', 'user:hush@b.test'),
    'delivery.url: must be an http(s):// URL without a password',
  ],
  ['a host in capitals', 'hosts', 'hosts: [Ref.Acme.test]', 'hosts.0: must be a host name in lower case'],
  ['a host with a port', 'hosts', 'hosts: ["ref.acme.test:8080"]', 'hosts.0: must be a host name in lower case'],
  [
    'no currency',
    'unit',
    'unit: { kind: money, currency: dollars }',
    'unit.currency: must be a currency code such as usd',
  ],
  [
    'a rate as a number',
    'share',
    '  share: { to: referrer, when: payment, share: 5 }',
    'rewards.share.share: must be a percentage in quotes',
  ],
  [
    'a rate over 100%',
    'share',
    '  share: { to: referrer, when: payment, share: "500%" }',
    'rewards.share.share: "500%" is more than 100%',
  ],
  [
    'an amount that is none',
    'share',
    '  share: { to: referrer, when: signup, amount: lots }',
    'rewards.share.amount: "lots" is not a decimal number',
  ],
  [
    'an amount finer than its currency',
    'share',
    '  share: { to: referrer, when: signup, amount: 0.005 }',
    'acme.yaml:8:40: rewards.share.amount: "0.005" has more than 2 decimals',
  ],
  [
    'an amount of nothing',
    'share',
    '  share: { to: referrer, when: signup, amount: 0 }',
    'rewards.share.amount: must be more than 0',
  ],
  [
    'a negative amount',
    'share',
    '  share: { to: referrer, when: signup, amount: -5 }',
    'rewards.share.amount: must be more than 0',
  ],
  [
    'a length of time that is none',
    'match_within',
    'match_within: soon',
    'match_within: must be a duration such as 30m, 24h, 7d or 1y',
  ],
  ['a number where a length of time is asked', 'match_within', 'match_within: 10', 'match_within: must be a duration'],
  [
    'a window that never ends',
    'attribution',
    'attribution: { window: never }',
    'attribution.window: must be a duration',
  ],
  [
    'a cookie that browsers would not keep',
    'attribution',
    'attribution: { cookie_days: 800 }',
    'attribution.cookie_days: must be a whole number from 1 to 400',
  ],
  [
    'codes that can be guessed',
    'code',
    'code: { length: 4, alphabet: "01234567" }',
    'code.length: leaves too few codes',
  ],
  ['an alphabet with a letter twice', 'code', 'code: { alphabet: ABCDEFGHa }', 'code.alphabet: has a character twice'],
  [
    'a share text that nobody fills',
    'share_text',
    'share: { x: "Hi {nmae}" }',
    'share.x: does not know {nmae}; it knows {code}, {url}, {amount}',
  ],
  [
    'a frame ancestor that is no origin',
    'portal',
    'portal: { frame_ancestors: ["*; script-src *"] }',
    'portal.frame_ancestors.0: must be an https:// origin',
  ],
  ['an empty key', 'hosts', 'hosts:', 'hosts: must not be empty'],
  [
    'half of a token check',
    'auth',
    'auth: { jwt: { jwks_url: https://a.test/, issuer: a } }',
    'auth.jwt.audience: is required',
  ],
];

test.each(VALUES)('%s is refused for its value', (_outcome, key, line, refusal) => {
  expectOnly(withLine(key, line), refusal);
});

test('a signal without its figures is refused', () => {
  expect(problemsOf(withLine('fraud', 'fraud: { velocity: hold }'))).toEqual([
    'acme.yaml:9:10: fraud.velocity.first_payments: is required and must be a whole number from 1 to 100000',
    'acme.yaml:9:10: fraud.velocity.within: is required and must be a duration such as 30m, 24h, 7d or 1y',
  ]);
});

const tiers = (list: string) => `tiers: [${list}]`;

const TOGETHER: readonly Case[] = [
  [
    'a first tier that nobody begins in',
    'tiers',
    tiers('{ name: a, from: 5 }'),
    'acme.yaml:9:20: tiers.0.from: the first tier begins at 0',
  ],
  [
    'tiers out of order',
    'tiers',
    tiers('{ name: a, from: 0 }, { name: b, from: 9 }, { name: c, from: 9 }'),
    'tiers.2.from: must be more than the 9 of the tier before',
  ],
  [
    'two tiers with one name',
    'tiers',
    tiers('{ name: a, from: 0 }, { name: a, from: 9 }'),
    'tiers.1.name: names a second tier like that',
  ],
  [
    'tier.share without tiers',
    'share',
    '  share: { to: referrer, when: payment, share: tier.share }',
    'rewards.share.share: tier.share needs tiers',
  ],
  [
    'tier.credit without tiers',
    'share',
    '  share: { to: referrer, when: signup, amount: tier.credit }',
    'rewards.share.amount: tier.credit needs tiers',
  ],
  [
    'a tier without its credit',
    'share',
    '  share: { to: referrer, when: signup, amount: tier.credit }\ntiers: [{ name: a, from: 0, credit: 1 }, { name: b, from: 9 }]',
    'rewards.share.amount: tier.credit needs a credit in every tier; b has none',
  ],
  [
    'qualified without qualify',
    'share',
    '  share: { to: referrer, when: qualified, amount: 1 }',
    'rewards.share.when: qualified needs the key qualify',
  ],
  [
    'billable signups',
    'qualify',
    'qualify: { when: signup, billable: true }',
    'qualify.billable: goes only with `when: usage`',
  ],
  [
    'a payment rule without share and amount',
    'share',
    '  share: { to: referrer, when: payment }',
    'acme.yaml:8:3: rewards.share: needs either share or amount',
  ],
  [
    'a share of payments in points',
    'unit',
    'unit: { kind: points, name: credits }',
    'rewards.share.share: a share needs a unit of money',
  ],
  [
    'a lifetime cap finer than the unit',
    'share',
    '  share: { to: referrer, when: signup, amount: 1, lifetime_cap: 9.999 }',
    'rewards.share.lifetime_cap: "9.999" has more than 2 decimals',
  ],
  [
    'a rank of referees',
    'share',
    '  share: { to: referee, when: rank, top: 3, amount: 1 }',
    'rewards.share.to: a rank is of referrers',
  ],
  [
    'a rate for the unit’s own currency',
    'rates',
    'rates: { usd: 1.0 }',
    'rates.usd: is the currency of the unit itself',
  ],
  [
    'a cap on a balance that is elsewhere',
    'delivery',
    `${WEBHOOK}\n${tiers('{ name: a, from: 0, max_balance: 5 }')}`,
    'tiers.0.max_balance: with another sink than the ledger a credit is delivered and spent there, so there is no max_balance here',
  ],
  [
    'an expiry of credits that are elsewhere',
    'delivery',
    `${WEBHOOK}\n${tiers('{ name: a, from: 0, expires_after: 90d }')}`,
    'tiers.0.expires_after: with another sink than the ledger',
  ],
  [
    'spending a balance that is elsewhere',
    'delivery',
    `${WEBHOOK}\nspend: { on: usage, per: 1 }`,
    'spend: with another sink than the ledger',
  ],
  [
    'a Stripe sink without a Stripe source',
    'delivery',
    'delivery: { sink: stripe_balance, api_key: sk_1 }',
    'delivery.source: must name a source of kind stripe',
  ],
  [
    'a source with the service’s own name',
    'app',
    '  plusone: { kind: standard, secret: "${APP_SECRET}" }',
    'sources.plusone: is a name that the service uses itself',
  ],
  [
    'a source without a secret',
    'app',
    '  app: { kind: standard }',
    'acme.yaml:6:3: sources.app: the source app needs either secret or secrets',
  ],
  [
    'an empty secret',
    'app',
    '  app: { kind: standard, secret: "" }',
    'acme.yaml:6:26: sources.app.secret: the secret of the source app is empty',
  ],
  [
    'the same secret twice',
    'app',
    '  app: { kind: standard, secrets: ["${APP_SECRET}", "${APP_SECRET}"] }',
    'sources.app.secrets.1: the secret of the source app is the same as another',
  ],
  [
    'a secret that its provider refuses',
    'app',
    '  app: { kind: stripe, secret: whsec_ }',
    'the secret of the source app is only the prefix whsec_',
  ],
  [
    'a sink’s secret that cannot sign',
    'delivery',
    'delivery: { sink: webhook, url: https://b.test/, secret: "not base64!" }',
    'delivery.secret: the secret of the sink is not base64',
  ],
  [
    'an empty secret of the tokens',
    'auth',
    'auth: { jwt: { secret: "" } }',
    'auth.jwt.secret: the secret of the tokens is empty',
  ],
];

test.each(TOGETHER)('%s is refused for what stands beside it', (_outcome, key, line, refusal) => {
  expectOnly(withLine(key, line), refusal);
});

test('points with the name of a currency are refused', () => {
  const text = withLine('unit', 'unit: { kind: points, name: usd }').replace('share: "5%"', 'amount: 5');
  expectOnly(text, 'unit.name: is the name of a currency');
});

test('a rule without its kind is told which kinds there are', () => {
  expectOnly(
    withLine('share', '  share: { to: referrer, amount: 5 }'),
    'acme.yaml:8:3: rewards.share.when: is required and must be one of signup,',
  );
});

test('a fixed amount in the currency of each payment is refused', () => {
  const text = withLine('unit', 'unit: { kind: money, currency: payment }').replace('share: "5%"', 'amount: 5');
  expectOnly(text, 'rewards.share.amount: an amount needs a unit with one currency');
});

test('a signal, rule, sink or dialect that is not built yet is refused', () => {
  const only = (name: string) => new Set([name]);
  const kinds = { signals: only('velocity'), sinks: only('webhook'), rules: only('signup'), dialects: only('kortix') };
  expect(problemsOf(`${SMALLEST}fraud: { ring: hold }\napi: [hanzo]\n`, { kinds })).toEqual(
    [
      'acme.yaml:8:26: rewards.share.when: unknown when; known: signup',
      'acme.yaml:9:10: fraud.ring: unknown signal; known: velocity',
      'acme.yaml:10:7: api.0: unknown dialect; known: kortix',
      'acme.yaml:1:1: delivery.sink: unknown sink; known: webhook',
    ].toSorted((a, b) => Number(a.split(':')[1]) - Number(b.split(':')[1])),
  );
});

test('a refusal is one line, whatever the key', () => {
  expectOnly(`${SMALLEST}"a\\nb": 1\n`, 'acme.yaml:9:1: a b: unknown key');
});

test('all problems of a file are told at once, in the order of its lines', () => {
  const text = `${SMALLEST}mode: maybe\nleaderboard: perhaps\n`.replace('name: Acme', 'name: 5');
  expect(problemsOf(text, { kinds: KINDS })).toEqual([
    'acme.yaml:2:1: name: must be text (put it in quotes)',
    'acme.yaml:9:1: mode: must be one of live, test',
    'acme.yaml:10:1: leaderboard: must be true or false',
  ]);
});
