/**
 * The waker: graphile-worker says when to look, and our own rows say what is due.
 * Promises: whatever falls due is done within seconds, by one process of however many; a job that fails is logged and
 * tried again; after a lost database it starts anew by itself. Must never: carry business time or business data in a
 * job; one that is lost, late or run twice changes nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, makeWorkerUtils, type Runner, run, type TaskList } from 'graphile-worker';
import type pg from 'pg';
import { JOBS_SCHEMA } from '../db/migrate.ts';
import { openJobPool } from '../db/pool.ts';
import type { LoadedProgram } from '../model/program.ts';
import type { Clock } from './clock.ts';
import { purge } from './purge.ts';
import { sealAudit, sealProgram } from './seal.ts';
import { forEach, oneAtATime } from './side-by-side.ts';
import { wakeAt } from './wake.ts';

/** As pino's. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}

export interface ScheduleOptions {
  /** The application's database; a pooler in transaction mode may stand before it: then the queue is polled. */
  readonly url: string;
  /** Not through a pooler: the queue uses it instead, and hears of a new job at once. */
  readonly directUrl?: string;
  readonly pools: { readonly general: pg.Pool };
  readonly programs: () => readonly LoadedProgram[];
  /** All that is due for one program at the service's present time. */
  readonly runDue: (programNo: number) => Promise<void>;
  /** When the next thing of the program falls due after `now`. */
  readonly nextDue: (programNo: number, now: Date) => Promise<Date | null>;
  /** Wakes the engine for what other processes have put into the inbox. */
  readonly wakeQueued: () => Promise<void>;
  /** Finishes the erasures that are open. */
  readonly sweepErasures: (programNo: number, stopped: () => boolean) => Promise<void>;
  /** Asks the providers for what no webhook brought. */
  readonly catchUp: (programNo: number, options: { stopped: () => boolean }) => Promise<unknown>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** For tests. */
  readonly crontab?: string;
}

export interface Schedule {
  /** Takes no further job and waits for those under way, for some seconds at most. */
  stop(): Promise<void>;
}

/**
 * In UTC. A key keeps one row a job: what the last minute could not do is replaced by what this one tries, and a job of
 * a process that died is left behind. The night's work is made up for (`fill`) when nothing ran in the night.
 */
const CRONTAB = `
* * * * * run_due ?jobKey=run_due&jobKeyMode=replace
*/5 * * * * seal ?jobKey=seal&jobKeyMode=replace
*/10 * * * * erase ?jobKey=erase&jobKeyMode=replace
7 * * * * catch_up ?jobKey=catch_up&jobKeyMode=replace
17 3 * * * purge ?jobKey=purge&jobKeyMode=replace&fill=1d
`;

const AT_START = ['run_due', 'catch_up'];

/** As CRONTAB says; slow retries are planned at least that far ahead. */
const LOOK_EVERY_MS = 60_000;
/** How late a job may be found, where nothing announces it. */
const JOB_POLL_MS = 1_000;
/** How long an event that another process took may wait for this one. */
const QUEUE_POLL_MS = 500;
const RESTART_MS = 5_000;
const STOP_MS = 15_000;
/** A look at what is due must not wait behind sealing or purging. */
const CONCURRENCY = 4;
/** Programs looked at side by side: one with a slow sink holds up no other, and connections are left for the rest. */
const LOOKS_AT_ONCE = 4;
const JOB_CONNECTIONS = CONCURRENCY + 2;

interface Running {
  readonly options: ScheduleOptions;
  readonly pool: pg.Pool;
  readonly tasks: TaskList;
  runner: Runner | undefined;
  readonly stopping: AbortController;
}

export async function startSchedule(options: ScheduleOptions): Promise<Schedule> {
  const { url, directUrl, log } = options;
  const stopping = new AbortController();
  const pool = openJobPool(directUrl ?? url, {
    name: 'plusone jobs',
    max: JOB_CONNECTIONS,
    log: (line) => log.warn({}, line),
  });
  const tasks = taskList(options, pool, () => stopping.signal.aborted);
  const running: Running = { options, pool, tasks, runner: undefined, stopping };
  const loops = Promise.all([keepRunning(running), pollQueue(options, stopping.signal)]);
  return {
    stop: async () => {
      if (stopping.signal.aborted) return;
      stopping.abort();
      const stopped = Promise.all([running.runner?.stop().catch(() => {}), loops]).then(() => pool.end());
      await Promise.race([stopped.catch(() => {}), sleep(STOP_MS, undefined, { ref: false })]);
    },
  };
}

