// A folder of program files, and the bundled examples that start with nothing set.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ProgramError } from '../../src/config/program-problems.ts';
import { EXAMPLES_DIR, type LoadOptions, loadPrograms } from '../../src/config/programs.ts';
import { signals } from '../../src/fraud/signals/index.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import { KINDS, SMALLEST, STANDARD_SECRET } from './program-text.ts';

let dir = '';

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'plusone-programs-'));
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const options: LoadOptions = { env: { APP_SECRET: STANDARD_SECRET }, providers: PROVIDERS, kinds: KINDS };

function write(name: string, text = SMALLEST): string {
  const file = path.join(dir, name);
  writeFileSync(file, text);
  return file;
}

function refusal(given: LoadOptions = options): readonly string[] {
  try {
    loadPrograms(dir, given);
  } catch (error) {
    if (error instanceof ProgramError) return error.problems;
    throw error;
  }
  return [];
}

test('every *.yaml and *.yml of the folder is a program, and nothing else', () => {
  write('b.yml', SMALLEST.replace('acme', 'other'));
  write('a.yaml');
  write('.hidden.yaml', 'nonsense');
  write('notes.txt', 'nonsense');
  const { programs } = loadPrograms(dir, options);
  expect(programs.map(({ program }) => program.program)).toEqual(['acme', 'other']);
  expect(programs[0]).toMatchObject({ file: path.join(dir, 'a.yaml'), text: SMALLEST });
  expect(programs[0]?.hash).toMatch(/^[0-9a-f]{64}$/);
});

test('two files with one program are refused', () => {
  const first = write('a.yaml');
  const second = write('b.yaml');
  expect(refusal()).toEqual([`${second}:1:1: program: program acme stands in ${first} already`]);
});

test('a host that two programs claim is refused', () => {
  const first = write('a.yaml', `${SMALLEST}hosts: [ref.acme.test]\n`);
  const second = write('b.yaml', `${SMALLEST.replace('acme', 'other')}hosts: [x.test, ref.acme.test]\n`);
  expect(refusal()).toEqual([`${second}:9:17: hosts.1: host ref.acme.test stands in ${first} already`]);
});

test('the host of the admin console is not for programs', () => {
  const file = write('a.yaml', `${SMALLEST}hosts: [plusone.test]\n`);
  expect(refusal({ ...options, ownHost: 'plusone.test' })).toEqual([
    `${file}:9:9: hosts.0: host plusone.test stands in PUBLIC_URL already`,
  ]);
});

test('the problems of all files are told at once', () => {
  const first = write('a.yaml', SMALLEST.replace('name: Acme', 'nmae: Acme'));
  const second = write('b.yaml', '{');
  const folder = path.join(dir, 'c.yaml');
  mkdirSync(folder);
  expect(refusal().map((line) => line.slice(0, line.indexOf(':')))).toEqual([first, first, second, folder]);
});

test('a folder that is empty, or not there, is refused', () => {
  expect(refusal()).toEqual([`${dir}: has no program file (*.yaml)`]);
  rmSync(dir, { recursive: true });
  expect(refusal()).toEqual([`${dir}: cannot be read: ENOENT`]);
});

const bare: LoadOptions = { env: {}, providers: PROVIDERS, kinds: { signals } };

test('the bundled examples start with nothing set: secrets are made, credits stay in the ledger', () => {
  const dataDir = path.join(dir, 'data');
  const { programs, notices } = loadPrograms(EXAMPLES_DIR, { ...bare, generateIn: dataDir });
  const claudexia = programs.find(({ program }) => program.program === 'claudexia');
  expect(claudexia?.program.sink).toEqual({ kind: 'ledger' });
  expect(
    claudexia?.program.sources.map(({ secrets }) => secrets[0]?.replace(/^((whsec_|pdl_ntfset_)?).*$/, '$1')),
  ).toEqual(['whsec_', 'pdl_ntfset_', 'whsec_', 'whsec_']);
  const file = path.join(dataDir, 'examples.env');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const made = [
    ['BUYWHERE_APP_SECRET', 'BUYWHERE_JWT_SECRET'],
    ['CLAUDEXIA_STRIPE_SECRET', 'CLAUDEXIA_PADDLE_SECRET', 'CLAUDEXIA_CLERK_SECRET', 'CLAUDEXIA_APP_SECRET'],
    ['CLAUDEXIA_JWT_SECRET', 'HANZO_APP_SECRET', 'HANZO_STRIPE_SECRET', 'HANZO_JWT_SECRET'],
    ['KORTIX_APP_SECRET', 'KORTIX_JWT_SECRET'],
  ];
  expect(notices).toEqual([
    `${EXAMPLES_DIR}/claudexia.yaml: CLAUDEXIA_BILLING_URL is not set: credits stay in the ledger here (sink: ledger)`,
    `made ${made.flat().join(', ')}: see ${file}`,
  ]);
});

test('a secret is made once: the next start finds it, and one that is set is left alone', () => {
  const secretsOf = (given: LoadOptions) =>
    loadPrograms(EXAMPLES_DIR, given)
      .programs.find(({ program }) => program.program === 'claudexia')
      ?.program.sources.map(({ secrets }) => secrets[0]);
  const first = secretsOf({ ...bare, generateIn: dir });
  const before = readFileSync(path.join(dir, 'examples.env'), 'utf8');
  expect(secretsOf({ ...bare, generateIn: dir })).toEqual(first);
  const mine = { ...bare, env: { CLAUDEXIA_STRIPE_SECRET: 'whsec_mine' }, generateIn: dir };
  expect(secretsOf(mine)).toEqual(['whsec_mine', ...(first ?? []).slice(1)]);
  expect(readFileSync(path.join(dir, 'examples.env'), 'utf8')).toBe(before);
});

test('anywhere else a missing variable stops the start', () => {
  let problems: readonly string[] = [];
  try {
    loadPrograms(EXAMPLES_DIR, bare);
  } catch (error) {
    problems = (error as ProgramError).problems;
  }
  expect(problems).toHaveLength(14);
  expect(problems.find((line) => line.includes('CLAUDEXIA_STRIPE'))).toMatch(
    /claudexia\.yaml:\d+:\d+: sources\.stripe\.secrets\.0: the variable CLAUDEXIA_STRIPE_SECRET is not set$/,
  );
});
