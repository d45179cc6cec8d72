/**
 * Ring: members who refer each other in a circle, or stand around one card or device like a star.
 * Promises: whoever belongs to it is named, so that what they bring later is held as well. Must never: do more than
 * hold for the few that a family's computer or card may have.
 */
import type { SignalConfig } from '../../model/program.ts';
import type { World } from '../../model/world.ts';
import { sharers } from '../shared.ts';
import type { Needs, Signal, SignupCase, Verdict } from '../signal.ts';

/** So many others at one card or device are no family any more. */
const FAMILY = 4;

/** Those between the referrer and the referee, when the chain of who referred whom comes back to the referee. */
function circle(world: World, config: SignalConfig, { referee, referrer }: SignupCase): bigint[] {
  const path: bigint[] = [];
  let at = referrer.id;
  for (let hops = 1; hops < Number(config.params.length); hops++) {
    path.push(at);
    const above = world.referrals.get(at)?.referrerId;
    if (above === undefined) return [];
    if (above === referee.id) return path;
    at = above;
  }
  return [];
}

function star(world: World, config: SignalConfig, kind: 'fingerprint' | 'instrument', refereeId: bigint): bigint[] {
  const others = [...sharers(world, kind, refereeId)];
  return others.length >= Number(config.params.sharedBy) ? others : [];
}

function verdict(found: { readonly circle: bigint[]; readonly star: bigint[] }): Verdict {
  const also = [...found.circle, ...found.star];
  const few = found.circle.length === 0 && found.star.length < FAMILY;
  return {
    hit: also.length > 0,
    saw: { circle_of: found.circle.length === 0 ? 0 : found.circle.length + 1, others_at_one_thing: found.star.length },
    also,
    ...(few && { atMost: 'hold' }),
  };
}

export const ring: Signal = {
  name: 'ring',
  reason: 'self_referral',
  needs: (config): Needs => ({
    shared: ['fingerprint', 'instrument'],
    payers: true,
    chain: Number(config.params.length),
  }),
  atSignup: (world, _ctx, config, about) =>
    verdict({ circle: circle(world, config, about), star: star(world, config, 'fingerprint', about.referee.id) }),
  atPayment: (world, _ctx, config, { referee }) =>
    verdict({ circle: [], star: star(world, config, 'instrument', referee.id) }),
};
