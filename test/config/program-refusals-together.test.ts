// What a program file is refused for although each of its values is fine: what does not go together, and how it is told.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so program files are written
import { expect, test } from 'vitest';
import { type Case, expectOnly, KINDS, problemsOf, SMALLEST, withLine } from './program-text.ts';

const WEBHOOK = 'delivery: { sink: webhook, url: https://b.test/, secret: "${APP_SECRET}" }';

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
