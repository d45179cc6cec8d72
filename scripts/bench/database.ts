/**
 * The bench's own PostgreSQL: one embedded server with its safety as shipped, in a folder that is gone afterwards, and
 * a fresh database for each contender and run.
 * Promises: what it says about the server was read from the server. Must never: touch the database of `npm start`.
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { type Embedded, startEmbedded } from '../../src/db/embedded.ts';
import { EXACT_TYPES } from '../../src/db/pool.ts';
import * as sql from './database.sql.ts';

export interface Database {
  readonly name: string;
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly appRole: string;
}

export interface Server {
  /** For files of the run: logs, programs. */
  readonly folder: string;
  fresh(name: string): Promise<Database>;
  drop(name: string): Promise<void>;
  settings(): Promise<Readonly<Record<string, string>>>;
  /** Statistics as autovacuum would have made them, and a checkpoint: no run pays for what was before it. */
  tidy(database: Database): Promise<void>;
  stop(): Promise<void>;
}

/** Beside the service's data, for the same disk: the system's temporary folder may be memory, where fsync costs nothing. */
export async function startServer(dataDir: string): Promise<Server> {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const folder = mkdtempSync(path.join(dataDir, 'bench-'));
  chmodSync(folder, 0o711); // as root, the server is another user, who has to pass through
  const embedded = await startEmbedded(folder, { log: () => {} });
  return {
    folder,
    fresh: (name) => fresh(embedded, name),
    drop: (name) => embedded.dropDatabase(name),
    settings: async () => {
      const rows = await withClient(
        embedded.ownerUrl('postgres'),
        async (client) => (await client.query(sql.SERVER_SETTINGS)).rows,
      );
      return Object.fromEntries(rows.map(({ name, setting, unit }) => [name, shown(setting, unit)]));
    },
    tidy: (database) =>
      withClient(database.ownerUrl, async (client) => {
        await client.query(sql.VACUUM);
        await client.query(sql.CHECKPOINT);
      }),
    stop: async () => {
      await embedded.stop();
      for (const each of [embedded.folder, folder]) rmSync(each, { recursive: true, force: true });
      if (readdirSync(dataDir).length === 0) rmdirSync(dataDir);
    },
  };
}

async function fresh(embedded: Embedded, name: string): Promise<Database> {
  await embedded.dropDatabase(name);
  await embedded.ensureDatabase(name);
  return { name, ownerUrl: embedded.ownerUrl(name), appUrl: embedded.appUrl(name), appRole: embedded.appRole };
}

function shown(setting: string, unit: string | null): string {
  return unit === '8kB' ? `${(Number(setting) * 8) / 1024} MB` : `${setting}${unit ?? ''}`;
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'plusone bench', types: EXACT_TYPES });
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
