/**
 * What a batch writes when somebody is erased or heard of after it.
 * Promises: address and name leave people's table in the very transaction that erases them; they wait in `erasures`,
 * encrypted, only until the sweep (jobs/erase.ts) has looked at every place that may name the person. Must never: touch
 * a table of the ledger.
 */
import { ERASED_PRINTS, insertSql } from './tables.sql.ts';

export const INSERT_PRINTS = `${insertSql(ERASED_PRINTS)} on conflict on constraint erased_prints_pkey do nothing`;

/** $1 program, $2 persons, $3 now. */
export const BEGIN_ERASURES = `
  insert into erasures (program_no, person_id, requested_at, key_version, email, name)
  select $1, p.id, $3, s.key_version, s.email, s.name
    from unnest($2::bigint[]) as p(id) left join person_secrets s on s.program_no = $1 and s.person_id = p.id
  on conflict on constraint erasures_pkey do nothing`;

/** The same person as a contributor to the fund. */
export const AS_CONTRIBUTORS = `select c.id from fund_contributors c join person_aliases a
    on a.program_no = $1 and a.kind = 'member' and a.value = c.member_id
   where c.program_no = $1 and a.person_id = any($2::bigint[])`;

/** Each is given $1 program, $2 persons, and where it asks for it $3 now. */
export const FORGET: readonly string[] = [
  'delete from person_secrets where program_no = $1 and person_id = any($2::bigint[])',
  `delete from logins l using person_aliases a
    where a.program_no = $1 and a.person_id = any($2::bigint[]) and a.kind = 'member' and l.program_no = $1 and l.member_id = a.value`,
  // The card stays as a keyed hash: a second account on it is seen.
  `delete from person_facts where program_no = $1 and person_id = any($2::bigint[]) and kind <> 'instrument'`,
  `update member_keys set name = null, revoked_at = coalesce(revoked_at, $3) where program_no = $1 and person_id = any($2::bigint[])`,
  `update payments set email_hash = null where program_no = $1 and person_id = any($2::bigint[]) and email_hash is not null`,
  // What waits is not sent; what they had sent to others, and what went to them, is forgotten.
  `update mails m set recipient = null, subject = null, text = null, html = null, next_try_at = null, lease_until = null,
      state = case when m.state in ('planned', 'sending') then 'cancelled' else m.state end,
      reason = case when m.state in ('planned', 'sending') then 'erased' else m.reason end
    where m.program_no = $1 and (m.person_id = any($2::bigint[]) or m.recipient_hash in (
      select e.value_hash from erased_prints e where e.program_no = $1 and e.kind = 'email' and e.person_id = any($2::bigint[]))
      or m.person_id in (${AS_CONTRIBUTORS}))`,
  // Their lines and what is owed for them stay; by keyed hashes, an id and a name that nobody can have.
  `update fund_identities i set address = null, name = null where i.program_no = $1 and i.contributor_id in (${AS_CONTRIBUTORS})`,
  `update fund_contributors f set github_username = 'erased.' || f.id, key_version = null, details = null
    where f.program_no = $1 and f.id in (${AS_CONTRIBUTORS})`,
];

/** Everybody who was joined into these, and into those. */
export const JOINED = `
  with recursive gone(id) as (
    select p.id from persons p where p.program_no = $1 and p.merged_into = any($2::bigint[])
    union select p.id from persons p join gone on p.program_no = $1 and p.merged_into = gone.id)
  select id from gone`;

/** $2 events, $3 what they may keep of their bodies; null: nothing. Whatever was parked cannot be tried without one. */
export const REWRITE_BODIES = `
  update inbox_events e set body = v.body,
    reason = case when e.outcome = 'parked' and v.body is null then 'erased' else e.reason end,
    outcome = case when e.outcome = 'parked' and v.body is null then 'ignored' else e.outcome end
    from unnest($2::bigint[], $3::text[]) as v(id, body)
   where e.program_no = $1 and e.id = v.id and e.body is not null`;

/** Which of these texts are codes. */
export const ARE_CODES = 'select code_key from codes where program_no = $1 and code_key = any($2::text[])';

export const BLANK_BODIES = 'update inbox_events set body = null where program_no = $1 and id = any($2::bigint[])';
