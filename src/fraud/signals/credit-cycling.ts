/**
 * Credit cycling: referees who use up credits and never pay.
 * Promises: only those count who have had their time to pay. Must never: speak of somebody who only tries the product
 * and has used no credit.
 */
import type { SignalConfig } from '../../model/program.ts';
import type { Person } from '../../model/records.ts';
import type { World } from '../../model/world.ts';
import { isBelow } from '../part.ts';
import type { Signal, Verdict } from '../signal.ts';

function verdict(world: World, { params }: SignalConfig, { id }: Person): Verdict {
  const { consumers = 0, paying = 0 } = world.referrerFigures.get(id) ?? {};
  const hit = consumers >= Number(params.atLeast) && isBelow(paying, consumers, params.payingBelow);
  return { hit, saw: { used_credits: consumers, of_them_paying: paying, at_least: Number(params.atLeast) } };
}

export const creditCycling: Signal = {
  name: 'credit_cycling',
  reason: 'credit_cycling',
  needs: ({ params }) => ({ figures: { consumersAfterMs: Number(params.withinMs) } }),
  atSignup: (world, _ctx, config, { referrer }) => verdict(world, config, referrer),
  ofReferrer: (world, _ctx, config, referrer) => verdict(world, config, referrer),
};
