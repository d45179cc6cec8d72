/**
 * Canonical events with a server key: one, or up to 1,000 at a time, as one row of the inbox.
 * Promises: all or nothing; every event that is wrong is named by its index and field, and then none is stored. Must
 * never: repair a value, or answer before the row has committed.
 */
import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import * as z from 'zod';
import { API_SOURCE, readEvent } from '../../engine/read-events.ts';
import { batchEvent, eventId, parseCanonical } from '../../providers/canonical.ts';
import { isRecord } from '../../providers/json.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { readHeaders } from '../input.ts';
import { preferredWait } from '../prefer-wait.ts';
import { type FieldProblem, Problem } from '../problems.ts';
import { programOf, type Route } from '../routes.ts';

type Needs = Pick<Deps, 'env' | 'providers' | 'receive' | 'settle'>;

const EVENTS_MAX = 1000;
const PROBLEMS_SHOWN_MAX = 100;

const events = z.array(batchEvent).min(1).max(EVENTS_MAX);
/** Its events are read one by one, so that each mistake is named by its index. */
const eventsBody = z.union([z.object({ events }), events, batchEvent]).meta({
  id: 'Events',
  examples: [
    {
      events: [
        {
          id: 'signup-bob',
          type: 'member.created',
          timestamp: '2026-05-01T10:00:00Z',
          data: { member_id: 'bob', email: 'bob@example.com', referral_code: 'K7M2XQ' },
        },
      ],
    },
  ],
});
const eventsHeaders = z.object({
  'webhook-id': eventId.optional().describe('under this id the batch is known for ever; sent again, it is a duplicate'),
  'idempotency-key': eventId.optional().describe('the same, for who has no webhook-id'),
});
const received = z
  .strictObject({ received: z.literal(true), duplicate: z.boolean(), events: z.int() })
  .meta({ id: 'ReceivedEvents' });

export function eventRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'post',
      path: '/v1/events',
      credential: 'events:write',
      body: 'json',
      operation: 'events.send',
      summary: 'Canonical events: one, or up to 1,000 at a time',
      description: 'All or nothing: when an event is wrong it is named by its index, and none is stored.',
      asks: { body: eventsBody, headers: eventsHeaders },
      answers: received,
      refuses: ['invalid_events'],
      handle: (req, res) => receiveEvents(deps, req, res),
    },
  ];
}

async function receiveEvents(deps: Needs, req: Request, res: Response): Promise<void> {
  const loaded = programOf(res);
  const events = eventsOf(req.body);
  refuseWrong(events);
  const parsed = { events };
  const key = rowId(req, events);
  const row = {
    source: API_SOURCE,
    eventId: key,
    type: 'batch',
    occurredAt: null,
    receivedAt: new Date(),
    triedOnce: false,
  };
  // What the engine will do with the row is done once here, so that it cannot be parked over what we let through.
  const read = readEvent({ ...row, id: 0n, body: parsed }, loaded.program, deps.providers);
  if (!read.ok) throw new Problem('invalid_events', read.reason);
  const waitMs = preferredWait(req.headers, deps.env);
  const { id, duplicate } = await deps.receive({
    programNo: loaded.no,
    source: API_SOURCE,
    eventId: key,
    type: 'batch',
    occurredAt: undefined,
    body: JSON.stringify(parsed),
    parsed,
    triedOnce: waitMs !== undefined,
  });
  if (waitMs !== undefined) await deps.settle(loaded.no, id, waitMs);
  answer(res, received, { received: true, duplicate, events: events.length });
}

/** One event, `{"events": […]}`, or a list. */
function eventsOf(body: unknown): readonly unknown[] {
  const list = isRecord(body) && Object.hasOwn(body, 'events') ? body.events : body;
  const events = Array.isArray(list) ? (list as unknown[]) : [list];
  if (events.length > 0 && events.length <= EVENTS_MAX) return events;
  const error = { field: 'events', reason: `must hold 1 to ${EVENTS_MAX} events` };
  throw new Problem('invalid_events', { detail: `${error.field} ${error.reason}`, errors: [error] });
}

function refuseWrong(events: readonly unknown[]): void {
  const errors = events.flatMap((event, index) => {
    const problem = problemOf(event);
    return problem ? [{ index, ...problem }] : [];
  });
  if (errors.length === 0) return;
  const shown = errors.slice(0, PROBLEMS_SHOWN_MAX);
  throw new Problem('invalid_events', {
    detail: `${errors.length} of ${events.length} events are wrong`,
    errors: shown,
  });
}

function problemOf(event: unknown): FieldProblem | undefined {
  const parsed = parseCanonical(event);
  if (!parsed.ok) return { field: parsed.field, reason: parsed.reason };
  const id = isRecord(event) && Object.hasOwn(event, 'id') ? event.id : undefined;
  const issue = eventId.nullish().safeParse(id).error?.issues[0];
  return issue && { field: 'id', reason: issue.message };
}

/** Under this id the row is known for ever; without one from the sender it is new each time. */
function rowId(req: Request, events: readonly unknown[]): string {
  const named = readHeaders(req, eventsHeaders);
  const [only] = events;
  const own = events.length === 1 && isRecord(only) && typeof only.id === 'string' ? only.id : undefined;
  return named['webhook-id'] ?? named['idempotency-key'] ?? own ?? randomUUID();
}
