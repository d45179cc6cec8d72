/**
 * What a suspension takes, and what its lifting gives back.
 * Promises: while somebody is suspended nothing becomes theirs: what waits is forfeited in a transaction that they see,
 * and so is what comes meanwhile; each forfeit is given back once. Must never: take what is credited, or what a sink
 * may have already.
 */
import type { Cause, FoldContext } from '../model/fold.ts';
import { needsTwoPersons } from '../model/program.ts';
import type { Finding, Person, Reward } from '../model/records.ts';
import type { Forfeit } from '../model/suspensions.ts';
import type { World } from '../model/world.ts';
import { save } from './history.ts';
import { earnPending, postMoves } from './postings.ts';

/** What a signal says of a referral whose referrer it suspends. */
export const SUSPENDS = 'suspend';

/** The line of `explain` that a lifted suspension adds. */
const SUSPENSION = 'suspension';
const FORFEITED = 'forfeited';

/**
 * Who is suspended, so that this reward may not be had: its beneficiary; or the referrer, and a signal said so of this
 * very referral: then the referee is part of it.
 */
export function suspendedFor(world: World, reward: Reward): Person | undefined {
  const beneficiary = world.persons.get(reward.personId);
  if (beneficiary?.suspendedAt) return beneficiary;
  const referrer = world.persons.get(reward.referrerId);
  return referrer?.suspendedAt && suspicionOf(reward.explain) ? referrer : undefined;
}

/** The signal that suspends, unless the suspension was lifted since. */
export function suspicionOf(findings: readonly Finding[]): Finding | undefined {
  const lifted = findings.findLastIndex(({ asked }) => asked === SUSPENSION);
  return findings.slice(lifted + 1).find(({ asked, said }) => said === SUSPENDS && asked.startsWith('signal '));
}

export function liftedFinding(cause: Cause): Finding {
  return { asked: SUSPENSION, saw: { by: cause.actor, note: cause.note }, said: 'lifted' };
}

/** It was never credited, and nobody else has it in their hands. */
export function isForfeitable({ status, creditedAt, inFlight, deliveredAmount }: Reward): boolean {
  const isWaiting = status === 'pending' || status === 'reversed';
  return isWaiting && creditedAt === null && inFlight === null && deliveredAmount === 0n;
}

/** `owed`: what of it is earned by now; the rest was never in the ledger. */
export function forfeitPending(
  world: World,
  ctx: FoldContext,
  given: Reward,
  owed: bigint,
  { suspended, cause }: { readonly suspended: Person; readonly cause: Cause },
): Reward {
  const reward = earnPending(world, ctx, given, owed, cause);
  move(world, ctx, 'forfeit', reward, owed, cause);
  const { id: rewardId, unit } = reward;
  world.forfeits.put({
    id: ctx.nextId(),
    personId: suspended.id,
    rewardId,
    unit,
    amount: owed,
    at: cause.at,
    restoredAt: null,
  });
  return save(
    world,
    ctx,
    {
      ...reward,
      status: 'rejected',
      reason: reasonOf(reward, suspended),
      outcome: null,
      postedAmount: reward.postedAmount - owed,
      forfeitedAmount: reward.amount - reward.reversedAmount,
    },
    cause,
  );
}

/** The signal's name, where this referral is the one that it spoke of. */
function reasonOf(reward: Reward, suspended: Person): string {
  const said = suspicionOf(reward.explain);
  const isAboutThem = suspended.id === reward.referrerId;
  return said && isAboutThem ? said.asked.slice('signal '.length) : FORFEITED;
}

/**
 * Pending again; whoever calls brings it to where it should be now. What a signal took is let through by a person, unless
 * that takes two: then it waits for them.
 */
export function restoreForfeit(world: World, ctx: FoldContext, reward: Reward, forfeit: Forfeit, cause: Cause): Reward {
  const { amount } = forfeit;
  move(world, ctx, 'restore', reward, -amount, cause);
  world.forfeits.put({ ...forfeit, restoredAt: cause.at });
  const letThrough = suspicionOf(reward.explain) && !needsTwoPersons(ctx.loaded.program, reward.amount);
  const restored: Reward = {
    ...reward,
    status: 'pending',
    reason: 'held',
    postedAmount: reward.postedAmount + amount,
    forfeitedAmount: 0n,
    approvedAt: letThrough ? (reward.approvedAt ?? cause.at) : reward.approvedAt,
    explain: [...reward.explain, liftedFinding(cause)],
  };
  return save(world, ctx, restored, cause);
}

function move(
  world: World,
  ctx: FoldContext,
  kind: 'forfeit' | 'restore',
  reward: Reward,
  amount: bigint,
  cause: Cause,
): void {
  postMoves(
    world,
    ctx,
    kind,
    reward,
    [
      { account: 'pending', amount: -amount },
      { account: 'forfeited', amount },
    ],
    cause,
  );
}
