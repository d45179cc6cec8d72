/**
 * Velocity: more first payments for one referrer within a time than the program lets through by itself.
 * Promises: no window of that length, wherever it begins, holds more than the limit of payments that were let through,
 * in whatever order the events come: it looks at both sides of the payment's own time. Must never: use the time of
 * arrival; a backlog is no burst.
 */
import type { FirstPayment } from '../../model/records.ts';
import type { Signal, Verdict } from '../signal.ts';

/** The most payments in any window of `within` ms that contains `at`, not counting `at` itself. */
export function busiestWindow(times: readonly number[], at: number, within: number): number {
  const near = times.filter((time) => Math.abs(time - at) < within).sort((a, b) => a - b);
  let most = 0;
  for (let first = 0; first < near.length; first++) {
    const start = Math.min(near[first] as number, at);
    let count = 0;
    for (const time of near) if (time >= start && time < start + within && at < start + within) count++;
    most = Math.max(most, count);
  }
  return most;
}

export const velocity: Signal = {
  name: 'velocity',
  reason: 'click_fraud',
  atPayment(world, _ctx, config, { payment, referrer, isFirst }): Verdict {
    if (!isFirst || !payment.paidAt) return { hit: false, saw: { first_payment: false } };
    const limit = Number(config.params.firstPayments);
    const within = Number(config.params.withinMs);
    const others = world.firstPayments
      .by('referrer', referrer.id)
      .filter((f: FirstPayment) => f.paymentId !== payment.id && f.refereeId !== payment.personId);
    const found = busiestWindow(
      others.map((f) => f.paidAt.getTime()),
      payment.paidAt.getTime(),
      within,
    );
    return { hit: found >= limit, saw: { first_payment: true, others_in_window: found, limit, within_ms: within } };
  },
};
