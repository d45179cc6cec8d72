/**
 * A person has a customer at the sink: what was earned before, and waited for one, is delivered.
 * Promises: page by page, each reward as whatever earned it says now. Must never: go on when nothing came of a page.
 */
import type { Cause, FoldContext } from '../model/fold.ts';
import type { World } from '../model/world.ts';
import { reevaluate } from './reevaluate.ts';

/** Rewards brought on by one event; the load reads as many. */
export const PAGE = 500;
const REASON = 'no_account';

export function deliverWaiting(world: World, ctx: FoldContext, personId: string, cause: Cause): void {
  const waiting = () =>
    world.rewards
      .by('person', BigInt(personId))
      .filter(({ status, reason }) => status === 'pending' && reason === REASON);
  const page = waiting().slice(0, PAGE);
  for (const reward of page) reevaluate(world, ctx, reward, cause);
  if (page.length < PAGE || waiting().length > 0) return;
  const command = { command: 'account.known', personId } as const;
  world.told.put({ id: ctx.nextId(), command, at: ctx.now, triedOnce: cause.triedOnce });
}
