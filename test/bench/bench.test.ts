/**
 * The bench on a small scale: both contenders run, add up and end. Its figures mean nothing here.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bodyOf, owed, paymentOf, type Stream } from '../../scripts/bench/bodies.ts';
import { closedLoop, openLoop } from '../../scripts/bench/load.ts';

const run = promisify(execFile);
const PATIENCE_MS = 180_000;
const stream: Stream = { label: 'x', count: 100, members: 10, from: 1_780_000_000 };

/** What it printed; its folder is gone afterwards. */
async function quickBench(measurement: string): Promise<string> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'plusone-bench-'));
  chmodSync(dataDir, 0o711);
  try {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, DATA_DIR: path.join(dataDir, 'data') };
    const command = ['scripts/bench.ts', '--quick', '--only', measurement];
    const { stdout } = await run(process.execPath, command, { env, timeout: PATIENCE_MS });
    expect(readdirSync(dataDir)).toEqual([]);
    return stdout;
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

test('the quick bench credits every event once and leaves nothing behind', { timeout: PATIENCE_MS }, async () => {
  const told = await quickBench('throughput');
  expect(told).toContain('fsync on');
  expect(told).toMatch(/webhooks\/s +│ [\d,]+ +│ [\d,]+ /);
  expect(told).toContain('every ledger is in balance');
});

test('the quick bench of the pages looks at some of console and portal', { timeout: PATIENCE_MS }, async () => {
  const told = await quickBench('pages');
  const lines = told.split('\n').filter((line) => line.includes(' KB '));
  expect(lines.map((line) => line.split('│')[1]?.trim())).toEqual(['/admin', '/admin/audit', '/p/claudexia/portal']);
  expect(told).toMatch(/MISSED|Every page answered within 100 ms/);
  expect(told).not.toContain('WRONG');
});

test('the quick bench of the fund attributes every line of a generated history', { timeout: PATIENCE_MS }, async () => {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  const { stdout } = await run(process.execPath, ['scripts/bench.ts', '--quick', '--only', 'fund'], { env });
  expect(stdout).toMatch(/generated history, cold: [\d.]+ s for 100 files, 400 commits, [\d,]+ lines of \d+ authors/);
  expect(stdout).not.toContain('WRONG');
});

test('bodies are distinct, of some 4 KB, and what they earn is known before', () => {
  const bodies = Array.from({ length: stream.count }, (_, index) => bodyOf(stream, index));
  expect(new Set(bodies.map((body) => JSON.parse(body).data.object.payment_intent)).size).toBe(stream.count);
  for (const body of bodies) expect(body.length).toBeGreaterThan(3_900);
  for (const body of bodies) expect(body.length).toBeLessThan(4_500);
  const sum = bodies.reduce((total, _, index) => {
    const { gross, tax } = paymentOf(index);
    return total + Math.floor((gross - tax) / 20);
  }, 0);
  expect(owed(stream)).toBe(BigInt(sum));
});

test('the load generator sends each request once, and an open loop counts the time a request had to wait', async () => {
  const seen: string[] = [];
  // One answer at a time, 10 ms each: at 500 a second, requests queue up, and the queue is in their times.
  let turn = Promise.resolve();
  const server = createServer((req, res) => {
    req.resume();
    seen.push(req.url ?? '');
    turn = turn.then(() => new Promise((resolve) => setTimeout(resolve, 10)));
    void turn.then(() => res.end('{"received":true}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const request = (n: number) => Buffer.from(`POST /${n} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`);
  const requests = Array.from({ length: 50 }, (_, n) => request(n));
  const target = { host: '127.0.0.1', port, connections: 4 };
  try {
    const closed = await closedLoop(target, requests);
    expect(closed).toMatchObject({ answered: 50, refused: {} });
    expect(closed.maxMs).toBeLessThan(400);
    const open = await openLoop(target, requests, 500);
    expect(open).toMatchObject({ answered: 50, refused: {} });
    // The last was due after 98 ms and is answered after 500.
    expect(open.maxMs).toBeGreaterThan(300);
    expect(seen.length).toBe(100);
    expect(new Set(seen).size).toBe(50);
  } finally {
    server.close();
  }
});
