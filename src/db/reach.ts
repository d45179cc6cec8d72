/**
 * One connection at the start, so that a wrong address or password is told in one line, by the name of its variable.
 * Promises: says why, and gives up after ten seconds. Must never: print the URL; its password is in it.
 */
import pg from 'pg';
import { ConfigError } from '../config/env.ts';

const PATIENCE_MS = 10_000;

export async function reach(variable: string, url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: PATIENCE_MS,
    application_name: 'plusone start',
  });
  try {
    await client.connect();
  } catch (error) {
    throw new ConfigError(`${variable}: the database cannot be reached: ${why(error)}`);
  } finally {
    await client.end().catch(() => {});
  }
}

/** A name with several addresses fails with an error for each, and none of its own. */
function why(error: unknown): string {
  const [first] = error instanceof AggregateError ? error.errors : [error];
  return (first instanceof Error && first.message.split('\n')[0]) || String((first as NodeJS.ErrnoException)?.code);
}
