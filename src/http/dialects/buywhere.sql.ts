/**
 * What BuyWhere's answers are made of.
 * Promises: figures from the sums that the database keeps, lists by index; all by the person's id. Must never: read what
 * is encrypted; `openSecrets` does.
 */
import type { Knex } from 'knex';
import type { PageRequest } from '../pages.ts';
import { conditions, select } from '../query.sql.ts';

export interface FiguresRow {
  earned: bigint;
  earned_since: bigint;
  vesting: bigint;
  available: bigint;
  debt: bigint;
  pending: number;
  completed: number;
  last_at: Date | null;
}

/** `since`: a UTC day. */
export async function readFigures(
  knex: Knex,
  programNo: number,
  personId: bigint,
  { unit, since }: { readonly unit: string; readonly since: string },
): Promise<FiguresRow> {
  const text = `
    select coalesce(d.earned, 0)::bigint as earned, coalesce(d.earned_since, 0)::bigint as earned_since,
           coalesce(v.vesting, 0)::bigint as vesting, coalesce(b.available, 0)::bigint as available,
           coalesce(-b.debt, 0)::bigint as debt, coalesce(n.pending, 0)::int as pending,
           coalesce(n.completed, 0)::int as completed, n.last_at
      from (values (?::integer, ?::bigint, ?::text)) k (program_no, person_id, unit)
      cross join lateral (
        select sum(d.earned) as earned, sum(d.earned) filter (where d.day >= ?::date) as earned_since from reward_days d
         where d.program_no = k.program_no and d.person_id = k.person_id and d.unit = k.unit) d
      cross join lateral (
        select sum(r.amount - r.reversed_amount - r.forfeited_amount) as vesting from rewards r
         where r.program_no = k.program_no and r.person_id = k.person_id and r.unit = k.unit
           and r.status = 'pending' and r.reason = 'vesting') v
      cross join lateral (
        select sum(b.balance) filter (where b.account = 'available') as available,
               sum(b.balance) filter (where b.account = 'debt') as debt from balances b
         where b.program_no = k.program_no and b.person_id = k.person_id and b.unit = k.unit) b
      left join referral_counts n on n.program_no = k.program_no and n.person_id = k.person_id`;
  const [row] = await select<FiguresRow>(knex, text, [programNo, personId, unit, since]);
  if (!row) throw new Error('bug: sums of nothing are zero, not no row');
  return row;
}

export interface CodeRow {
  code: string;
  max_uses: number | null;
  uses: number;
  created_at: Date;
}

export async function readCode(knex: Knex, programNo: number, personId: bigint): Promise<CodeRow | undefined> {
  const text = `
    select c.code, c.max_uses, c.uses, c.created_at from codes c
     where c.program_no = ? and c.person_id = ? and c.kind = 'primary' and c.revoked_at is null`;
  return (await select<CodeRow>(knex, text, [programNo, personId]))[0];
}

export interface DeveloperRow {
  member_id: string;
  created_at: Date;
  referred_by: string | null;
  referral_status: 'pending' | 'completed' | 'denied' | 'void' | null;
  referral_reason: string | null;
  /** What became of the last code that came along. */
  claim_outcome: string | null;
}

export async function readDeveloper(
  knex: Knex,
  programNo: number,
  personId: bigint,
): Promise<DeveloperRow | undefined> {
  const text = `
    select p.member_id, coalesce(p.signed_up_at, p.created_at) as created_at, b.member_id as referred_by,
           r.status as referral_status, r.reason as referral_reason, c.outcome as claim_outcome
      from persons p
      left join referrals r on r.program_no = p.program_no and r.referee_id = p.id
      left join persons b on b.program_no = r.program_no and b.id = r.referrer_id
      left join lateral (
        select l.outcome from claims l where l.program_no = p.program_no and l.person_id = p.id order by l.id desc limit 1) c on true
     where p.program_no = ? and p.id = ?`;
  return (await select<DeveloperRow>(knex, text, [programNo, personId]))[0];
}

export interface ReferralRow {
  id: bigint;
  referee_id: bigint;
  member_id: string;
  org_id: string | null;
  status: 'pending' | 'completed' | 'denied' | 'void';
  reason: string | null;
  created_at: Date;
  completed_at: Date | null;
}

