/**
 * Fake accounts: too many of a referrer's referees never use the product.
 * Promises: only those whose time to qualify is over count. Must never: speak of a few.
 */
import type { SignalConfig } from '../../model/program.ts';
import type { Person } from '../../model/records.ts';
import type { World } from '../../model/world.ts';
import { isBelow } from '../part.ts';
import type { Signal, Verdict } from '../signal.ts';

function verdict(world: World, { params }: SignalConfig, { id }: Person): Verdict {
  const others = world.referrerFigures.get(id);
  let qualified = others?.qualified ?? 0;
  let unqualified = others?.unqualified ?? 0;
  for (const { status, qualifiedAt, reason } of world.referrals.by('referrer', id)) {
    if (status === 'completed' && qualifiedAt) qualified++;
    if (status === 'completed' && reason === 'not_qualified') unqualified++;
  }
  const decided = qualified + unqualified;
  const hit = decided >= Number(params.atLeast) && isBelow(qualified, decided, params.qualifiedBelow);
  return { hit, saw: { decided, qualified, at_least: Number(params.atLeast) } };
}

export const fakeAccounts: Signal = {
  name: 'fake_accounts',
  reason: 'fake_accounts',
  needs: () => ({ figures: {} }),
  atSignup: (world, _ctx, config, { referrer }) => verdict(world, config, referrer),
  ofReferrer: (world, _ctx, config, referrer) => verdict(world, config, referrer),
};
