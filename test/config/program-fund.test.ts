// What a program file is refused for that says of the Open Source Fund what cannot be: file, line and reason.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so program files are written
import { expect, test } from 'vitest';
import { problemsOf, read, SMALLEST } from './program-text.ts';

const FUND: Readonly<Record<string, string>> = {
  share: 'share: "25%"',
  minimum: 'minimum_payout: 50.00',
  keep: 'keep_unregistered: 90d',
  since: 'since: "2026-05"',
  repositories: 'repositories: { app: { path: /srv/app, package: "pkg:npm/app" } }',
  components: 'components: [{ name: core, weight: 2.0, files: ["app/**"] }]',
  exclude: 'exclude: { authors: ["*@vendor.example>"] }',
  payout: 'payout: { sink: webhook, url: https://pay.test/, secret: "${APP_SECRET}" }',
};

/** The fund with one key's line replaced, or left out. The first line of the fund is the tenth of the file. */
function fundWith(key: string, line: string | null, file = SMALLEST): string {
  const lines = Object.entries({ ...FUND, [key]: line }).flatMap(([, text]) => (text === null ? [] : [`  ${text}`]));
  return `${file}fund:\n${lines.join('\n')}\n`;
}

test('a fund is read with its defaults, and its amounts are exact', () => {
  const { program } = read(fundWith('share', 'share: "12.5%"'));
  expect(program.fund).toMatchObject({
    ...{ share: 125_000n, minimumPayout: 5_000n, currency: 'usd', keepUnregistered: 90 * 86_400_000, since: '2026-05' },
    repositories: [{ name: 'app', revision: 'v{version}' }],
    components: [{ name: 'core', weight: 2_000n }],
    exclude: { bulkFiles: 50 },
    sink: { kind: 'webhook', idempotent: true },
  });
});

test.each<[what: string, key: string, line: string | null, refusal: RegExp]>([
  ['no share', 'share', null, /^acme\.yaml:9:1: fund\.share: is required/],
  ['a share above the whole', 'share', 'share: "101%"', /^acme\.yaml:10:3: fund\.share: /],
  ['a share that is no percentage', 'share', 'share: 0.25', /^acme\.yaml:10:3: fund\.share: /],
  ['another base', 'of', 'of: profit', /^acme\.yaml:18:3: fund\.of: must be referred_net/],
  ['half a cent', 'minimum', 'minimum_payout: 50.005', /^acme\.yaml:11:3: fund\.minimum_payout: /],
  ['a time that is none', 'keep', 'keep_unregistered: soon', /^acme\.yaml:12:3: fund\.keep_unregistered: /],
  [
    'a month that is none',
    'since',
    'since: "2026-13"',
    /^acme\.yaml:13:3: fund\.since: must be a month such as 2026-11/,
  ],
  [
    'a repository without a package',
    'repositories',
    'repositories: { app: { path: /srv/app } }',
    /^acme\.yaml:14:\d+: fund\.repositories\.app\.package: is required/,
  ],
  ['no component', 'components', 'components: []', /^acme\.yaml:15:3: fund\.components: must name at least one/],
  [
    'a component without files',
    'components',
    'components: [{ name: core, files: [] }]',
    /^acme\.yaml:15:\d+: fund\.components\.0\.files: must name at least one/,
  ],
  [
    'one component twice',
    'components',
    'components: [{ name: core, files: ["a/**"] }, { name: core, files: ["b/**"] }]',
    /^acme\.yaml:15:\d+: fund\.components\.1\.name: is the name of another component/,
  ],
  [
    'a weight finer than a thousandth',
    'components',
    'components: [{ name: core, weight: 1.0005, files: ["a/**"] }]',
    /^acme\.yaml:15:\d+: fund\.components\.0\.weight: /,
  ],
  [
    'a bulk rename of one file',
    'exclude',
    'exclude: { bulk_files: 1 }',
    /^acme\.yaml:16:\d+: fund\.exclude\.bulk_files: /,
  ],
  [
    'payouts as credits',
    'payout',
    'payout: { sink: ledger }',
    /^acme\.yaml:17:\d+: fund\.payout\.sink: must be one of csv, webhook/,
  ],
  [
    'payouts without a signature',
    'payout',
    'payout: { sink: webhook, url: https://pay.test/ }',
    /^acme\.yaml:17:\d+: fund\.payout: .*secret/,
  ],
  ['an unknown key', 'shares', 'shares: 3', /^acme\.yaml:18:3: fund\.shares: unknown key/],
])('%s is refused', (_what, key, line, refusal) => {
  const [only = '', ...more] = problemsOf(fundWith(key, line));
  expect(only).toMatch(refusal);
  expect(more).toEqual([]);
});

test.each([
  ['points', '{ kind: points, name: credits }'],
  ['the currency of each payment', '{ kind: money, currency: payment }'],
])('a fund in a program of %s is refused', (_what, unit) => {
  const file = SMALLEST.replace('{ kind: money, currency: usd }', unit);
  expect(problemsOf(fundWith('', null, file))).toContain(
    'acme.yaml:9:1: fund: a fund pays money: it needs a unit of one currency',
  );
});

test('a secret of the payouts is in no message and in no stored version', () => {
  const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
  const text = fundWith('payout', FUND.payout?.replace('APP_SECRET', 'PAY_SECRET') ?? '');
  const [problem] = problemsOf(text.replace('https://pay.test/', 'nowhere'), { env: { PAY_SECRET: secret } });
  expect(problem).toMatch(/^acme\.yaml:17:\d+: fund\.payout\.url: /);
  expect(problem).not.toContain(secret);
});
