/**
 * What a command of the command line is given and how it fails.
 * Promises: expected failures are one line without a stack; a command that opened a database closes it. Must never:
 * print anything but results on standard output: a pipe may be reading.
 */
import type { Knex } from 'knex';
import type pg from 'pg';
import { ConfigError, type Env } from '../config/env.ts';
import type { Output } from './output.ts';

export interface OpenDatabase {
  readonly pool: pg.Pool;
  readonly knex: Knex;
  /** The service's clock: the test clock on a database that was created under it. */
  readonly now: () => Promise<Date>;
}

export interface Cli {
  readonly env: () => Env;
  readonly output: Output;
  /** A migrated database, closed when the work is done. */
  readonly withDatabase: <T>(work: (database: OpenDatabase) => Promise<T>) => Promise<T>;
}

/** What went wrong has been printed; nothing is left to say but the exit code. */
export class Failed extends Error {
  override name = 'Failed';
}

/** `rw_12` or `12`. */
export function idOf(text: string, prefix: string, what: string): bigint {
  const digits = text.startsWith(`${prefix}_`) ? text.slice(prefix.length + 1) : text;
  if (!/^\d{1,18}$/.test(digits))
    throw new ConfigError(`${text} is not the id of ${what}; it looks like ${prefix}_123`);
  return BigInt(digits);
}
