/** A ledger written by hand, as the engine writes it, and the owner's hand in it, which no trigger stops. */
import type pg from 'pg';
import { withTransaction } from '../../src/db/transaction.ts';

export const AT = new Date('2026-05-01T12:00:00.123Z');

export async function makeProgram(pool: pg.Pool, name: string): Promise<number> {
  const { rows } = await pool.query('insert into programs (name, created_at) values ($1, $2) returning no', [name, AT]);
  return rows[0].no as number;
}

const HEADER = `insert into ledger_transactions (program_no, id, kind, reward_id, cause_id, at)
  select $1, i, 'credit', i, null, $3 from unnest($2::bigint[]) i`;
const ENTRIES = `insert into ledger_entries (program_no, transaction_id, line, person_id, account, unit, amount)
  select $1, i, line, case line when 1 then 0 else 7 end, case line when 1 then 'rewards' else 'available' end, 'usd', case line when 1 then -500 else 500 end
    from unnest($2::bigint[]) i cross join generate_series(1, 2) line`;

export async function write(client: pg.Pool | pg.PoolClient, programNo: number, ids: readonly number[]): Promise<void> {
  await client.query(HEADER, [programNo, ids, AT]);
  await client.query(ENTRIES, [programNo, ids]);
}

export async function post(pool: pg.Pool, programNo: number, ids: readonly number[]): Promise<void> {
  await withTransaction(pool, (client) => write(client, programNo, ids));
}

export const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** With every trigger asleep, as only the owner of the server can. */
export async function tamper(owner: pg.Pool, ...statements: string[]): Promise<void> {
  await withTransaction(owner, async (client) => {
    await client.query('set local session_replication_role = replica');
    for (const text of statements) await client.query(text);
  });
}
