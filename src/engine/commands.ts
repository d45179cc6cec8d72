/**
 * What people, timers and sinks tell the engine, folded like any other event.
 * Promises: a command that does not fit the state changes nothing and says why; the same command twice acts once. Must
 * never: credit what a signal holds without a person's name on it.
 */
import { personOfMember } from '../accounts/persons.ts';
import { EARLY_FRAUD_WARNING } from '../fraud/signals/early-fraud-warning.ts';
import { takeResult } from '../ledger/delivered.ts';
import { addHistory, REVERSED_BY_ADMIN } from '../ledger/history.ts';
import { reject, settle } from '../ledger/settle.ts';
import { type Command, type CommandOutcome, DONE, refuse } from '../model/commands.ts';
import type { Cause, FoldContext, FoldEvent } from '../model/fold.ts';
import { parsePercent } from '../model/money.ts';
import { needsTwoPersons, tierOf } from '../model/program.ts';
import type { Reward } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { attachPayment } from './attach-payment.ts';
import { closeRank } from './close-rank.ts';
import { handleCreditCommand } from './credit-commands.ts';
import { commandNamesErased, eraseMember } from './erasure.ts';
import { evaluatePayment } from './evaluate-payment.ts';
import { evaluateReferralRewards } from './evaluate-rewards.ts';
import { holdReferral } from './hold-referral.ts';
import { waitingOf } from './marks.ts';
import { handleMemberCommand } from './member-commands.ts';
import { ownerOfCode, patchCode, shownCode } from './patch-code.ts';
import { reevaluate } from './reevaluate.ts';
import { deliverWaiting } from './sink-account.ts';
import { appellantOf, handleSuspensionCommand, patchSuspension, shownAppeal } from './suspensions.ts';
import { domainTold, networkTold } from './told.ts';
import { visitClaimed } from './visit-claimed.ts';

type Of<C extends Command['command']> = Extract<Command, { command: C }>;

export function handleCommand(world: World, ctx: FoldContext, event: FoldEvent, command: Command): CommandOutcome {
  const actor = 'actor' in command ? command.actor : null;
  const note = 'note' in command && typeof command.note === 'string' ? command.note : null;
  const cause: Cause = { id: event.id, at: ctx.now, triedOnce: event.triedOnce, actor, note };
  const before = shown(world, ctx, command);
  const outcome = carryOut(world, ctx, event, command, cause);
  if (commandNamesErased(world, command)) world.blanked.put({ inboxId: event.id });
  if (actor !== null && outcome.ok) audit(world, ctx, command, { actor, note, before });
  return outcome;
}

function carryOut(world: World, ctx: FoldContext, event: FoldEvent, command: Command, cause: Cause): CommandOutcome {
  switch (command.command) {
    case 'reward.approve':
    case 'reward.reject':
    case 'reward.reverse':
      return withReward(world, command.rewardId, (reward) => decide(world, ctx, reward, command, cause));
    case 'reward.note':
      return withReward(world, command.rewardId, (reward) => {
        addHistory(world, ctx, reward, cause);
        return DONE;
      });
    case 'reward.due':
      return withReward(world, command.rewardId, (reward) => redo(world, ctx, reward, cause));
    case 'delivery.result':
      return withReward(world, command.rewardId, (reward) => deliveryResult(world, ctx, reward, command, cause));
    case 'rank.close':
      return closeRank(world, ctx, command, cause);
    case 'referral.due':
      evaluateReferralRewards(world, ctx, BigInt(command.refereeId), cause);
      return DONE;
    case 'visit.claimed':
      return visitClaimed(world, ctx, event, command, cause);
    case 'domain.told':
      return domainTold(world, ctx, command, cause);
    case 'network.told':
      return networkTold(world, ctx, command, cause);
    case 'referral.hold':
      return holdReferral(world, ctx, command, cause);
    case 'payment.attach':
      return attachPayment(world, ctx, event, command, cause);
    case 'payment.match_due':
      return matchDue(world, ctx, BigInt(command.paymentId), cause);
    case 'member.erase':
      return eraseMember(world, ctx, command.memberId);
    case 'member.patch':
      return patchMember(world, ctx, command, cause);
    case 'code.patch':
      return patchCode(world, ctx, command);
    case 'account.known':
      deliverWaiting(world, ctx, command.personId, cause);
      return DONE;
    case 'suspension.settle':
    case 'report.make':
    case 'appeal.make':
    case 'appeal.grant':
    case 'appeal.refuse':
      return handleSuspensionCommand(world, ctx, command, cause);
    case 'credit.spend':
    case 'credit.void':
    case 'lot.expire':
      return handleCreditCommand(world, ctx, command, cause);
    default:
      return handleMemberCommand(world, ctx, event, command);
  }
}

