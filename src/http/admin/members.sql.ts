/**
 * The reads behind one member.
 * Promises: one statement each, all by the person's id. Must never: read what is encrypted; `openSecret` does.
 */
import type { Knex } from 'knex';
import type { Referral, RewardStatus } from '../../model/records.ts';
import { select } from '../query.sql.ts';

export interface MemberRow {
  id: bigint;
  member_id: string;
  aliases: string[];
  customers: string[];
  created_at: Date;
  signed_up_at: Date | null;
  completed_at: Date | null;
  email_verified: boolean | null;
  org_id: string | null;
  rate: bigint | null;
  tier: string | null;
  suspended_at: Date | null;
  suspended_reason: string | null;
  note: string | null;
  first_paid_at: Date | null;
  deleted_at: Date | null;
  erased_at: Date | null;
  erasure_done_at: Date | null;
  referred_by: string | null;
  referral_status: Referral['status'] | null;
  referral_reason: string | null;
  referral_code: string | null;
  referral_created_at: Date | null;
  referral_carrier: string | null;
  referral_evidence: Referral['evidence'] | null;
  referees: number;
}

export async function readMember(knex: Knex, programNo: number, memberId: string): Promise<MemberRow | undefined> {
  const text = `
    select p.id, p.member_id, p.created_at, p.signed_up_at, p.completed_at, p.email_verified, p.org_id, p.rate, p.tier,
           p.suspended_at, p.suspended_reason, p.note, p.first_paid_at, p.deleted_at, p.erased_at,
           (select e.done_at from erasures e where e.program_no = p.program_no and e.person_id = p.id) as erasure_done_at,
           array(select a.value from person_aliases a
                  where a.program_no = p.program_no and a.person_id = p.id and a.kind = 'member' order by a.value) as aliases,
           array(select a.value from person_aliases a
                  where a.program_no = p.program_no and a.person_id = p.id and a.kind = 'customer' order by a.value) as customers,
           b.member_id as referred_by, r.status as referral_status, r.reason as referral_reason,
           coalesce(c.code, r.code_key) as referral_code, r.created_at as referral_created_at,
           r.carrier as referral_carrier, r.evidence as referral_evidence, coalesce(x.completed, 0)::int as referees
      from person_aliases n
      join persons p on p.program_no = n.program_no and p.id = n.person_id
      left join referrals r on r.program_no = p.program_no and r.referee_id = p.id
      left join persons b on b.program_no = r.program_no and b.id = r.referrer_id
      left join referral_counts x on x.program_no = p.program_no and x.person_id = p.id
      left join codes c on c.program_no = r.program_no and c.code_key = r.code_key
     where n.program_no = ? and n.kind = 'member' and n.value = ?`;
  return (await select<MemberRow>(knex, text, [programNo, memberId]))[0];
}

export interface CodeRow {
  code: string;
  kind: 'primary' | 'link';
  channel: string | null;
  campaign: string | null;
  uses: number;
  max_uses: number | null;
  created_at: Date;
  revoked_at: Date | null;
  suspended_at: Date | null;
  expires_at: Date | null;
}

export async function readCodes(knex: Knex, programNo: number, personId: bigint): Promise<CodeRow[]> {
  const text = `
    select c.code, c.kind, c.channel, c.campaign, c.uses, c.max_uses, c.created_at, c.revoked_at, c.suspended_at, c.expires_at
      from codes c where c.program_no = ? and c.person_id = ? order by c.kind desc, c.created_at desc`;
  return select(knex, text, [programNo, personId]);
}

export interface SeenCodeRow {
  code: string;
  carrier: string;
  outcome: string;
  at: Date;
  event_id: bigint | null;
}

const SEEN_MAX = 100;

/** Every code that came along with the person, and what became of it; the latest ones, oldest first. */
export async function readSeenCodes(knex: Knex, programNo: number, personId: bigint): Promise<SeenCodeRow[]> {
  const text = `
    select coalesce(c.code, s.code_key) as code, s.carrier, s.outcome, s.at, s.cause_id as event_id
      from (select * from claims k where k.program_no = ? and k.person_id = ? order by k.id desc limit ?) s
      left join codes c on c.program_no = s.program_no and c.code_key = s.code_key order by s.id`;
  return select(knex, text, [programNo, personId, SEEN_MAX]);
}

export async function readBalances(
  knex: Knex,
  programNo: number,
  personId: bigint,
): Promise<{ account: string; unit: string; balance: bigint }[]> {
  const text = `
    select b.account, b.unit, b.balance from balances b
     where b.program_no = ? and b.person_id = ? order by b.unit, b.account`;
  return select(knex, text, [programNo, personId]);
}

export async function countMemberRewards(
  knex: Knex,
  programNo: number,
  personId: bigint,
): Promise<{ status: RewardStatus; unit: string; count: number; amount: bigint }[]> {
  const text = `
    select r.status, r.unit, count(*)::int as count,
           sum(r.amount - r.reversed_amount - r.forfeited_amount)::bigint as amount
      from rewards r where r.program_no = ? and r.person_id = ? group by r.status, r.unit order by r.unit, r.status`;
  return select(knex, text, [programNo, personId]);
}

export interface ReferralCounts {
  total: number;
  pending: number;
  completed: number;
  denied: number;
  void: number;
  held: number;
  paying: number;
}

export async function countReferrals(knex: Knex, programNo: number, personId: bigint): Promise<ReferralCounts> {
  const text = `
    select count(*)::int as total,
           count(*) filter (where r.status = 'pending')::int as pending,
           count(*) filter (where r.status = 'completed')::int as completed,
           count(*) filter (where r.status = 'denied')::int as denied,
           count(*) filter (where r.status = 'void')::int as void,
           count(*) filter (where r.held)::int as held,
           count(*) filter (where r.status in ('pending', 'completed') and p.first_paid_at is not null)::int as paying
      from referrals r join persons p on p.program_no = r.program_no and p.id = r.referee_id
     where r.program_no = ? and r.referrer_id = ?`;
  return (await select<ReferralCounts>(knex, text, [programNo, personId]))[0] as ReferralCounts;
}
