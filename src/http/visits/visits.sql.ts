/**
 * Clicks and claims of a batch, written and counted by one statement each.
 * Promises: only codes that stand are counted; a claim is kept only of a visitor whose click on that code we have seen
 * inside the window. Must never: write an address, or keep more than a few claims of one.
 */

import type { Pools } from '../../db/pool.ts';

/**
 * $1: program, then arrays: visitor hash or null, code, time, device hash or null, network hash or null, by the link
 * itself. A page tells again of the click that led to it: the device that followed the link a moment ago is not
 * counted twice. Rows are touched in the order of their keys, so that two processes cannot lock each other out.
 */
export const WRITE_CLICKS = `
  with told as materialized (
    select v.*, v.is_link or not exists (
        select from visits s where s.program_no = $1 and s.device_hash = v.device and s.code_key = v.code
           and s.link_at > v.at - interval '10 minutes' and s.link_at <= v.at) as counts
      from unnest($2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::boolean[])
             as v(visitor, code, at, device, network, is_link)
      join codes c on c.program_no = $1 and c.code_key = v.code and c.revoked_at is null and c.suspended_at is null),
  counted as (
    insert into click_days as d (program_no, code_key, day, clicks)
    select $1, t.code, (t.at at time zone 'UTC')::date, count(*)::int from told t where t.counts
     group by 2, 3 order by 2, 3
    on conflict (program_no, code_key, day) do update set clicks = d.clicks + excluded.clicks)
  insert into visits as s (program_no, visitor_hash, code_key, first_at, last_at, link_at, device_hash, network_hash)
  select $1, t.visitor, t.code, min(t.at), max(t.at), max(t.at) filter (where t.is_link), max(t.device), max(t.network)
    from told t where t.visitor is not null group by 2, 3 order by 2, 3
  on conflict (program_no, visitor_hash, code_key) do update set last_at = greatest(s.last_at, excluded.last_at),
    link_at = greatest(s.link_at, excluded.link_at), device_hash = excluded.device_hash,
    network_hash = excluded.network_hash`;

/**
 * A claim is told to the fold, once: the signup may be here already, or on its way. In one statement, so that neither
 * stands without the other.
 * $1: program, then arrays: claim hash, visitor hash, code, time, network hash; $7: window in ms, $8: most of one address.
 */
export const WRITE_CLAIMS = `
  with written as (
  insert into visit_claims as k (program_no, email_hash, visitor_hash, code_key, first_claimed_at, claimed_at,
                                 first_click_at, last_click_at, network_hash)
  select distinct on (v.email, v.visitor, v.code) $1, v.email, v.visitor, v.code, v.at, v.at, s.first_at, s.last_at, v.network
    from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[]) as v(email, visitor, code, at, network)
    join visits s on s.program_no = $1 and s.visitor_hash = v.visitor and s.code_key = v.code
     and s.last_at > v.at - $7 * interval '1 millisecond'
   where (select count(*) from visit_claims o where o.program_no = $1 and o.email_hash = v.email
             and (o.visitor_hash, o.code_key) <> (v.visitor, v.code)) < $8
   order by v.email, v.visitor, v.code, v.at desc
  on conflict (program_no, email_hash, visitor_hash, code_key) do update set
    claimed_at = excluded.claimed_at, last_click_at = excluded.last_click_at
  returning k.id, k.first_claimed_at as at),
  stored as (
    insert into inbox_events (program_no, source, event_id, type, received_at, occurred_at, tried_once, body, body_hash)
    select $1, 'plusone', 'visit.claimed:' || w.id, 'visit.claimed', w.at, w.at, false, b.body, sha256(convert_to(b.body, 'UTF8'))
      from written w
      cross join lateral (select json_build_object('command', 'visit.claimed', 'claimId', w.id::text)::text as body) b
     order by 3
    on conflict (program_no, source, event_id) do nothing returning id)
  insert into inbox_queue (program_no, id) select $1, id from stored`;

const FIND_CODE = `
  select c.code from codes c
    join persons p on p.program_no = c.program_no and p.id = c.person_id and p.deleted_at is null
   where c.program_no = $1 and c.code_key = $2 and c.revoked_at is null and c.suspended_at is null
     and (c.expires_at is null or c.expires_at > $3) and (c.max_uses is null or c.uses < c.max_uses)`;

/** The code as its owner spells it, if it may refer somebody now. */
export async function findStandingCode(
  { general, statement }: Pick<Pools, 'general' | 'statement'>,
  programNo: number,
  written: string,
  now: Date,
): Promise<string | undefined> {
  const { rows } = await general.query(statement('find code', FIND_CODE, [programNo, written.toLowerCase(), now]));
  return rows[0]?.code as string | undefined;
}
