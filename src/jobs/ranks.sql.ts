/**
 * Months of the leaderboard: opened while a rule for them is in force, told to the engine when they are over.
 * Promises: a month is closed once, also after a standstill of several. Must never: close one that was over before the
 * rule was there.
 */
import type { LoadedProgram } from '../model/program.ts';

export function rankRules(loaded: LoadedProgram | undefined): string[] {
  const rules = loaded?.program.rules ?? [];
  return rules.filter((rule) => rule.when === 'rank').map(({ name }) => name);
}

const THIS_MONTH = `date_trunc('month', $2::timestamptz at time zone 'UTC')`;
const END = `((to_date(m.month, 'YYYY-MM') + interval '1 month') at time zone 'UTC')`;

/** $3: the rules. From the last month that was opened to the present one. */
export const OPEN_MONTHS = `insert into rank_months (program_no, rule, month)
  select $1, r.rule, to_char(s.at, 'YYYY-MM') from unnest($3::text[]) as r(rule)
    cross join lateral (select max(to_date(m.month, 'YYYY-MM')) as at from rank_months m where m.program_no = $1 and m.rule = r.rule) last
    cross join lateral generate_series(coalesce(last.at::timestamp, ${THIS_MONTH}), ${THIS_MONTH}, '1 month') as s(at)
  on conflict do nothing`;

export const TELL_RANKS = `with due as (
    select m.rule, m.month, ${END} as at from rank_months m where m.program_no = $1 and ${END} <= $2),
  stored as (
    insert into inbox_events (program_no, source, event_id, type, received_at, occurred_at, tried_once, body, body_hash)
    select $1, 'plusone', 'rank.close:' || d.rule || ':' || d.month, 'rank.close', $2, d.at, $3, b.body, sha256(convert_to(b.body, 'UTF8'))
    from due d cross join lateral (
      select json_build_object('command', 'rank.close', 'rule', d.rule, 'month', d.month)::text as body) b
    order by 3
    on conflict (program_no, source, event_id) do nothing returning id)
  insert into inbox_queue (program_no, id) select $1, id from stored`;

/** Part of NEXT_DUE. */
export const NEXT_MONTH = `select min(${END}) from rank_months m where m.program_no = $1 and ${END} > $2`;
