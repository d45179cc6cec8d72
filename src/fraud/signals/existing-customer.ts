/**
 * Existing customer: somebody who has an account and pays already claims a code.
 * Promises: an account's age is its signup's; a payment before the signup is no reason, for people try before they sign
 * up. Must never: refuse whoever came with the code at their signup.
 */
import type { Signal, Verdict } from '../signal.ts';

export const existingCustomer: Signal = {
  name: 'existing_customer',
  reason: 'incentive_abuse',
  atSignup(world, _ctx, _config, { referee, referral }): Verdict {
    const since = referee.accountCreatedAt;
    if (!since) return { hit: false, saw: { signup: 'not_seen' } };
    const paid = world.payments
      .by('person', referee.id)
      .filter(({ figures, mergedInto }) => figures !== null && figures.gross > 0n && mergedInto === null)
      .map(({ paidAt }) => paidAt)
      .filter((at) => at !== null && at >= since && at < referral.createdAt);
    const saw = { account_since: since, claimed_at: referral.createdAt, payments_between: paid.length };
    return { hit: paid.length > 0, saw };
  },
};
