/**
 * Codes and links to read.
 * Promises: one statement each; signups are counted by the code's own index. Must never: find a code of another
 * program, or write: codes change by commands.
 */
import type { Knex } from 'knex';
import { select } from '../query.sql.ts';

export async function readOwnCode(knex: Knex, programNo: number, personId: bigint): Promise<string | null> {
  const text = `
    select c.code from codes c
     where c.program_no = ? and c.person_id = ? and c.kind = 'primary' and c.revoked_at is null`;
  return (await select<{ code: string }>(knex, text, [programNo, personId]))[0]?.code ?? null;
}

export interface LinkRow {
  code: string;
  channel: string | null;
  campaign: string | null;
  uses: number;
  clicks: number;
  signups: number;
  suspended_at: Date | null;
  created_at: Date;
}

export async function listLinks(knex: Knex, programNo: number, personId: bigint): Promise<LinkRow[]> {
  const text = `
    select c.code, c.channel, c.campaign, c.uses, c.suspended_at, c.created_at,
           (select coalesce(sum(d.clicks), 0)::int from click_days d
             where d.program_no = c.program_no and d.code_key = c.code_key) as clicks,
           (select count(*)::int from referrals r
             where r.program_no = c.program_no and r.code_key = c.code_key and r.status = 'completed') as signups
      from codes c where c.program_no = ? and c.person_id = ? and c.kind = 'link' and c.revoked_at is null
     order by c.created_at desc, c.code_key`;
  return select(knex, text, [programNo, personId]);
}

export interface LookupRow {
  code: string;
  person_id: bigint;
  is_valid: boolean;
}

/** `now`: a code may have expired. */
export async function findCode(
  knex: Knex,
  programNo: number,
  keys: readonly string[],
  now: Date,
): Promise<LookupRow | undefined> {
  const text = `
    select c.code, c.person_id,
           c.revoked_at is null and c.suspended_at is null and (c.expires_at is null or c.expires_at > ?)
             and (c.max_uses is null or c.uses < c.max_uses) and p.deleted_at is null as is_valid
      from codes c join persons p on p.program_no = c.program_no and p.id = c.person_id
     where c.program_no = ? and c.code_key = any(?::text[])`;
  return (await select<LookupRow>(knex, text, [now, programNo, [...keys]]))[0];
}

export interface ClaimRow {
  id: bigint;
  code: string;
  status: 'pending' | 'completed' | 'denied' | 'void';
  reason: string | null;
  created_at: Date;
}

/** By which referral the person came. */
export async function readReferralOf(knex: Knex, programNo: number, personId: bigint): Promise<ClaimRow | undefined> {
  const text = `
    select r.id, coalesce(c.code, r.code_key) as code, r.status, r.reason, r.created_at
      from referrals r left join codes c on c.program_no = r.program_no and c.code_key = r.code_key
     where r.program_no = ? and r.referee_id = ?`;
  return (await select<ClaimRow>(knex, text, [programNo, personId]))[0];
}
