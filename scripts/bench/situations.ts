/**
 * Plusone in particular situations: with many events waiting, with a long history, at its start.
 * Promises: as runs.ts. Must never: count what the preload left as something that the bench posted.
 */
import path from 'node:path';
import { owed } from './bodies.ts';
import { freePort, startChild, untilReady } from './child.ts';
import { HOST } from './contender.ts';
import { type LoadResult, monotonicMs } from './load.ts';
import { meLatency } from './me.ts';
import { environmentFor, lastId, type Role, setUp, startPlusone } from './plusone.ts';
import type { PreloadSize } from './preload.sql.ts';
import { preload } from './preload.ts';
import { type Bench, check, type Run, refuseRefusals, streams, timed, warmUp } from './runs.ts';

const READY_RUNS = 3;

export interface Waiting {
  readonly webMiB: number | undefined;
  readonly workerMiB: number | undefined;
  readonly drainedPerSecond: number;
}

/** `npm run web` alone takes events until so many wait; then `npm run worker` folds them. */
export async function waitingEvents(bench: Bench, count: number): Promise<Waiting> {
  const { server, generator } = bench;
  const database = await server.fresh('bench_waiting');
  const environment = environmentFor(server, bench.machine, database);
  const start = (role: Role) => startPlusone(server, { environment, database, label: 'waiting', role });
  const members = await start('main');
  await setUp(members, database).finally(() => members.stop());
  const web = await start('web');
  try {
    const { timed: stream } = streams({ events: count, warmUp: 0 }, 'waiting');
    await generator.prepare(web, stream);
    refuseRefusals(await generator.send(web));
    const webMiB = web.child.peakRssMiB();
    await server.tidy(database);
    const begun = monotonicMs();
    const worker = await start('worker');
    try {
      const seconds = ((await worker.settled()) - begun) / 1000;
      await check(bench, worker, 'events that waited', { count, owed: owed(stream) });
      return { webMiB, workerMiB: worker.child.peakRssMiB(), drainedPerSecond: count / seconds };
    } finally {
      await worker.stop();
    }
  } finally {
    await web.stop();
    await server.drop(database.name);
  }
}

/** The full rate again, on a database with a long history. */
export async function preloadedRate(
  bench: Bench,
  size: PreloadSize,
): Promise<Run & { readonly gigabytes: number; readonly me: LoadResult }> {
  const { server } = bench;
  const database = await server.fresh('bench_preloaded');
  const environment = environmentFor(server, bench.machine, database);
  const members = await startPlusone(server, { environment, database, label: 'preloaded' });
  await setUp(members, database).finally(() => members.stop());
  const gigabytes = await preload(database, size, bench.say);
  const before = await lastId(database);
  const started = await startPlusone(server, { environment, database, label: 'preloaded', before });
  try {
    const { warm, timed: stream } = streams(bench.size, 'preloaded');
    const posted = await warmUp(bench, started, database, warm);
    const run = await timed(bench, started, stream);
    await check(bench, started, 'preloaded', { count: posted.count + stream.count, owed: posted.owed + owed(stream) });
    return { ...run, gigabytes, me: await meLatency(started, 'old_1') };
  } finally {
    await started.stop();
    await server.drop(database.name);
  }
}

/** `npm start` with nothing set: the first time (database made and migrated) and again, ms; the best of three of these. */
export async function timeToReady(bench: Bench): Promise<{ readonly firstMs: number; readonly againMs: number }> {
  const dataDir = path.join(bench.server.folder, 'ready');
  const times: number[] = [];
  for (let run = 0; run <= READY_RUNS; run++) {
    const port = await freePort();
    const logFile = path.join(bench.server.folder, 'ready.log');
    const environment = { ...bench.machine, HOST, PORT: String(port), DATA_DIR: dataDir };
    const child = startChild({ command: ['scripts/run.mjs', 'src/main.ts'], environment, logFile });
    try {
      times.push(await untilReady(child, `http://${HOST}:${port}/readyz`, logFile));
    } finally {
      await child.stop();
    }
  }
  const [firstMs = 0, ...again] = times;
  return { firstMs, againMs: Math.min(...again) };
}
