/**
 * The reads of rewards.
 * Promises: one statement each; a list walks an index in its own order and joins names to the rows it shows. Must
 * never: write.
 */
import type { Knex } from 'knex';
import type { Finding, RewardStatus } from '../../model/records.ts';
import type { PageRequest } from '../pages.ts';
import { type Condition, conditions, select } from '../query.sql.ts';
import type { RewardRow } from './reward-json.ts';

export interface RewardFilter {
  readonly programNo: number | undefined;
  readonly status: string | undefined;
  readonly reason: string | undefined;
  readonly flag: string | undefined;
  /** The product's id of the beneficiary. */
  readonly member: string | undefined;
  readonly from: Date | undefined;
  readonly to: Date | undefined;
}

/** Someone who was joined into another is shown as who they are now. */
export const SELECT = `
  select g.name as program, r.*,
         coalesce(p_now.member_id, p.member_id, r.member_id) as beneficiary_member,
         coalesce(a_now.member_id, a.member_id) as referrer_member,
         coalesce(b_now.member_id, b.member_id) as referee_member`;
export const NAMES = `
    join programs g on g.no = r.program_no
    left join persons p on p.program_no = r.program_no and p.id = r.person_id
    left join persons p_now on p_now.program_no = p.program_no and p_now.id = p.merged_into
    left join persons a on a.program_no = r.program_no and a.id = r.referrer_id
    left join persons a_now on a_now.program_no = a.program_no and a_now.id = a.merged_into
    left join persons b on b.program_no = r.program_no and b.id = r.referee_id
    left join persons b_now on b_now.program_no = b.program_no and b_now.id = b.merged_into`;

/** Person by person, so that the index of their rewards is walked in its order: a member may have a million. */
const OF_MEMBER = `programs h join person_aliases n on n.program_no = h.no and n.kind = 'member' and n.value = ?
  cross join lateral`;

/** One row more than the page's limit. */
export async function listRewards(knex: Knex, filter: RewardFilter, page: PageRequest): Promise<RewardRow[]> {
  const given: Condition[] = [
    ['r.program_no = ?', filter.programNo],
    ['r.status = ?', filter.status],
    ['r.reason = ?', filter.reason],
    ['r.flags @> array[?]::text[]', filter.flag],
    ['r.program_no = n.program_no and r.person_id = n.person_id', filter.member === undefined ? undefined : []],
    ['r.created_at >= ?', filter.from],
    ['r.created_at < ?', filter.to],
    ['(r.created_at, r.id) < (?, ?)', page.after && [page.after.at, page.after.id]],
  ];
  const { text, values } = conditions(given);
  const limit = page.limit + 1;
  const found = `(select r.* from rewards r where true${text} order by r.created_at desc, r.id desc limit ?) r`;
  const from = filter.member === undefined ? found : `${OF_MEMBER} ${found}`;
  const whole = `${SELECT} from ${from} ${NAMES} order by r.created_at desc, r.id desc limit ?`;
  return select(knex, whole, [...(filter.member === undefined ? [] : [filter.member]), ...values, limit, limit]);
}

export type ExplainedRow = RewardRow & { readonly explain: readonly Finding[] };

/** Ids come from one sequence for all programs, so one is enough to name a reward. */
export async function readRewards(knex: Knex, ids: readonly bigint[]): Promise<ExplainedRow[]> {
  const text = `${SELECT} from rewards r ${NAMES}
    where r.id = any(?::bigint[]) order by r.created_at desc, r.id desc`;
  return select(knex, text, [ids]);
}

export interface AttemptRow {
  kind: 'create' | 'reverse' | 'restore';
  idempotency_key: string;
  amount: bigint;
  state: string;
  reference: string | null;
  no: number;
  at: Date;
  action: 'send' | 'lookup';
  outcome: string;
  status: number | null;
  detail: string | null;
  duration_ms: number;
}

export async function readAttempts(knex: Knex, programNo: number, rewardId: bigint): Promise<AttemptRow[]> {
  const text = `
    select d.kind, d.idempotency_key, d.amount, d.state, d.reference, a.no, a.at, a.action, a.outcome, a.status, a.detail, a.duration_ms
      from deliveries d join delivery_attempts a on a.program_no = d.program_no and a.delivery_id = d.id
     where d.program_no = ? and d.reward_id = ? order by d.id, a.no`;
  return select(knex, text, [programNo, rewardId]);
}

export interface EntryRow {
  transaction_id: bigint;
  kind: string;
  at: Date;
  cause_id: bigint | null;
  reward_id: bigint | null;
  account: string;
  member_id: string | null;
  unit: string;
  amount: bigint;
}

const ENTRIES = `
    select t.id as transaction_id, t.kind, t.at, t.cause_id, t.reward_id, e.account, p.member_id, e.unit, e.amount
      from ledger_transactions t
      join ledger_entries e on e.program_no = t.program_no and e.transaction_id = t.id
      left join persons p on p.program_no = e.program_no and p.id = e.person_id and e.person_id > 0`;

export async function readEntries(knex: Knex, programNo: number, rewardId: bigint): Promise<EntryRow[]> {
  const text = `${ENTRIES} where t.program_no = ? and t.reward_id = ? order by t.id, e.line`;
  return select(knex, text, [programNo, rewardId]);
}

export async function readEntriesOfCause(knex: Knex, programNo: number, causeId: bigint): Promise<EntryRow[]> {
  const text = `${ENTRIES} where t.program_no = ? and t.cause_id = ? order by t.id, e.line`;
  return select(knex, text, [programNo, causeId]);
}

/** Of one that needs two. */
export async function readApprovals(
  knex: Knex,
  programNo: number,
  rewardId: bigint,
): Promise<{ actor: string; at: Date }[]> {
  const text = `select a.actor, a.at from reward_approvals a where a.program_no = ? and a.reward_id = ? order by a.at`;
  return select(knex, text, [programNo, rewardId]);
}

export interface HistoryRow {
  at: Date;
  status: RewardStatus;
  reason: string | null;
  outcome: string | null;
  amount: bigint;
  cause_id: bigint | null;
  actor: string | null;
  note: string | null;
}

export async function readHistory(knex: Knex, programNo: number, rewardId: bigint): Promise<HistoryRow[]> {
  const text = `
    select h.at, h.status, h.reason, h.outcome, h.amount, h.cause_id, h.actor, h.note
      from reward_history h where h.program_no = ? and h.reward_id = ? order by h.id`;
  return select(knex, text, [programNo, rewardId]);
}
