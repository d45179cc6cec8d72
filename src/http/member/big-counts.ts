/**
 * Counts of members with very many referrals, kept for a few seconds.
 * Promises: below 20,000 signups every request counts anew; above, where counting who paid takes about 2 ms per
 * thousand, the count is at most ten seconds old. Must never: keep more than a thousand people's.
 */
import type { ReferralTotalsRow } from './me.sql.ts';

const BIG_FROM = 20_000;
const KEPT_MS = 10_000;
const KEPT_MAX = 1_000;

export type CountReferrals = (key: string, count: () => Promise<ReferralTotalsRow>) => Promise<ReferralTotalsRow>;

export function createBigCounts(elapsed: () => number = () => performance.now()): CountReferrals {
  const kept = new Map<string, { readonly until: number; readonly totals: ReferralTotalsRow }>();
  return async (key, count) => {
    const known = kept.get(key);
    if (known && known.until > elapsed()) return known.totals;
    const totals = await count();
    kept.delete(key);
    if (totals.signups < BIG_FROM) return totals;
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(key, { until: elapsed() + KEPT_MS, totals });
    return totals;
  };
}
