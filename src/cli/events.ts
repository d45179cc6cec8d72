/**
 * `events list` and `events replay`: the inbox, with the admin API's own statements.
 * Promises: a replay is safe to repeat: the fold gives the same effects once. Must never: fold anything itself; that is
 * the running service's, of which there may be several.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '../config/env.ts';
import {
  EVENT_STATES,
  type EventRow,
  type EventState,
  listEvents,
  readEventRow,
  replayEvent,
} from '../http/admin/events.sql.ts';
import { INTERNAL_SOURCE } from '../model/commands.ts';
import { type Cli, idOf, type OpenDatabase } from './command.ts';
import { programNamed } from './programs.ts';

const LIMIT_MAX = 1000;
const POLL_MS = 100;

export interface ListOptions {
  readonly program?: string;
  readonly state?: string;
  readonly source?: string;
  readonly type?: string;
  readonly limit: string;
}

export async function showEvents(cli: Cli, options: ListOptions): Promise<void> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw new ConfigError(`--limit must be 1 to ${LIMIT_MAX}`);
  const state = options.state as EventState | undefined;
  if (state !== undefined && !EVENT_STATES.includes(state))
    throw new ConfigError(`--state must be one of ${EVENT_STATES.join(', ')}`);
  await cli.withDatabase(async (database) => {
    const program = options.program === undefined ? undefined : await programNamed(database, options.program);
    const { source, type } = options;
    const filter = {
      programNo: program?.no,
      source,
      hiddenSource: INTERNAL_SOURCE,
      type,
      state,
      from: undefined,
      to: undefined,
    };
    const rows = (await listEvents(database.knex, filter, { limit, after: undefined })).slice(0, limit);
    cli.output.show(rows.map(eventJson), (paper) => {
      if (rows.length === 0) paper.line('no events');
      const head = ['ID', 'PROGRAM', 'SOURCE', 'EVENT', 'TYPE', 'STATE', 'RECEIVED', 'REASON'];
      paper.table(
        head,
        rows.map((row) => [
          `ev_${row.id}`,
          row.program,
          row.source,
          row.event_id,
          row.type,
          row.state,
          row.received_at,
          row.reason,
        ]),
      );
    });
  });
}

export interface ReplayOptions {
  /** Seconds. */
  readonly wait: string;
}

export async function replay(cli: Cli, ids: readonly string[], options: ReplayOptions): Promise<void> {
  const seconds = Number(options.wait);
  if (!(seconds >= 0 && seconds <= 3600)) throw new ConfigError('--wait must be a number of seconds');
  const wanted = ids.map((id) => idOf(id, 'ev', 'an event'));
  await cli.withDatabase(async (database) => {
    for (const id of wanted) await replayOne(database, id);
    const rows = await settled(database, wanted, performance.now() + seconds * 1000);
    cli.output.show(rows.map(eventJson), (paper) => {
      for (const row of rows) {
        const what =
          row.state === 'pending' ? 'waits for a worker' : `${row.state}${row.reason ? `: ${row.reason}` : ''}`;
        paper.line(`ev_${row.id} ${what}`);
      }
    });
  });
}

async function replayOne(database: OpenDatabase, id: bigint): Promise<void> {
  const row = await eventOf(database, id);
  // Done once is done: only a command of our own that could not be done may be tried again.
  if (row.source === INTERNAL_SOURCE && row.state !== 'parked')
    throw new ConfigError(`ev_${id} is the service's own and not parked: it is not replayed`);
  if (row.body === null)
    throw new ConfigError(`ev_${id} cannot be replayed: its body was removed after the program's retention`);
  await replayEvent(database.knex, { programNo: row.program_no, id, actor: 'cli', now: await database.now() });
}

async function eventOf({ knex }: OpenDatabase, id: bigint): Promise<EventRow & { body: string | null }> {
  const row = await readEventRow(knex, id);
  if (!row) throw new ConfigError(`there is no event ev_${id}`);
  return row;
}

/** As they are when none waits any more, or when the time is up. */
async function settled(database: OpenDatabase, ids: readonly bigint[], until: number): Promise<EventRow[]> {
  for (;;) {
    const rows = await Promise.all(ids.map((id) => eventOf(database, id)));
    if (performance.now() >= until || rows.every((row) => row.state !== 'pending')) return rows;
    await sleep(POLL_MS);
  }
}

function eventJson({ program, id, source, event_id, type, state, reason, received_at, occurred_at }: EventRow): object {
  return { id: `ev_${id}`, program, source, event_id, type, state, reason, received_at, occurred_at };
}
