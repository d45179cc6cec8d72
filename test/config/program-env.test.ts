// ${NAME} in program files: what fills it, what it can never do, and what is kept of it.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so program files are written
import { expect, test } from 'vitest';
import type { MissingVariable, OnMissing } from '../../src/config/program-env.ts';
import { readProgram } from '../../src/config/program-file.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import { KINDS, parse, problemsOf, read, SMALLEST, STANDARD_SECRET, withLine } from './program-text.ts';

test('a variable fills a whole value, or a part of it', () => {
  const text = withLine('name', 'name: "The ${FIRST} of ${SECOND}"');
  expect(parse(text, { env: { FIRST: 'friends', SECOND: ' Acme ' } }).name).toBe('The friends of Acme');
});

test('what a variable holds is a value, never YAML', () => {
  const name = 'Acme"\nmode: test\nhosts: [evil.test] # ${OTHER}';
  const program = parse(withLine('name', 'name: ${NAME}'), { env: { NAME: name } });
  expect(program).toMatchObject({ name, mode: 'live', hosts: [] });
});

test.each([
  ['attribution', 'attribution: { cookie_days: "${X}" }', '30', { attribution: { cookieDays: 30 } }],
  ['leaderboard', 'leaderboard: ${X}', 'true', { leaderboard: true }],
  [
    'share',
    '  share: { to: referrer, when: signup, amount: "${X}" }',
    '2.50',
    { rules: [{ amount: { amount: 250n } }] },
  ],
])('a number, yes or no, or amount may come from a variable: %s', (key, line, value, expected) => {
  expect(parse(withLine(key, line), { env: { X: value } })).toMatchObject(expected);
});

test.each([
  ['not set', undefined, 'is not set'],
  ['empty', '  ', 'is set, but empty'],
])('a variable that is %s is refused with file, line and name', (_state, value, reason) => {
  expect(problemsOf(SMALLEST, { env: { APP_SECRET: value } })).toEqual([
    `acme.yaml:6:26: sources.app.secret: the variable APP_SECRET ${reason}`,
  ]);
});

test('every missing variable is told, and nothing that only follows from it', () => {
  const text = withLine(
    'product',
    'product: { home_url: "${HOME_URL}/${PAGE}", signup_url: "${SIGNUP_URL}", support_email: a@a.test }',
  );
  expect(problemsOf(text)).toEqual([
    'acme.yaml:3:12: product.home_url: the variable HOME_URL is not set',
    'acme.yaml:3:12: product.home_url: the variable PAGE is not set',
    'acme.yaml:3:45: product.signup_url: the variable SIGNUP_URL is not set',
  ]);
});

test.each(['${APP-SECRET}', '${}', '${APP_SECRET:-x}', '${ APP_SECRET }'])('%s is refused', (written) => {
  expect(problemsOf(withLine('name', `name: "${written}"`))).toEqual([
    'acme.yaml:2:1: name: a variable is written ${NAME}, with nothing else inside',
  ]);
});

test('a refusal never says a secret', () => {
  const text = withLine('app', '  app: { kind: standard, secrets: ["${APP_SECRET}", "lit eral"], api_key: 7 }');
  const said = problemsOf(text, { env: { APP_SECRET: 'hush !' } }).join('\n');
  expect(said).toContain('sources.app');
  expect(said).not.toMatch(/hush|lit eral/);
});

test('the version is the text without secrets, and what the other variables were', () => {
  const text = withLine('app', `  app: { kind: standard, secrets: ["\${APP_SECRET}", ${STANDARD_SECRET}] }`).replace(
    'Acme',
    '${NAME}',
  );
  const version = read(text, { env: { NAME: 'Acme', APP_SECRET: `whsec_${Buffer.alloc(32, 8).toString('base64')}` } });
  expect(version.text).toBe(text.replace(STANDARD_SECRET, '"***"').concat('# NAME="Acme"\n'));
});

