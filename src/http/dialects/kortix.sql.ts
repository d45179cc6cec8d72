/**
 * What Kortix's answers are made of.
 * Promises: one statement each, by the person's own indexes. Must never: decide what a status means.
 */
import type { Knex } from 'knex';
import { select } from '../query.sql.ts';

export interface StatsRow {
  total: number;
  successful: number;
  earned: bigint;
  last_at: Date | null;
}

/** Where two people turned out to be one, their referral is void and counts no more. */
export async function readStats(knex: Knex, programNo: number, personId: bigint): Promise<StatsRow> {
  const text = `
    select n.total, n.last_at, w.successful, w.earned
      from (select count(*)::int as total, max(r.created_at) as last_at from referrals r
             where r.program_no = ? and r.referrer_id = ? and r.status <> 'void') n
      cross join (
        select count(distinct w.referee_id)::int as successful,
               coalesce(sum(w.amount - w.reversed_amount - w.forfeited_amount), 0)::bigint as earned
          from rewards w
         where w.program_no = ? and w.person_id = ? and w.beneficiary = 'referrer' and w.status = 'credited'
           and w.amount - w.reversed_amount - w.forfeited_amount > 0) w`;
  const [row] = await select<StatsRow>(knex, text, [programNo, personId, programNo, personId]);
  return row ?? { total: 0, successful: 0, earned: 0n, last_at: null };
}

export interface HistoryRow {
  member_id: string;
  created_at: Date;
  status: 'pending' | 'completed' | 'denied' | 'void';
  credited: bigint;
  /** A credit of it is pending or failed. */
  is_open: boolean;
}

/** Newest first. */
export async function listHistory(
  knex: Knex,
  programNo: number,
  personId: bigint,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<HistoryRow[]> {
  const text = `
    select p.member_id, f.created_at, f.status, w.credited, w.is_open
      from (select r.* from referrals r
             where r.program_no = ? and r.referrer_id = ? and r.status <> 'void'
             order by r.created_at desc, r.id desc limit ? offset ?) f
      join persons p on p.program_no = f.program_no and p.id = f.referee_id
      cross join lateral (
        select coalesce(sum(x.amount - x.reversed_amount - x.forfeited_amount) filter (where x.status = 'credited'), 0)::bigint as credited,
               coalesce(bool_or(x.status in ('pending', 'failed')), false) as is_open
          from rewards x
         where x.program_no = f.program_no and x.referee_id = f.referee_id and x.person_id = f.referrer_id) w
     order by f.created_at desc, f.id desc`;
  return select(knex, text, [programNo, personId, limit, offset]);
}

export async function readMemberId(knex: Knex, programNo: number, personId: bigint): Promise<string | undefined> {
  const text = 'select p.member_id from persons p where p.program_no = ? and p.id = ?';
  return (await select<{ member_id: string }>(knex, text, [programNo, personId]))[0]?.member_id;
}
