/**
 * Every place that names a code by its text, and how it is told by a keyed hash instead.
 * Promises: what the fold reads changes in one transaction under the program's lock; what nobody but people read follows.
 * Must never: change whom a code belongs to, or bring it to life.
 */

/** Codes of those who are erased that still stand as text. */
export const SHOWN_CODES = `
  select c.person_id, array_agg(c.code_key order by c.code_key) as codes
    from codes c join erasures e on e.program_no = c.program_no and e.person_id = c.person_id and e.done_at is null
   where c.program_no = $1 and c.revoked_at is not null and c.code_key not like 'erased.%' group by c.person_id`;

/** $2 persons, $3 their codes' texts, sealed, $4 under which version. */
export const KEEP_TEXTS = `
  update erasures e set codes = v.codes, codes_key_version = $4 from unnest($2::bigint[], $3::bytea[]) as v(person_id, codes)
   where e.program_no = $1 and e.person_id = v.person_id`;

/** $2 texts, $3 what takes their place. */
export const HIDE_CODES = 'select hide_codes($1, $2, $3)';

const NAMED = 'unnest($2::text[], $3::text[]) as h(was, hidden)';
const counted = (table: string): string =>
  `update ${table} t set code_key = h.hidden from ${NAMED} where t.program_no = $1 and t.code_key = h.was`;

/** Clicks, which are written beside the fold; each is given $2 texts, $3 what takes their place. */
export const HIDE_CLICKS: readonly string[] = ['click_days', 'visits', 'visit_claims'].map(counted);

/** Passed once everybody is done who began to count a click before the code was dead. */
export const CLICKS_ARE_COUNTED = ['click_days', 'visits', 'visit_claims'].map(
  (table) => `lock table ${table} in share mode`,
);

/** People with whom one of these codes ($2, hidden) came along. */
const CAME_WITH = 'select k.person_id from claims k where k.program_no = $1 and k.code_key = any($2::text[])';

const explained = (table: string, column: string, whose: string): string => `
  update ${table} t set ${column} = regexp_replace(t.${column}::text, $3, $4, 'gi')::json
   where t.program_no = $1 and t.${whose} in (${CAME_WITH}) and t.${column}::text ~* $3`;

/** $3 how one code stands in an explanation, $4 what takes its place. */
export const HIDE_EXPLAINED: readonly string[] = [
  explained('referrals', 'evidence', 'referee_id'),
  explained('rewards', 'explain', 'referee_id'),
];

/** What people wrote; $2 a regular expression, $3 what takes its place. */
export const HIDE_NOTES = `
  update persons p set note = regexp_replace(p.note, $2, $3, 'gi') where p.program_no = $1 and p.note ~* $2`;
export const HIDE_WORDS = 'select hide_words($1, $2, $3)';

/** What was said about referrals by these codes; $2 hidden codes, $3 regular expressions. */
const REWARDS_BY = `select r.id from rewards r where r.program_no = $1 and r.referee_id in (${CAME_WITH})`;
export const BLANK_SAID: readonly string[] = [
  `update reward_history h set note = null, salt = null
    where h.program_no = $1 and h.note ~* any($3::text[]) and h.reward_id in (${REWARDS_BY})`,
  `update audit_log l set reason = null, before = null, after = null, salt = null
    where l.program_no = $1 and (l.reason ~* any($3::text[]) or l.before::text ~* any($3::text[]) or l.after::text ~* any($3::text[]))
      and (l.target in (select a.value from person_aliases a where a.program_no = $1 and a.kind = 'member' and a.person_id in (${CAME_WITH}))
        or l.target in (select 'rw_' || id from (${REWARDS_BY}) r)
        or l.target in (select 'pm_' || p.id from payments p where p.program_no = $1 and p.person_id in (${CAME_WITH})))`,
];
