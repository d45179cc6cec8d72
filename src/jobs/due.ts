/**
 * Everything that falls due: told to the engine as events, delivered, and settled, for one moment of the clock.
 * Promises: run by the timer, by the test clock or twice at once, each due thing happens once. Must never: decide
 * anything; it only says what is due.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pools } from '../db/pool.ts';
import type { LoadedProgram } from '../model/program.ts';
import { type Clock, ClockBackwards, type SettableClock } from './clock.ts';
import * as sql from './due.sql.ts';
import { OPEN_MONTHS, rankRules, TELL_RANKS } from './ranks.sql.ts';

export interface DuePorts {
  readonly pools: Pick<Pools, 'general' | 'statement'>;
  readonly clock: Clock;
  readonly programs: () => readonly LoadedProgram[];
  /** Folds what is queued, together with whoever else waits for it. */
  readonly catchUp: (programNo: number) => Promise<void>;
  readonly drainUntil: (programNo: number, id: bigint) => Promise<void>;
  /** Tries what is due, each once when `once`; returns how many were tried. */
  readonly deliver: (programNo: number, options: { once: boolean }) => Promise<number>;
  /** Tries the mails that are due, each once; returns how many. */
  readonly mail: (programNo: number) => Promise<number>;
  /** Asks registries what is to be known of domains, each once; returns how many. */
  readonly check: (programNo: number) => Promise<number>;
  /** The fund's month that is over, and its payouts that are due; returns how many were tried. */
  readonly fund: (programNo: number) => Promise<number>;
}

const POLL_MS = 15;
/** How long one step of the test clock waits for tries that are out. */
const STEP_MS = 30_000;

/** Tells the engine what is due now and folds it. Returns how many events it made. */
export async function tellDue(ports: DuePorts, programNo: number): Promise<number> {
  const { general, statement } = ports.pools;
  const now = await ports.clock.now();
  let told = 0;
  for (const [command, text] of Object.entries(sql.TELL)) {
    const { rowCount } = await general.query(statement(`tell ${command}`, text, [programNo, now, true]));
    told += rowCount ?? 0;
  }
  const ranks = rankRules(ports.programs().find(({ no }) => no === programNo));
  // A month that was opened today would stand before the past months that a test is about to set.
  if (ranks.length === 0 || !(await ports.clock.isSet())) return told;
  await general.query(OPEN_MONTHS, [programNo, now, ranks]);
  return told + ((await general.query(TELL_RANKS, [programNo, now, true])).rowCount ?? 0);
}

/** All that is due at the clock's present time, until nothing more comes of it. */
export async function runDue(ports: DuePorts, programNo: number, options: { once: boolean }): Promise<void> {
  let more = true;
  while (more) {
    const told = await tellDue(ports, programNo);
    await ports.catchUp(programNo);
    const tried = await ports.deliver(programNo, options);
    more = told + tried > 0;
  }
}

/** `Prefer: wait`: until the event's effects are committed and what it planned was tried once, or the time is up. */
export async function settleEvent(ports: DuePorts, programNo: number, id: bigint, timeoutMs: number): Promise<void> {
  const end = performance.now() + timeoutMs;
  await ports.drainUntil(programNo, id);
  await settled(ports, programNo, end);
}

/** The background loops work on the same rows; whoever gets there first, it is over when nothing is left open. */
async function settled(ports: DuePorts, programNo: number, end: number): Promise<void> {
  while (performance.now() < end) {
    const tried = await ports.deliver(programNo, { once: true });
    await ports.catchUp(programNo);
    const { general, statement } = ports.pools;
    const { rows } = await general.query(statement('is settled', sql.IS_SETTLED, [programNo, await ports.clock.now()]));
    if (rows[0]?.settled) return;
    if (tried === 0) await sleep(POLL_MS);
  }
}

/** Moves the test clock, stepping from due time to due time, each job seeing its own due time as now. */
export async function advanceClock(
  ports: DuePorts & { clock: SettableClock },
  to: Date,
): Promise<'done' | 'clock_backwards'> {
  // A clock that was never set may jump to any time, also a past one.
  let now = (await ports.clock.isSet()) ? await ports.clock.now() : to;
  if (to < now) return 'clock_backwards';
  now = await moved(ports.clock, now);
  for (;;) {
    await Promise.all(ports.programs().map(({ no }) => step(ports, no)));
    if (now >= to) return 'done';
    const next = await nextOf(ports, now);
    now = await moved(ports.clock, next && next < to ? next : to);
  }
}

/** Where the clock stands then: whoever moves it at the same time may have come further. */
async function moved(clock: SettableClock, to: Date): Promise<Date> {
  try {
    await clock.set(to);
    return to;
  } catch (error) {
    if (error instanceof ClockBackwards) return await clock.now();
    throw error;
  }
}

/** All of one program at the clock's present time. Programs share nothing but the clock, so they step side by side. */
async function step(ports: DuePorts, programNo: number): Promise<void> {
  await runDue(ports, programNo, { once: true });
  await settled(ports, programNo, performance.now() + STEP_MS);
  await ports.check(programNo);
  await ports.fund(programNo);
  await mailed(ports, programNo);
}

/** When the next thing of this program falls due. */
export async function nextDue(
  { pools: { general, statement } }: Pick<DuePorts, 'pools'>,
  programNo: number,
  after: Date,
): Promise<Date | null> {
  const { rows } = await general.query(statement('next due', sql.NEXT_DUE, [programNo, after]));
  return rows[0]?.at ?? null;
}

/** A mail server that is away ends a round early; each mail has its try at this step all the same. */
async function mailed(ports: DuePorts, programNo: number): Promise<void> {
  let tried: number;
  do tried = await ports.mail(programNo);
  while (tried > 0);
}

async function nextOf(ports: DuePorts, after: Date): Promise<Date | undefined> {
  const all = await Promise.all(ports.programs().map(({ no }) => nextDue(ports, no, after)));
  const times = all.filter((at) => at !== null);
  return times.sort((a, b) => a.getTime() - b.getTime())[0];
}
