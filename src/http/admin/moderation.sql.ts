/**
 * The reads of the queue: what waits for a person, what is at stake, and who they are.
 * Promises: the sum is over all that the filter names, not over the page. Must never: read what is encrypted;
 * `openSecrets` does.
 */
import type { Knex } from 'knex';
import type { Finding } from '../../model/records.ts';
import type { PageRequest } from '../pages.ts';
import { type Condition, conditions, select } from '../query.sql.ts';
import type { RewardRow } from './reward-json.ts';
import { NAMES, SELECT } from './rewards.sql.ts';

export const WAITS_FOR = ['review', 'delivery'] as const;

export interface QueueFilter {
  readonly programNo: number | undefined;
  readonly waitsFor: (typeof WAITS_FOR)[number] | undefined;
  readonly flag: string | undefined;
  /** The product's id, on either side. */
  readonly member: string | undefined;
  /** In minor units. */
  readonly atLeast: bigint | undefined;
  readonly from: Date | undefined;
  readonly to: Date | undefined;
}

/** As the index has it. */
const WAITING = `(r.status = 'failed' or (r.status = 'pending' and r.reason = 'held'))`;
const BY_STATE = { review: `r.status = 'pending'`, delivery: `r.status = 'failed'` } as const;
const OF_MEMBER = `exists (select from person_aliases n where n.program_no = r.program_no and n.kind = 'member' and n.value = ?
  and n.person_id in (r.referrer_id, r.referee_id, r.person_id))`;

function waiting(filter: QueueFilter): { text: string; values: readonly unknown[] } {
  const { text, values } = conditions([
    ['r.program_no = ?', filter.programNo],
    ['r.flags @> array[?]::text[]', filter.flag],
    [OF_MEMBER, filter.member],
    ['r.amount >= ?', filter.atLeast],
    ['r.created_at >= ?', filter.from],
    ['r.created_at < ?', filter.to],
  ]);
  const state = filter.waitsFor === undefined ? '' : ` and ${BY_STATE[filter.waitsFor]}`;
  return { text: `from rewards r where ${WAITING}${state}${text}`, values };
}

export interface WaitingRow extends RewardRow {
  readonly referrer_id: bigint;
  readonly referee_id: bigint;
  readonly explain: readonly Finding[];
  readonly approvals: { actor: string; at: string }[];
  readonly notes: { at: string; actor: string | null; note: string }[];
}

const UTC = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;
const APPROVALS = `coalesce((
  select json_agg(json_build_object('actor', a.actor, 'at', to_char(a.at at time zone 'UTC', ${UTC})) order by a.at)
    from reward_approvals a where a.program_no = r.program_no and a.reward_id = r.id), '[]') as approvals`;
const NOTES = `coalesce((
  select json_agg(json_build_object('at', to_char(h.at at time zone 'UTC', ${UTC}), 'actor', h.actor, 'note', h.note) order by h.id)
    from reward_history h where h.program_no = r.program_no and h.reward_id = r.id and h.note is not null), '[]') as notes`;

/** What has waited longest first; one row more than the page's limit. */
export async function listWaiting(knex: Knex, filter: QueueFilter, page: PageRequest): Promise<WaitingRow[]> {
  const { text, values } = waiting(filter);
  const after: Condition[] = [['(r.created_at, r.id) > (?, ?)', page.after && [page.after.at, page.after.id]]];
  const behind = conditions(after);
  const found = `select r.* ${text}${behind.text} order by r.created_at, r.id limit ?`;
  const whole = `${SELECT}, ${APPROVALS}, ${NOTES} from (${found}) r ${NAMES} order by r.created_at, r.id`;
  return select(knex, whole, [...values, ...behind.values, page.limit + 1]);
}

export interface Stake {
  program: string;
  unit: string;
  count: number;
  amount: bigint;
}

export async function sumWaiting(knex: Knex, filter: QueueFilter): Promise<Stake[]> {
  const { text, values } = waiting(filter);
  const sums = `select r.program_no, r.unit, count(*)::int as count,
    sum(r.amount - r.reversed_amount - r.forfeited_amount)::bigint as amount ${text} group by r.program_no, r.unit`;
  const whole = `select g.name as program, s.unit, s.count, s.amount from (${sums}) s join programs g on g.no = s.program_no
    order by g.name, s.unit`;
  return select(knex, whole, values);
}

export interface PartyRow {
  id: bigint;
  member_id: string;
  created_at: Date;
  suspended_at: Date | null;
  erased_at: Date | null;
  first_paid_at: Date | null;
  referrals: number;
  held: number;
  denied: number;
}

export async function readParties(knex: Knex, programNo: number, ids: readonly bigint[]): Promise<PartyRow[]> {
  const text = `
    select p.id, coalesce(q.member_id, p.member_id) as member_id, coalesce(p.account_created_at, p.created_at) as created_at,
           p.suspended_at, p.erased_at, p.first_paid_at, c.*
      from persons p left join persons q on q.program_no = p.program_no and q.id = p.merged_into
     cross join lateral (
      select count(*)::int as referrals, count(*) filter (where r.held)::int as held,
             count(*) filter (where r.status = 'denied')::int as denied
        from referrals r where r.program_no = p.program_no and r.referrer_id = coalesce(p.merged_into, p.id)) c
     where p.program_no = ? and p.id = any(?::bigint[])`;
  return select(knex, text, [programNo, ids]);
}
