// The waker on a real queue: it runs what is due as the application's role, tries again, and stops cleanly.
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { openPool } from '../../src/db/pool.ts';
import { type Schedule, type ScheduleOptions, startSchedule } from '../../src/jobs/schedule.ts';
import { sealedTo } from '../../src/jobs/seal.ts';
import type { LoadedProgram } from '../../src/model/program.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { othersDone } from '../support/others-done.ts';
import { claudexia } from '../support/programs.ts';
import { makeProgram, post } from './ledger.ts';

let db: TestDatabase;
let general: pg.Pool;
let programs: LoadedProgram[];
const schedules: Schedule[] = [];
const errors: unknown[] = [];
const heard = (error: unknown) => void errors.push(error);

beforeAll(async () => {
  process.on('unhandledRejection', heard);
  db = await freshDatabase();
  general = openPool(db.appUrl, { name: 'test', max: 6, log: () => {} });
  const nos = [await makeProgram(general, 'a'), await makeProgram(general, 'b')];
  programs = nos.map((no) => ({ no, version: 1, program: claudexia({ retention: 1000 }) }));
});
afterEach(async () => {
  await Promise.all(schedules.splice(0).map((each) => each.stop()));
  const owner = openPool(db.ownerUrl, { name: 'test', max: 1, log: () => {} });
  await owner.query('delete from graphile_worker._private_jobs');
  await owner.end();
});
afterAll(async () => {
  await general.end();
  await db.drop();
  process.off('unhandledRejection', heard);
  expect(errors).toEqual([]);
});

async function start(options: Partial<ScheduleOptions> = {}) {
  const runDue = vi.fn(async (_no: number): Promise<void> => {});
  const wakeQueued = vi.fn(async () => {});
  const catchUp = vi.fn(async (_no: number): Promise<void> => {});
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn(), debug: vi.fn() };
  const clock = { now: async () => new Date() };
  const schedule = await startSchedule({
    url: db.appUrl,
    pools: { general },
    programs: () => programs,
    runDue,
    nextDue: async () => null,
    sweepErasures: async () => {},
    catchUp,
    wakeQueued,
    clock,
    log,
    crontab: '0 0 1 1 * run_due ?jobKey=run_due',
    ...options,
  });
  schedules.push(schedule);
  return { schedule, runDue, wakeQueued, catchUp, log };
}

const jobs = async () =>
  (
    await general.query(
      'select task_identifier as task, key, attempts, last_error, run_at from graphile_worker.jobs order by id',
    )
  ).rows;
const addJob = (task: string) => general.query('select graphile_worker.add_job($1)', [task]);
const soon = { timeout: 10_000, interval: 20 };

test('what fell due before the start is looked at at once, program by program, as the application', async () => {
  const { runDue, wakeQueued, schedule } = await start();
  await vi.waitFor(
    () => expect(runDue.mock.calls.map(([no]) => no).sort()).toEqual(programs.map(({ no }) => no).sort()),
    soon,
  );
  await vi.waitFor(async () => expect(await jobs()).toEqual([]), soon);
  expect(wakeQueued).toHaveBeenCalled();
  await schedule.stop();
  const calls = wakeQueued.mock.calls.length;
  await sleep(700);
  expect(wakeQueued.mock.calls.length).toBe(calls);
  const { rows } = await general.query(
    `select count(*)::int as left from pg_stat_activity where application_name = 'plusone jobs' and datname = current_database()`,
  );
  expect(rows).toEqual([{ left: 0 }]);
});

test('the providers are asked at the start for what was missed while nothing ran', async () => {
  const { catchUp } = await start();
  await vi.waitFor(
    () => expect(catchUp.mock.calls.map(([no]) => no).sort()).toEqual(programs.map(({ no }) => no).sort()),
    soon,
  );
});

test('two processes know one crontab', async () => {
  const [first, second] = [await start({ crontab: undefined }), await start({ crontab: undefined })];
  await vi.waitFor(async () => {
    const known = (await general.query('select identifier from graphile_worker._private_known_crontabs order by 1'))
      .rows;
    expect(known.map((row) => row.identifier)).toEqual(
      expect.arrayContaining(['catch_up', 'purge', 'run_due', 'seal']),
    );
  }, soon);
  expect(first.log.error.mock.calls.concat(second.log.error.mock.calls)).toEqual([]);
});

