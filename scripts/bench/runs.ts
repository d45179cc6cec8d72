/**
 * The measurements, each on a fresh database with processes of its own.
 * Promises: every run looks at what was credited before it gives a figure; what was lost, doubled or out of balance is
 * collected and ends the bench with 1. Must never: time what was not warmed up, or let two contenders run at once.
 */
import { MEMBERS, owed, type Stream } from './bodies.ts';
import type { Contender, Posted, Started } from './contender.ts';
import type { Database, Server } from './database.ts';
import type { Generator } from './generators.ts';
import type { LoadResult } from './load.ts';

export interface Bench {
  readonly server: Server;
  readonly generator: Generator;
  readonly machine: Readonly<Record<string, string | undefined>>;
  readonly size: { readonly events: number; readonly warmUp: number };
  readonly say: (line: string) => void;
  /** What did not add up, so far. */
  readonly problems: string[];
}

export interface Run {
  /** Credited end to end, a second. */
  readonly perSecond: number;
  readonly load: LoadResult;
  readonly bodyBytes: number;
  readonly peakRssMiB: number | undefined;
}

const YEAR_S = 365 * 86_400;
/** Warm-up payments are older than the others, and by fewer members: most first payments are in the timed part. */
const WARM_UP_MEMBERS = 200;

export function streams({ events, warmUp }: Bench['size'], label: string): { warm: Stream; timed: Stream } {
  const now = Math.floor(Date.now() / 1000);
  return {
    warm: { label: `${label}w`, count: warmUp, members: WARM_UP_MEMBERS, from: now - 3 * YEAR_S },
    timed: { label: `${label}t`, count: events, members: MEMBERS, from: now - YEAR_S },
  };
}

export async function warmUp(bench: Bench, started: Started, database: Database, stream: Stream): Promise<Posted> {
  await bench.generator.prepare(started, stream);
  refuseRefusals(await bench.generator.send(started));
  await started.settled();
  await bench.server.tidy(database);
  return { count: stream.count, owed: owed(stream) };
}

export function refuseRefusals(load: LoadResult): void {
  if (Object.keys(load.refused).length > 0) throw new Error(`answers other than 200: ${JSON.stringify(load.refused)}`);
}

export async function check(bench: Bench, started: Started, what: string, posted: Posted): Promise<void> {
  for (const problem of await started.problems(posted)) bench.problems.push(`${what}: ${problem}`);
}

/** From the first byte sent to the last reward credited. */
export async function timed(bench: Bench, started: Started, stream: Stream): Promise<Run> {
  const bodyBytes = await bench.generator.prepare(started, stream);
  const load = await bench.generator.send(started);
  refuseRefusals(load);
  const credited = await started.settled();
  const perSecond = (stream.count * 1000) / (credited - load.startedAt);
  return { perSecond, load, bodyBytes, peakRssMiB: started.child.peakRssMiB() };
}

/** One run of one contender at full rate. */
export async function fullRate(bench: Bench, contender: Contender, label: string): Promise<Run> {
  const database = await bench.server.fresh(`bench_${label}`);
  const started = await contender.start(database, label);
  try {
    const { warm, timed: stream } = streams(bench.size, label);
    const posted = await warmUp(bench, started, database, warm);
    const run = await timed(bench, started, stream);
    const all = { count: posted.count + stream.count, owed: posted.owed + owed(stream) };
    await check(bench, started, `${contender.name}, ${label}`, all);
    return run;
  } finally {
    await started.stop();
    await bench.server.drop(database.name);
  }
}

/** New statistics make the server plan every statement anew; that is not how long an answer takes. */
const LEAD_IN_S = 2;

/** Open loop at a fixed rate: how long answers take when the machine is not full. */
export async function fixedRate(
  bench: Bench,
  contender: Contender,
  perSecond: number,
  seconds: number,
): Promise<LoadResult> {
  const database = await bench.server.fresh('bench_fixed');
  const started = await contender.start(database, 'fixed');
  try {
    const { warm, timed: stream } = streams({ ...bench.size, events: Math.round(perSecond * seconds) }, 'fixed');
    const posted = await warmUp(bench, started, database, warm);
    const lead = { ...stream, label: 'lead', count: Math.round(perSecond * LEAD_IN_S) };
    await atRate(bench, started, lead, perSecond);
    const load = await atRate(bench, started, stream, perSecond);
    const count = posted.count + lead.count + stream.count;
    await check(bench, started, 'fixed rate', { count, owed: posted.owed + owed(lead) + owed(stream) });
    return load;
  } finally {
    await started.stop();
    await bench.server.drop(database.name);
  }
}

async function atRate(bench: Bench, started: Started, stream: Stream, perSecond: number): Promise<LoadResult> {
  await bench.generator.prepare(started, stream);
  const load = await bench.generator.send(started, perSecond);
  await started.settled();
  return load;
}
