/**
 * What a referrer looks like as a whole, asked when it may have changed without anybody signing up.
 * Promises: only a signal that suspends follows up here; the others speak at the next signup or payment.
 */
import { assessReferrer } from '../fraud/assess.ts';
import type { Cause, FoldContext } from '../model/fold.ts';
import type { World } from '../model/world.ts';
import { suspendBySignal } from './suspend-by-signal.ts';

export function watchReferrer(world: World, ctx: FoldContext, refereeId: bigint, cause: Cause): void {
  const referral = world.referrals.get(refereeId);
  const referrer = referral && world.persons.get(referral.referrerId);
  if (!referrer || referral.status === 'void') return;
  const said = assessReferrer(world, ctx, referrer);
  suspendBySignal(world, ctx, { said, referrer, refereeId: null }, cause);
}
