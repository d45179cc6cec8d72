/**
 * Small questions about a reward that every evaluation asks.
 * Must never: change a reward beyond its flags.
 */
import type { Reward } from '../model/records.ts';

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
