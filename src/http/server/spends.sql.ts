/** Spends as their caller sees them, by id or by the caller's own key. */
import type { Knex } from 'knex';
import { select } from '../query.sql.ts';

export interface SpendRow {
  id: bigint;
  member_id: string;
  unit: string;
  amount: bigint;
  idempotency_key: string;
  reason: string | null;
  balance_after: bigint;
  /** Available now. */
  balance: bigint;
  created_at: Date;
  voided_at: Date | null;
}

const SPEND = `
  select s.id, s.member_id, s.unit, s.amount, s.idempotency_key, s.reason, s.balance_after, s.created_at, s.voided_at,
         coalesce(b.balance, 0) as balance
    from spends s
    left join balances b on b.program_no = s.program_no and b.person_id = s.person_id and b.account = 'available' and b.unit = s.unit
   where s.program_no = ?`;

export async function readSpendByKey(knex: Knex, programNo: number, key: string): Promise<SpendRow | undefined> {
  return (await select<SpendRow>(knex, `${SPEND} and s.idempotency_key = ?`, [programNo, key]))[0];
}

export async function readSpend(knex: Knex, programNo: number, id: bigint): Promise<SpendRow | undefined> {
  return (await select<SpendRow>(knex, `${SPEND} and s.id = ?`, [programNo, id]))[0];
}
