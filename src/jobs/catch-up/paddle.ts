/**
 * Paddle's lists: the notifications that it could not deliver, the completed transactions, and the adjustments.
 * Promises: a notification brings the event with its own id; what is listed is taken as Paddle wrote it, not as the SDK
 * spells it. Must never: take a transaction that is not completed.
 */
import { connectPaddle, type PaddleConnection } from '../../delivery/paddle-client.ts';
import { type List, type Listed, madeOf, type Window } from './list.ts';

/** Of these Paddle has given up, or soon will. */
const UNDELIVERED = ['failed' as const, 'needs_retry' as const];
const PAGE = 100;

type Raw = Readonly<Record<string, unknown>>;

export const listPaddle: List = async function* ({ source, http, signal }, window) {
  const { apiKey = '', apiBase } = source;
  const paddle = await connectPaddle({ apiKey, apiBase }, { http, signal });
  yield* notifications(paddle, window);
  const since = window.since.toISOString();
  const completed = { status: ['completed' as const], 'updatedAt[GTE]': since, perPage: PAGE };
  for await (const transaction of raw(paddle.transactions.list(completed)))
    yield asEvent('transaction.completed', transaction);
  // This list takes no dates; it is read from the newest.
  const newest = paddle.adjustments.list({ perPage: PAGE, orderBy: 'id[DESC]' });
  for await (const adjustment of raw(newest)) {
    const createdAt = time(adjustment.created_at);
    if (createdAt && createdAt < window.since) break;
    yield asEvent('adjustment.updated', adjustment);
  }
};

async function* notifications(paddle: PaddleConnection, { since, until, whole }: Window): AsyncIterable<Listed> {
  const [from, to] = [since.toISOString(), until.toISOString()];
  const asked = { from, to, perPage: PAGE, ...(whole ? {} : { status: UNDELIVERED }) };
  for await (const { payload } of raw(paddle.notifications.list(asked))) {
    const event = payload as Raw | null;
    const [eventId, type] = [event?.event_id, event?.event_type];
    if (!event || typeof eventId !== 'string' || typeof type !== 'string') continue;
    yield { eventId, type, occurredAt: time(event.occurred_at), body: event, made: false };
  }
}

/** Through the SDK's own pages, each item as it came over the wire: its entities drop and rename, and need every field. */
function raw<C extends AsyncIterable<unknown>>(collection: C): AsyncIterable<Raw> {
  return Object.assign(collection, { fromJson: (item: Raw) => item }) as unknown as AsyncIterable<Raw>;
}

function asEvent(type: string, data: Raw): Listed {
  const id = `${String(data.id)}:${String(data.status)}`;
  const occurredAt = time(data.updated_at) ?? time(data.created_at);
  const body = { event_id: `catch-up:${type}:${id}`, event_type: type, occurred_at: occurredAt?.toISOString(), data };
  return madeOf(type, id, body, occurredAt);
}

/** A year-1 date is "never". */
function time(value: unknown): Date | undefined {
  const read = typeof value === 'string' ? new Date(value) : undefined;
  return read && read.getTime() > 0 ? read : undefined;
}
