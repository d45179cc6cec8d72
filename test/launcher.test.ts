// scripts/run.mjs, which stands between npm and everything: codes, signals, and the death of npm.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'plusone-launcher-'));
  writeFileSync(path.join(folder, 'exit.ts'), 'process.exit(Number(process.argv[2]));');
  writeFileSync(path.join(folder, 'abort.ts'), `process.kill(process.pid, 'SIGKILL');`);
  writeFileSync(
    path.join(folder, 'serve.ts'),
    `for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
       process.once(signal, () => { console.log(signal); process.exit(5); });
     console.log(process.pid + ' ' + process.version);
     setInterval(() => {}, 1000);`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function launch(
  file: string,
  ...args: string[]
): { child: ChildProcess; lines: AsyncIterator<string>; code: Promise<number | null> } {
  const child = spawn(process.execPath, ['scripts/run.mjs', path.join(folder, file), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](), code };
}

test('the exit code is passed on', async () => {
  expect(await launch('exit.ts', '3').code).toBe(3);
});

test('a child that a signal ended gives the code a shell would', async () => {
  expect(await launch('abort.ts').code).toBe(137);
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s is passed on, and waited for', async (signal) => {
  const { child, lines, code } = launch('serve.ts');
  const { value } = await lines.next();
  expect(value).toMatch(/^\d+ v2[4-9]\./);
  child.kill(signal);
  expect((await lines.next()).value).toBe(signal);
  expect(await code).toBe(5);
});

describe('a start that cannot go on says in one line which variable is wrong, and why', () => {
  let taken: Server;
  beforeAll(async () => {
    taken = createServer().listen(0);
    await once(taken, 'listening');
  });
  afterAll(() => taken.close());

  const nowhere = 'postgres://app:secret@127.0.0.1:1/plusone';
  test.each([
    ['PORT', () => ({ PORT: String((taken.address() as AddressInfo).port) }), /^PORT: \d+ is in use$/],
    ['HOST', () => ({ HOST: '203.0.113.9' }), /^HOST: cannot listen on 203\.0\.113\.9: .*EADDRNOTAVAIL/],
    [
      'DATA_DIR',
      () => ({ DATA_DIR: path.join(folder, 'exit.ts', 'data') }),
      /^DATA_DIR: .*exit\.ts.* cannot be used: /,
    ],
    [
      'DATA_DIR where nothing can be made',
      () => ({ DATA_DIR: '/proc/data' }),
      /^DATA_DIR: \/proc\/data cannot be used: /,
    ],
    [
      'DATABASE_URL',
      () => ({ DATABASE_URL: nowhere }),
      /^DATABASE_URL: the database cannot be reached: .*ECONNREFUSED/,
    ],
  ])('%s', async (_name, variables, line) => {
    const env = { PATH: process.env.PATH, SECRET_KEY: 'x'.repeat(32), PORT: '0', DATA_DIR: folder, ...variables() };
    const child = spawn(process.execPath, ['scripts/run.mjs', 'src/main.ts'], { env });
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    expect([out, code, err.trimEnd()]).toEqual(['', 1, expect.stringMatching(line)]);
    expect(err.trimEnd()).not.toContain('\n');
  });
});

test('npm killed with -9 takes the service along', async () => {
  const npm = spawn(
    process.execPath,
    ['-e', `require('node:child_process').spawn(process.execPath, process.argv.slice(1), { stdio: 'inherit' })`].concat(
      'scripts/run.mjs',
      path.join(folder, 'serve.ts'),
    ),
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, npm_lifecycle_event: 'start' } },
  );
  const lines = createInterface({ input: npm.stdout })[Symbol.asyncIterator]();
  await lines.next();
  npm.kill('SIGKILL');
  expect((await lines.next()).value).toBe('SIGTERM');
});
