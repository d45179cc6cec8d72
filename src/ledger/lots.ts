/**
 * Lots: what is left of each credit, and until when.
 * Promises: they are used and expire in the order (expires_at, never last; then the elder reward); what remains in a
 * person's lots is what they have available. Must never: let a lot be used whose time has come, or that is in dispute.
 */
import type { Cause, FoldContext } from '../model/fold.ts';
import type { Lot } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { post } from './postings.ts';

/** The flag of a reward whose payment is in open dispute. */
const DISPUTED = 'disputed';

export function available(world: World, personId: bigint, unit: string): bigint {
  return world.balances.get(`${personId}\navailable\n${unit}`)?.balance ?? 0n;
}

function byExpiry(a: Lot, b: Lot): number {
  const [x, y] = [a.expiresAt?.getTime() ?? Infinity, b.expiresAt?.getTime() ?? Infinity];
  if (x !== y) return x < y ? -1 : 1;
  return a.rewardId < b.rewardId ? -1 : 1;
}

const isPast = (lot: Lot, at: Date): boolean => lot.expiresAt !== null && lot.expiresAt <= at;

/** What can be spent, in the order in which it is; of it whatever is past has to be expired before. */
export function spendable(world: World, personId: bigint, unit: string): Lot[] {
  return world.lots
    .by('person', personId)
    .filter((lot) => lot.unit === unit && lot.remaining > 0n)
    .filter((lot) => !world.rewards.get(lot.rewardId)?.flags.includes(DISPUTED))
    .sort(byExpiry);
}

/** A lot that gets something back. It keeps its expiry. */
export function reopened(lot: Lot, amount: bigint): Lot {
  const remaining = lot.remaining + amount;
  const held = remaining + lot.expired;
  return { ...lot, remaining, granted: held > lot.granted ? held : lot.granted };
}

/** What remains of a lot whose time has come. Called again, or too early, it does nothing. */
export function expireLot(world: World, ctx: FoldContext, lot: Lot, cause: Cause): void {
  const { personId, unit, rewardId, remaining } = lot;
  if (remaining === 0n || !isPast(lot, cause.at)) return;
  world.lots.put({ ...lot, remaining: 0n, expired: lot.expired + remaining, expiries: lot.expiries + 1 });
  post(
    world,
    ctx,
    'expire',
    { personId, unit, rewardId, spendId: null },
    [
      { account: 'available', amount: -remaining },
      { account: 'expired', amount: remaining },
    ],
    cause,
  );
}

/** Whatever of theirs has expired, though no timer has said so yet: it neither takes up room nor can be spent. */
export function expirePast(world: World, ctx: FoldContext, personId: bigint, cause: Cause): void {
  for (const lot of world.lots.by('person', personId).sort(byExpiry)) expireLot(world, ctx, lot, cause);
}
