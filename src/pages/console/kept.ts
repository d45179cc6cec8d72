/**
 * Figures that take a look at very many rows, kept for as long as they are dear.
 * Promises: what is read within a moment is read anew each time; what takes long is kept twenty times as long, and read
 * again behind the page that asks. Must never: keep figures that nobody looks at, or show some that are an hour old.
 */
export type Keep = <T>(key: string, read: () => Promise<T>) => Promise<T>;

const TIMES = 20;
const FAST_MS = 50;
const OLDEST_MS = 3_600_000;
const KEPT_MAX = 500;

interface Kept {
  readonly at: number;
  readonly tookMs: number;
  readonly value: unknown;
  isReading: boolean;
}

export function createKeep(elapsed: () => number = () => performance.now()): Keep {
  const kept = new Map<string, Kept>();
  const take = async <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const at = elapsed();
    const value = await read();
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(key, { at, tookMs: elapsed() - at, value, isReading: false });
    return value;
  };
  return async <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const known = kept.get(key);
    const age = known ? elapsed() - known.at : Infinity;
    if (!known || age > OLDEST_MS) return await take(key, read);
    if (age <= known.tookMs * TIMES) return known.value as T;
    if (known.tookMs < FAST_MS) return await take(key, read);
    if (!known.isReading) {
      known.isReading = true;
      take(key, read).catch(() => {
        known.isReading = false; // the next look tries again
      });
    }
    return known.value as T;
  };
}
