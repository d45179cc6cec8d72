/**
 * The inbox to read, what an event caused, and the one write of this layer: putting an event back into the queue.
 * Promises: the list asks each program through its own index; a replay and its audit row are one statement. Must never:
 * touch what an event caused; the fold is repeatable, and that is all a replay is.
 */
import type { Knex } from 'knex';
import type { PageRequest } from '../pages.ts';
import { type Condition, conditions, select } from '../query.sql.ts';

export const EVENT_STATES = ['pending', 'handled', 'ignored', 'parked'] as const;
export type EventState = (typeof EVENT_STATES)[number];

export interface EventFilter {
  readonly programNo: number | undefined;
  /** undefined: every source but `hiddenSource`. */
  readonly source: string | undefined;
  readonly hiddenSource: string;
  readonly type: string | undefined;
  readonly state: EventState | undefined;
  readonly from: Date | undefined;
  readonly to: Date | undefined;
}

export interface EventRow {
  program: string;
  program_no: number;
  id: bigint;
  source: string;
  event_id: string;
  type: string;
  state: EventState;
  reason: string | null;
  received_at: Date;
  occurred_at: Date | null;
}

const COLUMNS = `e.program_no, e.id, e.source, e.event_id, e.type, e.reason, e.received_at, e.occurred_at,
    case when q.id is not null then 'pending' else coalesce(e.outcome, 'handled') end as state`;
const QUEUED = 'left join inbox_queue q on q.program_no = e.program_no and q.id = e.id';

function stateCondition(state: EventState | undefined): Condition {
  if (state === 'pending') return ['q.id is not null', []];
  if (state === 'handled') return ['q.id is null and e.outcome is null', []];
  return ['q.id is null and e.outcome = ?', state];
}

export async function listEvents(knex: Knex, filter: EventFilter, page: PageRequest): Promise<EventRow[]> {
  const { text, values } = conditions([
    ['e.source = ?', filter.source],
    ['e.source <> ?', filter.source === undefined ? filter.hiddenSource : undefined],
    ['e.type = ?', filter.type],
    stateCondition(filter.state),
    ['e.received_at >= ?', filter.from],
    ['e.received_at < ?', filter.to],
    ['e.id < ?', page.after?.id],
  ]);
  const one = conditions([['g.no = ?', filter.programNo]]);
  const whole = `
    select g.name as program, e.* from programs g cross join lateral (
      select ${COLUMNS} from inbox_events e ${QUEUED}
       where e.program_no = g.no${text} order by e.id desc limit ?) e
     where true${one.text} order by e.id desc limit ?`;
  const limit = page.limit + 1;
  return select(knex, whole, [...values, limit, ...one.values, limit]);
}

export type EventDetailRow = EventRow & { body: string | null; body_sha256: string };

export async function readEventRow(knex: Knex, id: bigint): Promise<EventDetailRow | undefined> {
  const text = `
    select g.name as program, ${COLUMNS}, e.body, encode(e.body_hash, 'hex') as body_sha256
      from programs g join inbox_events e on e.program_no = g.no ${QUEUED} where e.id = ?`;
  return (await select<EventDetailRow>(knex, text, [id]))[0];
}

/** Rewards whose history, ledger or deliveries name the event as their cause. */
export async function rewardsOfCause(knex: Knex, programNo: number, causeId: bigint): Promise<bigint[]> {
  const text = `
    select h.reward_id as id from reward_history h where h.program_no = ? and h.cause_id = ?
     union select t.reward_id from ledger_transactions t where t.program_no = ? and t.cause_id = ? and t.reward_id is not null
     union select d.reward_id from deliveries d where d.program_no = ? and d.cause_id = ?`;
  const rows = await select<{ id: bigint }>(knex, text, [programNo, causeId, programNo, causeId, programNo, causeId]);
  return rows.map((row) => row.id);
}

export interface DeliveryRow {
  id: bigint;
  reward_id: bigint;
  kind: 'create' | 'reverse' | 'restore';
  amount: bigint;
  unit: string;
  idempotency_key: string;
  sink: string;
  state: string;
  outcome: string | null;
  attempts: number;
  next_try_at: Date | null;
  reference: string | null;
  created_at: Date;
  settled_at: Date | null;
}

export async function deliveriesOfCause(knex: Knex, programNo: number, causeId: bigint): Promise<DeliveryRow[]> {
  const text = `
    select d.id, d.reward_id, d.kind, d.amount, d.unit, d.idempotency_key, d.sink, d.state, d.outcome, d.attempts,
           d.next_try_at, d.reference, d.created_at, d.settled_at
      from deliveries d where d.program_no = ? and d.cause_id = ? order by d.id`;
  return select(knex, text, [programNo, causeId]);
}

export interface Replay {
  readonly programNo: number;
  readonly id: bigint;
  readonly actor: string;
  readonly now: Date;
}

/** False when it waits in the queue already; then nothing is written. */
export async function replayEvent(knex: Knex, { programNo, id, actor, now }: Replay): Promise<boolean> {
  const text = `
    with queued as (
      insert into inbox_queue (program_no, id) select e.program_no, e.id from inbox_events e where e.program_no = ? and e.id = ?
      on conflict (program_no, id) do nothing returning program_no, id),
    before as (
      select e.program_no, e.id, e.outcome, e.reason from inbox_events e join queued using (program_no, id)),
    cleared as (
      update inbox_events e set outcome = null, reason = null from queued
       where e.program_no = queued.program_no and e.id = queued.id returning e.id)
    insert into audit_log (id, program_no, at, actor, action, target, before)
    select nextval('ids'), program_no, ?, ?, 'event.replay', 'ev_' || id, jsonb_build_object('outcome', outcome, 'reason', reason)
      from before returning id`;
  return (await select(knex, text, [programNo, id, now, actor])).length > 0;
}
