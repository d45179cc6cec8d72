/**
 * Keeps a reward, and a line of its history whenever what people see of it changes.
 * Promises: the history names the event or the person behind every change. Must never: write a line for nothing.
 */
import type { Cause, FoldContext } from '../model/fold.ts';
import type { Reward } from '../model/records.ts';
import type { World } from '../model/world.ts';

/** Taken back by an admin: no later fact of the payment gives it back. */
export const REVERSED_BY_ADMIN = 'reversed_by_admin';

/** Its referral or payment turned out to be part of another, or to be none. */
export const DOUBLED = 'merged';
export const VOIDED = 'void';

/** Why a reward that is wholly taken back is so. */
export function reversalReason({ flags }: Reward): string {
  if (flags.includes(REVERSED_BY_ADMIN)) return 'admin';
  if (flags.includes(DOUBLED)) return DOUBLED;
  return flags.includes(VOIDED) ? VOIDED : 'refunded';
}

export function save(world: World, ctx: FoldContext, reward: Reward, cause: Cause): Reward {
  const before = world.rewards.get(reward.id);
  if (before && isSame(before, reward)) return before;
  world.rewards.put(reward);
  const changed =
    !before ||
    before.status !== reward.status ||
    before.reason !== reward.reason ||
    before.outcome !== reward.outcome ||
    before.amount !== reward.amount ||
    before.reversedAmount !== reward.reversedAmount ||
    before.forfeitedAmount !== reward.forfeitedAmount ||
    before.flags.length !== reward.flags.length;
  if (changed) addHistory(world, ctx, reward, cause);
  return reward;
}

function isSame(a: Reward, b: Reward): boolean {
  const fields = Object.keys(a) as (keyof Reward)[];
  return fields.every((field) => a[field] === b[field]);
}

export function addHistory(world: World, ctx: FoldContext, reward: Reward, cause: Cause): void {
  world.history.put({
    id: ctx.nextId(),
    rewardId: reward.id,
    status: reward.status,
    reason: reward.reason,
    outcome: reward.outcome,
    amount: reward.amount - reward.reversedAmount - reward.forfeitedAmount,
    at: cause.at,
    causeId: cause.id,
    actor: cause.actor,
    note: cause.note,
  });
}
