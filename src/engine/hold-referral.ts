/**
 * What somebody brought who was found to belong to a ring, or to whatever a signal sees of many together.
 * Must never: overrule a person who let a reward through, or touch what is credited or on its way.
 */
import { type Command, type CommandOutcome, DONE } from '../model/commands.ts';
import type { Cause, FoldContext } from '../model/fold.ts';
import type { Reward } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { found } from './hold-others.ts';
import { withFlag } from './marks.ts';
import { reevaluate } from './reevaluate.ts';

export function holdReferral(
  world: World,
  ctx: FoldContext,
  { refereeId, signal }: Extract<Command, { command: 'referral.hold' }>,
  cause: Cause,
): CommandOutcome {
  const undecided = world.rewards.by('referee', BigInt(refereeId)).filter(isUndecided);
  for (const reward of undecided.filter(({ flags }) => !flags.includes(signal))) {
    const held = { ...withFlag(reward, signal), released: false, explain: [...reward.explain, found(signal)] };
    world.rewards.put(held);
    reevaluate(world, ctx, held, cause);
  }
  return DONE;
}

function isUndecided({ status, approvedAt, creditedAt, inFlight }: Reward): boolean {
  return status === 'pending' && approvedAt === null && creditedAt === null && inFlight === null;
}
