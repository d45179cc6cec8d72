/**
 * What /metrics counts in the database, one statement each.
 * Promises: what waits and what is open is read through small partial indexes. Must never: group by anything that
 * grows with the number of people.
 */
import type { Knex } from 'knex';
import { select } from './query.sql.ts';

export async function countInbox(knex: Knex): Promise<{ program: string; count: number; oldestSeconds: number }[]> {
  const text = `
    select g.name as program, count(q.id)::int as count,
           coalesce(extract(epoch from now() - min(e.received_at)), 0)::float8 as oldest
      from programs g
      left join inbox_queue q on q.program_no = g.no
      left join inbox_events e on e.program_no = q.program_no and e.id = q.id
     group by g.name`;
  const rows = await select<{ program: string; count: number; oldest: number }>(knex, text);
  return rows.map((row) => ({
    program: row.program,
    count: row.count,
    oldestSeconds: Math.max(0, row.oldest),
  }));
}

export async function countDeliveries(knex: Knex): Promise<{ program: string; state: string; count: number }[]> {
  const text = `
    select g.name as program, d.state, count(*)::int as count
      from deliveries d join programs g on g.no = d.program_no
     where d.settled_at is null
     group by g.name, d.state`;
  return select(knex, text);
}

export async function countRewards(knex: Knex): Promise<{ program: string; status: string; count: number }[]> {
  const text = `
    select g.name as program, r.status, count(*)::int as count
      from rewards r join programs g on g.no = r.program_no
     group by g.name, r.status`;
  return select(knex, text);
}

/** waiting: planned or being sent. */
export async function countMails(knex: Knex): Promise<{ program: string; state: string; count: number }[]> {
  const text = `
    select g.name as program, s.state, sum(s.count)::int as count
      from (select m.program_no, case when m.state in ('planned', 'sending') then 'waiting' else m.state end as state, count(*) as count
              from mails m group by m.program_no, m.state) s
      join programs g on g.no = s.program_no
     group by g.name, s.state`;
  return select(knex, text);
}
