/**
 * The demo as a newcomer runs it, twice on one DATA_DIR and beside `npm start`: it plays its month, what it leaves adds
 * up, and what it prints can be done.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { monthOf } from '../../scripts/demo/month.ts';
import { DAY_MS, dayTime, MONTH_START, PROGRAMS } from '../../scripts/demo/step.ts';
import { findPlace } from '../../src/db/embedded-place.ts';

const PATIENCE_MS = 500_000;
let dataDir = '';
let port = 0;
const started: Started[] = [];

beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'plusone-demo-'));
  chmodSync(dataDir, 0o711);
  port = await freePort();
});

afterAll(async () => {
  await Promise.all(started.map((each) => each.stop()));
  const folders = [path.join(dataDir, 'demo'), dataDir].map((each) => findPlace(each, () => {}).folder);
  for (const each of [...folders, dataDir]) rmSync(each, { recursive: true, force: true });
});

interface Started {
  readonly output: () => string;
  /** Resolves when it has printed this. */
  says(text: string): Promise<void>;
  /** The exit code. */
  readonly ended: Promise<number | null>;
  stop(): Promise<number | null>;
}

/** With a mail server that is not there, so that a mail that is really sent is missed in the outbox. */
function start(...command: string[]): Started {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, SMTP_URL: 'smtp://127.0.0.1:1' };
  const child = spawn(process.execPath, command, { env: { ...env, DATA_DIR: dataDir, PORT: String(port) } });
  let output = '';
  const note = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on('data', note);
  child.stderr.on('data', note);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      child.stdout.on('data', () => output.includes(text) && resolve());
      void ended.then((code) => reject(new Error(`it ended with ${code} and did not say ${text}:\n${output}`)));
    });
  const stop = async () => {
    child.kill('SIGTERM');
    return await ended;
  };
  const made = { output: () => output, says, ended, stop };
  started.push(made);
  return made;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: found } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return found;
}

/** Does what a printed `curl` would do in a shell. */
async function obey(command: string): Promise<{ status: number; body: object }> {
  const said = command.replaceAll(/\$\(cat '([^']+)'\)/g, (_, file: string) => readFileSync(file, 'utf8').trim());
  const words = Array.from(said.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g), ([, a, b, c]) => a ?? b ?? c ?? '');
  const after = (flag: string) => words.flatMap((word, index) => (word === flag ? [words[index + 1] ?? ''] : []));
  const headers = after('-H').map((header) => header.split(/: (.*)/).slice(0, 2) as [string, string]);
  const [body] = after('-d');
  const answer = await fetch(words.at(-1) ?? '', { method: body ? 'POST' : 'GET', headers, body });
  return { status: answer.status, body: (await answer.json()) as object };
}

/** What does not change from play to play: everything but times, ids and ports. */
const figures = (output: string): string[] =>
  output.split('\n').filter((line) => !/^($| {2}|migrated|Port|Playing|Played|It is)/.test(line));

test('the demo plays beside npm start, ends in balance, prints commands that work, and does so again with the same figures', {
  timeout: 2 * PATIENCE_MS,
}, async () => {
  const usual = start('src/main.ts');
  await usual.says('Plusone is ready');
  const open = start('scripts/demo.ts');
  await open.says('It is still up');
  const first = open.output();
  expect(first).toContain('Ledger: balanced');
  expect(first).toContain('Mail: 5 letters');
  expect(first).not.toMatch(/DIFFER|NOT HANDLED/);
  expectWorthSeeing(first);
  for (const file of [
    'admin-token',
    ...readdirSync(path.join(dataDir, 'demo')).filter((name) => /-(key|token)$/.test(name)),
  ])
    expect(first).not.toContain(readFileSync(path.join(dataDir, 'demo', file), 'utf8').trim());
  const commands = first.split('\n').filter((line) => line.startsWith('  curl '));
  for (const command of commands) {
    const { status, body } = await obey(command);
    expect([command, status]).toEqual([command, 200]);
    if (command.includes('/approve')) expect(body).toMatchObject({ status: 'credited' });
  }
  expect(await open.stop()).toBe(0);
  expect(await usual.stop()).toBe(0);

  const again = start('scripts/demo.ts', '--exit');
  expect(await again.ended).toBe(0);
  expect(figures(again.output())).toEqual(figures(first));
});

/** Every status, and every kind of story that is told. */
function expectWorthSeeing(output: string): void {
  for (const status of ['credited', 'failed', 'pending', 'rejected', 'reversed'])
    expect(output).toMatch(new RegExp(`│ ${status} +│ [1-9]`));
  expect(output).toContain('velocity: hold');
  expect(output).toMatch(/Zach Moreno is growth: 11 of 15 referrals qualified/);
  for (const reason of ['not_qualified', 'domain_used', 'disposable_email', 'cap_reached', 'code_refreshed', 'vesting'])
    expect(output).toContain(`(${reason})`);
  expect(output).toContain('the product has spent $45.50');
  expect(output).toMatch(/Kim Larsen brought 103 people, 100 of them for credits/);
}

test('a seed gives one month of all programs, in order of time', () => {
  const { turns } = monthOf(7);
  expect(monthOf(7).turns).toEqual(turns);
  expect(monthOf(8).turns).not.toEqual(turns);
  const times = turns.map(({ at }) => at.getTime());
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times.at(-1)).toBe(dayTime(30, 22).getTime());
  const firsts = PROGRAMS.map((name) => turns.find(({ program }) => program === name)?.at.getTime() ?? 0);
  for (const at of firsts) expect(at).toBeGreaterThanOrEqual(MONTH_START - 20 * DAY_MS);
});
