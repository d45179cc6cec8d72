/**
 * Seals the ledger, decisions and what admins did: a hash chain over each, written behind it.
 * Promises: nothing that could still get a neighbour with a lower id is sealed; two sealers at once make one chain; the
 * memory used does not grow with the ledger. Must never: hold up the engine; it takes a lock of its own.
 */
import type pg from 'pg';
import { withTransaction } from '../db/transaction.ts';
import { PLAN_BY_INDEX } from '../engine/lock.sql.ts';
import * as sql from './seal.sql.ts';

/** A seal's statement takes some 20 ms at this size, and a check compares this many transactions at a time. */
const TRANSACTIONS_PER_SEAL = 1000;

/** In place of a program's number. */
export const AUDIT = 0;

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

/**
 * Seals all of the program that can be sealed now; the answer counts the ledger. While another process does it, it
 * returns at once.
 */
export async function sealProgram(pool: pg.Pool, programNo: number, options: SealOptions): Promise<Sealed> {
  const ledger = await sealChain(pool, 'ledger', programNo, options);
  await sealChain(pool, 'decisions', programNo, options);
  return ledger;
}

/** What admins did, in all programs together: one chain. While somebody writes, it is left to the next time. */
export async function sealAudit(pool: pg.Pool, options: SealOptions): Promise<Sealed> {
  return await sealChain(pool, 'audit', AUDIT, options);
}

async function sealChain(pool: pg.Pool, chain: sql.Chain, no: number, options: SealOptions): Promise<Sealed> {
  let [seals, transactions] = [0, 0n];
  while (!options.stopped?.()) {
    const sealed = await sealNext(pool, chain, no, options);
    if (sealed === 0n) break;
    seals++;
    transactions += sealed;
  }
  return { seals, transactions };
}

async function sealNext(pool: pg.Pool, chain: sql.Chain, programNo: number, options: SealOptions): Promise<bigint> {
  const { now, transactionsPerSeal = TRANSACTIONS_PER_SEAL } = options;
  return await withTransaction(pool, async (client) => {
    const { rows } = await client.query(sql.SQL[chain].tryLock, [programNo]);
    if (!rows[0]?.taken) return 0n;
    await client.query(PLAN_BY_INDEX);
    const made = await client.query(sql.SQL[chain].sealNext, [programNo, transactionsPerSeal, now]);
    return (made.rows[0]?.transactions as bigint | undefined) ?? 0n;
  });
}

/** The last sealed ledger transaction of the program; null before the first seal. */
export async function sealedTo(pool: pg.Pool, programNo: number): Promise<bigint | null> {
  const { rows } = await pool.query(sql.SEALED_TO, [programNo]);
  return (rows[0]?.to_id as bigint | undefined) ?? null;
}
