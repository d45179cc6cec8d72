/**
 * All SQL on the inbox: put in, count, claim.
 * Promises: an event's key is known for ever; a known event changes nothing. Must never: read a body to decide whether
 * it is a duplicate.
 */

/** Texts are prepared once for each size; a batch takes the largest that fits. */
export const BATCH_SIZES = [64, 32, 16, 8, 4, 2, 1] as const;

const COLUMNS = 9;
const TYPES = ['int', 'text', 'text', 'text', 'timestamptz', 'timestamptz', 'boolean', 'text', 'bytea'];

const receiveTexts = new Map<number, string>();

/**
 * Rows go in sorted by key: unsorted, writers of the same keys deadlock. Returns the rows that were new. The body is a
 * value of its own: as an element of an array it would be escaped twice, which cost the most of all when measured.
 */
export function receiveSql(size: number): string {
  const known = receiveTexts.get(size);
  if (known) return known;
  const rows = Array.from({ length: size }, (_, row) => {
    const values = Array.from({ length: COLUMNS }, (_unused, column) => {
      const value = `$${row * COLUMNS + column + 1}`;
      return row === 0 ? `${value}::${TYPES[column]}` : value;
    });
    return `(${values.join(',')})`;
  });
  const text = `with given (program_no, source, event_id, type, received_at, occurred_at, tried_once, body, body_hash) as (values ${rows.join(',')}),
    stored as (
      insert into inbox_events (program_no, source, event_id, type, received_at, occurred_at, tried_once, body, body_hash)
      select * from given order by program_no, source, event_id
      on conflict (program_no, source, event_id) do nothing
      returning program_no, id, source, event_id),
    queued as (insert into inbox_queue (program_no, id) select program_no, id from stored)
    select program_no, id, source, event_id from stored`;
  receiveTexts.set(size, text);
  return text;
}

export const FIND_ID = 'select id from inbox_events where program_no = $1 and source = $2 and event_id = $3';

/** In order of arrival; under the program's lock, so nobody else claims. */
export const CLAIM = 'select id from inbox_queue where program_no = $1 order by id limit $2';

export const READ_EVENTS = `select id, source, event_id, type, received_at, occurred_at, tried_once, body
  from inbox_events where program_no = $1 and id = any($2::bigint[]) order by id`;

export const IS_QUEUED = 'select 1 from inbox_queue where program_no = $1 and id = $2';

export const READ_OUTCOME = `select e.outcome, e.reason, q.id is not null as queued from inbox_events e
  left join inbox_queue q on q.program_no = e.program_no and q.id = e.id where e.program_no = $1 and e.id = $2`;

export const QUEUED_PROGRAMS = 'select distinct program_no from inbox_queue';
