/**
 * A member's own figures.
 * Promises: sums of rewards are read from one row a day, counts of referrals from one row, whatever else the database
 * holds. Must never: read another person's rows, but whether a referee is active.
 */
import type { Knex } from 'knex';
import type { Pools } from '../../db/pool.ts';
import { select } from '../query.sql.ts';

type Database = Pick<Pools, 'general' | 'statement'>;

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

export interface BalanceRow {
  readonly account: string;
  readonly unit: string;
  readonly balance: bigint;
}

export interface RewardTotalsRow {
  readonly unit: string;
  readonly earned: bigint;
  readonly earned_since: bigint;
  readonly pending: bigint;
}

export interface Figures {
  readonly profile: ProfileRow | undefined;
  readonly balances: readonly BalanceRow[];
  readonly rewards: readonly RewardTotalsRow[];
}

/**
 * All in one statement, planned once per connection: a request waits for the database once. Amounts travel as text,
 * since JSON's numbers end at 2^53.
 */
const FIGURES = `
  select p.tier, coalesce(v.net, 0)::bigint as volume, p.suspended_at, c.code, c.max_uses, c.uses,
         coalesce(n.completed, 0)::int as signups, coalesce(n.qualified, 0)::int as qualified,
         (select jsonb_agg(jsonb_build_object('account', b.account, 'unit', b.unit, 'balance', b.balance::text))
            from balances b where b.program_no = p.program_no and b.person_id = p.id) as balances,
         (select jsonb_agg(t order by t.unit) from (
            select d.unit, sum(d.earned)::text as earned,
                   coalesce(sum(d.earned) filter (where d.day >= $4::date), 0)::text as earned_since,
                   sum(d.pending)::text as pending
              from reward_days d where d.program_no = p.program_no and d.person_id = p.id group by d.unit) t) as rewards
    from persons p
    left join referral_counts n on n.program_no = p.program_no and n.person_id = p.id
    left join month_volumes v on v.program_no = p.program_no and v.person_id = p.id and v.month = $3
    left join codes c on c.program_no = p.program_no and c.person_id = p.id and c.kind = 'primary' and c.revoked_at is null
   where p.program_no = $1 and p.id = $2`;

type Texts<Row> = { readonly [Field in keyof Row]: string };

/** `month`: as in 2026-03. `since`: a UTC day. The database keeps the sums of rewards as these change. */
export async function readFigures(
  { general, statement }: Database,
  programNo: number,
  personId: bigint,
  { month, since }: { readonly month: string; readonly since: string },
): Promise<Figures> {
  const { rows } = await general.query<
    ProfileRow & { balances: Texts<BalanceRow>[] | null; rewards: Texts<RewardTotalsRow>[] | null }
  >(statement('figures of a member', FIGURES, [programNo, personId, month, since]));
  const [row] = rows;
  return {
    profile: row,
    balances: (row?.balances ?? []).map((each) => ({ ...each, balance: BigInt(each.balance) })),
    rewards: (row?.rewards ?? []).map(({ unit, earned, earned_since, pending }) => ({
      unit,
      earned: BigInt(earned),
      earned_since: BigInt(earned_since),
      pending: BigInt(pending),
    })),
  };
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
