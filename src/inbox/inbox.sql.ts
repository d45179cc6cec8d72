/**
 * All SQL on the inbox: put in, count, claim.
 * Promises: an event's key is known for ever; a known event changes nothing. Must never: read a body to decide whether
 * it is a duplicate.
 */

/** One array a column, sorted by key: unsorted, writers of the same keys deadlock. Returns the rows that were new. */
export const RECEIVE = `with stored as (
    insert into inbox_events (program_no, source, event_id, type, received_at, occurred_at, tried_once, body, body_hash)
    select unnest($1::int[]), unnest($2::text[]), unnest($3::text[]), unnest($4::text[]), unnest($5::timestamptz[]),
      unnest($6::timestamptz[]), unnest($7::boolean[]), unnest($8::text[]), unnest($9::bytea[])
    on conflict (program_no, source, event_id) do nothing
    returning program_no, id, source, event_id),
  queued as (insert into inbox_queue (program_no, id) select program_no, id from stored)
  select program_no, id, source, event_id from stored`;

export const FIND_ID = 'select id from inbox_events where program_no = $1 and source = $2 and event_id = $3';

/** In order of arrival; under the program's lock, so nobody else claims. */
export const CLAIM = 'select id from inbox_queue where program_no = $1 order by id limit $2';

export const READ_EVENTS = `select id, source, event_id, type, received_at, occurred_at, tried_once, body
  from inbox_events where program_no = $1 and id = any($2::bigint[]) order by id`;

export const IS_QUEUED = 'select 1 from inbox_queue where program_no = $1 and id = $2';

export const READ_OUTCOME = `select e.outcome, e.reason, q.id is not null as queued from inbox_events e
  left join inbox_queue q on q.program_no = e.program_no and q.id = e.id where e.program_no = $1 and e.id = $2`;

export const IS_ANY_QUEUED = 'select 1 from inbox_queue where program_no = $1 limit 1';

export const QUEUED_PROGRAMS = 'select distinct program_no from inbox_queue';
