// The launcher behind every npm script: it makes `npm start` work on a fresh clone.
// It installs what the lockfile asks for and is not there, finds a Node new enough, runs the target on it, passes
// signals on and exits with its code. When npm is killed hard, it ends the child, so that nothing is left running.
// It must run on Node 20 with nothing installed: plain JavaScript, only Node's own modules.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMPILE_CACHE, NODE_FLAGS } from './node-flags.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const wanted = [24, 16]; // crypto.randomUUIDv7 and stable type stripping
const [target = '', ...args] = process.argv.slice(2);
/** What npm test and npm run test:faults run. */
const suites = { vitest: 'test/vitest.config.ts', faults: 'test/faults/vitest.config.ts' };
const developing = target in suites || target === 'check';

process.chdir(root);
await installMissing();
launch(findNode(), commandLine());

function commandLine() {
  if (target in suites) return ['node_modules/vitest/vitest.mjs', 'run', '--config', suites[target], ...args];
  // Tests must not depend on a developer's .env; everything else reads it when it is there.
  const environment = existsSync('.env') && !developing ? ['--env-file=.env'] : [];
  return [...environment, target === 'check' ? 'scripts/check.ts' : target, ...args];
}

/** What the lockfile lists and node_modules (by npm's own record of it) lacks or has in another version. */
function missing() {
  if (!existsSync('node_modules/.package-lock.json')) return ['everything'];
  const asked = readLock('package-lock.json');
  const present = readLock('node_modules/.package-lock.json');
  return Object.keys(asked).filter((name) => {
    const entry = asked[name];
    if (name === '' || entry.link) return false;
    if (present[name]) return present[name].version !== entry.version;
    const development = entry.dev || entry.devOptional;
    return !entry.optional && !entry.peer && (developing || !development);
  });
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

async function installMissing() {
  if (missing().length === 0) return;
  const release = await installLock();
  try {
    if (missing().length === 0) return; // another process did it while we waited
    console.error('plusone: installing packages (npm ci), once ...');
    const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
    const [command, ...first] = [...npm, 'ci', '--loglevel=error', '--no-audit', '--no-fund', '--no-progress'];
    // NODE_ENV=production makes npm leave out the development packages that tests and checks need.
    if (developing) first.push('--include=dev');
    const result = spawnSync(command, first, { stdio: ['ignore', 'pipe', 'inherit'] });
    if (result.status !== 0) fail('npm ci failed; run it by hand to see why', result.status || 1);
  } finally {
    release();
  }
}

/** `web` and `worker` may be started side by side on a fresh clone: one installs, the other waits. */
async function installLock() {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const file = path.join(tmpdir(), `plusone-install-${name}.pid`);
  for (;;) {
    try {
      writeFileSync(`${file}.${process.pid}`, String(process.pid));
      linkSync(`${file}.${process.pid}`, file); // all or nothing: nobody ever reads a lock without its holder in it
      const release = () => rmSync(file, { force: true });
      process.once('exit', release);
      return release;
    } catch (error) {
      if (error.code !== 'EEXIST') return () => {}; // no place for a lock: go without
    } finally {
      rmSync(`${file}.${process.pid}`, { force: true });
    }
    if (!alive(Number(readText(file)))) rmSync(file, { force: true });
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function alive(pid) {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The Node that the lockfile pins, where there is one for this machine and it runs (musl cannot); else our own. */
function findNode() {
  const pinned = path.join('node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  if (process.platform === 'linux' && existsSync(pinned)) {
    const answer = spawnSync(pinned, ['--version'], { encoding: 'utf8' });
    if (answer.status === 0 && newEnough(answer.stdout)) return pinned;
  }
  if (newEnough(process.version)) return process.execPath;
  fail(
    `this needs Node ${wanted.join('.')} or newer, and this is ${process.version}: install Node 24 LTS and try again`,
  );
}

function newEnough(version) {
  const [major, minor] = version.trim().replace(/^v/, '').split('.').map(Number);
  return major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);
}

function launch(node, command) {
  const env = { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env };
  const child = spawn(node, [...NODE_FLAGS, ...command], { stdio: 'inherit', env });
  const parentWatch = process.env.npm_lifecycle_event ? watchParents(() => child.kill('SIGTERM')) : undefined;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C in a terminal reaches the child by itself; a second one would look like impatience.
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    });
  }
  child.on('error', (error) => fail(`cannot run ${node}: ${error.message}`));
  child.on('exit', (code, signal) => {
    clearInterval(parentWatch);
    process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
  });
}

/**
 * Calls back once when npm is gone. npm runs us through a shell that usually replaces itself by us; where it does
 * not, the shell would outlive npm, so its parent is watched, too.
 */
function watchParents(whenGone) {
  const parent = process.ppid;
  const [name, grandparent] = processStat(parent);
  const watchGrandparent = /^(sh|dash|bash|ash|busybox)$/.test(name);
  const timer = setInterval(() => {
    if (process.ppid === parent && (!watchGrandparent || processStat(parent)[1] === grandparent)) return;
    clearInterval(timer);
    whenGone();
  }, 500);
  return timer;
}

/** [name, parent's pid] of a process, on Linux. */
function processStat(pid) {
  const text = readText(`/proc/${pid}/stat`);
  const end = text.lastIndexOf(')');
  return end < 0 ? ['', 0] : [text.slice(text.indexOf('(') + 1, end), Number(text.slice(end + 2).split(' ')[1])];
}

function fail(message, code = 1) {
  console.error(`plusone: ${message}`);
  process.exit(code);
}
