/**
 * Members as a list, and whom one of them referred.
 * Promises: newest first, one page at a time along an index. Must never: read what is encrypted.
 */
import type { Knex } from 'knex';
import type { PageRequest } from '../../http/pages.ts';
import { conditions, select } from '../../http/query.sql.ts';

export interface MemberItem {
  id: bigint;
  member_id: string;
  created_at: Date;
  signed_up_at: Date | null;
  suspended_at: Date | null;
  erased_at: Date | null;
  tier: string | null;
  referred_by: string | null;
  completed: bigint | null;
}

export interface MemberFilter {
  readonly programNo: number;
  /** One of the product's ids, whole. */
  readonly member: string | undefined;
  readonly emailHash: string | undefined;
}

export async function listMembers(knex: Knex, filter: MemberFilter, page: PageRequest): Promise<MemberItem[]> {
  const { text, values } = conditions([
    [
      "p.id in (select a.person_id from person_aliases a where a.program_no = p.program_no and a.kind = 'member' and a.value = ?)",
      filter.member,
    ],
    ['p.email_hash = ?', filter.emailHash],
    ['(p.created_at, p.id) < (?, ?)', page.after && [page.after.at, page.after.id]],
  ]);
  const whole = `
    select p.id, p.member_id, p.created_at, p.signed_up_at, p.suspended_at, p.erased_at, p.tier, b.member_id as referred_by, c.completed
      from (select p.* from persons p where p.program_no = ? and p.merged_into is null${text}
             order by p.created_at desc, p.id desc limit ?) p
      left join referrals r on r.program_no = p.program_no and r.referee_id = p.id
      left join persons b on b.program_no = r.program_no and b.id = r.referrer_id
      left join referral_counts c on c.program_no = p.program_no and c.person_id = p.id
     order by p.created_at desc, p.id desc`;
  return select(knex, whole, [filter.programNo, ...values, page.limit + 1]);
}

export interface ReferredRow {
  member_id: string;
  status: string;
  reason: string | null;
  code: string;
  created_at: Date;
  first_paid_at: Date | null;
  referred: bigint | null;
}

/** The newest hundred, each with how many they referred in turn. */
export async function listReferred(knex: Knex, programNo: number, memberId: string): Promise<ReferredRow[]> {
  const text = `
    select p.member_id, r.status, r.reason, coalesce(k.code, r.code_key) as code, r.created_at, p.first_paid_at, c.completed as referred
      from person_aliases a
      cross join lateral (
        select * from referrals q where q.program_no = a.program_no and q.referrer_id = a.person_id
         order by q.created_at desc, q.id desc limit 100) r
      join persons p on p.program_no = r.program_no and p.id = r.referee_id
      left join codes k on k.program_no = r.program_no and k.code_key = r.code_key
      left join referral_counts c on c.program_no = r.program_no and c.person_id = r.referee_id
     where a.program_no = ? and a.kind = 'member' and a.value = ? order by r.created_at desc, r.id desc`;
  return select(knex, text, [programNo, memberId]);
}
