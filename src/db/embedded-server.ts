// One PostgreSQL server on one data directory: made, started, found again after a kill -9, stopped. It outlives the
// process that started it on purpose (its own process group: Ctrl-C must not reach it before the service has drained)
// and is then found by its pid file. Nobody gets in without a password; it listens on a socket or on loopback only.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '../config/env.ts';
import { OWNER_ROLE } from './embedded.sql.ts';
import type { Place } from './embedded-place.ts';
import { oneAtATime } from './start-mutex.ts';

/** Host is a folder with a socket in it, or 127.0.0.1. */
export type Address = { readonly host: string; readonly port: number };
export type RunningServer = { readonly pid: number; readonly address: Address };

/** A socket's whole path must fit into 107 bytes; PostgreSQL adds this to the folder. */
const SOCKET_NAME = '/.s.PGSQL.5432';
const SOCKET_PATH_MAX = 107;
/** Recovery after a crash with 2 GB of log to replay stays well below this on a slow disk. */
const START_PATIENCE_MS = 120_000;
const LOG_BYTES_MAX = 10_000_000;

/** An eighth of the memory that we may use: with less, a few million rewards are read from disk again and again. */
function sharedBuffers(): string {
  const bytes = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  return `${Math.min(2048, Math.max(128, Math.floor(bytes / 8 / 1024 ** 2)))}MB`;
}

/** Modest: it shares the machine with the service. Safety (fsync, full_page_writes, synchronous_commit) as shipped. */
const SETTINGS: Readonly<Record<string, string>> = {
  shared_buffers: sharedBuffers(),
  max_wal_size: '2GB',
  // Segments of the log that are no longer needed are used again; else new ones are made, and filled with zeros first.
  min_wal_size: '1GB',
  wal_compression: 'on',
  max_connections: '100',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %u@%d ',
  log_checkpoints: 'off',
  // Statements stay out of the log: one that failed may carry a secret.
  log_min_error_statement: 'panic',
  // Connections that vanished without a word are noticed, so that their locks are given back.
  tcp_keepalives_idle: '60',
  jit: 'off',
};

type StartOptions = {
  readonly ownerPassword: string;
  /** For a restart under clients that know the old address. */
  readonly port?: number;
  readonly settings?: Readonly<Record<string, string>>;
};

/** The server on this place: the one that runs already, or a new one, on a new cluster when there is none yet. */
export function ensureServer(place: Place, options: StartOptions): Promise<RunningServer> {
  return oneAtATime(place.dataDir, async () => {
    const data = path.join(place.folder, 'data');
    if (!existsSync(path.join(data, 'PG_VERSION'))) initialise(place, data, options.ownerPassword);
    const version = readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim();
    if (Number(version) === place.major) return start(place, data, options);
    throw new ConfigError(`${data} is of PostgreSQL ${version}, and this is ${place.major}: dump and restore it`);
  });
}

async function start(place: Place, data: string, options: StartOptions): Promise<RunningServer> {
  const patience = Date.now() + START_PATIENCE_MS;
  let child: ChildProcess | undefined;
  while (Date.now() < patience) {
    const file = readPidFile(data);
    if (file && isServer(file.pid, data)) {
      if (file.ready) return { pid: file.pid, address: file.address };
    } else if (!child || child.exitCode !== null || child.signalCode !== null) {
      if (child && !mayTryAgain(place)) break;
      if (child) await sleep(100);
      clearTraces(place, data);
      child = await spawnServer(place, data, options);
    }
    await sleep(10);
  }
  throw new ConfigError(`PostgreSQL did not start: ${lastLogLine(place)}`);
}

/**
 * The process that a stale lock file names may be a zombie, or somebody else's by now, and PostgreSQL would refuse to
 * start because of it. The caller has seen that it is no server of ours, and nobody else is starting one.
 */
function clearTraces(place: Place, data: string): void {
  rmSync(path.join(data, 'postmaster.pid'), { force: true });
  rmSync(path.join(place.folder, 'run'), { recursive: true, force: true });
}

/** Fast shutdown: connections are cut, what was committed is on disk. Kills nothing: PostgreSQL needs what it needs. */
export async function stopServer(place: Place, pid: number): Promise<void> {
  const data = path.join(place.folder, 'data');
  if (!signalServer(place, pid)) return;
  while (isServer(pid, data)) await sleep(10);
}

