/**
 * The demo as a newcomer runs it, twice on one DATA_DIR: it plays its month, and what it leaves adds up.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY_MS, dayTime, MONTH_START } from '../../scripts/demo/cast.ts';
import { monthOf } from '../../scripts/demo/month.ts';
import { findPlace } from '../../src/db/embedded-place.ts';

const run = promisify(execFile);
const PATIENCE_MS = 240_000;
let dataDir = '';

beforeAll(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'plusone-demo-'));
  chmodSync(dataDir, 0o711);
});

afterAll(() => {
  const { folder } = findPlace(dataDir, () => {});
  for (const each of [folder, dataDir]) rmSync(each, { recursive: true, force: true });
});

async function playDemo(): Promise<string> {
  const port = await freePort();
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, DATA_DIR: dataDir, PORT: String(port) };
  const { stdout } = await run(process.execPath, ['scripts/demo.ts', '--exit'], { env, timeout: PATIENCE_MS });
  return stdout;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What does not change from play to play: everything but times, ids and ports. */
const figures = (output: string): string[] => output.split('\n').filter((line) => /^(│|Ledger:)/.test(line));

test('the demo ends with 0 and a balanced ledger, and again with the same figures', {
  timeout: 2 * PATIENCE_MS,
}, async () => {
  const first = await playDemo();
  expect(first).toContain('Ledger: balanced.');
  for (const status of ['credited', 'failed', 'pending', 'rejected', 'reversed'])
    expect(first).toMatch(new RegExp(`│ ${status} +│ [1-9]`));
  expect(first).toContain('velocity hold');
  expect(first).not.toContain(readFileSync(path.join(dataDir, 'admin-token'), 'utf8').trim());
  const second = await playDemo();
  expect(figures(second)).toEqual(figures(first));
});

test('a seed gives one month, in order of time and inside of May', () => {
  const month = monthOf(7);
  expect(monthOf(7)).toEqual(month);
  expect(monthOf(8)).not.toEqual(month);
  const times = month.map(({ at }) => at.getTime());
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times[0]).toBeGreaterThanOrEqual(MONTH_START);
  expect(times.at(-1)).toBeLessThan(MONTH_START + 31 * DAY_MS);
  expect(dayTime(30, 22).getTime()).toBe(times.at(-1));
});
