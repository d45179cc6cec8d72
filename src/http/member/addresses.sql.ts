/**
 * Whose an address is, where it is to be proved by a mail. Must never: be told to whoever asked.
 */
import type { Knex } from 'knex';
import { select } from '../query.sql.ts';

export interface AddressRow {
  id: bigint;
  member_id: string;
  org_id: string | null;
}

/** The members with this address, as matched. */
export async function membersAt(knex: Knex, programNo: number, emailHash: string): Promise<AddressRow[]> {
  const text = `
    select p.id, p.member_id, p.org_id from persons p
     where p.program_no = ? and p.email_hash = ? and p.merged_into is null and p.deleted_at is null and p.erased_at is null
     order by p.created_at, p.id limit 5`;
  return select(knex, text, [programNo, emailHash]);
}
