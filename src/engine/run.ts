/**
 * One batch of one program, from claim to commit: the only writer of referrals, rewards and postings.
 * Promises: effects and "handled" commit together; a batch that the database refuses is halved until the one event is
 * found, and that one parks alone; events in flight when a process died run singly first. Must never: read before the
 * program's lock is held, or make a network call.
 */
import type pg from 'pg';
import { isUnavailable, withTransaction } from '../db/transaction.ts';
import type { Handoff } from '../inbox/handoff.ts';
import { CLAIM, IS_QUEUED, READ_EVENTS } from '../inbox/inbox.sql.ts';
import { parseBody } from '../model/body.ts';
import type { FoldContext, Keyed } from '../model/fold.ts';
import type { LoadedProgram, Mailboxes } from '../model/program.ts';
import type { Provider } from '../model/provider.ts';
import { type Folded, fold } from './fold.ts';
import { hideToldCodes, stored } from './hide-told.ts';
import { loadWorld } from './load-world.sql.ts';
import type { Statement } from './loader.sql.ts';
import * as lock from './lock.sql.ts';
import { type ReadEvent, readEvent, type StoredEvent } from './read-events.ts';
import { markHandled, type SavePorts, saveEffects } from './save-effects.sql.ts';

export interface EnginePorts {
  readonly pool: pg.Pool;
  readonly statement: Statement;
  readonly now: () => Promise<Date>;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly handoff: Handoff<ReadEvent>;
  readonly keyedFor: (loaded: LoadedProgram) => Keyed;
  readonly isPublicMailbox: (domain: string, own?: Mailboxes) => boolean;
  readonly isDisposable: (domain: string, own?: Mailboxes) => boolean;
  readonly subnetOf: (ip: string) => string | undefined;
  readonly savePorts: (loaded: LoadedProgram) => SavePorts;
  /** This process, for the note of what is in flight. */
  readonly worker: string;
  /** Named points at which a fault test stops the process. */
  readonly crashPoint: (name: string) => void;
}

export interface BatchResult {
  readonly handled: number;
  readonly plannedDeliveries: boolean;
  readonly parked: number;
  /** Somebody was suspended: there is mail about it. */
  readonly suspended?: boolean;
}

export const BATCH_MAX = 500;
const IDS_PER_BATCH = 65_536n;
/** Processes that died over one event alone. One or two may have been killed for another reason. */
const DEATHS_MAX = 3;
const DEADLY = 'the process died while handling it, three times';

/** Somebody else holds the program's lock. */
export class ProgramBusy extends Error {
  readonly programNo: number;
  constructor(programNo: number) {
    super(`program ${programNo} is busy`);
    this.programNo = programNo;
  }
}

/** Runs one batch of at most `limit` events. With `wait` it queues for the lock, else throws ProgramBusy at once. */
export async function runBatch(
  ports: EnginePorts,
  loaded: LoadedProgram,
  options: { readonly wait: boolean; readonly limit: number },
): Promise<BatchResult> {
  let ids: readonly bigint[] = [];
  try {
    return await withTransaction(ports.pool, async (client) => {
      await takeLock(client, loaded.no, options.wait);
      await client.query(ports.statement('plan by index', lock.PLAN_BY_INDEX, []));
      const claimed = await claim(ports, client, loaded, options.limit);
      ids = claimed.ids;
      if (ids.length === 0) return { handled: 0, plannedDeliveries: false, parked: 0 };
      if (claimed.deaths >= DEATHS_MAX) return await park(ports, client, loaded.no, ids, DEADLY);
      return await runClaimed(ports, client, loaded, claimed);
    });
  } catch (error) {
    if (error instanceof ProgramBusy || isUnavailable(error) || ids.length === 0) throw error;
    if (ids.length > 1) return await runBatch(ports, loaded, { ...options, limit: Math.ceil(ids.length / 2) });
    return await parkAlone(ports, loaded, ids, error);
  }
}

async function takeLock(client: pg.PoolClient, programNo: number, wait: boolean): Promise<void> {
  if (!wait) {
    const { rows } = await client.query(lock.TRY_LOCK, [programNo]);
    if (!rows[0]?.taken) throw new ProgramBusy(programNo);
    return;
  }
  await client.query(lock.WAIT_AT_MOST);
  await client.query(lock.LOCK, [programNo]).catch((error: { code?: string }) => {
    throw error.code === '55P03' ? new ProgramBusy(programNo) : error;
  });
}

interface Claimed {
  readonly ids: readonly bigint[];
  /** How many processes have died over the only one of them. */
  readonly deaths: number;
}

/** The next events; after another process died in the middle of some, those first and one at a time. */
async function claim(
  ports: EnginePorts,
  client: pg.PoolClient,
  loaded: LoadedProgram,
  limit: number,
): Promise<Claimed> {
  const left = await client.query(ports.statement('in flight', lock.READ_IN_FLIGHT, [loaded.no]));
  const dead = left.rows[0]?.worker === ports.worker ? undefined : left.rows[0];
  const { rows } = await client.query(ports.statement('claim', CLAIM, [loaded.no, dead ? 1 : limit]));
  const ids = rows.map((row) => row.id as bigint);
  const first = ids[0];
  const alone = dead !== undefined && first !== undefined && dead.first_id === first && dead.last_id === first;
  return { ids, deaths: alone ? Number(dead.deaths) + 1 : 0 };
}

