// Runs once for all tests, in the main process: one server (embedded, or TEST_DATABASE_URL's, whose role must be
// allowed to create roles and databases), and one migrated template that every test file clones.
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { randomName } from '../../src/config/secrets.ts';
import * as sql from '../../src/db/embedded.sql.ts';
import { startEmbedded } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';

/** URLs with this word where the database's name goes. */
export const DATABASE = '__database__';

export type TestServer = {
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly appRole: string;
  readonly template: string;
  readonly embedded: boolean;
};

declare module 'vitest' {
  export interface ProvidedContext {
    testServer: TestServer;
  }
}

const LEFTOVER_PREFIX = 'plusone-test-';
const quiet = () => {};

/** Hundreds of databases are copied and dropped: in memory, where there is plenty, that takes a third of the time. */
const MEMORY = '/dev/shm';
const MEMORY_MIN_BYTES = 6e9;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const external = process.env.TEST_DATABASE_URL;
  const { server, stop } = external ? await useExternal(external) : await useEmbedded();
  try {
    await migrate({
      ownerUrl: server.ownerUrl.replace(DATABASE, server.template),
      appRole: server.appRole,
      log: quiet,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide('testServer', server);
  return stop;
}

async function useEmbedded(): Promise<{ server: TestServer; stop: () => Promise<void> }> {
  await removeLeftovers();
  const folder = mkdtempSync(path.join(hasMemory() ? MEMORY : tmpdir(), `${LEFTOVER_PREFIX}${process.pid}-`));
  chmodSync(folder, 0o711); // as root, the server is another user, who has to pass through
  // Tests kill processes, never the machine: what a crash of it would lose is not theirs to keep.
  const settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'on', shared_buffers: '128MB' };
  const embedded = await startEmbedded(folder, { log: quiet, settings });
  const template = 'plusone_template';
  await embedded.ensureDatabase(template);
  const server: TestServer = {
    ownerUrl: embedded.ownerUrl(DATABASE),
    appUrl: embedded.appUrl(DATABASE),
    appRole: embedded.appRole,
    template,
    embedded: true,
  };
  const stop = async () => {
    await embedded.stop();
    rmSync(embedded.folder, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  };
  return { server, stop };
}

function hasMemory(): boolean {
  if (!existsSync(MEMORY)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize >= MEMORY_MIN_BYTES;
}

/** A run that was killed leaves a server that nobody would ever stop, and its folder. */
async function removeLeftovers(): Promise<void> {
  const found = [MEMORY, tmpdir()]
    .filter(existsSync)
    .flatMap((place) => readdirSync(place).map((name) => ({ place, name })));
  for (const { place, name } of found) {
    const [, pid] = new RegExp(`^${LEFTOVER_PREFIX}(\\d+)-`).exec(name) ?? [];
    if (!pid || existsSync(`/proc/${pid}`) || !existsSync('/proc/self')) continue;
    const folder = path.join(place, name);
    const server = await startEmbedded(folder, { log: quiet }).catch(() => undefined);
    await server?.stop();
    rmSync(server?.folder ?? folder, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

async function useExternal(url: string): Promise<{ server: TestServer; stop: () => Promise<void> }> {
  const suffix = Math.random().toString(36).slice(2, 8);
  const [template, appRole, password] = [`plusone_test_${suffix}`, `plusone_test_app_${suffix}`, randomName()];
  const run = async (...statements: string[]) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      for (const text of statements) await client.query(text);
    } finally {
      await client.end();
    }
  };
  await run(sql.createAppRole(appRole, password), sql.createDatabase(template), sql.limitDatabase(template, appRole));
  const owner = new URL(url);
  owner.pathname = `/${DATABASE}`;
  const app = new URL(owner);
  app.username = appRole;
  app.password = password;
  const server: TestServer = { ownerUrl: owner.href, appUrl: app.href, appRole, template, embedded: false };
  return { server, stop: () => run(sql.dropDatabase(template), sql.dropRole(appRole)) };
}
