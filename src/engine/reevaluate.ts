/**
 * One reward, brought to where it should be now by whatever it was earned by.
 */
import type { Cause, FoldContext } from '../model/fold.ts';
import type { Reward } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { evaluateRank, LEADERBOARD } from './close-rank.ts';
import { evaluatePayment } from './evaluate-payment.ts';
import { evaluateReferralRewards } from './evaluate-rewards.ts';

export function reevaluate(world: World, ctx: FoldContext, reward: Reward, cause: Cause): void {
  if (reward.paymentId !== null) evaluatePayment(world, ctx, reward.paymentId, cause);
  else if (reward.source === LEADERBOARD) evaluateRank(world, ctx, reward, cause);
  else evaluateReferralRewards(world, ctx, reward.refereeId, cause);
}
