/**
 * Counts of a member's referees and rewards, kept for members with very many.
 * Promises: below 20,000 referees every request counts anew; above, where counting takes about 2 ms per thousand, the
 * count is at most ten seconds old when it is asked for that often, and a request after a pause gets the last one while
 * it is counted again. Must never: keep more than a thousand counts, or one for more than an hour.
 */
const BIG_FROM = 20_000;
const FRESH_MS = 10_000;
const KEPT_MS = 3_600_000;
const KEPT_MAX = 1_000;

export type CountBig = <T>(key: string, referees: number, count: () => Promise<T>) => Promise<T>;

interface Kept {
  readonly at: number;
  readonly counted: unknown;
  isCounting: boolean;
}

export function createBigCounts(elapsed: () => number = () => performance.now()): CountBig {
  const kept = new Map<string, Kept>();
  const keep = async <T>(key: string, count: () => Promise<T>): Promise<T> => {
    const counted = await count();
    kept.delete(key);
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(key, { at: elapsed(), counted, isCounting: false });
    return counted;
  };
  return async <T>(key: string, referees: number, count: () => Promise<T>): Promise<T> => {
    if (referees < BIG_FROM) return await count();
    const known = kept.get(key);
    const age = known ? elapsed() - known.at : Infinity;
    if (!known || age > KEPT_MS) return await keep(key, count);
    if (age > FRESH_MS && !known.isCounting) {
      known.isCounting = true;
      keep(key, count).catch(() => {
        known.isCounting = false; // the next request tries again
      });
    }
    return known.counted as T;
  };
}
