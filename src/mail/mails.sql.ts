/**
 * All SQL on mails: plan, claim, write results, unsubscribe.
 * Promises: what a mail is for is mailed once, and the unique index decides it; a claim and a result are one statement
 * each; a result is written only by the try that still holds the mail. Must never: hold a lock while the network is used.
 */

/**
 * Sorted, so that two that plan the same addresses do not wait for each other in a circle. $1 program, $2 kind, $3
 * person, $4 now, then a row each: key, recipient's hash, key version, sealed address, message id, subject, text, html.
 */
export const PLAN = `
  insert into mails (program_no, kind, person_id, state, next_try_at, created_at,
      mail_key, recipient_hash, key_version, recipient, message_id, subject, text, html)
  select $1, $2, $3, 'planned', $4, $4, n.*
    from unnest($5::text[], $6::text[], $7::int[], $8::bytea[], $9::text[], $10::text[], $11::text[], $12::text[])
      as n(mail_key, recipient_hash, key_version, recipient, message_id, subject, text, html)
   order by n.mail_key
  on conflict on constraint mails_key do nothing
  returning mail_key`;

export const KNOWN_KEYS = 'select mail_key from mails where program_no = $1 and mail_key = any($2::text[])';

/**
 * $1 program, $2 the service's now, $3 how many, $4 lease in ms of real time. First what a dead sender left behind.
 * An invitation is for strangers that want it, from somebody in good standing, at the moment at which it is sent; the
 * others are cancelled, and nobody is told which.
 */
export const CLAIM = `
  with lapsed as (
    select id from mails where program_no = $1 and lease_until < now() order by lease_until limit $3 for update skip locked),
  waiting as (
    select id from mails where program_no = $1 and next_try_at <= $2
     order by next_try_at, id limit $3 - (select count(*) from lapsed) for update skip locked),
  due as (
    select m.id, case when m.kind <> 'invitation' then null
        when exists (select from mail_suppressions s where s.program_no = $1 and s.recipient_hash = m.recipient_hash) then 'unsubscribed'
        when exists (select from persons p where p.program_no = $1 and p.email_hash = m.recipient_hash) then 'member'
        when exists (select from persons p where p.program_no = $1 and p.id = m.person_id
          and (p.suspended_at is not null or p.deleted_at is not null or p.erased_at is not null)) then 'sender' end as against
      from (select id from lapsed union all select id from waiting) d join mails m on m.program_no = $1 and m.id = d.id)
  update mails m
     set state = case when d.against is null then 'sending' else 'cancelled' end, reason = d.against,
         attempts = m.attempts + 1, next_try_at = null,
         lease_until = case when d.against is null then now() + $4 * interval '1 millisecond' end,
         subject = case when d.against is null then m.subject end,
         text = case when d.against is null then m.text end,
         html = case when d.against is null then m.html end
    from due d where m.program_no = $1 and m.id = d.id
  returning m.id, m.kind, m.state, m.recipient_hash, m.key_version, m.recipient, m.message_id, m.subject, m.text, m.html,
    m.attempts, m.created_at`;

/** $1 program, $2 id, $3 attempts as claimed, $4 state, $5 reason, $6 next try, $7 sent at. */
export const SAVE_RESULT = `
  update mails m
     set state = $4, reason = $5, next_try_at = $6, sent_at = $7, lease_until = null,
         subject = case when $4 = 'planned' then m.subject end,
         text = case when $4 = 'planned' then m.text end,
         html = case when $4 = 'planned' then m.html end
   where m.program_no = $1 and m.id = $2 and m.attempts = $3 and m.state = 'sending'`;

/** What waits for this address is cancelled when its turn comes. */
export const SUPPRESS = `
  insert into mail_suppressions (program_no, recipient_hash, created_at) values ($1, $2, $3) on conflict do nothing`;

/** Whoever has no address is looked at again, for one may come. $1 program. */
export const UNNOTIFIED_SUSPENSIONS = `
  select s.id, s.person_id, s.reason, x.key_version, x.email
    from suspensions s
    join persons p on p.program_no = s.program_no and p.id = s.person_id and p.deleted_at is null
    join person_secrets x on x.program_no = s.program_no and x.person_id = s.person_id and x.email is not null
   where s.program_no = $1 and s.notified_at is null and s.lifted_at is null order by s.at, s.id limit 100`;

export const UNNOTIFIED_APPEALS = `
  select a.id, a.person_id, a.state, x.key_version, x.email
    from appeals a
    join persons p on p.program_no = a.program_no and p.id = a.person_id and p.deleted_at is null
    join person_secrets x on x.program_no = a.program_no and x.person_id = a.person_id and x.email is not null
   where a.program_no = $1 and a.notified_at is null and a.state <> 'open' order by a.id limit 100`;

export const NOTE_SUSPENSION = 'update suspensions set notified_at = $3 where program_no = $1 and id = $2';
export const NOTE_APPEAL = 'update appeals set notified_at = $3 where program_no = $1 and id = $2';
