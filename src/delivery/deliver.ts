/**
 * The delivery stage: takes what the engine planned, brings it to the program's sink, and tells the engine what came of
 * it by an event of the internal source.
 * Promises: any number of processes side by side; each program has its own loop, so a slow sink holds up nobody else;
 * no transaction is open while the network is used. Must never: decide about money; the engine does.
 */
import type { Pools } from '../db/pool.ts';
import type { LoadedProgram } from '../model/program.ts';
import { TIMING, type Timing } from './backoff.ts';
import { noteRound, readBreaker } from './breaker.ts';
import { claimDue, countSending } from './claim.ts';
import type { Http } from './egress.ts';
import { createLoops } from './loops.ts';
import { createResultWriter, type SaveResult } from './results.ts';
import { notCalled, tryDelivery } from './round.ts';
import { type Settled, type SinkWord, settleAccepted } from './settle-accepted.ts';
import { sinkOf } from './sinks/index.ts';
import { type Claimed, type Round, verdictOf } from './verdict.ts';

export interface DelivererOptions {
  readonly pools: Pick<Pools, 'general' | 'statement'>;
  /** The service's clock: what is due goes by it. Leases and the breaker go by the database's real time. */
  readonly clock: { now(): Promise<Date> };
  readonly programByNo: (no: number) => LoadedProgram;
  readonly http: Http;
  readonly log: (line: string) => void;
  /** Events for the engine have been committed. */
  readonly onResults: (programNo: number) => void;
  readonly timing?: Partial<Timing>;
  /** Deliveries of one program under way at a time. */
  readonly concurrency?: number;
}

export interface RunOptions {
  readonly limit?: number;
  /** The service's time, instead of the clock: a step of the test clock. */
  readonly at?: Date;
  /** No quick tries, and the breaker is not asked. */
  readonly once?: boolean;
  /** Only this reward's delivery; also waits for one that this process is sending. */
  readonly rewardId?: bigint;
}

export interface Deliverer {
  /** Claims what is due until nothing is, and returns how many were tried; their results are written by then. */
  runDue(programNo: number, options?: RunOptions): Promise<number>;
  /** In any process. */
  sendingCount(programNo: number, rewardId?: bigint): Promise<number>;
  /** The sink's own word on a delivery. Safe to repeat; `conflict` when it contradicts what is settled. */
  settleAccepted(programNo: number, said: SinkWord): Promise<Settled>;
  start(): void;
  /** Claims nothing more, and waits for what is under way. */
  stop(): Promise<void>;
  /** Something may be due: runs the program's loop in the background, once started. */
  wake(programNo: number): void;
}

const CONCURRENCY = 16;

type Context = Required<DelivererOptions> & {
  readonly timing: Timing;
  readonly save: SaveResult;
  /** By program and reward: what this process is sending. None of them rejects. */
  readonly underWay: Map<string, Promise<void>>;
  stopping: boolean;
};

export function createDeliverer(options: DelivererOptions): Deliverer {
  const { pools, clock, log, onResults } = options;
  const context: Context = {
    concurrency: CONCURRENCY,
    ...options,
    timing: { ...TIMING, ...options.timing },
    save: createResultWriter({ pools, log, onResults }),
    underWay: new Map(),
    stopping: false,
  };
  const loops = createLoops(
    (programNo) => runDue(context, programNo, {}),
    (programNo, error) => log(`deliveries of program ${programNo} stopped: ${String(error)}`),
  );
  return {
    runDue: (programNo, run = {}) => runDue(context, programNo, run),
    sendingCount: (programNo, rewardId) => countSending(pools, programNo, rewardId),
    settleAccepted: async (programNo, said) => {
      const { answer, told } = await settleAccepted(pools, programNo, said, await clock.now());
      if (told) onResults(programNo);
      return answer;
    },
    start: () => {
      context.stopping = false;
      loops.start();
    },
    stop: async () => {
      context.stopping = true;
      await loops.stop();
      await Promise.all(context.underWay.values());
    },
    wake: loops.wake,
  };
}

async function runDue(context: Context, programNo: number, run: RunOptions): Promise<number> {
  const { pools, clock, concurrency, timing, underWay } = context;
  const { limit = Number.POSITIVE_INFINITY, rewardId } = run;
  const mine = () => (rewardId === undefined ? undefined : underWay.get(`${programNo} ${rewardId}`));
  // Approved while it was being sent: the try that was asked for comes after that one.
  await mine();
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let tried = 0;
  for (;;) {
    // Before the claim: what is claimed and cannot be begun would count as sent when its lease runs out.
    const loaded = context.programByNo(programNo);
    const breaker = run.once ? 'closed' : await readBreaker(pools, programNo);
    // After an outage one goes ahead and the others wait for what it finds.
    const abreast = breaker === 'half_open' ? 1 : concurrency;
    const most = context.stopping || failures.length > 0 ? 0 : Math.min(abreast - running.size, limit - tried);
    const now = run.at ?? (await clock.now());
    const claimedAt = performance.now();
    const claimed = most > 0 ? await claimDue(pools, programNo, { now, most, leaseMs: timing.leaseMs, rewardId }) : [];
    tried += claimed.length;
    for (const each of claimed) {
      const cutOff = breaker === 'open' && !each.triedOnce;
      const work = deliverOne(context, loaded, each, { ...run, cutOff, claimedAt });
      const key = `${programNo} ${each.rewardId}`;
      const done = work
        .catch((error: unknown) => void failures.push(error))
        .finally(() => {
          running.delete(done);
          if (underWay.get(key) === done) underWay.delete(key);
        });
      running.add(done);
      underWay.set(key, done);
    }
    if (running.size === 0) break;
    await Promise.race(running);
  }
  await mine();
  if (failures.length > 0) throw failures[0];
  return tried;
}

type OneOptions = RunOptions & { readonly cutOff: boolean; readonly claimedAt: number };

async function deliverOne(context: Context, loaded: LoadedProgram, claimed: Claimed, run: OneOptions): Promise<void> {
  const { pools, clock, log, timing, save } = context;
  const now = async () => run.at ?? (await clock.now());
  const round = await roundOf(context, loaded, claimed, run, now);
  const at = await now();
  const verdict = verdictOf(claimed, round, at);
  await save(loaded.no, { claimed, round, verdict, at });
  const name = `delivery ${claimed.id} of program ${loaded.no}`;
  if (verdict.state !== 'confirmed')
    log(`${name}: ${verdict.state}, ${round.attempts.at(-1)?.detail ?? round.end.end}`);
  if (!round.called) return;
  await noteRound(pools, loaded.no, round, timing.breakerMs).catch((error: unknown) =>
    log(`${name}: the breaker was not kept: ${String(error)}`),
  );
}

async function roundOf(
  { http, timing, log }: Context,
  { program }: LoadedProgram,
  claimed: Claimed,
  run: OneOptions,
  now: () => Promise<Date>,
): Promise<Round> {
  if (run.cutOff) return notCalled(claimed, { end: 'later', again: false }, 'breaker_open', await now());
  const sink = sinkOf(claimed.sink);
  // The frozen request is another sink's: it cannot be sent, and another one must not be made under its key.
  if (!sink || program.sink.kind !== sink.kind)
    return notCalled(claimed, { end: 'person' }, 'sink_changed', await now());
  const once = run.once === true || claimed.triedOnce;
  const { claimedAt } = run;
  return tryDelivery(claimed, {
    sink,
    config: program.sink,
    program: program.program,
    http,
    timing,
    now,
    once,
    claimedAt,
    log,
  });
}