test('a new secret is the same version, another word is a new one', () => {
  const text = withLine('name', 'name: ${NAME}');
  const hashOf = (env: Record<string, string>) => read(text, { env: { NAME: 'Acme', ...env } }).hash;
  const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
  expect(hashOf({ APP_SECRET: other })).toBe(hashOf({}));
  expect(hashOf({ NAME: 'Ace' })).not.toBe(hashOf({}));
  expect(read(text.replaceAll('\n', '\r\n'), { env: { NAME: 'Acme' } }).hash).toBe(hashOf({}));
});

test('the URL of the sink, which may carry a token, is kept as its digest only', () => {
  const text = `${SMALLEST}delivery: { sink: webhook, url: "\${SINK_URL}", secret: "\${APP_SECRET}" }\n`;
  const version = read(text, { env: { SINK_URL: 'https://b.test/?token=hush' } });
  expect(version.text).not.toContain('hush');
  expect(version.text).toMatch(/# SINK_URL="sha256:[0-9a-f]{64}"\n$/);
});

function readMissing(text: string, missing: OnMissing) {
  return readProgram(text, { fileName: 'acme.yaml', env: {}, providers: PROVIDERS, kinds: KINDS, missing });
}

test('who may fill in what is missing is told what it is for', () => {
  const asked: MissingVariable[] = [];
  const text = `${withLine('app', '  app: { kind: paddle, secrets: ["${A}"], api_key: "${B}" }')}auth: { jwt: { secret: "\${C}" } }\n`;
  readMissing(
    `${text}delivery: { sink: webhook, url: "\${D}", secret: "\${E}" }\n`.replace('Acme', '${F}'),
    (variable) => {
      asked.push(variable);
      return { value: variable.usedFor === 'sink_url' ? 'https://b.test/' : STANDARD_SECRET };
    },
  );
  expect(Object.fromEntries(asked.map(({ name, usedFor, scheme }) => [name, `${usedFor} ${scheme}`]))).toEqual({
    A: 'secret paddle',
    B: 'api_key paddle',
    C: 'secret jwt',
    D: 'sink_url webhook',
    E: 'secret webhook',
    F: 'other webhook',
  });
});

test('where it is allowed, a sink without its URL is the ledger, with a notice', () => {
  const text = `${SMALLEST}delivery: { sink: webhook, url: "\${SINK_URL}", secret: "\${SINK_SECRET}" }\n`;
  const made: string[] = [];
  const { program, notices } = readMissing(text, ({ name, usedFor }) => {
    if (usedFor === 'sink_url') return { sink: 'ledger' };
    made.push(name);
    return { value: STANDARD_SECRET };
  });
  expect(program.sink).toEqual({ kind: 'ledger' });
  expect(notices).toEqual(['acme.yaml: SINK_URL is not set: credits stay in the ledger here (sink: ledger)']);
  expect(made).toEqual(['APP_SECRET']);
});

test('a secret of tokens that could be guessed is noticed', () => {
  expect(read(`${SMALLEST}auth: { jwt: { secret: short } }\n`).notices).toEqual([
    'acme.yaml: auth.jwt.secret is shorter than 32 bytes and could be guessed',
  ]);
});

test('a signing secret that the provider can hardly have given out is noticed, and signs all the same', () => {
  const text = withLine('app', '  stripe: { kind: stripe, secret: "${STRIPE_SECRET}" }');
  const notices = (secret: string) => read(text, { env: { STRIPE_SECRET: secret } }).notices;
  expect(notices('whsec_1')).toEqual([]);
  expect(notices('of_nobody')).toEqual(['acme.yaml: the secret of source stripe does not begin with whsec_']);
  expect(notices('rk_live_51Hq')).toEqual([
    'acme.yaml: the secret of source stripe has the form of an API key (rk_…); the signing secret of the webhook begins with whsec_',
  ]);
});
