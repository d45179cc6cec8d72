// The connections of one process: a general pool, a small one that only intake uses (webhooks are accepted while
// everything else is busy), and knex with a few of its own for read models. A cut connection never ends the process:
// its error reaches whoever was using it, and the log. No session state anywhere: a pooler may stand between.
import createKnex, { type Knex } from 'knex';
import pg from 'pg';

export type Pools = {
  readonly general: pg.Pool;
  readonly intake: pg.Pool;
  /** For read models and pages; never for what must be in one transaction with something else. */
  readonly knex: Knex;
  /** A query that the server plans once per connection, where the pooler allows named statements. */
  readonly statement: (name: string, text: string, values: unknown[]) => pg.QueryConfig;
  readonly close: () => Promise<void>;
};

export type PoolOptions = {
  /** Shown in pg_stat_activity: "web", "worker", … */
  readonly applicationName: string;
  readonly prepared?: boolean;
  readonly generalMax?: number;
  readonly intakeMax?: number;
  readonly knexMax?: number;
  readonly log: (line: string) => void;
};

/** How long a caller waits for a connection before it is told that the database is away. */
const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 30_000;

export function openPools(url: string, options: PoolOptions): Pools {
  const { applicationName, log, prepared = true, generalMax = 10, intakeMax = 4, knexMax = 8 } = options;
  const general = openPool(url, { name: `plusone ${applicationName}`, max: generalMax, log });
  const intake = openPool(url, { name: `plusone ${applicationName} intake`, max: intakeMax, log });
  const knex = openKnex(url, { name: `plusone ${applicationName} read`, max: knexMax, log });
  return {
    general,
    intake,
    knex,
    statement: (name, text, values) => (prepared ? { name, text, values } : { text, values }),
    close: async () => void (await Promise.allSettled([general.end(), intake.end(), knex.destroy()])),
  };
}

type OnePool = { readonly name: string; readonly max: number; readonly log: (line: string) => void };

/** One pool. Nothing is sent at connecting that a pooler in transaction mode would refuse. */
export function openPool(url: string, options: OnePool): pg.Pool {
  return makePool(url, options, EXACT_TYPES);
}

/** For graphile-worker, which needs pg's own types: its ids must be strings. */
export function openJobPool(url: string, options: OnePool): pg.Pool {
  return makePool(url, options, undefined);
}

function makePool(url: string, options: OnePool, types: pg.CustomTypesConfig | undefined): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    types,
    application_name: options.name,
    max: options.max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    keepAlive: true,
    // Several statements may be under way on one connection: a batch sends them without waiting for each answer.
    pipeline: types !== undefined,
  } as pg.PoolConfig);
  const onError = (error: Error) => options.log(`${options.name}: a database connection was lost: ${error.message}`);
  // An idle client reports through the pool, one in use through itself; unheard, either would end the process.
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** `min: 0` lets idle connections go; knex's own default keeps two for ever, cut or not. */
export function openKnex(url: string, options: OnePool): Knex {
  const say = (message: unknown) => options.log(`${options.name}: ${String(message)}`);
  return createKnex({
    client: 'pg',
    // Its error messages would carry the values, and with them addresses and secrets.
    compileSqlOnError: false,
    connection: { connectionString: url, application_name: options.name, keepAlive: true, types: EXACT_TYPES as never },
    pool: { min: 0, max: options.max, idleTimeoutMillis: IDLE_TIMEOUT_MS },
    acquireConnectionTimeout: CONNECT_TIMEOUT_MS,
    log: { warn: say, error: say, deprecate: say, debug: () => {} },
  });
}

/**
 * int8 is read as bigint (money passes 2^53), timestamptz as Date, and date as the text it is: pg would make it
 * midnight in this machine's time zone. Given to each pool of ours and never set for the whole process: the job queue
 * writes its ids as JSON, which bigint cannot be, and would die of it at the first failed job.
 */
const INT8_ARRAY = 1016;
const { builtins } = pg.types;
const parseTextArray = pg.types.getTypeParser(INT8_ARRAY as never) as (text: string) => (string | null)[];
const PARSERS: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [builtins.INT8, BigInt],
  [builtins.DATE, (text) => text],
  [INT8_ARRAY, (text) => parseTextArray(text).map((item) => (item === null ? null : BigInt(item)))],
]);

export const EXACT_TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((id: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && PARSERS.get(id)) ||
    pg.types.getTypeParser(id as never, format as never)) as pg.CustomTypesConfig['getTypeParser'],
};
