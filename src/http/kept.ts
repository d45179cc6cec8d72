/**
 * Figures that take a look at very many rows, kept in this process.
 * Promises: two looks at once are one read, and one is read after another, so that other requests find a connection;
 * what is kept past its time is still given while it is read again behind the answer, where it is dear to read; what was
 * never read is waited for, or left to the next look by whoever has no patience. Must never: keep figures that nobody looks at, more than a thousand of them, or one for more than an hour.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Told<T> {
  readonly value: T;
  /** It is being read again: who looks again in a moment has it newer. */
  readonly isOld: boolean;
}

export interface Keep {
  <T>(key: string, read: () => Promise<T>, patienceMs?: undefined): Promise<Told<T>>;
  /** undefined: it is being read, and takes longer than `patienceMs`. */
  <T>(key: string, read: () => Promise<T>, patienceMs: number): Promise<Told<T> | undefined>;
}

export interface CountBig {
  <T>(key: string, referees: number, count: () => Promise<T>, patienceMs?: undefined): Promise<T>;
  /** undefined: as with Keep. */
  <T>(key: string, referees: number, count: () => Promise<T>, patienceMs: number): Promise<T | undefined>;
}

/** How long a page waits for such figures, before it is sent without them and asks again. */
export const PATIENCE_MS = 40;
/** And for what `CountBig` has not counted before, which takes longer than that in any case. */
export const NO_PATIENCE_MS = 0;

type Elapsed = () => number;

const OLDEST_MS = 3_600_000;
const KEPT_MAX = 1_000;

const TIMES = 20;
/** Whatever somebody had no patience for is there at the next look. */
const DEAR_MS = PATIENCE_MS;

const BIG_FROM = 20_000;
const COUNT_FRESH_MS = 10_000;

/** What takes long is kept twenty times as long; what is read within a moment is read anew each time. */
export function keepDear(elapsed: Elapsed = () => performance.now()): Keep {
  return createKeep({ freshMs: (tookMs) => tookMs * TIMES, isDear: (tookMs) => tookMs >= DEAR_MS }, elapsed);
}

/**
 * Counts of a member's referees and rewards: below 20,000 referees each request counts anew; above, where counting takes
 * about 2 ms per thousand, a count is good for ten seconds.
 */
export function keepBigCounts(elapsed: Elapsed = () => performance.now()): CountBig {
  const keep = createKeep({ freshMs: () => COUNT_FRESH_MS, isDear: () => true }, elapsed);
  return async <T>(key: string, referees: number, count: () => Promise<T>, patienceMs?: number) => {
    if (referees < BIG_FROM) return await count();
    return (await keep(key, count, patienceMs as number))?.value as T;
  };
}

interface Kept {
  readonly at: number;
  readonly tookMs: number;
  readonly value: unknown;
}

interface Policy {
  /** How long it is given without another look. */
  readonly freshMs: (tookMs: number) => number;
  /** Whether it is given past that time, while it is read again. */
  readonly isDear: (tookMs: number) => boolean;
}

function createKeep({ freshMs, isDear }: Policy, elapsed: Elapsed): Keep {
  const kept = new Map<string, Kept>();
  const reading = new Map<string, Promise<unknown>>();
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(read: () => Promise<T>): Promise<T> => {
    const turn = last.then(read);
    last = turn.catch(() => {});
    return turn;
  };
  const take = async <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const at = elapsed();
    const value = await inTurn(read);
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(key, { at, tookMs: elapsed() - at, value });
    return value;
  };
  const takeOnce = <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const known = reading.get(key);
    if (known !== undefined) return known as Promise<T>;
    const begun = take(key, read).finally(() => reading.delete(key));
    reading.set(key, begun);
    return begun;
  };
  return async <T>(key: string, read: () => Promise<T>, patienceMs?: number) => {
    const known = kept.get(key);
    const age = known ? elapsed() - known.at : Infinity;
    const told = (isOld: boolean): Told<T> => ({ value: known?.value as T, isOld });
    if (known && age <= freshMs(known.tookMs)) return told(false);
    const begun = takeOnce(key, read).then((value): Told<T> => ({ value, isOld: false }));
    begun.catch(() => {}); // whoever waits hears of it; the next look tries again
    if (known && age <= OLDEST_MS && isDear(known.tookMs)) return told(true);
    if (patienceMs === undefined) return await begun;
    return (await Promise.race([begun, sleep(patienceMs, undefined)])) as Told<T>;
  };
}
