/**
 * The places that may name a person who is erased, and how each forgets.
 * Promises: page by page, so that a large inbox holds nothing up; run again, each finds nothing left. Must never: remove
 * a row, or change what says that something happened.
 */
import { AS_CONTRIBUTORS } from '../engine/erasure.sql.ts';

/**
 * $1 program. With every id that the person goes by: the product's, customers' `<provider>:<account>:<id>`, and of payments
 * that were known by an address alone, which they may have changed since.
 */
export const OPEN_ERASURES = `
  select e.person_id, e.key_version, e.email, e.codes, e.codes_key_version, e.swept_at is not null as swept,
         array(select a.value from person_aliases a where a.program_no = $1 and a.person_id = e.person_id and a.kind = 'member') as members,
         array(select a.value from person_aliases a where a.program_no = $1 and a.person_id = e.person_id and a.kind = 'customer') as customers,
         array(select x.object_id from payments p join payment_aliases x on x.program_no = p.program_no and x.payment_id = p.id
            where p.program_no = $1 and p.person_id = e.person_id and p.payer_by = 'email') as objects
    from erasures e where e.program_no = $1 and e.done_at is null order by e.person_id`;

/** The last id of the page behind $2; $3: rows a page. */
export const PAGE_END = `
  select max(p.id) as last from (select id from inbox_events where program_no = $1 and id > $2 order by id limit $3) p`;

/**
 * $2 behind, $3 last, $4 what to look for, in lower case, $5 how letters begin that are written by number, $6 domains of
 * addresses with $7 all their spellings. What waits is the fold's.
 */
export const FIND_BODIES = `
  select e.id, e.source, e.event_id, e.type, e.received_at, e.occurred_at, e.tried_once, e.body
    from inbox_events e
   where e.program_no = $1 and e.id > $2 and e.id <= $3 and e.body is not null
     and exists (select from (select lower(e.body) as text offset 0) b
       where exists (select from unnest($4::text[] || $5::text) n where strpos(b.text, n) > 0)
          or exists (select from unnest($6::text[], $7::text[]) as a(domain, spellings)
            where strpos(b.text, a.domain) > 0 and b.text ~ a.spellings))
     and not exists (select from inbox_queue q where q.program_no = $1 and q.id = e.id)
   order by e.id`;

const REWARDS_OF = `
  select r.id from rewards r where r.program_no = $1 and r.person_id = any($2::bigint[])
  union select r.id from rewards r where r.program_no = $1 and r.referee_id = any($2::bigint[])`;

/** What admins said when they decided on rewards of theirs; $2 persons. */
export const BLANK_DECISIONS = `
  update inbox_events e set body = null
   where e.program_no = $1 and e.source = 'plusone' and e.type in ('reward.approve', 'reward.reject', 'reward.reverse', 'reward.note')
     and e.body is not null and (e.body::json ->> 'rewardId')::bigint in (${REWARDS_OF})
     and not exists (select from inbox_queue q where q.program_no = $1 and q.id = e.id)`;

/** $2 persons. What is under way keeps its bytes until it is settled. */
export const BLANK_REQUESTS = `
  update deliveries d set request = '' from rewards r
   where r.program_no = $1 and r.person_id = any($2::bigint[]) and d.program_no = $1 and d.reward_id = r.id
     and d.settled_at is not null and d.request <> ''`;

/** What people wrote about them; $2 persons, $3 their member ids. */
export const BLANK_AUDIT = `
  update audit_log l set reason = null, before = null, after = null, salt = null
   where l.program_no = $1 and (l.reason is not null or l.before is not null or l.after is not null)
     and (l.target = any($3::text[]) or l.target in (select 'rw_' || id from (${REWARDS_OF}) theirs))`;

export const BLANK_NOTES = `
  update reward_history h set note = null, salt = null
   where h.program_no = $1 and h.note is not null and h.reward_id in (${REWARDS_OF})`;

/** $2: what claims of their addresses are kept under. The visitors who claimed them are forgotten with all their clicks. */
export const FORGET_VISITS = `
  with claimed as (
    delete from visit_claims k where k.program_no = $1 and k.email_hash = any($2::text[]) returning k.visitor_hash)
  delete from visits v using claimed c where v.program_no = $1 and v.visitor_hash = c.visitor_hash`;

/** $2 persons, $3 now, $4 their codes as they were sealed when the search began. */
export const SWEPT = `
  update erasures e set swept_at = coalesce(e.swept_at, $3), key_version = null, email = null, name = null,
      codes = null, codes_key_version = null
    from unnest($2::bigint[], $4::bytea[]) as v(person_id, codes)
   where e.program_no = $1 and e.person_id = v.person_id and e.codes is not distinct from v.codes
     and (e.swept_at is null or e.codes is not null)`;

/** Mails that they had sent, or that went to them. */
export const MAILS = `
  select m.id from mails m where m.program_no = $1 and (m.person_id = any($2::bigint[]) or m.recipient_hash in (
    select e.value_hash from erased_prints e where e.program_no = $1 and e.kind = 'email' and e.person_id = any($2::bigint[]))
    or m.person_id in (${AS_CONTRIBUTORS}))`;

/** Not while a credit of theirs is under way; then a later run does the rest. $2 persons, $3 now. */
export const FINISH = `
  update erasures e set done_at = $3
   where e.program_no = $1 and e.person_id = any($2::bigint[]) and e.done_at is null and e.codes is null
     and not exists (select from rewards r join deliveries d on d.program_no = r.program_no and d.reward_id = r.id
       where r.program_no = $1 and r.person_id = e.person_id and d.settled_at is null)`;
