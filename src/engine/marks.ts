/**
 * Small questions that every evaluation asks.
 * Must never: change anything beyond a reward's flags.
 */
import type { Payment, Referral, Reward } from '../model/records.ts';

/** The line of `explain` that says that the signals were asked; they are asked once. */
export const ASSESSED = 'assessed';

export function isAssessed(reward: Reward): boolean {
  return reward.explain.some((finding) => finding.asked === ASSESSED);
}

/** What a pending reward waits for, other than its delivery. */
export function waitingOf(reward: Reward): string | null {
  return reward.status === 'pending' && reward.reason !== 'delivering' ? reward.reason : null;
}

export function withFlag(reward: Reward, flag: string): Reward {
  return reward.flags.includes(flag) ? reward : { ...reward, flags: [...reward.flags, flag] };
}

/** A flag that comes and goes with the facts. */
export function withState(reward: Reward, flag: string, on: boolean): Reward {
  if (on) return withFlag(reward, flag);
  return reward.flags.includes(flag) ? { ...reward, flags: reward.flags.filter((each) => each !== flag) } : reward;
}

/** An admin named this payment when they named its payer's referrer: then it may be as old as it is. */
export const ATTACHED = 'attach';

export function isAttached(referral: Referral, payment: Payment): boolean {
  return referral.evidence.some(({ asked, saw }) => asked === ATTACHED && saw.payment === String(payment.id));
}
