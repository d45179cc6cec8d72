/**
 * The figures of one program.
 * Promises: each is one statement over the whole set. Must never: run once for each reward or member.
 */
import type { Knex } from 'knex';
import type { RewardStatus } from '../../model/records.ts';
import { select } from '../query.sql.ts';

export interface Funnel {
  clicks: number;
  members: number;
  signups: number;
  completed_signups: number;
  referrals: number;
  completed_referrals: number;
  denied_referrals: number;
  paying: number;
}

/** How often links were followed, who was told of, who signed up, who came by a referral, who of those has paid. */
export async function readFunnel(knex: Knex, programNo: number): Promise<Funnel> {
  const text = `
    select (select coalesce(sum(d.clicks), 0) from click_days d where d.program_no = ?)::int as clicks,
           count(*)::int as members,
           count(p.signed_up_at)::int as signups,
           count(p.completed_at)::int as completed_signups,
           count(r.id) filter (where r.status <> 'void')::int as referrals,
           count(r.id) filter (where r.status = 'completed')::int as completed_referrals,
           count(r.id) filter (where r.status = 'denied')::int as denied_referrals,
           count(r.id) filter (where r.status in ('pending', 'completed') and p.first_paid_at is not null)::int as paying
      from persons p left join referrals r on r.program_no = p.program_no and r.referee_id = p.id
     where p.program_no = ? and p.merged_into is null`;
  return (await select<Funnel>(knex, text, [programNo, programNo]))[0] as Funnel;
}

export interface RewardSum {
  status: RewardStatus;
  unit: string;
  reason: string | null;
  outcome: string | null;
  count: number;
  amount: bigint;
}

/** What is left of them after reversals and forfeits. */
export async function sumRewards(knex: Knex, programNo: number): Promise<RewardSum[]> {
  const text = `
    select r.status, r.unit, r.reason, r.outcome, count(*)::int as count,
           sum(r.amount - r.reversed_amount - r.forfeited_amount)::bigint as amount
      from rewards r where r.program_no = ? group by r.status, r.unit, r.reason, r.outcome
     order by r.unit, r.status, r.reason, r.outcome`;
  return select(knex, text, [programNo]);
}

/** Held rewards by the flag that holds them; one with two flags counts under both. */
export async function countHeldFlags(knex: Knex, programNo: number): Promise<{ flag: string; count: number }[]> {
  const text = `
    select f.flag, count(*)::int as count
      from rewards r cross join lateral unnest(r.flags) as f(flag)
     where r.program_no = ? and r.status = 'pending' and r.reason = 'held' group by f.flag order by count(*) desc, f.flag`;
  return select(knex, text, [programNo]);
}

export async function countUnearned(knex: Knex, programNo: number): Promise<{ reason: string; count: number }[]> {
  const text = `
    select m.reason, count(*)::int as count from payments m
     where m.program_no = ? and m.reason is not null and m.gross is not null and m.merged_into is null
     group by m.reason order by count(*) desc, m.reason`;
  return select(knex, text, [programNo]);
}

export interface Work {
  waiting_events: number;
  parked_events: number;
  open_deliveries: number;
  parked_deliveries: number;
}

export async function countWork(knex: Knex, programNo: number): Promise<Work> {
  const text = `
    select (select count(*) from inbox_queue q where q.program_no = g.no)::int as waiting_events,
           (select count(*) from inbox_events e where e.program_no = g.no and e.outcome = 'parked')::int as parked_events,
           (select count(*) from deliveries d where d.program_no = g.no and d.settled_at is null)::int as open_deliveries,
           (select count(*) from deliveries d where d.program_no = g.no and d.settled_at is null and d.state = 'parked')::int as parked_deliveries
      from programs g where g.no = ?`;
  return (await select<Work>(knex, text, [programNo]))[0] as Work;
}

/** The file of one version, without secrets. */
export async function readFile(knex: Knex, programNo: number, version: number): Promise<string | undefined> {
  const text = 'select v.file from program_versions v where v.program_no = ? and v.version = ?';
  return (await select<{ file: string }>(knex, text, [programNo, version]))[0]?.file;
}

/** `source` has another secret from now on; which, nobody is told. */
export async function noteSecret(
  knex: Knex,
  given: { programNo: number; source: string; variable: string; actor: string; now: Date },
): Promise<void> {
  const text = `
    insert into audit_log (id, program_no, at, actor, action, target, after)
    values (nextval('ids'), ?, ?, ?, 'secret.replace', ?, jsonb_build_object('variable', ?::text)) returning id`;
  await select(knex, text, [given.programNo, given.now, given.actor, given.source, given.variable]);
}
