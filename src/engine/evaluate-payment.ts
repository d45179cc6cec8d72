/**
 * One payment, from facts to money: attribute → decide → assess → post.
 * Promises: run after every event that touches the payment, as often as one likes, it ends in the same place; a payment
 * that earns nothing says why. Must never: ask the signals twice about the same reward.
 */
import { seenPaying } from '../accounts/persons.ts';
import { assessPayment } from '../fraud/assess.ts';
import { needsOf } from '../fraud/needs.ts';
import { type Assessment, UNCHECKED } from '../fraud/signal.ts';
import { EARLY_FRAUD_WARNING } from '../fraud/signals/early-fraud-warning.ts';
import { DOUBLED, VOIDED } from '../ledger/history.ts';
import { reject, settle } from '../ledger/settle.ts';
import type { Cause, FoldContext } from '../model/fold.ts';
import { minOf } from '../model/money.ts';
import type { PaymentRule } from '../model/program.ts';
import type { Payment, Reward } from '../model/records.ts';
import { tierAt } from '../model/tiers.ts';
import type { World } from '../model/world.ts';
import { deductionsOf, remaining, takesMoney } from '../payments/net.ts';
import { takeAllowance } from '../rewards/cap.ts';
import { type Decision, decidePayment, type PaymentParties, paymentRules } from '../rewards/decide.ts';
import { addVolume } from '../rewards/tiers.ts';
import { waitsFor } from '../rewards/waits.ts';
import { holdOthers } from './hold-others.ts';
import { ASSESSED, isAssessed, isAttached, waitingOf, withFlag, withState } from './marks.ts';
import { suspendBySignal } from './suspend-by-signal.ts';
import { warn } from './warned.ts';

/** Flags that follow the facts: they come and go with an open dispute, and with what names a payment's invoice. */
const DISPUTED = 'disputed';

export function evaluatePayment(world: World, ctx: FoldContext, paymentId: bigint, cause: Cause): void {
  const payment = world.payments.get(paymentId);
  if (!payment) return;
  const rewards = world.rewards.by('payment', payment.id);
  if (payment.mergedInto !== null) {
    for (const reward of rewards) settle(world, ctx, withFlag(reward, DOUBLED), 0n, null, cause);
    return;
  }
  if (!payment.figures) return;
  if (needsOf(ctx.loaded.program).payers) seenPaying(world, payment);
  const parties = attributed(world, ctx, payment, rewards.length > 0);
  if (typeof parties === 'string') {
    for (const reward of rewards) settle(world, ctx, withFlag(reward, VOIDED), 0n, waitingOf(reward), cause);
    keepReason(world, payment, parties);
    return;
  }
  const reasons = paymentRules(ctx.loaded.program).map((rule) => applyRule(world, ctx, rule, parties, cause));
  if (rewards.length === 0) countVolume(world, ctx, parties);
  keepReason(
    world,
    world.payments.get(payment.id) ?? payment,
    reasons.includes(null) ? null : (reasons[0] ?? 'no_rule'),
  );
}

/** Once for each payment, when it first earned its referrer a share; what follows goes by it. */
function countVolume(world: World, ctx: FoldContext, { payment, referrer }: PaymentParties): void {
  const share = world.rewards.by('payment', payment.id).find((r) => r.beneficiary === 'referrer' && r.rate !== null);
  if (!share || !payment.figures || share.conversionDen === 0n) return;
  const { gross, tax } = payment.figures;
  const net = ((gross - tax) * share.conversionNum) / share.conversionDen;
  addVolume(world, ctx.loaded.program, referrer, payment.paidAt ?? payment.createdAt, net);
}

/** Referee and referrer of a payment, or why there are none. */
function attributed(world: World, ctx: FoldContext, payment: Payment, hasRewards: boolean): PaymentParties | string {
  const { program } = ctx.loaded;
  if (payment.mode !== program.mode) return 'other_mode';
  const referee = payment.personId === null ? undefined : world.persons.get(payment.personId);
  if (!referee) return 'unattributed';
  const referral = world.referrals.get(referee.id);
  if (!referral) return referee.signedUpAt ? 'no_referrer' : 'unattributed';
  if (referral.status === 'void') return referral.reason ?? 'void';
  const referrer = world.persons.get(referral.referrerId);
  if (!referrer) throw new Error(`bug: the referrer of referral ${referral.id} was not loaded`);
  const waited = ctx.now.getTime() - payment.createdAt.getTime();
  if (!hasRewards && waited > program.attribution.late && !isAttached(referral, payment)) return 'too_late';
  return { payment, referral, referee, referrer };
}

