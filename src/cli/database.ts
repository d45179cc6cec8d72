/**
 * The database of a command: DATABASE_URL's, or the embedded one, beside a running service or without it.
 * Promises: a running service is not disturbed; a server that was started for the command ends with it. Must never:
 * run a command on a schema that is not this version's.
 */
import { ConfigError, type Env } from '../config/env.ts';
import { type Embedded, startEmbedded } from '../db/embedded.ts';
import { migrate, schemaState } from '../db/migrate.ts';
import { openPools } from '../db/pool.ts';
import { reach } from '../db/reach.ts';
import { IS_UNDER_TEST_CLOCK } from '../jobs/clock.sql.ts';
import { systemClock, testClock } from '../jobs/clock.ts';
import type { OpenDatabase } from './command.ts';

/** As `npm start` names it on the embedded server. */
const DATABASE = 'plusone';
type Log = (line: string) => void;

export async function migrateDatabase(env: Env, log: Log): Promise<readonly string[]> {
  const { databaseUrl: appUrl, databaseDirectUrl } = env;
  if (appUrl) await reach('DATABASE_URL', appUrl);
  if (databaseDirectUrl) await reach('DATABASE_DIRECT_URL', databaseDirectUrl);
  if (appUrl) return (await migrate({ ownerUrl: databaseDirectUrl ?? appUrl, appUrl, log })).applied;
  return await withEmbedded(env, log, async (embedded) => {
    await embedded.ensureDatabase(DATABASE);
    return (await migrate({ ownerUrl: embedded.ownerUrl(DATABASE), appRole: embedded.appRole, log })).applied;
  });
}

export async function withDatabase<T>(env: Env, log: Log, work: (database: OpenDatabase) => Promise<T>): Promise<T> {
  if (env.databaseUrl) {
    await reach('DATABASE_URL', env.databaseUrl);
    return await onUrl(env, env.databaseUrl, log, work);
  }
  return await withEmbedded(env, log, async (embedded) => {
    const isNew = await embedded.ensureDatabase(DATABASE);
    if (isNew) await migrate({ ownerUrl: embedded.ownerUrl(DATABASE), appRole: embedded.appRole, log: () => {} });
    return await onUrl(env, embedded.appUrl(DATABASE), log, work);
  });
}

async function onUrl<T>(env: Env, url: string, log: Log, work: (database: OpenDatabase) => Promise<T>): Promise<T> {
  const pools = openPools(url, {
    applicationName: 'cli',
    prepared: env.databasePrepared,
    generalMax: 2,
    intakeMax: 1,
    knexMax: 4,
    log,
  });
  const { general: pool, knex } = pools;
  try {
    const state = await schemaState(pool);
    if (state === 'behind')
      throw new ConfigError('the database is behind this version of Plusone: run `npm run migrate`');
    if (state === 'ahead')
      throw new ConfigError('the database is newer than this version of Plusone: use the newer one');
    const { rows } = await pool.query(IS_UNDER_TEST_CLOCK);
    const clock = rows[0]?.value === '1' ? testClock(pool) : systemClock;
    return await work({ pool, knex, now: clock.now });
  } finally {
    await pools.close();
  }
}

async function withEmbedded<T>(env: Env, log: Log, work: (embedded: Embedded) => Promise<T>): Promise<T> {
  const embedded = await startEmbedded(env.dataDir, { share: true, log });
  try {
    return await work(embedded);
  } finally {
    await embedded.stop();
  }
}
