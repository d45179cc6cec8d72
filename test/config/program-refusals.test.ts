// What a program file is refused for: each line says where, what and why, and none says a secret.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so program files are written
import { expect, test } from 'vitest';
import { type Case, expectOnly, problemsOf, SMALLEST, withLine } from './program-text.ts';

const WEBHOOK = 'delivery: { sink: webhook, url: https://b.test/, secret: "${APP_SECRET}" }';

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
  ['a language that has no texts', 'hosts', 'language: fr', 'acme.yaml:9:1: language: must be one of en, de'],
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
