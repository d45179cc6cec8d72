/**
 * A member's own figures.
 * Promises: sums of rewards are read from one row a day, counts of referrals from one row, whatever else the database
 * holds. Must never: read another person's rows, but whether a referee is active.
 */
import type { Knex } from 'knex';
import { select } from '../query.sql.ts';

export interface ProfileRow {
  tier: string | null;
  /** Of the month, for tiers that go by it. */
  volume: bigint;
  signups: number;
  qualified: number;
  suspended_at: Date | null;
  code: string | null;
  max_uses: number | null;
  uses: number | null;
}

/** `month`: as in 2026-03. */
export async function readProfile(
  knex: Knex,
  programNo: number,
  personId: bigint,
  month: string,
): Promise<ProfileRow | undefined> {
  const text = `
    select p.tier, coalesce(v.net, 0)::bigint as volume, p.suspended_at, c.code, c.max_uses, c.uses,
           coalesce(n.completed, 0)::int as signups, coalesce(n.qualified, 0)::int as qualified
      from persons p
      left join referral_counts n on n.program_no = p.program_no and n.person_id = p.id
      left join month_volumes v on v.program_no = p.program_no and v.person_id = p.id and v.month = ?
      left join codes c on c.program_no = p.program_no and c.person_id = p.id and c.kind = 'primary' and c.revoked_at is null
     where p.program_no = ? and p.id = ?`;
  return (await select<ProfileRow>(knex, text, [month, programNo, personId]))[0];
}

export interface BalanceRow {
  account: string;
  unit: string;
  balance: bigint;
}

export async function readBalances(knex: Knex, programNo: number, personId: bigint): Promise<BalanceRow[]> {
  const text = 'select b.account, b.unit, b.balance from balances b where b.program_no = ? and b.person_id = ?';
  return select(knex, text, [programNo, personId]);
}

export interface RewardTotalsRow {
  unit: string;
  earned: bigint;
  earned_since: bigint;
  pending: bigint;
}

/** `since`: a UTC day. The database keeps these sums as rewards change. */
export async function sumRewards(
  knex: Knex,
  programNo: number,
  personId: bigint,
  since: string,
): Promise<RewardTotalsRow[]> {
  const text = `
    select d.unit, sum(d.earned)::bigint as earned,
           coalesce(sum(d.earned) filter (where d.day >= ?::date), 0)::bigint as earned_since,
           sum(d.pending)::bigint as pending
      from reward_days d where d.program_no = ? and d.person_id = ? group by d.unit order by d.unit`;
  return select(knex, text, [since, programNo, personId]);
}

/** Referees who have paid since, or used the product since: known to the day. */
export async function countActive(
  knex: Knex,
  programNo: number,
  personId: bigint,
  since: Date,
  by: 'payment' | 'usage',
): Promise<number> {
  const done =
    by === 'usage'
      ? 'from usage_totals u where u.program_no = r.program_no and u.person_id = r.referee_id and u.last_at >= ?'
      : 'from payments p where p.program_no = r.program_no and p.person_id = r.referee_id and p.paid_at >= ?';
  const text = `
    select count(*)::int as count from referrals r
     where r.program_no = ? and r.referrer_id = ? and r.status = 'completed' and exists (select ${done})`;
  return (await select<{ count: number }>(knex, text, [programNo, personId, since]))[0]?.count ?? 0;
}

export async function readAllowances(
  knex: Knex,
  programNo: number,
  personId: bigint,
  rules: readonly string[],
): Promise<{ rule: string; used: bigint }[]> {
  if (rules.length === 0) return [];
  const text = `
    select r.rule, sum(r.allowance)::bigint as used from rewards r
     where r.program_no = ? and r.person_id = ? and r.rule = any(?::text[]) and r.allowance is not null and r.status <> 'rejected'
     group by r.rule`;
  return select(knex, text, [programNo, personId, rules]);
}
