/**
 * How a program went, day by day: the reads behind the plots.
 * Promises: each is one statement over the days that are shown. Must never: be asked at every look; overview.ts keeps
 * what it read for a moment.
 */
import type { Knex } from 'knex';
import { select } from '../../http/query.sql.ts';

export interface Span {
  readonly from: Date;
  readonly to: Date;
}

export interface DayRow {
  day: string;
  clicks: number;
  signups: number;
  qualified: number;
  paying: number;
}

/** Clicks by day, and referred people by the day on which they signed up, qualified and first paid. */
export async function readDays(knex: Knex, programNo: number, { from, to }: Span): Promise<DayRow[]> {
  const text = `
    with seen as (
      select d.day::timestamp at time zone 'UTC' as at, d.clicks, 0 as signups, 0 as qualified, 0 as paying from click_days d
       where d.program_no = ? and d.day >= (?::timestamptz at time zone 'UTC')::date and d.day < (?::timestamptz at time zone 'UTC')::date
      union all
      select r.completed_at, 0, 1, 0, 0 from referrals r
       where r.program_no = ? and r.status = 'completed' and r.completed_at >= ? and r.completed_at < ?
      union all
      select r.qualified_at, 0, 0, 1, 0 from referrals r
       where r.program_no = ? and r.qualified_at >= ? and r.qualified_at < ?
      union all
      select p.first_paid_at, 0, 0, 0, 1 from referrals r
        join persons p on p.program_no = r.program_no and p.id = r.referee_id
       where r.program_no = ? and r.status in ('pending', 'completed') and p.first_paid_at >= ? and p.first_paid_at < ?)
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD') as day, sum(clicks)::int as clicks, sum(signups)::int as signups,
           sum(qualified)::int as qualified, sum(paying)::int as paying from seen group by 1 order by 1`;
  const one = [programNo, from, to];
  return select(knex, text, [...one, ...one, ...one, ...one]);
}

export interface RewardDayRow {
  day: string;
  status: string;
  count: number;
}

export async function readRewardDays(knex: Knex, programNo: number, { from, to }: Span): Promise<RewardDayRow[]> {
  const text = `
    select to_char(r.created_at at time zone 'UTC', 'YYYY-MM-DD') as day, r.status, count(*)::int as count
      from rewards r where r.program_no = ? and r.created_at >= ? and r.created_at < ? group by 1, 2 order by 1, 2`;
  return select(knex, text, [programNo, from, to]);
}

export interface CostRow {
  currency: string;
  revenue: bigint;
  cost: bigint;
}

/** Net of the payments that earned something, and what they cost, where both are in one currency. */
export async function readCost(knex: Knex, programNo: number, { from, to }: Span): Promise<CostRow[]> {
  const text = `
    with paid as (
      select m.id, m.currency, m.gross - coalesce(m.tax, 0) as net from payments m
       where m.program_no = ? and m.reason is null and m.gross is not null and m.merged_into is null
         and m.paid_at >= ? and m.paid_at < ?),
    cost as (
      select r.payment_id, r.unit, sum(r.amount - r.reversed_amount - r.forfeited_amount) as cost from rewards r
       where r.program_no = ? and r.payment_id in (select id from paid) and r.status = 'credited' group by 1, 2)
    select paid.currency, sum(paid.net)::bigint as revenue, coalesce(sum(cost.cost), 0)::bigint as cost
      from paid left join cost on cost.payment_id = paid.id and cost.unit = paid.currency group by paid.currency order by 2 desc`;
  return select(knex, text, [programNo, from, to, programNo]);
}

export interface TopRow {
  member_id: string;
  completed: bigint;
  qualified: bigint;
  last_at: Date | null;
}

export async function readTop(knex: Knex, programNo: number): Promise<TopRow[]> {
  const text = `
    select p.member_id, c.completed, c.qualified, c.last_at from referral_counts c
      join persons p on p.program_no = c.program_no and p.id = c.person_id
     where c.program_no = ? and c.completed > 0 order by c.completed desc, c.person_id limit 10`;
  return select(knex, text, [programNo]);
}

export interface ChannelRow {
  channel: string | null;
  campaign: string | null;
  signups: number;
  paying: number;
}

/** Where the signups came from, as members named their links; null: by the code itself. */
export async function readChannels(knex: Knex, programNo: number, { from, to }: Span): Promise<ChannelRow[]> {
  const text = `
    select c.channel, c.campaign, count(*)::int as signups, count(p.first_paid_at)::int as paying from referrals r
      join persons p on p.program_no = r.program_no and p.id = r.referee_id
      left join codes c on c.program_no = r.program_no and c.code_key = r.code_key
     where r.program_no = ? and r.status = 'completed' and r.completed_at >= ? and r.completed_at < ?
     group by 1, 2 order by 3 desc, 1, 2 limit 15`;
  return select(knex, text, [programNo, from, to]);
}

export interface SourceRow {
  source: string;
  currency: string;
  payments: number;
  earned: number;
  revenue: bigint;
}

/** Which of the program's sources told of payments, and what of them earned. */
export async function readSources(knex: Knex, programNo: number, { from, to }: Span): Promise<SourceRow[]> {
  const text = `
    select m.source, m.currency, count(*)::int as payments, count(*) filter (where m.reason is null)::int as earned,
           coalesce(sum(m.gross - coalesce(m.tax, 0)) filter (where m.reason is null), 0)::bigint as revenue
      from payments m
     where m.program_no = ? and m.gross is not null and m.currency is not null and m.merged_into is null and m.paid_at >= ? and m.paid_at < ?
     group by 1, 2 order by 3 desc, 1, 2 limit 15`;
  return select(knex, text, [programNo, from, to]);
}

export interface AmbassadorRow {
  member_id: string;
  active: number;
  rate: bigint | null;
}

/** Who has more than so many referees that paid in these days. */
export async function readAmbassadors(
  knex: Knex,
  programNo: number,
  { from, to }: Span,
  over: number,
): Promise<AmbassadorRow[]> {
  const text = `
    with active as (
      select r.referrer_id, count(distinct m.person_id)::int as active from payments m
        join referrals r on r.program_no = m.program_no and r.referee_id = m.person_id and r.status = 'completed'
       where m.program_no = ? and m.paid_at >= ? and m.paid_at < ? and m.merged_into is null and m.gross > 0
       group by r.referrer_id having count(distinct m.person_id) > ?)
    select p.member_id, active.active, p.rate from active
      join persons p on p.program_no = ? and p.id = active.referrer_id order by active.active desc, p.id limit 10`;
  return select(knex, text, [programNo, from, to, over, programNo]);
}
