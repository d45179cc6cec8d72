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
  person_id: bigint;
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
    select r.referee_id as person_id, p.member_id, r.status, r.reason, coalesce(k.code, r.code_key) as code, r.created_at, p.first_paid_at, c.completed as referred
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

export interface InTurnRow {
  referrer_id: bigint;
  member_id: string;
  status: string;
  /** How many that person referred, a thousand at most. */
  total: number;
}

/** The newest few that each of these people referred. */
export async function listInTurn(
  knex: Knex,
  programNo: number,
  people: readonly bigint[],
  few: number,
): Promise<InTurnRow[]> {
  const text = `
    select t.id as referrer_id, g.member_id, g.status, n.total
      from unnest(?::bigint[]) as t(id)
      cross join lateral (
        select count(*)::int as total
          from (select 1 from referrals r where r.program_no = ? and r.referrer_id = t.id limit 1000) c) n
      cross join lateral (
        select p.member_id, r.status
          from referrals r join persons p on p.program_no = r.program_no and p.id = r.referee_id
         where r.program_no = ? and r.referrer_id = t.id order by r.created_at desc, r.id desc limit ?) g`;
  return select(knex, text, [people, programNo, programNo, few]);
}
