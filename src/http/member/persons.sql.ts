/**
 * The person behind a credential.
 * Promises: one statement each, by a primary key. Must never: find somebody of another program.
 */
import type { Knex } from 'knex';
import type { Pools } from '../../db/pool.ts';
import { select } from '../query.sql.ts';

export interface PersonRow {
  id: bigint;
  member_id: string;
  email_verified: boolean | null;
  org_id: string | null;
  deleted_at: Date | null;
  erased_at: Date | null;
}

const COLUMNS = 'p.id, p.member_id, p.email_verified, p.org_id, p.deleted_at, p.erased_at';

const FIND_MEMBER = `
  select ${COLUMNS} from person_aliases a join persons p on p.program_no = a.program_no and p.id = a.person_id
   where a.program_no = $1 and a.kind = 'member' and a.value = $2`;

/** Asked by every request of a member, and so planned once per connection. */
export async function findMember(
  { general, statement }: Pick<Pools, 'general' | 'statement'>,
  programNo: number,
  memberId: string,
): Promise<PersonRow | undefined> {
  const { rows } = await general.query<PersonRow>(statement('find member', FIND_MEMBER, [programNo, memberId]));
  return rows[0];
}

/** Someone who was joined into another is who they are now. */
export async function readPerson(knex: Knex, programNo: number, personId: bigint): Promise<PersonRow | undefined> {
  const text = `
    select ${COLUMNS} from persons q join persons p on p.program_no = q.program_no and p.id = coalesce(q.merged_into, q.id)
     where q.program_no = ? and q.id = ?`;
  return (await select<PersonRow>(knex, text, [programNo, personId]))[0];
}
