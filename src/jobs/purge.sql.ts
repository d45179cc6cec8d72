/**
 * Taking out what is kept for a time only; bodies of the inbox page by page in the order of arrival.
 * Promises: key, hash and outcome stay, so a known event is known for ever. Must never: touch what is parked or waits.
 */

/** $1: program, $2: before. */
export const PURGE_VISITS = `
  with claims as (delete from visit_claims k where k.program_no = $1 and k.claimed_at < $2)
  delete from visits v where v.program_no = $1 and v.last_at < $2`;

/** Where somebody signed up that nobody asked about. $1: program, $2: before. */
export const PURGE_ADDRESSES = `
  update person_secrets s set ip = null from persons p
   where s.program_no = $1 and s.ip is not null and p.program_no = $1 and p.id = s.person_id and p.created_at < $2`;

/** To whom a mail went; its key still says that it was sent. $1: program, $2: before. */
export const PURGE_RECIPIENTS = `
  update mails m set recipient = null
   where m.program_no = $1 and m.recipient is not null and m.created_at < $2 and m.state not in ('planned', 'sending')`;

/** Of two that run at once the later one finds the body gone. $1: program, $2: behind this id, $3: received before, $4: rows a page. */
export const PURGE_PAGE = `
  with page as materialized (
    select e.id, e.received_at < $3 as old, e.body is not null and e.outcome is distinct from 'parked' as full
      from inbox_events e where e.program_no = $1 and e.id > $2 order by e.id limit $4),
  purged as (
    update inbox_events e set body = null from page p
     where e.program_no = $1 and e.id = p.id and p.old and p.full and e.body is not null
       and not exists (select from inbox_queue q where q.program_no = $1 and q.id = p.id)
    returning e.id)
  select max(id) as last, coalesce(bool_or(old), false) as old, (select count(*)::int from purged) as purged from page`;
