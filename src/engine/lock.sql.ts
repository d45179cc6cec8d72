/**
 * The program's lock, its ids, and the note of what is in flight.
 * Promises: one writer per program, over any number of processes; the lock ends with its transaction. Must never: be
 * taken in the statement that reads what it protects: its snapshot would be older than the lock.
 */

/** Ours among all advisory locks of the database; the second number is programs.no, so no hash can collide. */
const PROGRAM_LOCKS = 728_345;

export const TRY_LOCK = `select pg_try_advisory_xact_lock(${PROGRAM_LOCKS}, $1) as taken`;
export const LOCK = `select pg_advisory_xact_lock(${PROGRAM_LOCKS}, $1)`;
/** A caller is told 503 after this, rather than waiting behind a stuck writer. */
export const WAIT_AT_MOST = `set local lock_timeout = '10s'`;

/**
 * Every read and update of a batch is by whole keys. Without statistics (the table filled a minute ago) or with a plan
 * from when it was empty, PostgreSQL would scan a program's rows instead: 60 ms a batch after 20,000 payments, and
 * rising. No other way than the index is ever right here, and JIT never pays.
 */
export const PLAN_BY_INDEX = `select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
  set_config('enable_mergejoin', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true)`;

/** Taken under the lock, so ids rise in the order in which batches commit. */
export const NEXT_IDS = `select nextval('ids') as first`;

export const READ_IN_FLIGHT = 'select worker, first_id, last_id, deaths from batches_in_flight where program_no = $1';

/** Not worth an fsync: after a crash of the whole machine the batch is simply tried as a batch again. */
export const NOTE_IN_FLIGHT = `with fast as (select set_config('synchronous_commit', 'off', true))
  insert into batches_in_flight as b (program_no, worker, first_id, last_id, deaths, started_at)
  select $1, $2, $3, $4, $5, now() from fast
  on conflict (program_no) do update set worker = excluded.worker, first_id = excluded.first_id, last_id = excluded.last_id,
    deaths = excluded.deaths, started_at = excluded.started_at`;
