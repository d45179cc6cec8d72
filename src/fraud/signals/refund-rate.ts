/**
 * Refund rate: too much of what a referrer's referees paid goes back.
 * Promises: goes by the referrer's own shares, each in its part that was taken back. Must never: count a reward that
 * was refused.
 */
import type { SignalConfig } from '../../model/program.ts';
import type { Person } from '../../model/records.ts';
import type { World } from '../../model/world.ts';
import { isAbove } from '../part.ts';
import type { Signal, Verdict } from '../signal.ts';

function verdict(world: World, now: Date, { params }: SignalConfig, { id }: Person): Verdict {
  const others = world.referrerFigures.get(id);
  let payments = others?.payments ?? 0;
  let earned = others?.earned ?? 0n;
  let reversed = others?.reversed ?? 0n;
  const since = now.getTime() - Number(params.withinMs);
  for (const reward of world.rewards.by('person', id)) {
    if (reward.paymentId === null || reward.status === 'rejected' || reward.createdAt.getTime() < since) continue;
    payments++;
    earned += reward.amount;
    reversed += reward.reversedAmount;
  }
  const hit = payments >= Number(params.atLeast) && isAbove(reversed, earned, params.above);
  return {
    hit,
    saw: { payments, earned: Number(earned), reversed: Number(reversed), at_least: Number(params.atLeast) },
  };
}

export const refundRate: Signal = {
  name: 'refund_rate',
  reason: 'incentive_abuse',
  needs: ({ params }) => ({ figures: { refundsWithinMs: Number(params.withinMs) } }),
  atPayment: (world, ctx, config, { referrer }) => verdict(world, ctx.now, config, referrer),
  ofReferrer: (world, ctx, config, referrer) => verdict(world, ctx.now, config, referrer),
};
