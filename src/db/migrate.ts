// Brings a database to the schema this code was written for: migrations/NNNN_*.sql through knex, the job queue's own
// schema, and the application role's rights, all but the queue's in one transaction. Forward only; a database that is
// newer than the code is refused, and so is one that is behind wherever a process only checks (schemaState).
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Logger, runMigrations } from 'graphile-worker';
import type { Knex } from 'knex';
import pg from 'pg';
import { ConfigError } from '../config/env.ts';
import * as grants from './grants.sql.ts';
import * as sql from './migrate.sql.ts';
import { openJobPool, openKnex } from './pool.ts';

export const JOBS_SCHEMA = 'graphile_worker';
const POSTGRES_VERSION_MIN = 150_000;
const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

export type MigrateOptions = {
  /** The role that owns the schema, not through a pooler. */
  readonly ownerUrl: string;
  /** The role that gets the application's rights; by default whoever appUrl logs in as. */
  readonly appUrl?: string;
  readonly appRole?: string;
  readonly log: (line: string) => void;
  /** For tests. */
  readonly directory?: string;
};

type SqlFile = { readonly name: string; readonly file: string };

/** Safe to run at any time and from several processes: those that come later wait and find nothing to do. */
export async function migrate(options: MigrateOptions): Promise<{ readonly applied: readonly string[] }> {
  const { ownerUrl, log, directory = MIGRATIONS } = options;
  const knex = openKnex(ownerUrl, { name: 'plusone migrate', max: 1, log });
  try {
    const applied = await knex.transaction(async (trx) => {
      await statement(trx, sql.TAKE_MIGRATION_LOCK);
      await checkServer(trx);
      refuseNewer(await appliedMigrations((text) => statement(trx, text)), sqlFiles(directory));
      await installJobs(ownerUrl, log);
      const [, names] = (await trx.migrate.latest({
        migrationSource: migrationSource(directory),
        tableName: sql.MIGRATIONS_TABLE,
      })) as [number, string[]];
      await grantAll(trx, options);
      return names;
    });
    for (const name of applied) log(`migrated: ${name}`);
    return { applied };
  } finally {
    await knex.destroy();
  }
}

export type SchemaState = 'current' | 'behind' | 'ahead';

/** For readiness and for the start of processes that do not migrate. Needs only the application's role. */
export async function schemaState(pool: pg.Pool, directory = MIGRATIONS): Promise<SchemaState> {
  const applied = await appliedMigrations(async (text) => (await pool.query(text)).rows);
  const known = sqlFiles(directory).map(({ name }) => name);
  if (applied.some((name) => !known.includes(name))) return 'ahead';
  return known.every((name) => applied.includes(name)) ? 'current' : 'behind';
}

async function appliedMigrations(query: (text: string) => Promise<Record<string, unknown>[]>): Promise<string[]> {
  const [answer] = await query(sql.HAS_MIGRATIONS);
  return answer?.there ? (await query(sql.APPLIED_MIGRATIONS)).map((row) => String(row.name)) : [];
}

function refuseNewer(applied: readonly string[], files: readonly SqlFile[]): void {
  const unknown = applied.find((name) => files.every((file) => file.name !== name));
  if (unknown)
    throw new ConfigError(`the database is newer than this version of Plusone (it has ${unknown}): use the newer one`);
}

async function checkServer(trx: Knex.Transaction): Promise<void> {
  const [row] = await statement(trx, sql.SERVER_VERSION);
  if (Number(row?.version) < POSTGRES_VERSION_MIN)
    throw new ConfigError(`the database is PostgreSQL ${Number(row?.version) / 10_000}: 15 or newer is needed`);
}

/** The queue migrates itself, step by step in transactions of its own; a role without its rights could not use it. */
async function installJobs(ownerUrl: string, log: (line: string) => void): Promise<void> {
  const pool = openJobPool(ownerUrl, { name: 'plusone migrate jobs', max: 1, log });
  try {
    await runMigrations({ pgPool: pool, schema: JOBS_SCHEMA, logger: new Logger(() => () => {}) });
  } finally {
    await pool.end();
  }
}

async function grantAll(trx: Knex.Transaction, { appUrl, appRole, ownerUrl }: MigrateOptions): Promise<void> {
  const role = appRole ?? (appUrl ? await roleOf(appUrl) : undefined);
  // One role for everything has every right as the owner; the triggers still protect the ledger.
  if (!role || role === (await roleOf(ownerUrl))) return;
  const tables = await statement(trx, grants.PUBLIC_TABLES);
  await statement(trx, grants.grantStatements(role, grants.grantsFor(tables.map((row) => String(row.name)))));
  const hidden = await statement(trx, grants.TABLES_WITHOUT_POLICY, [JOBS_SCHEMA, role]);
  const names = hidden.map((row) => String(row.name));
  await statement(trx, grants.jobGrantStatements(role, JOBS_SCHEMA, names));
}

/** A pooler's user name need not be the role's, so the server is asked. */
async function roleOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, application_name: 'plusone migrate' });
  try {
    await client.connect();
    const { rows } = await client.query<{ role: string }>(sql.WHO_AM_I);
    return rows[0]?.role ?? '';
  } finally {
    await client.end().catch(() => {});
  }
}

function migrationSource(directory: string): Knex.MigrationSource<SqlFile> {
  return {
    getMigrations: async () => sqlFiles(directory),
    getMigrationName: ({ name }) => name,
    getMigration: async ({ file }) => ({
      up: async (trx) => void (await statement(trx as Knex.Transaction, readFileSync(file, 'utf8'))),
      down: () => Promise.reject(new Error('migrations only go forward')),
    }),
  };
}

function sqlFiles(directory: string): SqlFile[] {
  return readdirSync(directory)
    .filter((name) => /^\d{4}_[\w-]+\.sql$/.test(name))
    .sort()
    .map((name) => ({ name, file: path.join(directory, name) }));
}

/** knex.raw would take every ? in SQL text for a placeholder, so the transaction's own connection is used as it is. */
async function statement(trx: Knex.Transaction, text: string, values?: unknown[]): Promise<Record<string, unknown>[]> {
  const connection = (await trx.client.acquireConnection()) as pg.Client;
  return (await connection.query(text, values)).rows ?? [];
}