test('what falls due before the next minute is looked at in its own second, one program alone', async () => {
  const [, second] = programs as [LoadedProgram, LoadedProgram];
  const at = new Date(Math.ceil(Date.now() / 1000) * 1000 + 2500);
  const nextDue = async (no: number, now: Date) => (no === second.no && now < at ? at : null);
  const { runDue } = await start({ nextDue });
  await vi.waitFor(() => expect(runDue).toHaveBeenCalledTimes(2), soon);
  await vi.waitFor(() => expect(runDue.mock.calls.slice(2)).toEqual([[second.no]]), soon);
  expect(Date.now()).toBeGreaterThanOrEqual(at.getTime());
});

test('what falls due later is left to the minute that looks', async () => {
  const standing = new Date('2030-01-01T00:00:00Z');
  const nextDue = async () => new Date('2030-01-01T00:30:00Z');
  const { runDue } = await start({ nextDue, clock: { now: async () => standing } });
  await vi.waitFor(() => expect(runDue).toHaveBeenCalledTimes(2), soon);
  await vi.waitFor(async () => expect(await jobs()).toEqual([]), soon);
});

test('a job that fails is logged and tried again, and keeps no other program from its turn', async () => {
  const [bad, good] = programs as [LoadedProgram, LoadedProgram];
  const looked: number[] = [];
  const { log } = await start({
    directUrl: db.appUrl,
    runDue: async (no) => {
      looked.push(no);
      if (no === bad.no && looked.filter((each) => each === no).length === 1) throw new Error('the sink is on fire');
    },
  });
  await vi.waitFor(() => expect(looked.filter((no) => no === bad.no)).toHaveLength(2), soon);
  expect(looked).toContain(good.no);
  expect(log.error.mock.calls).toEqual([
    [
      { err: expect.objectContaining({ message: 'the sink is on fire' }), job: 'run_due' },
      'a job failed and will be tried again',
    ],
  ]);
  await vi.waitFor(async () => expect(await jobs()).toEqual([]), soon);
});

test('seal and purge work, and the night removes jobs that are dead', async () => {
  const [{ no }] = programs as [LoadedProgram, LoadedProgram];
  await post(general, no, [1, 2]);
  await general.query(
    `insert into inbox_events (program_no, source, event_id, type, received_at, body, body_hash) values ($1, 'app', 'e', 't', '2020-01-01', 'x', sha256('x'))`,
    [no],
  );
  await general.query(`select graphile_worker.add_job('run_due', max_attempts => 1)`);
  const owner = openPool(db.ownerUrl, { name: 'test', max: 1, log: () => {} });
  await owner.query('update graphile_worker._private_jobs set attempts = max_attempts');
  await owner.end();
  await start();
  await othersDone(general, no);
  await addJob('seal');
  await addJob('purge');
  await vi.waitFor(async () => expect(await sealedTo(general, no)).toBe(2n), soon);
  await vi.waitFor(
    async () => expect((await general.query('select body from inbox_events')).rows).toEqual([{ body: null }]),
    soon,
  );
  await vi.waitFor(async () => expect(await jobs()).toEqual([]), soon);
});

test('stop waits for what is under way and starts nothing new', async () => {
  let ended = false;
  const begun = Promise.withResolvers<void>();
  const { schedule } = await start({
    runDue: async () => {
      begun.resolve();
      await sleep(400);
      ended = true;
    },
  });
  await begun.promise;
  await schedule.stop();
  expect(ended).toBe(true);
  await schedule.stop();
  await addJob('run_due');
  await sleep(300);
  // A catch-up of the start may stand there too, if the stop came before its turn.
  expect((await jobs()).filter(({ task }) => task === 'run_due')).toHaveLength(1);
});

test('stopped while it starts, it leaves nothing running', async () => {
  const { schedule, runDue } = await start();
  await schedule.stop();
  await addJob('run_due');
  await sleep(1200);
  expect((await jobs()).length).toBeGreaterThan(0);
  expect(runDue.mock.calls.length).toBe(0);
});

test('connections that are cut, in the middle of a job too, are nothing to end for', { timeout: 90_000 }, async () => {
  const cut = () =>
    general.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'plusone jobs' and datname = current_database()`,
    );
  const looks: number[] = [];
  const { schedule } = await start({
    runDue: async (no) => {
      looks.push(no);
      if (looks.length === 1) await cut().catch(() => {});
    },
  });
  await vi.waitFor(() => expect(looks.length).toBeGreaterThan(1), soon);
  await sleep(500);
  const before = looks.length;
  await addJob('run_due');
  await vi.waitFor(() => expect(looks.length).toBeGreaterThan(before), { timeout: 60_000, interval: 50 });
  await schedule.stop();
});
