/**
 * Who brought the most this month.
 * Promises: one index-only scan of the month's completed referrals. Must never: count what was denied or is void, or
 * people outside of the organization that was named.
 */
import type { Knex } from 'knex';
import { conditions, select } from '../query.sql.ts';

export interface BoardRow {
  person_id: bigint;
  signups: number;
}

/** Who came to the same number first stands first; at last the elder member. */
export async function readBoard(
  knex: Knex,
  programNo: number,
  given: { readonly from: Date; readonly to: Date; readonly orgId: string | null; readonly top: number },
): Promise<BoardRow[]> {
  const org = conditions([['p.org_id = ?', given.orgId ?? undefined]]);
  const text = `
    select m.person_id, m.signups
      from (select r.referrer_id as person_id, count(*)::int as signups, max(r.completed_at) as last_at
              from referrals r
             where r.program_no = ? and r.status = 'completed' and r.completed_at >= ? and r.completed_at < ?
             group by r.referrer_id) m
      join persons p on p.program_no = ? and p.id = m.person_id
     where p.deleted_at is null and p.suspended_at is null${org.text}
     order by m.signups desc, m.last_at, m.person_id limit ?`;
  return select(knex, text, [programNo, given.from, given.to, programNo, ...org.values, given.top]);
}
