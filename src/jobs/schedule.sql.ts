/**
 * Asking the queue to look at a program, by the database's own clock, which is the one the queue goes by.
 * Promises: whole seconds and one key for each, so that many deliveries that wait for one moment are one job. Must
 * never: hold what is due; our own rows do.
 */

/** $1: program, $2: milliseconds from now. */
export const WAKE_PROGRAM = `
  select graphile_worker.add_job('run_due_program', json_build_object('program', $1::int), run_at => w.at,
      max_attempts => 3, job_key => 'run_due ' || $1::int || ' ' || extract(epoch from w.at)::bigint)
    from (select date_trunc('second', now() + $2::float8 * interval '1 millisecond' + interval '999 milliseconds') as at) w`;