/** What an admin's action changes, as the audit log shows it. */
function shown(world: World, ctx: FoldContext, command: Command): Record<string, unknown> | null {
  if (command.command === 'member.patch') {
    const person = personOfMember(world, command.memberId);
    return person
      ? {
          rate: person.rate,
          tier: person.tier,
          suspended_at: person.suspendedAt,
          suspended_reason: person.suspendedReason,
          note: person.note,
        }
      : null;
  }
  if (command.command === 'code.patch') return shownCode(world, ctx, command.code);
  if (command.command === 'payment.attach') return shownPayment(world, command);
  if ('appealId' in command) return shownAppeal(world, command.appealId);
  const reward = 'rewardId' in command ? world.rewards.get(BigInt(command.rewardId)) : undefined;
  if (!reward) return null;
  const approvals = world.approvals.by('reward', reward.id).length;
  const { status, reason, flags, amount, reversedAmount } = reward;
  return {
    status,
    reason,
    flags,
    amount: Number(amount),
    reversed_amount: Number(reversedAmount),
    ...(approvals > 0 && { approvals }),
  };
}

/** Whoever referred the payer, by id: a code's text in the log could not be told from the admin's own words. */
function shownPayment(world: World, { paymentId }: Of<'payment.attach'>): Record<string, unknown> | null {
  const payment = world.payments.get(BigInt(paymentId));
  const referral = payment && payment.personId !== null ? world.referrals.get(payment.personId) : undefined;
  const referrer = referral && world.persons.get(referral.referrerId);
  return payment ? { reason: payment.reason, referrer: referrer?.memberId ?? null } : null;
}

function audit(
  world: World,
  ctx: FoldContext,
  command: Command,
  { actor, note, before }: { actor: string; note: string | null; before: Record<string, unknown> | null },
): void {
  const target = targetOf(world, ctx, command);
  const after = shown(world, ctx, command);
  world.audit.put({
    id: ctx.nextId(),
    at: ctx.now,
    actor,
    action: command.command,
    target,
    reason: note,
    before,
    after,
  });
}

function targetOf(world: World, ctx: FoldContext, command: Command): string {
  if ('rewardId' in command) return `rw_${command.rewardId}`;
  if ('paymentId' in command) return `pm_${command.paymentId}`;
  if ('memberId' in command) return command.memberId;
  if ('appealId' in command) return appellantOf(world, command.appealId);
  return 'code' in command && command.code !== undefined ? ownerOfCode(world, ctx, command.code) : '';
}

function withReward(world: World, id: string, run: (reward: Reward) => CommandOutcome): CommandOutcome {
  const reward = world.rewards.get(BigInt(id));
  return reward ? run(reward) : refuse('unknown_reward');
}

function redo(world: World, ctx: FoldContext, reward: Reward, cause: Cause): CommandOutcome {
  reevaluate(world, ctx, reward, cause);
  return DONE;
}

function decide(
  world: World,
  ctx: FoldContext,
  reward: Reward,
  command: Of<'reward.approve' | 'reward.reject' | 'reward.reverse'>,
  cause: Cause,
): CommandOutcome {
  // Whoever looked at it before somebody else decided has decided about something else.
  if (command.ifStatus !== undefined && command.ifStatus !== reward.status) return refuse('status_changed');
  if (command.command === 'reward.approve') return approve(world, ctx, reward, cause);
  return command.command === 'reward.reject'
    ? refuseReward(world, ctx, reward, command, cause)
    : reverse(world, ctx, reward, cause);
}

function approve(world: World, ctx: FoldContext, reward: Reward, cause: Cause): CommandOutcome {
  const open = reward.inFlight === null ? undefined : world.openDeliveries.get(reward.inFlight);
  const stuck = reward.status === 'failed' || reward.flags.includes('reversal_undelivered');
  if (stuck && open) {
    if (open.tryNow) return refuse('not_approvable'); // somebody just did
    world.openDeliveries.put({ ...open, tryNow: true });
    addHistory(world, ctx, reward, cause);
    return DONE;
  }
  const isWarned = reward.status === 'credited' && !reward.approvedAt && reward.flags.includes(EARLY_FRAUD_WARNING);
  const isHeld = reward.status === 'pending' && reward.reason === 'held';
  if (!isHeld && !isWarned) return refuse('not_approvable');
  // Only of what a signal holds: whatever failed was decided before.
  if (isHeld && needsTwoPersons(ctx.loaded.program, reward.amount)) {
    const before = world.approvals.by('reward', reward.id);
    if (before.some(({ actor }) => actor === cause.actor)) return refuse('already_approved');
    world.approvals.put({ rewardId: reward.id, actor: cause.actor ?? '', at: ctx.now });
    if (before.length === 0) {
      addHistory(world, ctx, reward, cause);
      return DONE;
    }
  }
  world.rewards.put({ ...reward, approvedAt: ctx.now });
  return redo(world, ctx, reward, cause);
}

