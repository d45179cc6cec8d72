// Transactions, and what a database error means for the caller. withTransaction returns only after the commit: what it
// returned is on disk. Its function must have no effect outside the database, since it may run again; and it must
// never make a network call, which would hold locks for as long as somebody else likes.
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

export type TransactionOptions = {
  /** Run again after a deadlock (40P01) or a serialization failure (40001), at most this many times. */
  readonly retries?: number;
};

const RETRY_DELAY_MS_MAX = 50;

export async function withTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  { retries = 0 }: TransactionOptions = {},
): Promise<T> {
  for (let left = retries; ; left--) {
    try {
      return await once(pool, work);
    } catch (error) {
      if (left <= 0 || !isRetryable(error)) throw error;
      // Two that met once would meet again if they waited equally long.
      await sleep(Math.random() * RETRY_DELAY_MS_MAX);
    }
  }
}

async function once<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    const { command } = await client.query('commit');
    // After an error that the work swallowed, PostgreSQL answers COMMIT with ROLLBACK, and no error.
    if (command !== 'COMMIT') throw new Error('the transaction was rolled back: an error in it had been ignored');
    return result;
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** A deadlock or a serialization failure: nothing was done, and the same again may pass. */
export function isRetryable(error: unknown): boolean {
  return ['40P01', '40001'].includes(sqlState(error) ?? '');
}

/** The five characters by which PostgreSQL says what was wrong; undefined when the error is none of its. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code) ? code : undefined;
}

/** Whole classes: connection exceptions, insufficient resources, operator intervention; and a failed-over primary. */
const UNAVAILABLE_STATES = /^(08|53|57P0[1-5]|57014|55P03|25006|58030)/;
const UNAVAILABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** pg and knex say these in words only. */
const UNAVAILABLE_WORDS =
  /connection terminated|timeout exceeded when trying to connect|not queryable|timeout acquiring a connection|cannot use a pool after/i;

/**
 * Is the database away (or so busy that it might as well be), so that the answer is 503 and the same again may pass?
 * Also true when it went away during a commit: whether that took effect is then unknown, and only a key can tell.
 */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError && error.errors.some(isUnavailable)) return true;
  const { code, syscall } = error as NodeJS.ErrnoException;
  const state = sqlState(error);
  if (state) return UNAVAILABLE_STATES.test(state);
  if (code !== undefined && UNAVAILABLE_CODES.has(code)) return true;
  if (code === 'ENOENT' && syscall === 'connect') return true; // the server's socket
  return UNAVAILABLE_WORDS.test(error.message) || isUnavailable(error.cause);
}
