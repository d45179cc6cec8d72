/**
 * `sink: ledger`: the balance is ours. Credits become available as lots; what is taken back comes from the same lot
 * and then becomes debt.
 * Promises: available never goes below zero, nor by a credit above the cap; what is forfeited stays forfeited, so a
 * refund that fails in the end leaves everything as it was; nobody owes what was never granted. Must never: touch
 * another reward's lot.
 */
import type { Cause, FoldContext } from '../model/fold.ts';
import { minOf } from '../model/money.ts';
import type { Lot, Reward } from '../model/records.ts';
import { tierNow } from '../model/tiers.ts';
import type { World } from '../model/world.ts';
import { fitting, forfeit, unforfeit } from './cap.ts';
import { cancel, owe, repay } from './debts.ts';
import { reversalReason, save } from './history.ts';
import { reopened } from './lots.ts';
import { type Move, postMoves } from './postings.ts';

export function settleAvailable(world: World, ctx: FoldContext, reward: Reward, target: bigint, cause: Cause): Reward {
  return reward.creditedAt === null
    ? creditFirst(world, ctx, reward, target, cause)
    : settleCredited(world, ctx, reward, target, cause);
}

function standing(reward: Reward): Pick<Reward, 'status' | 'reason' | 'outcome' | 'reversedAmount'> {
  const reversedAmount = reward.amount - reward.forfeitedAmount - reward.postedAmount;
  if (reward.amount === 0n || reward.postedAmount > 0n)
    return { status: 'credited', reason: null, outcome: null, reversedAmount };
  const reason = reversedAmount === 0n ? 'forfeited' : reversalReason(reward);
  return { status: 'reversed', reason, outcome: null, reversedAmount };
}

function creditFirst(world: World, ctx: FoldContext, reward: Reward, target: bigint, cause: Cause): Reward {
  const pending = reward.postedAmount;
  const repaid = repay(world, reward, target);
  const lot = fitting(world, ctx, reward, target - repaid, cause);
  const excess = target - repaid - lot;
  const moves: Move[] = [
    { account: 'pending', amount: excess - pending },
    { account: 'rewards', amount: pending - target },
    { account: 'debt', amount: repaid },
    { account: 'available', amount: lot },
  ];
  const credits = repaid + lot > 0n;
  const kind = credits ? (pending > 0n ? 'release' : 'credit') : pending > target ? 'reverse' : 'earn';
  postMoves(world, ctx, kind, reward, moves, cause);
  forfeit(world, ctx, reward, excess, cause);
  const posted: Reward = { ...reward, postedAmount: target - excess, forfeitedAmount: excess };
  if (!credits) return save(world, ctx, { ...posted, ...(excess > 0n ? FORFEITED : standing(posted)) }, cause);
  const expiresAt = expiryOf(world, ctx, reward, cause.at);
  world.lots.put({
    personId: reward.personId,
    rewardId: reward.id,
    unit: reward.unit,
    granted: lot,
    remaining: lot,
    expired: 0n,
    expiresAt,
    expiries: 0,
    allowed: posted.postedAmount,
    createdAt: cause.at,
  });
  return save(world, ctx, { ...posted, ...standing(posted), creditedAt: cause.at, expiresAt }, cause);
}

const FORFEITED = { status: 'rejected', reason: 'forfeited', outcome: null } as const;

/** When a credit of this moment expires, by the tier of whoever gets it. null: never. */
function expiryOf(world: World, ctx: FoldContext, reward: Reward, at: Date): Date | null {
  const person = world.persons.get(reward.personId);
  if (!person) throw new Error(`bug: the beneficiary of reward ${reward.id} was not loaded`);
  const after = tierNow(world, ctx.loaded.program, person, at)?.expiresAfter ?? 'never';
  return after === 'never' ? null : new Date(at.getTime() + after);
}

function lotOf(world: World, reward: Reward): Lot {
  const lot = world.lots.get(reward.id);
  if (!lot) throw new Error(`bug: reward ${reward.id} was credited without a lot`);
  return lot;
}

/**
 * The person has the least of what is owed now and what the reward may ever give; what is owed beyond all that was
 * decided so far (the payment turns out to be larger, a refund from before the credit fails) is granted anew.
 */
function settleCredited(world: World, ctx: FoldContext, given: Reward, target: bigint, cause: Cause): Reward {
  const reward = fitToAmount(world, ctx, given, cause);
  const { allowed } = lotOf(world, reward);
  const decided = allowed + reward.forfeitedAmount;
  const fresh = target > decided ? target - decided : 0n;
  const wanted = minOf(target, allowed) + fresh;
  const diff = wanted - reward.postedAmount;
  const excess = diff > 0n ? restore(world, ctx, reward, diff, cause) : 0n;
  if (diff < 0n) takeBack(world, ctx, reward, -diff, cause);
  const postedAmount = wanted - excess;
  const forfeitedAmount = reward.forfeitedAmount + excess;
  if (fresh + excess > 0n)
    world.lots.put({ ...lotOf(world, reward), allowed: excess > 0n ? postedAmount : allowed + fresh });
  const settled: Reward = { ...reward, postedAmount, forfeitedAmount };
  return save(world, ctx, { ...settled, ...standing(settled) }, cause);
}

/** A reward that turns out to be of a smaller payment: what was forfeited of it falls first. */
function fitToAmount(world: World, ctx: FoldContext, reward: Reward, cause: Cause): Reward {
  const lot = lotOf(world, reward);
  const beyond = lot.allowed + reward.forfeitedAmount - reward.amount;
  if (beyond <= 0n) return reward;
  const back = minOf(beyond, reward.forfeitedAmount);
  unforfeit(world, ctx, reward, back, cause);
  const forfeitedAmount = reward.forfeitedAmount - back;
  world.lots.put({ ...lot, allowed: reward.amount - forfeitedAmount });
  return { ...reward, forfeitedAmount };
}

/** Against its own debt first; the rest to its lot, as far as there is room. Returns what there was none for. */
function restore(world: World, ctx: FoldContext, reward: Reward, amount: bigint, cause: Cause): bigint {
  const cancelled = cancel(world, reward.id, amount);
  const back = fitting(world, ctx, reward, amount - cancelled, cause);
  const excess = amount - cancelled - back;
  const moves: Move[] = [
    { account: 'rewards', amount: -amount },
    { account: 'debt', amount: cancelled },
    { account: 'available', amount: back },
    { account: 'pending', amount: excess },
  ];
  postMoves(world, ctx, 'restore', reward, moves, cause);
  forfeit(world, ctx, reward, excess, cause);
  world.lots.put(reopened(lotOf(world, reward), back));
  return excess;
}

/** From the same lot; what of it has expired counts as taken back; the rest is owed. */
function takeBack(world: World, ctx: FoldContext, reward: Reward, amount: bigint, cause: Cause): void {
  const lot = lotOf(world, reward);
  const fromLot = minOf(amount, lot.remaining);
  const fromExpired = minOf(amount - fromLot, lot.expired);
  const owed = amount - fromLot - fromExpired;
  world.lots.put({ ...lot, remaining: lot.remaining - fromLot, expired: lot.expired - fromExpired });
  owe(world, reward, owed, cause);
  const moves: Move[] = [
    { account: 'available', amount: -fromLot },
    { account: 'expired', amount: -fromExpired },
    { account: 'debt', amount: -owed },
    { account: 'rewards', amount },
  ];
  postMoves(world, ctx, 'reverse', reward, moves, cause);
}
