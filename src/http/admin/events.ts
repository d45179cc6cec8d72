/**
 * The inbox: everything that was ever said to us, what became of it, and the way to have it handled again.
 * Promises: what we could not understand is here, raw body in view. Must never: show our own commands among what came
 * from outside, unless they are asked for by their source.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { readEvent } from '../../engine/read-events.ts';
import { parseBody } from '../../model/body.ts';
import { INTERNAL_SOURCE } from '../../model/commands.ts';
import type { Fact } from '../../model/facts.ts';
import { adminOf } from '../admin-auth.ts';
import { answer, type Sent } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { integer, moment, readId, readQuery, text, writeId } from '../input.ts';
import { page, pageShape, readPage } from '../pages.ts';
import { Problem } from '../problems.ts';
import { param, type Route } from '../routes.ts';
import * as sql from './events.sql.ts';
import { type NamedObject, paymentsNamed } from './payments.sql.ts';
import { paymentJson } from './payments.ts';
import { programFilter } from './program-filter.ts';
import { rewardJson } from './reward-json.ts';
import { readEntriesOfCause, readRewards } from './rewards.sql.ts';
import { entryJson } from './rewards.ts';
import { inboxEventDetail, inboxEventPage } from './schemas.ts';

type Needs = Pick<Deps, 'pools' | 'programs' | 'providers' | 'clock' | 'settle'>;

const SETTLE_MS_MAX = 20_000;

const listQuery = z.strictObject({
  program: text(100).optional(),
  source: text(100).optional(),
  type: text(255).optional(),
  state: z.enum(sql.EVENT_STATES).optional(),
  from: moment.optional(),
  to: moment.optional(),
  ...pageShape,
});

export function eventRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'get',
      path: '/events',
      credential: 'admin:read',
      summary: 'The inbox: everything that was ever said to us, newest first',
      description: 'Our own commands are shown only when asked for by `source=plusone`.',
      asks: { query: listQuery },
      answers: inboxEventPage,
      refuses: ['unknown_program'],
      handle: (req, res) => list(deps, req, res),
    },
    {
      method: 'get',
      path: '/events/:id',
      credential: 'admin:read',
      summary: 'An event, its raw body, and what it caused',
      answers: inboxEventDetail,
      refuses: ['unknown_event'],
      handle: async (req, res) => answer(res, inboxEventDetail, await eventDetail(deps, await eventOf(deps, req))),
    },
    {
      method: 'post',
      path: '/events/:id/replay',
      credential: 'admin',
      summary: 'Has an event handled again; nothing is paid twice',
      answers: inboxEventDetail,
      refuses: ['unknown_event', 'not_replayable', 'body_purged'],
      handle: (req, res) => replay(deps, req, res),
    },
  ];
}

async function list(deps: Needs, req: Request, res: Response): Promise<void> {
  const { program, source, type, state, from, to, ...query } = readQuery(req, listQuery);
  const request = readPage(query);
  const filter = {
    programNo: programFilter(deps, program),
    source,
    hiddenSource: INTERNAL_SOURCE,
    type,
    state,
    from,
    to,
  };
  const rows = await sql.listEvents(deps.pools.knex, filter, request);
  const place = (row: sql.EventRow) => ({ at: row.received_at, id: row.id });
  answer(res, inboxEventPage, page(rows, request, place, eventJson));
}

async function eventOf({ pools }: Needs, req: Request): Promise<sql.EventDetailRow> {
  const id = readId(param(req, 'id'), 'ev');
  const row = id === undefined ? undefined : await sql.readEventRow(pools.knex, id);
  if (!row) throw new Problem('unknown_event');
  return row;
}

function eventJson({ program, id, source, event_id, type, state, reason, received_at, occurred_at }: sql.EventRow) {
  return { id: writeId('ev', id), program, source, event_id, type, state, reason, received_at, occurred_at };
}

async function eventDetail(deps: Needs, row: sql.EventDetailRow): Promise<Sent<z.input<typeof inboxEventDetail>>> {
  const { knex } = deps.pools;
  const where = [knex, row.program_no, row.id] as const;
  const [rewardIds, entries, deliveries] = await Promise.all([
    sql.rewardsOfCause(...where),
    readEntriesOfCause(...where),
    sql.deliveriesOfCause(...where),
  ]);
  const [rewards, payments] = await Promise.all([
    readRewards(knex, rewardIds),
    paymentsNamed(knex, row.program_no, { objects: objectsIn(deps, row), rewardIds }),
  ]);
  return {
    ...eventJson(row),
    body: row.body,
    body_sha256: row.body_sha256,
    caused: {
      rewards: rewards.map(rewardJson),
      payments: payments.map(paymentJson),
      transactions: [...Map.groupBy(entries.map(entryJson), (entry) => entry.transaction_id)].map(([id, lines]) => {
        const { kind, at, reward_id } = lines[0] as (typeof lines)[number];
        return {
          id,
          kind,
          at,
          reward_id,
          entries: lines.map(({ account, member_id, unit, amount }) => ({ account, member_id, unit, amount })),
        };
      }),
      deliveries: deliveries.map((each) => ({
        ...each,
        id: writeId('dl', each.id),
        reward_id: writeId('rw', each.reward_id),
        amount: integer(each.amount),
      })),
    },
  };
}

/** The payment objects that the body names, read as the engine reads it; none where it cannot be read. */
function objectsIn({ programs, providers }: Needs, row: sql.EventDetailRow): NamedObject[] {
  const loaded = programs.byName(row.program);
  const body = row.source === INTERNAL_SOURCE ? undefined : parsed(row.body);
  if (!loaded || body === undefined) return [];
  const stored = {
    id: row.id,
    source: row.source,
    eventId: row.event_id,
    type: row.type,
    receivedAt: row.received_at,
    occurredAt: row.occurred_at,
    triedOnce: false,
    body,
  };
  const read = readEvent(stored, loaded.program, providers);
  return read.ok && read.event.content.kind === 'facts' ? read.event.content.normalized.facts.flatMap(objectsOf) : [];
}

/** What was verified is JSON; what somebody put into the table by hand may not be, and is shown all the same. */
function parsed(body: string | null): unknown {
  if (body === null) return undefined;
  try {
    return parseBody(body);
  } catch {
    return undefined;
  }
}

function objectsOf(fact: Fact): NamedObject[] {
  switch (fact.fact) {
    case 'payment':
    case 'refund':
    case 'dispute':
      return fact.objects.map(({ id }) => ({ provider: fact.provider, account: fact.account, objectId: id }));
    case 'payment_link':
      return [fact.invoice, fact.object, ...fact.others].map(({ id }) => ({
        provider: fact.provider,
        account: fact.account,
        objectId: id,
      }));
    default:
      return [];
  }
}

/** Our own commands are replayed only where they were parked: done once is done. */
async function replay(deps: Needs, req: Request, res: Response): Promise<void> {
  const row = await eventOf(deps, req);
  if (row.source === INTERNAL_SOURCE && row.state !== 'parked') throw new Problem('not_replayable');
  if (row.body === null) throw new Problem('body_purged');
  const { program_no: programNo, id } = row;
  await sql.replayEvent(deps.pools.knex, { programNo, id, actor: adminOf(res).actor, now: await deps.clock.now() });
  await deps.settle(programNo, id, SETTLE_MS_MAX);
  answer(res, inboxEventDetail, await eventDetail(deps, await eventOf(deps, req)));
}
