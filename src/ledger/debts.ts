/**
 * What somebody owes because a reward was taken back after it was used.
 * Promises: a debt names the reward that made it; later rewards repay it, the oldest first; a restoration of its own
 * reward, or a void of what had been used, cancels it first. Must never: post anything; callers do, with what comes back.
 */
import type { Cause } from '../model/fold.ts';
import { minOf } from '../model/money.ts';
import type { Reward } from '../model/records.ts';
import type { World } from '../model/world.ts';

/** What of `amount` goes to repay open debts of whoever earned the reward, the oldest first. */
export function repay(world: World, reward: Reward, amount: bigint): bigint {
  let left = amount;
  const open = world.debts
    .by('person', reward.personId)
    .filter((debt) => debt.remaining > 0n && debt.unit === reward.unit)
    .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || Number(a.rewardId - b.rewardId));
  for (const debt of open) {
    const paid = minOf(left, debt.remaining);
    if (paid === 0n) break;
    world.debts.put({ ...debt, remaining: debt.remaining - paid });
    left -= paid;
  }
  return amount - left;
}

/** What of `amount` goes against this reward's own debt. */
export function cancel(world: World, rewardId: bigint, amount: bigint): bigint {
  const debt = world.debts.get(rewardId);
  const cancelled = debt ? minOf(amount, debt.remaining) : 0n;
  if (debt && cancelled > 0n) world.debts.put({ ...debt, remaining: debt.remaining - cancelled });
  return cancelled;
}

export function owe(world: World, reward: Reward, owed: bigint, cause: Cause): void {
  if (owed === 0n) return;
  const { id: rewardId, personId, unit } = reward;
  const before = world.debts.get(rewardId) ?? { amount: 0n, remaining: 0n, createdAt: cause.at };
  const { amount, remaining, createdAt } = before;
  world.debts.put({ rewardId, personId, unit, amount: amount + owed, remaining: remaining + owed, createdAt });
}
