/**
 * What only the command line asks the database.
 * Promises: reads, all of it; what a command writes, it writes with the admin API's own statements. Must never: add
 * conditions from text.
 */
import type { Knex } from 'knex';
import { select } from '../http/query.sql.ts';

export interface ProgramRow {
  no: number;
  name: string;
}

export async function listPrograms(knex: Knex): Promise<ProgramRow[]> {
  return await select(knex, 'select no, name from programs order by name');
}

export interface Loose {
  program: string;
  transaction_id: bigint;
  what: string;
}

/** Headers without entries and entries without a header: the engine writes neither, and the sums do not show them. */
export async function findLoose(knex: Knex, limit: number): Promise<Loose[]> {
  const text = `
    with loose as (
      select t.program_no, t.id as transaction_id, 'has fewer than two entries' as what from ledger_transactions t
       where (select count(*) from ledger_entries e where e.program_no = t.program_no and e.transaction_id = t.id) < 2
      union all
      select distinct e.program_no, e.transaction_id, 'does not exist, but its entries do' from ledger_entries e
       where not exists (select from ledger_transactions t where t.program_no = e.program_no and t.id = e.transaction_id))
    select coalesce(g.name, 'program ' || l.program_no) as program, l.transaction_id, l.what
      from loose l left join programs g on g.no = l.program_no order by 1, 2 limit ?`;
  return await select(knex, text, [limit]);
}
