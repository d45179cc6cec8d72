/**
 * Payouts after a run has planned them: claimed, tried, settled.
 * Promises: a claim and a result are one statement each; a result is written only where state and epoch are still the
 * sender's. Must never: hold a lock while the network is used.
 */

/** $1 program, $2 the service's now, $3 how many, $4 lease in ms of real time. What a dead sender left behind comes first. */
export const CLAIM = `
  with lapsed as (
    select id, outcome, first_try_at, true as lapsed from fund_payouts
     where program_no = $1 and state = 'sending' and lease_until < now() order by lease_until limit $3 for update skip locked),
  waiting as (
    select id, outcome, first_try_at, false as lapsed from fund_payouts
     where program_no = $1 and sink = 'webhook' and state in ('planned', 'waiting') and next_try_at <= $2
     order by next_try_at, id limit $3 - (select count(*) from lapsed) for update skip locked),
  due as (select * from lapsed union all select * from waiting)
  update fund_payouts p
     set state = 'sending', epoch = p.epoch + 1, lease_until = now() + $4 * interval '1 millisecond',
         first_try_at = coalesce(p.first_try_at, $2), next_try_at = null
    from due where p.program_no = $1 and p.id = due.id
  returning p.id, p.contributor_id, p.amount, p.unit, p.idempotency_key, p.sink, p.key_version, p.request, p.epoch, p.attempts, p.retries,
    due.outcome, due.first_try_at, due.lapsed`;

/** $1 program, $2 id, $3 epoch, $4 state, $5 outcome, $6 retries, $7 first try, $8 next try, $9 attempts, $10 reference, $11 settled at, $12 detail. */
export const SAVE = `
  update fund_payouts p
     set state = $4, outcome = $5, retries = $6, first_try_at = $7, next_try_at = $8, attempts = p.attempts + $9, reference = $10,
         settled_at = $11, detail = $12, lease_until = null,
         request = case when $11::timestamptz is null then p.request end,
         key_version = case when $11::timestamptz is null then p.key_version end
   where p.program_no = $1 and p.id = $2 and p.state = 'sending' and p.epoch = $3`;

/** A person's or the sink's word. $3 state, $4 the sink's, $5 settled at, $6 reference, $7 next try. The new epoch refuses a
 * sender's late result. */
export const SETTLE = `
  update fund_payouts p
     set state = $3, epoch = p.epoch + 1, settled_at = $5, reference = coalesce($6, p.reference), next_try_at = $7, lease_until = null,
         outcome = case $3 when 'refused' then 'refused' when 'waiting' then p.outcome end,
         request = case when $5::timestamptz is null then p.request end,
         key_version = case when $5::timestamptz is null then p.key_version end
   where p.program_no = $1 and p.id = $2 and p.settled_at is null and ($4::boolean or p.state <> 'sending' or p.lease_until < now())
  returning p.id, p.contributor_id, p.amount, p.unit`;

export const FIND = `
  select id, contributor_id, amount, unit, state, sink, first_try_at from fund_payouts
   where program_no = $1 and (id = $2 or idempotency_key = $3)`;

/** What a CSV file has not had, and what it had and is not settled. */
export const EXPORT = `
  with taken as (
    update fund_payouts p set state = 'accepted', first_try_at = $2
     where p.program_no = $1 and p.sink = 'csv' and p.state = 'planned' returning p.id)
  select p.id, p.contributor_id, c.github_username, p.month, p.amount, p.unit, p.idempotency_key, p.key_version, p.request
    from fund_payouts p join fund_contributors c on c.program_no = p.program_no and c.id = p.contributor_id
   where p.program_no = $1 and p.sink = 'csv' and p.settled_at is null order by p.id`;

export const NOTE = `
  insert into audit_log (id, program_no, at, actor, action, target, reason)
  values (nextval('ids'), $1, $2, $3, $4, $5, $6)`;
