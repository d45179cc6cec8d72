/**
 * Figures that take a look at very many rows, kept for as long as they are dear.
 * Promises: what is read within a moment is read anew each time; what takes long is kept twenty times as long, and read
 * again behind the page that asks; what was never read is waited for, or shown by the next look when somebody has no
 * patience. Must never: keep figures that nobody looks at, or show some that are an hour old.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Keep {
  <T>(key: string, read: () => Promise<T>, patienceMs?: undefined): Promise<T>;
  /** undefined: it is being read, and takes longer than `patienceMs`. */
  <T>(key: string, read: () => Promise<T>, patienceMs: number): Promise<T | undefined>;
}

const TIMES = 20;
const FAST_MS = 50;
const OLDEST_MS = 3_600_000;
const KEPT_MAX = 500;

interface Kept {
  readonly at: number;
  readonly tookMs: number;
  readonly value: unknown;
}

export function createKeep(elapsed: () => number = () => performance.now()): Keep {
  const kept = new Map<string, Kept>();
  /** Two looks at once are one read. */
  const reading = new Map<string, Promise<unknown>>();
  const take = async <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const at = elapsed();
    const value = await read();
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(key, { at, tookMs: elapsed() - at, value });
    return value;
  };
  const takeOnce = <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const known = reading.get(key);
    if (known !== undefined) return known as Promise<T>;
    const begun = take(key, read).finally(() => reading.delete(key));
    begun.catch(() => {}); // whoever waits hears of it; the next look tries again
    reading.set(key, begun);
    return begun;
  };
  return async <T>(key: string, read: () => Promise<T>, patienceMs?: number): Promise<T | undefined> => {
    const known = kept.get(key);
    const age = known ? elapsed() - known.at : Infinity;
    if (known && age <= known.tookMs * TIMES) return known.value as T;
    const isUsable = known !== undefined && age <= OLDEST_MS && known.tookMs >= FAST_MS;
    const begun = takeOnce(key, read);
    if (isUsable) return known.value as T;
    return await (patienceMs === undefined ? begun : Promise.race([begun, sleep(patienceMs, undefined)]));
  };
}
