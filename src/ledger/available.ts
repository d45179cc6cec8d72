/**
 * `sink: ledger`: the balance is ours. Credits become available as lots; what is taken back comes from the same lot
 * and then becomes debt.
 * Promises: available never goes below zero; debt names the reward that made it, is repaid from later rewards, and is
 * cancelled first when that reward is restored. Must never: touch another reward's lot.
 */

import type { Cause, FoldContext } from '../model/fold.ts';
import { minOf } from '../model/money.ts';
import type { Debt, Reward } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { reversalReason, save } from './history.ts';
import { type Move, postMoves } from './postings.ts';

export function settleAvailable(world: World, ctx: FoldContext, reward: Reward, target: bigint, cause: Cause): Reward {
  if (reward.creditedAt === null) return creditFirst(world, ctx, reward, target, cause);
  const diff = target - reward.postedAmount;
  if (diff > 0n) restore(world, ctx, reward, diff, cause);
  if (diff < 0n) takeBack(world, ctx, reward, -diff, cause);
  return save(world, ctx, { ...reward, postedAmount: target, ...standing(reward, target) }, cause);
}

function standing(reward: Reward, target: bigint): Pick<Reward, 'status' | 'reason' | 'outcome'> {
  const gone = reward.amount - reward.forfeitedAmount > 0n && target === 0n;
  const reason = gone ? reversalReason(reward) : null;
  return { status: gone ? 'reversed' : 'credited', reason, outcome: null };
}

function creditFirst(world: World, ctx: FoldContext, reward: Reward, target: bigint, cause: Cause): Reward {
  const pending = reward.postedAmount;
  const next: Reward = { ...reward, postedAmount: target, ...standing(reward, target) };
  if (target === 0n) {
    const back: Move[] = [
      { account: 'pending', amount: -pending },
      { account: 'rewards', amount: pending },
    ];
    postMoves(world, ctx, 'reverse', reward, back, cause);
    return save(world, ctx, next, cause);
  }
  const repaid = repay(world, reward, target);
  postMoves(
    world,
    ctx,
    pending > 0n ? 'release' : 'credit',
    reward,
    [
      { account: 'pending', amount: -pending },
      { account: 'rewards', amount: pending - target },
      { account: 'debt', amount: repaid },
      { account: 'available', amount: target - repaid },
    ],
    cause,
  );
  world.lots.put({
    personId: reward.personId,
    rewardId: reward.id,
    unit: reward.unit,
    granted: target - repaid,
    remaining: target - repaid,
    expired: 0n,
    expiresAt: reward.expiresAt,
    createdAt: cause.at,
  });
  return save(world, ctx, { ...next, creditedAt: cause.at }, cause);
}

/** What of `amount` goes to repay open debts, the oldest first. */
function repay(world: World, reward: Reward, amount: bigint): bigint {
  let left = amount;
  const open = world.debts
    .by('person', reward.personId)
    .filter((debt) => debt.remaining > 0n && debt.unit === reward.unit)
    .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  for (const debt of open) {
    const paid = minOf(left, debt.remaining);
    if (paid === 0n) break;
    world.debts.put({ ...debt, remaining: debt.remaining - paid });
    left -= paid;
  }
  return amount - left;
}

function restore(world: World, ctx: FoldContext, reward: Reward, diff: bigint, cause: Cause): void {
  const debt = world.debts.get(reward.id);
  const cancelled = debt ? minOf(diff, debt.remaining) : 0n;
  if (debt && cancelled > 0n) world.debts.put({ ...debt, remaining: debt.remaining - cancelled });
  const back = diff - cancelled;
  const moves: Move[] = [
    { account: 'rewards', amount: -diff },
    { account: 'debt', amount: cancelled },
    { account: 'available', amount: back },
  ];
  postMoves(world, ctx, 'restore', reward, moves, cause);
  if (back === 0n) return;
  const lot = world.lots.get(reward.id);
  if (!lot) throw new Error(`bug: reward ${reward.id} was credited without a lot`);
  const remaining = lot.remaining + back;
  world.lots.put({
    ...lot,
    remaining,
    granted: remaining + lot.expired > lot.granted ? remaining + lot.expired : lot.granted,
  });
}

/** From the same lot; what of it has expired counts as taken back; the rest is owed. */
function takeBack(world: World, ctx: FoldContext, reward: Reward, amount: bigint, cause: Cause): void {
  const lot = world.lots.get(reward.id);
  const fromLot = lot ? minOf(amount, lot.remaining) : 0n;
  const fromExpired = lot ? minOf(amount - fromLot, lot.expired) : 0n;
  const owed = amount - fromLot - fromExpired;
  if (lot) world.lots.put({ ...lot, remaining: lot.remaining - fromLot, expired: lot.expired - fromExpired });
  if (owed > 0n) world.debts.put(owe(world.debts.get(reward.id), reward, owed, cause));
  postMoves(
    world,
    ctx,
    'reverse',
    reward,
    [
      { account: 'available', amount: -fromLot },
      { account: 'expired', amount: -fromExpired },
      { account: 'debt', amount: -owed },
      { account: 'rewards', amount },
    ],
    cause,
  );
}

function owe(before: Debt | undefined, reward: Reward, owed: bigint, cause: Cause): Debt {
  if (before) return { ...before, amount: before.amount + owed, remaining: before.remaining + owed };
  return {
    rewardId: reward.id,
    personId: reward.personId,
    unit: reward.unit,
    amount: owed,
    remaining: owed,
    createdAt: cause.at,
  };
}
