/**
 * What a run gives to whom: the decisions, from lines and money to shares and payouts; pure.
 * Promises: shares add up to the fund; who has no contributor's address keeps a share for a stated time; a payout is all
 * that is owed, and at least the minimum. Must never: look at who somebody is, beyond whether they may be paid.
 */
import { maxOf } from '../model/money.ts';
import type { Fund } from '../model/program.ts';
import { allocate } from './allocate.ts';

const MILLION = 1_000_000n;

export interface Granting {
  readonly base: bigint;
  readonly granted: bigint;
}

/**
 * What the month adds to the fund. `total`: what counts since the fund began, as known now; `counted`: what earlier runs
 * counted. What a refund took from a month that was paid out is made up for by the next ones, never asked back.
 */
export function grant(share: bigint, total: bigint, counted: bigint): Granting {
  const base = maxOf(0n, total - counted);
  return { base, granted: (base * share) / MILLION };
}

export interface ScoredIdentity {
  /** Keyed hash of the address. */
  readonly identity: string;
  readonly score: bigint;
  readonly contributorId: bigint | null;
}

export interface Share extends ScoredIdentity {
  readonly amount: bigint;
  readonly keepUntil: Date | null;
}

export function divide(
  { keepUnregistered }: Pick<Fund, 'keepUnregistered'>,
  sum: bigint,
  scored: readonly ScoredIdentity[],
  now: Date,
): Share[] {
  const amounts = allocate(
    sum,
    scored.map(({ identity, score }) => ({ key: identity, score })),
  );
  const keepUntil = new Date(now.getTime() + keepUnregistered);
  return scored.map((each) => ({
    ...each,
    amount: amounts.get(each.identity) ?? 0n,
    keepUntil: each.contributorId === null ? keepUntil : null,
  }));
}

export interface Owed {
  readonly contributorId: bigint;
  readonly owed: bigint;
  readonly hasDetails: boolean;
  /** A payout is under way: what it will have paid is known only when it has ended. */
  readonly hasOpenPayout: boolean;
}

/** Why somebody is not paid now; what is owed to them stays so. */
export type Waits = 'below_minimum' | 'no_details' | 'payout_open';

export function waitsFor({ minimumPayout }: Pick<Fund, 'minimumPayout'>, each: Owed): Waits | null {
  if (each.hasOpenPayout) return 'payout_open';
  if (each.owed === 0n || each.owed < minimumPayout) return 'below_minimum';
  return each.hasDetails ? null : 'no_details';
}