/** One row more than the page's limit. */
export async function listReferrals(
  knex: Knex,
  programNo: number,
  personId: bigint,
  page: PageRequest,
): Promise<ReferralRow[]> {
  const after = conditions([['(r.created_at, r.id) < (?, ?)', page.after && [page.after.at, page.after.id]]]);
  const text = `
    select f.id, f.referee_id, p.member_id, p.org_id, f.status, f.reason, f.created_at, f.completed_at
      from (select r.* from referrals r
             where r.program_no = ? and r.referrer_id = ? and r.status <> 'void'${after.text}
             order by r.created_at desc, r.id desc limit ?) f
      join persons p on p.program_no = f.program_no and p.id = f.referee_id
     order by f.created_at desc, f.id desc`;
  return select(knex, text, [programNo, personId, ...after.values, page.limit + 1]);
}

export interface EarnedRow {
  referee_id: bigint;
  rule: string;
  /** Net of what was taken back. */
  amount: bigint;
  is_vesting: boolean;
}

/** What the person has earned, vesting included, from these referees. */
export async function listEarned(
  knex: Knex,
  programNo: number,
  personId: bigint,
  referees: readonly bigint[],
): Promise<EarnedRow[]> {
  if (referees.length === 0) return [];
  const text = `
    select r.referee_id, r.rule, r.amount - r.reversed_amount - r.forfeited_amount as amount, r.status = 'pending' as is_vesting
      from rewards r
     where r.program_no = ? and r.referee_id = any(?::bigint[]) and r.person_id = ?
       and (r.status = 'credited' or (r.status = 'pending' and r.reason = 'vesting'))`;
  return select(knex, text, [programNo, referees.map(String), personId]);
}

export interface CreditRow {
  id: bigint;
  referee_id: bigint;
  rule: string;
  amount: bigint;
  at: Date;
}

/**
 * Lines of the ledger of these referees' rewards to the person, each with what it gave or took; what only moves from
 * vesting to available is none. What a signal holds is not theirs yet.
 */
export async function listCredits(
  knex: Knex,
  programNo: number,
  personId: bigint,
  referees: readonly bigint[],
): Promise<CreditRow[]> {
  if (referees.length === 0) return [];
  const text = `
    select t.id, r.referee_id, r.rule, e.amount, t.at
      from rewards r
      join ledger_transactions t on t.program_no = r.program_no and t.reward_id = r.id
      cross join lateral (
        select sum(x.amount)::bigint as amount from ledger_entries x
         where x.program_no = t.program_no and x.transaction_id = t.id and x.person_id = r.person_id) e
     where r.program_no = ? and r.referee_id = any(?::bigint[]) and r.person_id = ? and e.amount <> 0
       and t.kind in ('earn', 'credit', 'release', 'reverse', 'restore')
       and r.status <> 'rejected' and r.reason is distinct from 'held'
     order by t.id`;
  return select(knex, text, [programNo, referees.map(String), personId]);
}

export interface ReasonRow {
  rule: string;
  count: number;
  amount: bigint;
}

export async function sumByRule(knex: Knex, programNo: number, personId: bigint): Promise<ReasonRow[]> {
  const text = `
    select r.rule, count(*)::int as count, sum(r.amount - r.reversed_amount - r.forfeited_amount)::bigint as amount
      from rewards r
     where r.program_no = ? and r.person_id = ? and (r.status = 'credited' or (r.status = 'pending' and r.reason = 'vesting'))
     group by r.rule`;
  return select(knex, text, [programNo, personId]);
}

export interface ActivityRow {
  active: number;
  recent: number;
}

/** Referees who used the API since, and referrals completed since. */
export async function countActivity(
  knex: Knex,
  programNo: number,
  personId: bigint,
  since: Date,
): Promise<ActivityRow> {
  const text = `
    select count(*) filter (where u.last_at >= ?)::int as active, count(*) filter (where r.completed_at >= ?)::int as recent
      from referrals r
      left join usage_totals u on u.program_no = r.program_no and u.person_id = r.referee_id
     where r.program_no = ? and r.referrer_id = ? and r.status = 'completed'`;
  const [row] = await select<ActivityRow>(knex, text, [since, since, programNo, personId]);
  return row ?? { active: 0, recent: 0 };
}