function refuseReward(
  world: World,
  ctx: FoldContext,
  reward: Reward,
  command: Of<'reward.reject'>,
  cause: Cause,
): CommandOutcome {
  if (reward.status !== 'pending' && reward.status !== 'failed') return refuse('not_rejectable');
  const open = reward.inFlight === null ? undefined : world.openDeliveries.get(reward.inFlight);
  if (reward.deliveredAmount > 0n) return refuse('not_rejectable');
  if (open && (open.state === 'sending' || open.state === 'accepted')) return refuse('outcome_unknown');
  if (open && reward.outcome === 'unknown' && !command.confirmAbsent) return refuse('outcome_unknown');
  if (open) world.openDeliveries.put({ ...open, state: 'cancelled' });
  reject(world, ctx, reward, 'admin', cause);
  return DONE;
}

/** Takes back whole, for good, what is credited or vests: no later fact restores it. */
function reverse(world: World, ctx: FoldContext, reward: Reward, cause: Cause): CommandOutcome {
  if (reward.status === 'failed' && reward.outcome === 'unknown') return refuse('outcome_unknown');
  const isTheirs = reward.status === 'credited' || (reward.status === 'pending' && EARNED.has(reward.reason ?? ''));
  if (!isTheirs || reward.flags.includes(REVERSED_BY_ADMIN)) return refuse('not_reversible');
  const marked = { ...reward, flags: [...reward.flags, REVERSED_BY_ADMIN] };
  settle(world, ctx, marked, 0n, waitingOf(reward), cause);
  return DONE;
}

/** Pending for no other reason than time: earned, and to be reversed rather than rejected. */
const EARNED: ReadonlySet<string> = new Set(['vesting', 'settling']);

/** The open delivery's answer; then whatever changed meanwhile is made good. An answer to a settled one changes nothing. */
function deliveryResult(
  world: World,
  ctx: FoldContext,
  reward: Reward,
  command: Of<'delivery.result'>,
  cause: Cause,
): CommandOutcome {
  const open = world.openDeliveries.get(BigInt(command.deliveryId));
  if (!open || reward.inFlight !== open.id) return DONE;
  const taken = takeResult(world, ctx, reward, open, command.result, cause);
  return taken.inFlight === null ? redo(world, ctx, reward, cause) : DONE;
}

/** It has waited: it earns if this source delivers invoice payments, since then one would have named it. */
function matchDue(world: World, ctx: FoldContext, paymentId: bigint, cause: Cause): CommandOutcome {
  const payment = world.payments.get(paymentId);
  if (!payment) return refuse('unknown_payment');
  if (!payment.matchUntil || payment.matchUntil > ctx.now || payment.mergedInto !== null) return DONE;
  const told = Array.from(world.sourceTypes.all());
  const wouldKnow = told.some((seen) => seen.source === payment.source && seen.type.startsWith('invoice_payment.'));
  world.payments.put({ ...payment, matchUntil: null, unmatched: !wouldKnow });
  evaluatePayment(world, ctx, paymentId, cause);
  return DONE;
}

function patchMember(world: World, ctx: FoldContext, command: Of<'member.patch'>, cause: Cause): CommandOutcome {
  const person = personOfMember(world, command.memberId);
  if (!person) return refuse('unknown_member');
  if (person.erasedAt) return refuse('member_erased');
  const rate = command.rate === undefined ? person.rate : command.rate === null ? null : parsePercent(command.rate);
  const tier = command.tier === undefined ? person.tier : command.tier;
  if (tier !== person.tier) {
    const named = tierOf(ctx.loaded.program, { tier })?.name;
    if (named) world.tierChanges.put({ id: ctx.nextId(), personId: person.id, tier: named, since: ctx.now });
  }
  world.persons.put({ ...person, rate, tier, note: command.note === undefined ? person.note : command.note });
  patchSuspension(world, ctx, command, cause);
  return DONE;
}
