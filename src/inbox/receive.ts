/**
 * The inbox's door: events of all waiting requests go in with one statement.
 * Promises: the promise of an event resolves only after its row has committed; a deadlock is tried again and reaches no
 * sender. Must never: resolve on a guess; when the commit's answer is lost, the sender is told 503 and sends again.
 */
import { hash } from 'node:crypto';
import type pg from 'pg';
import { binaryArray, type ElementType } from '../db/binary-array.ts';
import { isRetryable } from '../db/transaction.ts';
import { FIND_ID, RECEIVE } from './inbox.sql.ts';

export interface NewEvent {
  readonly programNo: number;
  readonly source: string;
  readonly eventId: string;
  readonly type: string;
  readonly receivedAt: Date;
  readonly occurredAt: Date | undefined;
  readonly triedOnce: boolean;
  /** As received; valid UTF-8. */
  readonly body: string | Buffer;
  /** The same, read, where somebody has done that already. */
  readonly parsed?: unknown;
}

export interface Received {
  readonly id: bigint;
  readonly duplicate: boolean;
}

export interface ReceiveOptions {
  readonly pool: pg.Pool;
  readonly statement: (name: string, text: string, values: unknown[]) => pg.QueryConfig;
  /** Told of every new row once it has committed. */
  readonly onStored: (event: NewEvent, id: bigint) => void;
}

interface Waiting {
  readonly event: NewEvent;
  readonly resolve: (received: Received) => void;
  readonly reject: (error: unknown) => void;
}

/** One statement under way: what arrives meanwhile goes together with the next. A second one only halved the batches. */
const FLUSHES_MAX = 1;
const EVENTS_MAX = 256;
const BYTES_MAX = 4 * 1024 * 1024;
const DEADLOCK_RETRIES = 5;

export function createReceiver(options: ReceiveOptions): (event: NewEvent) => Promise<Received> {
  const waiting: Waiting[] = [];
  let flushing = 0;

  const flush = async () => {
    flushing++;
    try {
      while (waiting.length > 0) {
        await storeBatch(options, nextBatch(waiting));
      }
    } finally {
      flushing--;
    }
  };

  return (event) =>
    new Promise((resolve, reject) => {
      waiting.push({ event, resolve, reject });
      // One turn of the loop lets the requests that arrived together go together.
      if (flushing < FLUSHES_MAX) setImmediate(() => void (flushing < FLUSHES_MAX && waiting.length > 0 && flush()));
    });
}

function nextBatch(waiting: Waiting[]): Waiting[] {
  let count = 0;
  for (let bytes = 0; count < Math.min(waiting.length, EVENTS_MAX) && bytes < BYTES_MAX; count++) {
    bytes += waiting[count]?.event.body.length ?? 0;
  }
  return waiting.splice(0, count);
}

async function storeBatch(options: ReceiveOptions, batch: readonly Waiting[]): Promise<void> {
  try {
    const stored = await insert(
      options,
      batch.map((each) => each.event),
    );
    await Promise.all(batch.map((each) => answer(options, each, stored)));
  } catch (error) {
    for (const each of batch) each.reject(error);
  }
}

/** The first of several requests with one key is told of the new row; the others are duplicates of it. */
async function answer(
  options: ReceiveOptions,
  { event, resolve, reject }: Waiting,
  stored: Map<string, bigint>,
): Promise<void> {
  const key = keyOf(event);
  const id = stored.get(key);
  if (id !== undefined) {
    stored.delete(key);
    options.onStored(event, id);
    resolve({ id, duplicate: false });
    return;
  }
  try {
    const values = [event.programNo, event.source, event.eventId];
    const known = await options.pool.query(options.statement('find event', FIND_ID, values));
    resolve({ id: known.rows[0]?.id as bigint, duplicate: true });
  } catch (error) {
    reject(error);
  }
}

const keyOf = (event: { programNo: number; source: string; eventId: string }): string =>
  `${event.programNo}\n${event.source}\n${event.eventId}`;

function byKey(a: NewEvent, b: NewEvent): number {
  return a.programNo - b.programNo || compare(a.source, b.source) || compare(a.eventId, b.eventId);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

async function insert(options: ReceiveOptions, events: readonly NewEvent[]): Promise<Map<string, bigint>> {
  const sorted = events.toSorted(byKey);
  const column = (type: ElementType, read: (event: NewEvent) => unknown) => binaryArray(type, sorted.map(read));
  const query = options.statement('receive', RECEIVE, [
    column('integer', (event) => event.programNo),
    column('text', (event) => event.source),
    column('text', (event) => event.eventId),
    column('text', (event) => event.type),
    column('timestamptz', (event) => event.receivedAt),
    column('timestamptz', (event) => event.occurredAt),
    column('boolean', (event) => event.triedOnce),
    column('text', (event) => event.body),
    column('bytea', (event) => hash('sha256', event.body, 'buffer')),
  ]);
  for (let left = DEADLOCK_RETRIES; ; left--) {
    try {
      const { rows } = await options.pool.query(query);
      const key = (row: { program_no: number; source: string; event_id: string }) =>
        keyOf({ programNo: row.program_no, source: row.source, eventId: row.event_id });
      return new Map(rows.map((row) => [key(row), row.id as bigint]));
    } catch (error) {
      if (left === 0 || !isRetryable(error)) throw error;
    }
  }
}
