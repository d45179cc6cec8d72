/**
 * All SQL on deliveries after the engine has planned them: claim, write results, the breaker, the sink's own word.
 * Promises: a claim and a result are one statement each; a result is written only where state and epoch are still the
 * sender's, and the engine's event goes in with it. Must never: hold a lock while the network is used.
 */

const COLUMNS = `d.id, d.reward_id, d.idempotency_key, d.sink, d.request, d.epoch, d.tried_once, d.attempts, d.retries,
  due.outcome, due.first_try_at, due.lapsed, due.approved`;

/**
 * $1 program, $2 the service's now, $3 how many, $4 lease in ms of real time, $5 one reward only, or null.
 * First what a dead sender left behind. Approve sets next_try_at to the epoch, and so comes before the rest.
 */
export const CLAIM = `
  with lapsed as (
    select id, outcome, first_try_at, true as lapsed, false as approved from deliveries
     where program_no = $1 and state = 'sending' and lease_until < now() and ($5::bigint is null or reward_id = $5)
     order by lease_until limit $3 for update skip locked),
  waiting as (
    select id, outcome, first_try_at, false as lapsed, next_try_at = 'epoch' as approved from deliveries
     where program_no = $1 and state in ('planned', 'waiting') and next_try_at <= $2 and ($5::bigint is null or reward_id = $5)
     order by next_try_at, id limit $3 - (select count(*) from lapsed) for update skip locked),
  due as (select * from lapsed union all select * from waiting)
  update deliveries d
     set state = 'sending', epoch = d.epoch + 1, lease_until = now() + $4 * interval '1 millisecond',
         first_try_at = coalesce(d.first_try_at, $2), next_try_at = null
    from due where d.program_no = $1 and d.id = due.id
  returning ${COLUMNS}`;

/**
 * Results of many deliveries at once: rows, attempts, events for the engine. Whoever approved while it was being sent
 * has set next_try_at: that try is not forgotten.
 */
export const SAVE_RESULTS = `
  with result as (
    select * from unnest($2::bigint[], $3::int[], $4::text[], $5::text[], $6::int[], $7::timestamptz[], $8::timestamptz[],
      $9::text[], $10::timestamptz[], $11::int[], $12::timestamptz[], $13::text[])
      as r(id, epoch, state, outcome, retries, first_try_at, next_try_at, reference, settled_at, attempts, at, event)),
  settled as (
    update deliveries d
       set state = case when d.next_try_at is not null and r.state in ('waiting', 'refused', 'parked') then 'waiting' else r.state end,
           next_try_at = case when r.state in ('waiting', 'refused', 'parked') then coalesce(d.next_try_at, r.next_try_at) end,
           outcome = r.outcome, retries = r.retries, first_try_at = r.first_try_at, reference = r.reference,
           settled_at = r.settled_at, attempts = d.attempts + r.attempts, lease_until = null
      from result r
     where d.program_no = $1 and d.id = r.id and d.state = 'sending' and d.epoch = r.epoch
    returning d.id, d.epoch, d.tried_once, r.at, r.event),
  tried as (
    insert into delivery_attempts (program_no, delivery_id, no, epoch, at, action, outcome, status, detail, duration_ms)
    select $1, a.delivery_id, a.no, s.epoch, a.at, a.action, a.outcome, a.status, a.detail, a.duration_ms
      from unnest($14::bigint[], $15::int[], $16::timestamptz[], $17::text[], $18::text[], $19::int[], $20::text[], $21::int[])
        as a(delivery_id, no, at, action, outcome, status, detail, duration_ms)
      join settled s on s.id = a.delivery_id),
  told as (
    insert into inbox_events (program_no, source, event_id, type, received_at, tried_once, body, body_hash)
    select $1, $22, 'delivery:' || s.id || ':' || s.epoch, 'delivery.result', s.at, s.tried_once, s.event, sha256(convert_to(s.event, 'UTF8'))
      from settled s where s.event is not null
    on conflict (program_no, source, event_id) do nothing
    returning id),
  queued as (insert into inbox_queue (program_no, id) select $1, id from told)
  select id, event is not null as told from settled`;

/** The sink's own word, by key: what it says of. */
export const FIND_BY_KEY = `select id, reward_id, state, epoch, first_try_at from deliveries where program_no = $1 and idempotency_key = $2`;

/**
 * The sink's word ends whatever a sender may be doing: the new epoch refuses its late result.
 * $1 program, $2 now, $3 id, $4 epoch as read, $5 state, $6 outcome, $7 reference, $8 settled_at, $9 event, $10 source.
 */
export const SETTLE = `
  with settled as (
    update deliveries d
       set state = $5, epoch = d.epoch + 1, outcome = $6, reference = $7, settled_at = $8, next_try_at = null, lease_until = null
     where d.program_no = $1 and d.id = $3 and d.epoch = $4 and d.state in ('accepted', 'sending', 'waiting', 'parked')
    returning d.id, d.epoch, d.tried_once),
  told as (
    insert into inbox_events (program_no, source, event_id, type, received_at, tried_once, body, body_hash)
    select $1, $10, 'delivery:' || s.id || ':' || s.epoch, 'delivery.result', $2, s.tried_once, $9::text, sha256(convert_to($9::text, 'UTF8'))
      from settled s
    on conflict (program_no, source, event_id) do nothing
    returning id),
  queued as (insert into inbox_queue (program_no, id) select $1, id from told)
  select id from settled`;

export const COUNT_SENDING = `select count(*) as sending from deliveries
  where program_no = $1 and state = 'sending' and ($2::bigint is null or reward_id = $2)`;

export const READ_BREAKER = `select failures, coalesce(open_until > now(), false) as open, opened_at, open_until, last_error
  from sink_breakers where program_no = $1`;

export const RESET_BREAKER =
  'update sink_breakers set failures = 0, open_until = null, opened_at = null, last_error = null where program_no = $1 and failures > 0';

/** One more round failed. $1 program, $2 the limit, $3 ms of real time that the breaker then stays open, $4 what was said. */
export const COUNT_FAILURES = `
  insert into sink_breakers as b (program_no, failures, last_error) values ($1, 1, $4)
  on conflict (program_no) do update
     set failures = b.failures + 1, last_error = excluded.last_error,
         opened_at = case when b.failures + 1 >= $2 then coalesce(b.opened_at, now()) end,
         open_until = case when b.failures + 1 >= $2 then now() + $3 * interval '1 millisecond' end`;
