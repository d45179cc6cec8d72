/**
 * Versions of a program, and which of its sources have spoken.
 * Promises: each source costs one look at an index. Must never: count events.
 */
import type { Knex } from 'knex';
import { select } from '../../http/query.sql.ts';

export interface VersionRow {
  version: number;
  hash: string;
  created_at: Date;
}

export async function listVersions(knex: Knex, programNo: number): Promise<VersionRow[]> {
  const text =
    'select v.version, v.hash, v.created_at from program_versions v where v.program_no = ? order by v.version desc limit 200';
  return select(knex, text, [programNo]);
}

export interface HeardRow {
  source: string;
  type: string;
  at: Date;
}

/** One event of each source that has sent any. The order makes it the unique key's first row, also where there is none. */
export async function heardFrom(knex: Knex, programNo: number, sources: readonly string[]): Promise<HeardRow[]> {
  const text = `
    select s.source, e.type, e.received_at as at from unnest(?::text[]) as s(source) cross join lateral (
      select e.type, e.received_at from inbox_events e where e.program_no = ? and e.source = s.source order by e.event_id limit 1) e`;
  return select(knex, text, [sources, programNo]);
}