async function runClaimed(
  ports: EnginePorts,
  client: pg.PoolClient,
  loaded: LoadedProgram,
  { ids, deaths }: Claimed,
): Promise<BatchResult> {
  const noted = note(ports, loaded.no, { ids, deaths });
  noted.catch(() => {}); // awaited below; until then its failure is nobody's surprise
  const context = contextFor(ports, client, loaded);
  const read = await readEvents(ports, client, loaded, ids);
  const events = read.flatMap((each) => (each.ok ? [each.event] : []));
  const unread: Folded[] = read.flatMap((each) =>
    each.ok ? [] : [{ id: each.id, outcome: { kind: 'parked', reason: each.reason } }],
  );
  const ctx = await context;
  const world = await loadWorld(client, ports.statement, events, ctx);
  ports.crashPoint('loaded');
  const folded = [...fold(world, events, ctx), ...unread];
  await hideToldCodes(client, { world, events, ctx, providers: ports.providers });
  await noted;
  ports.crashPoint('folded');
  await saveEffects(client, ports.statement, loaded.no, { world, ids, folded, now: ctx.now }, ports.savePorts(loaded));
  ports.crashPoint('saved');
  ports.crashPoint('committing');
  const parked = folded.filter((each) => each.outcome.kind === 'parked').length;
  const planned = world.deliveries.inserted().length > 0 || world.openDeliveries.updated().some((open) => open.tryNow);
  const suspended = world.suspensions.inserted().length > 0;
  return { handled: ids.length, plannedDeliveries: planned, parked, suspended };
}

async function contextFor(ports: EnginePorts, client: pg.PoolClient, loaded: LoadedProgram): Promise<FoldContext> {
  const { rows } = await client.query(ports.statement('ids', lock.NEXT_IDS, []));
  let next = rows[0].first as bigint;
  const end = next + IDS_PER_BATCH;
  return {
    loaded,
    now: await ports.now(),
    nextId: () => {
      if (next >= end) throw new Error('bug: a batch used up its ids');
      return next++;
    },
    keyed: ports.keyedFor(loaded),
    isPublicMailbox: (domain) => ports.isPublicMailbox(domain, loaded.program.mailboxes),
    isDisposable: (domain) => ports.isDisposable(domain, loaded.program.mailboxes),
    subnetOf: ports.subnetOf,
  };
}

/** Written beside the batch's own transaction, so that it stands when the process dies. */
async function note(ports: EnginePorts, programNo: number, { ids, deaths }: Claimed): Promise<void> {
  const values = [programNo, ports.worker, ids[0], ids[ids.length - 1], deaths];
  await ports.pool.query(ports.statement('note in flight', lock.NOTE_IN_FLIGHT, values));
}

async function readEvents(
  ports: EnginePorts,
  client: pg.PoolClient,
  loaded: LoadedProgram,
  ids: readonly bigint[],
): Promise<(ReadEvent & { readonly id: bigint })[]> {
  const found = new Map<bigint, ReadEvent>();
  const missing: bigint[] = [];
  for (const id of ids) {
    const event = ports.handoff.take(loaded.no, id);
    if (event) found.set(id, event);
    else missing.push(id);
  }
  if (missing.length > 0) {
    const { rows } = await client.query(ports.statement('read events', READ_EVENTS, [loaded.no, missing]));
    for (const row of rows) found.set(row.id, readEvent(asStored(row), loaded.program, ports.providers));
  }
  return ids.flatMap((id) => {
    const event = found.get(id);
    return event ? [{ id, ...event }] : [];
  });
}

function asStored(row: Record<string, unknown>): StoredEvent {
  return { ...stored(row), body: row.body === null ? null : parseBody(row.body as string) };
}

async function parkAlone(
  ports: EnginePorts,
  loaded: LoadedProgram,
  ids: readonly bigint[],
  error: unknown,
): Promise<BatchResult> {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return await withTransaction(ports.pool, async (client) => {
    await takeLock(client, loaded.no, true);
    // Another process may have managed meanwhile what this one could not.
    const { rowCount } = await client.query(IS_QUEUED, [loaded.no, ids[0]]);
    if (!rowCount) return { handled: 0, plannedDeliveries: false, parked: 0 };
    return await park(ports, client, loaded.no, ids, reason.replace(/\s+/g, ' ').slice(0, 500));
  });
}

async function park(
  ports: EnginePorts,
  client: pg.PoolClient,
  programNo: number,
  ids: readonly bigint[],
  reason: string,
): Promise<BatchResult> {
  const folded: Folded[] = ids.map((id) => ({ id, outcome: { kind: 'parked', reason } }));
  await markHandled(client, ports.statement, programNo, ids, folded);
  return { handled: ids.length, plannedDeliveries: false, parked: ids.length };
}
