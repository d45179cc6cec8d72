/**
 * Brings the ledger and the sink to what a reward should be now: state, not deltas.
 * Promises: called any number of times with the same target it posts once; every posting is balanced and names its
 * reward; at most one delivery of a reward is open. Must never: take back what it cannot know to have been delivered,
 * or return a credited reward to pending.
 */
import type { Cause, FoldContext } from '../model/fold.ts';
import type { Reward } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { settleAvailable } from './available.ts';
import { settleDelivered } from './delivered.ts';
import { forfeitPending, isForfeitable, suspendedFor } from './forfeits.ts';
import { REVERSED_BY_ADMIN, reversalReason, save } from './history.ts';
import { earnPending } from './postings.ts';

/** Waiting for a fact, nothing is owed yet and nothing posted. */
const NOT_OWED_YET: ReadonlySet<string> = new Set(['matching', 'no_rate', 'qualifying']);

/**
 * `target` is what the person should have of this reward now; `waits` says why it may not be credited yet.
 * A rejected reward, and one that an admin took back, stay as they are: decisions stick. What a suspended person would
 * have is forfeited instead.
 */
export function settle(
  world: World,
  ctx: FoldContext,
  reward: Reward,
  target: bigint,
  waits: string | null,
  cause: Cause,
): Reward {
  if (reward.status === 'rejected') return reward;
  const wanted = reward.flags.includes(REVERSED_BY_ADMIN) ? 0n : target;
  const next: Reward = { ...reward, reversedAmount: takenBack(reward, wanted) };
  const suspended = wanted > 0n && isForfeitable(next) ? suspendedFor(world, next) : undefined;
  if (suspended) {
    const owed = waits !== null && NOT_OWED_YET.has(waits) ? 0n : wanted;
    return forfeitPending(world, ctx, next, owed, { suspended, cause });
  }
  if (waits !== null && reward.creditedAt === null && reward.inFlight === null) {
    return settleWaiting(world, ctx, next, wanted, waits, cause);
  }
  const { sink } = ctx.loaded.program;
  return sink.kind === 'ledger'
    ? settleAvailable(world, ctx, next, wanted, cause)
    : settleDelivered(world, ctx, next, wanted, cause);
}

/** What nobody owes any more: pending goes back, and the reward stays rejected for good. */
export function reject(world: World, ctx: FoldContext, reward: Reward, reason: string, cause: Cause): Reward {
  const free: Reward = { ...reward, status: 'rejected', reason, outcome: null, inFlight: null };
  return save(world, ctx, earnPending(world, ctx, free, 0n, cause), cause);
}

function takenBack(reward: Reward, target: bigint): bigint {
  const owed = reward.amount - reward.forfeitedAmount;
  return owed > target ? owed - target : 0n;
}

function settleWaiting(
  world: World,
  ctx: FoldContext,
  reward: Reward,
  target: bigint,
  waits: string,
  cause: Cause,
): Reward {
  const posted = earnPending(world, ctx, reward, NOT_OWED_YET.has(waits) ? 0n : target, cause);
  const gone = reward.amount > 0n && target === 0n;
  return save(
    world,
    ctx,
    { ...posted, status: gone ? 'reversed' : 'pending', reason: gone ? reversalReason(posted) : waits },
    cause,
  );
}
