/**
 * The last run of each source that is asked for its own list. Must never: write; the job does.
 */
import type { Knex } from 'knex';
import { select } from '../query.sql.ts';

export interface CatchUpRow {
  readonly n: number;
  readonly since: Date | null;
  readonly until: Date | null;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly listed: number | null;
  readonly missing: number | null;
  readonly missing_types: Readonly<Record<string, number>> | null;
  readonly error: string | null;
  /** Up to when a run without an error has looked. */
  readonly complete_until: Date | null;
}

/** In the order of the sources; one row each. */
export async function lastRuns(
  knex: Knex,
  sources: readonly { readonly programNo: number; readonly name: string }[],
): Promise<CatchUpRow[]> {
  const whole = `
    select s.n, c.since, c.until, c.started_at, c.ended_at, c.listed, c.missing, c.missing_types, c.error, ok.until as complete_until
      from unnest(?::int[], ?::text[]) with ordinality as s(program_no, source, n)
      left join lateral (
        select * from catch_ups c where c.program_no = s.program_no and c.source = s.source order by c.id desc limit 1) c on true
      left join lateral (
        select c.until from catch_ups c
         where c.program_no = s.program_no and c.source = s.source and c.ended_at is not null and c.error is null
         order by c.id desc limit 1) ok on true
     order by s.n`;
  return select(knex, whole, [sources.map(({ programNo }) => programNo), sources.map(({ name }) => name)]);
}