/** A runner ends by itself when the database went away in the middle of a job. */
async function keepRunning(running: Running): Promise<void> {
  const { options, stopping } = running;
  while (!stopping.signal.aborted) {
    try {
      const runner = await startRunner(running);
      running.runner = runner;
      // Stopped while it started: nobody else would end it.
      if (stopping.signal.aborted) await runner.stop().catch(() => {});
      // What fell due while nothing ran does not wait for the minute, unless it must.
      else for (const job of AT_START) void runner.addJob(job, {}, { jobKey: job }).catch(() => {});
      await runner.promise;
    } catch (error) {
      options.log.warn({ err: error }, 'the job queue stopped and will be started again');
    }
    await pause(RESTART_MS, stopping.signal);
  }
}

/** A pooler may not know a statement by its name, so statements have none unless the connection is direct. */
async function startRunner({ options, pool, tasks }: Running): Promise<Runner> {
  return await run({
    pgPool: pool,
    schema: JOBS_SCHEMA,
    taskList: tasks,
    crontab: options.crontab ?? CRONTAB,
    concurrency: CONCURRENCY,
    pollInterval: JOB_POLL_MS,
    noPreparedStatements: options.directUrl === undefined,
    noHandleSignals: true, // the entry point drains, in its own order
    // Without a batch, graphile-worker waits for no job's end to be written: not at a stop, and when the database is
    // away at that moment it is an unhandled rejection, which would end the process.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    logger: queueLogger(options.log),
  });
}

function taskList(options: ScheduleOptions, pool: pg.Pool, stopped: () => boolean): TaskList {
  const { programs, clock, pools, log } = options;
  const look = oneAtATime((no: number) => lookAt(options, no));
  const logged = (job: string, work: (payload: unknown) => Promise<void>) => async (payload: unknown) => {
    try {
      if (!stopped()) await work(payload);
    } catch (error) {
      log.error({ err: error, job }, 'a job failed and will be tried again');
      throw error;
    }
  };
  return {
    run_due: logged('run_due', () => forEach(programs(), LOOKS_AT_ONCE, ({ no }) => look(no))),
    run_due_program: logged('run_due_program', async (payload) => {
      const { program } = payload as { program: number };
      if (programs().some(({ no }) => no === program)) await look(program);
    }),
    seal: logged('seal', async () => {
      await forEach(programs(), 1, async ({ no }) => {
        await sealProgram(pools.general, no, { now: await clock.now(), stopped });
      });
      await sealAudit(pools.general, { now: await clock.now(), stopped });
    }),
    erase: logged('erase', () => forEach(programs(), 1, ({ no }) => options.sweepErasures(no, stopped))),
    catch_up: logged('catch_up', () => catchUpAll(options, stopped)),
    purge: logged('purge', async () => {
      await forEach(programs(), 1, async (loaded) => {
        await purge(pools.general, loaded, { now: await clock.now(), stopped });
      });
      await removeDeadJobs(pool, log);
    }),
  };
}

async function catchUpAll({ programs, catchUp }: ScheduleOptions, stopped: () => boolean): Promise<void> {
  await forEach(programs(), 1, async ({ no }) => void (await catchUp(no, { stopped })));
}

/** What falls due before the next minute is looked at in its own second; whatever is planned lies further away. */
async function lookAt(options: ScheduleOptions, programNo: number): Promise<void> {
  await options.runDue(programNo);
  const now = await options.clock.now();
  const next = await options.nextDue(programNo, now);
  if (next && next.getTime() - now.getTime() < LOOK_EVERY_MS) await wakeAt(options, programNo, next);
}

/** What failed for the last time, or was left behind by a process that died; the log has it. */
async function removeDeadJobs(pool: pg.Pool, log: Log): Promise<void> {
  const utils = await makeWorkerUtils({ pgPool: pool, schema: JOBS_SCHEMA, logger: queueLogger(log) });
  try {
    await utils.cleanup({ tasks: ['DELETE_PERMAFAILED_JOBS'] });
  } finally {
    await utils.release();
  }
}

async function pollQueue({ wakeQueued, log }: ScheduleOptions, signal: AbortSignal): Promise<void> {
  let wasAway = false;
  while (!signal.aborted) {
    try {
      await wakeQueued();
      wasAway = false;
    } catch (error) {
      if (!wasAway) log.warn({ err: error }, 'could not look at the queue');
      wasAway = true;
    }
    await pause(QUEUE_POLL_MS, signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

/** Its errors are ours already (a failed job) or pass by themselves (a lost connection). */
function queueLogger(log: Log): Logger {
  return new Logger(() => (level, message, meta) => {
    if (meta?.failure || (level !== 'error' && level !== 'warning')) log.debug({}, `job queue: ${message}`);
    else log.warn({}, `job queue: ${message}`);
  });
}