/** null when the rule granted something; else why it did not. */
function applyRule(
  world: World,
  ctx: FoldContext,
  rule: PaymentRule,
  parties: PaymentParties,
  cause: Cause,
): string | null {
  const { payment } = parties;
  const deductions = deductionsOf(world, payment);
  const figures = payment.figures as NonNullable<Payment['figures']>;
  const left = remaining(figures, deductions.filter(takesMoney), rule.of);
  const existing = world.rewards.by('payment', payment.id).find((reward) => reward.rule === rule.name);
  const beneficiary = rule.to === 'referrer' ? parties.referrer : parties.referee;
  const tier = tierAt(world, ctx.loaded.program, beneficiary, payment.paidAt ?? payment.createdAt);
  const outcome = decidePayment(ctx, rule, parties, { left, existing, tier });
  if (outcome.kind === 'nothing') {
    if (existing) settle(world, ctx, existing, 0n, waitingOf(existing), cause);
    return outcome.reason;
  }
  const { decision } = outcome;
  if (decision.reward.status === 'rejected') return decision.reward.reason;
  const warned = warn(world, ctx, decision.reward, { deductions, referrer: parties.referrer }, cause);
  if (warned.denies) return reject(world, ctx, warned.reward, EARLY_FRAUD_WARNING, cause).reason;
  const disputed = warned.holds || deductions.some((d) => d.kind === 'dispute' && d.status === 'open');
  const unchecked = payment.unmatched || parties.referral.flags.includes(UNCHECKED);
  const reward = withState(withState(warned.reward, DISPUTED, disputed), UNCHECKED, unchecked);
  const unready = decision.waits ?? unreadyReason(parties);
  if (unready) {
    const waiting = settle(world, ctx, reward, decision.target, unready, cause);
    return waiting.status === 'rejected' ? waiting.reason : null;
  }
  const assessed = isAssessed(reward) ? reward : assess(world, ctx, { ...decision, reward }, parties, cause);
  if (assessed.status === 'rejected') return assessed.reason;
  const capped = isAssessed(reward) ? assessed : withinCap(world, ctx, rule, assessed, cause);
  if (capped.status === 'rejected') return capped.reason;
  const target = minOf(decision.target, capped.allowance ?? decision.target);
  const settled = settle(world, ctx, capped, target, waitsFor(capped, ctx.now, disputed || payment.unmatched), cause);
  return settled.status === 'rejected' ? settled.reason : null;
}

/** The first time that a payment earns: what the cap leaves of it, and its part of the month's volume. */
function withinCap(world: World, ctx: FoldContext, rule: PaymentRule, reward: Reward, cause: Cause): Reward {
  const allowance = takeAllowance(world, rule, reward, reward.amount);
  if (allowance === 0n) return reject(world, ctx, reward, 'cap_reached', cause);
  return { ...reward, allowance, amount: allowance ?? reward.amount };
}

/** Not decided yet: it is not known whether an invoice stands behind it, or the signup is not complete. */
function unreadyReason({ payment, referral }: PaymentParties): string | null {
  if (payment.matchUntil) return 'matching';
  return referral.status === 'pending' ? 'qualifying' : null;
}

/** Asks the signals, once. What they said is kept with the reward for good. */
function assess(world: World, ctx: FoldContext, decision: Decision, parties: PaymentParties, cause: Cause): Reward {
  const { payment, referral, referrer } = parties;
  const referee = world.persons.get(parties.referee.id) ?? parties.referee;
  const isFirst =
    !referee.firstPaidAt ||
    !payment.paidAt ||
    payment.id === referee.firstPaymentId ||
    payment.paidAt < referee.firstPaidAt;
  const asked = assessPayment(world, ctx, { ...parties, referee, isFirst });
  const verdict = together(asked, parties);
  const said = { asked: ASSESSED, saw: { flags: verdict.flags, first_payment: isFirst }, said: verdict.then };
  const reward: Reward = {
    ...decision.reward,
    flags: [...new Set([...decision.reward.flags, ...verdict.flags])],
    explain: [...decision.reward.explain, ...asked.findings, said],
    released: verdict.then === 'clear' || verdict.then === 'flag',
  };
  holdOthers(world, ctx, asked, cause);
  if (referral.status === 'denied') return reject(world, ctx, reward, referral.reason ?? 'denied', cause);
  if (verdict.then === 'deny') return reject(world, ctx, reward, asked.reason ?? 'denied', cause);
  suspendBySignal(world, ctx, { said: asked, referrer, refereeId: referee.id }, cause);
  if (isFirst && payment.paidAt) {
    world.persons.put({ ...referee, firstPaymentId: payment.id, firstPaidAt: payment.paidAt });
    const first = { referrerId: referrer.id, refereeId: referee.id, paymentId: payment.id };
    world.firstPayments.put({ ...first, paidAt: payment.paidAt, counted: reward.released });
  }
  return reward;
}

/** What holds this reward beside the payment's own signals: those of the signup. */
function together(asked: Assessment, { referral }: PaymentParties): Pick<Assessment, 'then' | 'flags'> {
  if (!referral.held || asked.then === 'deny') return asked;
  return { then: 'hold', flags: [...new Set([...asked.flags, ...referral.flags])] };
}

function keepReason(world: World, payment: Payment, reason: string | null): void {
  if (payment.reason !== reason) world.payments.put({ ...payment, reason });
}
