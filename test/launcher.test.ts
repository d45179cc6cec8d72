// scripts/run.mjs, which stands between npm and everything: codes, signals, and the death of npm.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';

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
