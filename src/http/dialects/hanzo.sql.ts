/**
 * What Hanzo's answers are made of.
 * Promises: one statement each, by the person's id or a code's key. Must never: decide what a status means.
 */
import type { Knex } from 'knex';
import { select } from '../query.sql.ts';

export interface ReferrerRow {
  /** Ours of them; their ids are made of it. */
  created_at: Date;
  /** When they signed up, as the product tells it. */
  joined_at: Date;
  code: string | null;
  code_created_at: Date | null;
  tier: string | null;
  /** Of the month, for tiers that go by it. */
  volume: bigint;
  rate: bigint | null;
  balance: bigint;
  referred: number;
  completed: number;
  qualified: number;
  /** Signed up, and may still qualify. */
  waiting: number;
}

export async function readReferrer(
  knex: Knex,
  programNo: number,
  personId: bigint,
  { unit, month }: { readonly unit: string; readonly month: string },
): Promise<ReferrerRow | undefined> {
  const text = `
    select p.created_at, coalesce(p.signed_up_at, p.created_at) as joined_at, c.code, c.created_at as code_created_at, p.tier, p.rate,
           coalesce(v.net, 0)::bigint as volume, coalesce(b.balance, 0)::bigint as balance,
           coalesce(n.pending + n.completed, 0)::int as referred, coalesce(n.completed, 0)::int as completed,
           coalesce(n.qualified, 0)::int as qualified,
           (select count(*)::int from referrals r
             where r.program_no = p.program_no and r.referrer_id = p.id and r.qualify_until is not null) as waiting
      from persons p
      left join codes c on c.program_no = p.program_no and c.person_id = p.id and c.kind = 'primary' and c.revoked_at is null
      left join balances b on b.program_no = p.program_no and b.person_id = p.id and b.account = 'available' and b.unit = ?
      left join referral_counts n on n.program_no = p.program_no and n.person_id = p.id
      left join month_volumes v on v.program_no = p.program_no and v.person_id = p.id and v.month = ?
     where p.program_no = ? and p.id = ?`;
  return (await select<ReferrerRow>(knex, text, [unit, month, programNo, personId]))[0];
}

/** What the person has earned by these rules, and what of it is still to be settled. */
export async function sumShares(
  knex: Knex,
  programNo: number,
  personId: bigint,
  rules: readonly string[],
): Promise<{ total: bigint; pending: bigint }> {
  const text = `
    select coalesce(sum(r.amount - r.reversed_amount - r.forfeited_amount) filter (where r.status = 'credited'), 0)::bigint as total,
           coalesce(sum(r.amount - r.reversed_amount - r.forfeited_amount) filter (where r.status = 'pending'), 0)::bigint as pending
      from rewards r where r.program_no = ? and r.person_id = ? and r.rule = any(?::text[])`;
  const [row] = await select<{ total: bigint; pending: bigint }>(knex, text, [programNo, personId, [...rules]]);
  return row ?? { total: 0n, pending: 0n };
}

export async function readStanding(
  knex: Knex,
  programNo: number,
  personId: bigint,
  month: string,
): Promise<Pick<ReferrerRow, 'tier' | 'volume'>> {
  const text = `
    select p.tier, coalesce(v.net, 0)::bigint as volume from persons p
      left join month_volumes v on v.program_no = p.program_no and v.person_id = p.id and v.month = ?
     where p.program_no = ? and p.id = ?`;
  const [row] = await select<Pick<ReferrerRow, 'tier' | 'volume'>>(knex, text, [month, programNo, personId]);
  return row ?? { tier: null, volume: 0n };
}

export interface ClaimRow {
  /** Of the claim as it was first made. */
  id: bigint;
  at: Date;
  code: string;
  referrer_id: bigint;
  referrer_created_at: Date;
  /** null: the claim made no referral. */
  referral_status: 'pending' | 'completed' | 'denied' | 'void' | null;
  reward_status: string | null;
  reward_amount: bigint | null;
}

/** The person's first claim of this code, with what it came to; `rules` are those that pay whoever was referred. */
export async function readClaim(
  knex: Knex,
  programNo: number,
  personId: bigint,
  codeKeys: readonly string[],
  rules: readonly string[],
): Promise<ClaimRow | undefined> {
  const text = `
    select coalesce(f.id, r.id) as id, coalesce(f.at, r.created_at) as at, c.code, p.id as referrer_id,
           p.created_at as referrer_created_at, r.status as referral_status, w.status as reward_status, w.amount as reward_amount
      from codes c
      join persons p on p.program_no = c.program_no and p.id = c.person_id
      left join referrals r on r.program_no = c.program_no and r.referee_id = ? and r.code_key = c.code_key
      left join lateral (
        select l.id, l.at from claims l
         where l.program_no = c.program_no and l.person_id = ? and l.code_key = c.code_key order by l.id limit 1) f on true
      left join lateral (
        select x.status, x.amount - x.reversed_amount - x.forfeited_amount as amount from rewards x
         where x.program_no = r.program_no and x.referee_id = r.referee_id and x.person_id = r.referee_id and x.rule = any(?::text[])
         order by x.id limit 1) w on true
     where c.program_no = ? and c.code_key = any(?::text[])`;
  const values = [personId, personId, [...rules], programNo, [...codeKeys]];
  return (await select<ClaimRow>(knex, text, values)).find((row) => row.id !== null);
}