/** SIGINT asks for the fast shutdown; synchronous, so that an exit handler can do it. False when it was gone. */
export function signalServer(place: Place, pid: number): boolean {
  if (!isServer(pid, path.join(place.folder, 'data'))) return false;
  try {
    return process.kill(pid, 'SIGINT');
  } catch {
    return false; // it ended in between
  }
}

function initialise(place: Place, data: string, ownerPassword: string): void {
  const unfinished = `${data}.new-${process.pid}`;
  const passwordFile = `${unfinished}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, `${ownerPassword}\n`, { mode: 0o600, flag: 'wx' });
  if (place.user) chownSync(passwordFile, place.user.uid, place.user.gid);
  try {
    const flags = ['--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--no-instructions'];
    // The same order and case rules on every machine, whatever locales it has.
    const collation = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const who = [`--username=${OWNER_ROLE}`, `--pwfile=${passwordFile}`];
    const answer = spawnSync(place.bin.initdb, [`--pgdata=${unfinished}`, ...who, ...flags, ...collation], {
      ...spawnOptions(place),
      encoding: 'utf8',
    });
    if (answer.status !== 0)
      throw new ConfigError(`PostgreSQL could not make its files in ${place.folder}: ${lastLine(answer.stderr)}`);
    renameSync(unfinished, data);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(unfinished, { recursive: true, force: true });
  }
}

async function spawnServer(place: Place, data: string, options: StartOptions): Promise<ChildProcess> {
  const settings = { ...SETTINGS, ...(await whereToListen(place, options.port)), ...options.settings };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const size = statSync(logFile(place), { throwIfNoEntry: false })?.size ?? 0;
  const log = openSync(logFile(place), size > LOG_BYTES_MAX ? 'w' : 'a', 0o600);
  try {
    const child = spawn(place.bin.postgres, ['-D', data, ...flags], {
      ...spawnOptions(place),
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.on('error', () => {}); // seen as an exit code by the caller
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

async function whereToListen(place: Place, port: number | undefined): Promise<Record<string, string>> {
  const folder = path.join(place.folder, 'run');
  if (Buffer.byteLength(folder + SOCKET_NAME) <= SOCKET_PATH_MAX) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (place.user) chownSync(folder, place.user.uid, place.user.gid);
    return { listen_addresses: '', unix_socket_directories: folder, port: '5432' };
  }
  return { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(port ?? (await freePort())) };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** None of our environment reaches the server: it holds secrets, and the server's processes show theirs. */
function spawnOptions(place: Place): { uid?: number; gid?: number; cwd: string; env: Record<string, string> } {
  return { ...place.user, cwd: '/', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } };
}

type PidFile = { pid: number; address: Address; ready: boolean };

function readPidFile(data: string): PidFile | undefined {
  const file = path.join(data, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const [pid, , , port, socketFolder, listen, , status] = readText(file).split('\n');
  return {
    pid: Number(pid),
    address: { host: socketFolder?.split(',')[0]?.trim() || listen?.trim() || '', port: Number(port) },
    ready: status?.trim() === 'ready',
  };
}

/**
 * Does this process exist, alive, and is it the server of this very data directory? A wrong "no" would put two servers
 * on one directory, so a server is known by the folder it stands in, whatever name that had when it started.
 */
function isServer(pid: number, data: string): boolean {
  if (!(pid > 1)) return false;
  if (process.platform !== 'linux')
    return spawnSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).stdout.includes('postgres');
  const state = readText(`/proc/${pid}/stat`);
  if (state === '' || /^\d+ \(.*\) [ZX] /s.test(state)) return false;
  try {
    const [stands, folder] = [statSync(`/proc/${pid}/cwd`), statSync(data)];
    return stands.dev === folder.dev && stands.ino === folder.ino;
  } catch {
    return state.includes('(postgres)'); // we may not look: no risk is taken
  }
}

/** A server that was killed leaves processes that need a moment to notice; another start may be under way. */
function mayTryAgain(place: Place): boolean {
  return /shared memory block|lock file .* already exists|the database system is/.test(lastLogLine(place));
}

function logFile(place: Place): string {
  return path.join(place.dataDir, 'postgres.log');
}

function lastLogLine(place: Place): string {
  const lines = readText(logFile(place)).trimEnd().split('\n').slice(-20);
  return lines.findLast((line) => /FATAL|PANIC|ERROR/.test(line)) ?? lastLine(lines.join('\n'));
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
