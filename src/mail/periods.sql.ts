/**
 * All SQL of the mails that come by the day and by the month.
 * Promises: whoever has no news is not read; addresses that are known to be unverified, and people who are suspended,
 * gone or do not want it, get nothing. Must never: plan; the outbox does.
 */

/** Written to are members with an address, in good standing, who have not said no. $2 kind, $3 after whom. */
const READERS = `
  join persons p on p.program_no = $1 and p.id = n.person_id and p.merged_into is null and p.email_verified is not false
   and p.suspended_at is null and p.deleted_at is null and p.erased_at is null
  join person_secrets x on x.program_no = p.program_no and x.person_id = p.id and x.email is not null
 where n.person_id > $3
   and not exists (select from mail_refusals m where m.program_no = $1 and m.person_id = n.person_id and m.kind = $2)
 order by n.person_id limit 500`;

/** $4, $5: the day; $6, $7: what runs out between these. Sums as [{unit, amount}]. */
export const NEWS = `
  with joined as (
    select r.referrer_id as person_id, count(*)::int as n from referrals r
     where r.program_no = $1 and r.status = 'completed' and r.completed_at >= $4 and r.completed_at < $5 group by 1),
  credited as (
    select d.person_id, json_agg(json_build_object('unit', d.unit, 'amount', d.earned::text) order by d.unit) as sums
      from reward_days d where d.program_no = $1 and d.day = ($4::timestamptz at time zone 'UTC')::date and d.earned > 0 group by 1),
  held as (
    select r.person_id, count(*)::int as n from rewards r
     where r.program_no = $1 and r.status = 'pending' and r.reason = 'held' and r.created_at >= $4 and r.created_at < $5 group by 1),
  expiring as (
    select e.person_id, json_agg(json_build_object('unit', e.unit, 'amount', e.amount::text) order by e.unit) as sums
      from (select l.person_id, l.unit, sum(l.remaining) as amount from lots l
             where l.program_no = $1 and l.remaining > 0 and l.expires_at >= $6 and l.expires_at < $7 group by 1, 2) e group by 1)
  select n.person_id, x.key_version, x.email, coalesce(joined.n, 0) as joined, coalesce(credited.sums, '[]') as credited,
         coalesce(held.n, 0) as held, coalesce(expiring.sums, '[]') as expiring
    from (select person_id from joined union select person_id from credited union select person_id from held
          union select person_id from expiring) n
    left join joined on joined.person_id = n.person_id left join credited on credited.person_id = n.person_id
    left join held on held.person_id = n.person_id left join expiring on expiring.person_id = n.person_id ${READERS}`;

/** $4, $5: the month. */
export const SUMMARY = `
  with joined as (
    select r.referrer_id as person_id, count(*)::int as n from referrals r
     where r.program_no = $1 and r.status = 'completed' and r.completed_at >= $4 and r.completed_at < $5 group by 1),
  credited as (
    select e.person_id, json_agg(json_build_object('unit', e.unit, 'amount', e.amount::text) order by e.unit) as sums
      from (select d.person_id, d.unit, sum(d.earned) as amount from reward_days d
             where d.program_no = $1 and d.earned > 0 and d.day >= ($4::timestamptz at time zone 'UTC')::date
               and d.day < ($5::timestamptz at time zone 'UTC')::date group by 1, 2) e group by 1)
  select n.person_id, x.key_version, x.email, coalesce(joined.n, 0) as joined, coalesce(credited.sums, '[]') as credited,
         0 as held, '[]'::json as expiring
    from (select person_id from joined union select person_id from credited) n
    left join joined on joined.person_id = n.person_id left join credited on credited.person_id = n.person_id ${READERS}`;

export const IS_DONE = 'select 1 from mail_periods where program_no = $1 and kind = $2 and period = $3';

export const NOTE_DONE = `
  insert into mail_periods (program_no, kind, period, done_at) values ($1, $2, $3, $4) on conflict do nothing`;
