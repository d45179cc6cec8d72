/**
 * What an earned reward waits for, and until when.
 * Promises: a person is asked first, then time. Must never: let an approval shorten the vesting.
 */
import type { Rule } from '../model/program.ts';
import type { Reward } from '../model/records.ts';

/** `warned`: an open dispute or a check that could not run, beside what the signals said. null: nothing. */
export function waitsFor(reward: Reward, now: Date, warned = false): 'held' | 'vesting' | 'settling' | null {
  if (!reward.approvedAt && (!reward.released || warned)) return 'held';
  if (reward.vestsAt && reward.vestsAt > now) return 'vesting';
  if (reward.settlesAt && reward.settlesAt > now) return 'settling';
  return null;
}

/** Earned now, it vests as a cliff. */
export function vestsAt(rule: Rule, now: Date): Date | null {
  return rule.vestsAfter === undefined ? null : new Date(now.getTime() + rule.vestsAfter);
}

/** The 1st of the month after `at`, 00:00 UTC. */
export function settlementAfter(at: Date): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1));
}
