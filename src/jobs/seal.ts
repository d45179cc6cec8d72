/**
 * Seals the ledger: a hash chain over its transactions and their entries, written behind it.
 * Promises: nothing that could still get a neighbour with a lower id is sealed; two sealers at once make one chain; the
 * memory used does not grow with the ledger. Must never: hold up the engine; it takes a lock of its own.
 */
import type pg from 'pg';
import { withTransaction } from '../db/transaction.ts';
import { PLAN_BY_INDEX } from '../engine/lock.sql.ts';
import * as sql from './seal.sql.ts';

/** A seal's statement takes some 20 ms at this size, and a check compares this many transactions at a time. */
const TRANSACTIONS_PER_SEAL = 1000;

export interface SealOptions {
  readonly now: Date;
  readonly transactionsPerSeal?: number;
  /** Asked between two seals: true ends the work early; the next run goes on. */
  readonly stopped?: () => boolean;
}

export interface Sealed {
  readonly seals: number;
  readonly transactions: bigint;
}

/** Seals all that can be sealed now. While another process does it, it returns at once. */
export async function sealProgram(pool: pg.Pool, programNo: number, options: SealOptions): Promise<Sealed> {
  let [seals, transactions] = [0, 0n];
  while (!options.stopped?.()) {
    const sealed = await sealNext(pool, programNo, options);
    if (sealed === 0n) break;
    seals++;
    transactions += sealed;
  }
  return { seals, transactions };
}

async function sealNext(pool: pg.Pool, programNo: number, options: SealOptions): Promise<bigint> {
  const { now, transactionsPerSeal = TRANSACTIONS_PER_SEAL } = options;
  return await withTransaction(pool, async (client) => {
    const { rows } = await client.query(sql.TRY_SEAL_LOCK, [programNo]);
    if (!rows[0]?.taken) return 0n;
    await client.query(PLAN_BY_INDEX);
    const made = await client.query(sql.SEAL_NEXT, [programNo, transactionsPerSeal, now]);
    return (made.rows[0]?.transactions as bigint | undefined) ?? 0n;
  });
}

/** The last sealed ledger transaction of the program; null before the first seal. */
export async function sealedTo(pool: pg.Pool, programNo: number): Promise<bigint | null> {
  const { rows } = await pool.query(sql.SEALED_TO, [programNo]);
  return (rows[0]?.to_id as bigint | undefined) ?? null;
}
