/**
 * From what the inbox keeps to what the fold takes.
 * Promises: the same body gives the same facts, today and at a replay; what cannot be understood parks by itself. Must
 * never: look at anything but the row and the program.
 */
import type { Command } from '../model/commands.ts';
import { INTERNAL_SOURCE } from '../model/commands.ts';
import type { Fact, Normalized } from '../model/facts.ts';
import type { FoldEvent } from '../model/fold.ts';
import type { Program } from '../model/program.ts';
import type { Provider } from '../model/provider.ts';
import { type CanonicalEvent, parseCanonical } from '../providers/canonical.ts';
import { factOf } from '../providers/standard.ts';

/** A row of the inbox with its body parsed. */
export interface StoredEvent {
  readonly id: bigint;
  readonly source: string;
  readonly eventId: string;
  readonly type: string;
  readonly receivedAt: Date;
  readonly occurredAt: Date | null;
  readonly triedOnce: boolean;
  readonly body: unknown;
}

/** Canonical events posted with a server key: `{"events": […]}`, checked at the door. */
export const API_SOURCE = 'api';

export type ReadEvent =
  | { readonly ok: true; readonly event: FoldEvent }
  | { readonly ok: false; readonly reason: string };

export function readEvent(stored: StoredEvent, program: Program, providers: ReadonlyMap<string, Provider>): ReadEvent {
  const { body, ...event } = stored;
  if (event.source === INTERNAL_SOURCE) {
    return { ok: true, event: { ...event, content: { kind: 'command', command: body as Command } } };
  }
  try {
    const normalized = normalize(stored, program, providers);
    return {
      ok: true,
      event: {
        ...event,
        occurredAt: normalized.occurredAt ?? event.occurredAt,
        content: { kind: 'facts', normalized },
      },
    };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message.slice(0, 500) : 'not understood' };
  }
}

function normalize(stored: StoredEvent, program: Program, providers: ReadonlyMap<string, Provider>): Normalized {
  if (stored.body === null) throw new Error('its body was purged');
  if (stored.source === API_SOURCE) return normalizeBatch(stored.body, stored.receivedAt);
  const source = program.sources.find((each) => each.name === stored.source);
  const provider = source && providers.get(source.kind);
  if (!source || !provider) throw new Error(`the program file has no source ${stored.source}`);
  return provider.normalize(stored.body, stored, source);
}

function normalizeBatch(body: unknown, receivedAt: Date): Normalized {
  const { events } = body as { events: unknown[] };
  const facts = events.map((input, index) => {
    const parsed = parseCanonical(withTime(input, receivedAt));
    if (!parsed.ok) throw new Error(`events[${index}].${parsed.field}: ${parsed.reason}`);
    return timed(factOf(parsed.event as CanonicalEvent, API_SOURCE), parsed.event as CanonicalEvent);
  });
  return { mode: undefined, occurredAt: undefined, facts, ignored: undefined };
}

/** A batch has no time of its own: each signup is as old as its own event says. */
function timed(fact: Fact, { timestamp }: CanonicalEvent): Fact {
  if (fact.fact !== 'member' || fact.change !== 'created' || fact.createdAt || !timestamp) return fact;
  return { ...fact, createdAt: new Date(timestamp) };
}

/** An event that names no time happened when it was told. */
function withTime(input: unknown, receivedAt: Date): unknown {
  const event = input as { timestamp?: string | null };
  return event.timestamp === undefined || event.timestamp === null
    ? { ...event, timestamp: receivedAt.toISOString() }
    : event;
}
