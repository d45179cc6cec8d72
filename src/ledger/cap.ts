/**
 * The most that a member may hold, by their tier: what is earned beyond it is forfeited.
 * Promises: asked at the moment of crediting, of what is available then; what is pending does not count, and what
 * repays a debt raises nothing. A forfeit is a transaction of its own that its member sees. Must never: be asked when a
 * void gives back what was the member's own.
 */
import type { Cause, FoldContext } from '../model/fold.ts';
import { minOf } from '../model/money.ts';
import type { Reward } from '../model/records.ts';
import { tierNow } from '../model/tiers.ts';
import type { World } from '../model/world.ts';
import { available, expirePast } from './lots.ts';
import { postMoves } from './postings.ts';

/** What of `amount` the beneficiary has room for. */
export function fitting(world: World, ctx: FoldContext, reward: Reward, amount: bigint, cause: Cause): bigint {
  const person = world.persons.get(reward.personId);
  if (!person) throw new Error(`bug: the beneficiary of reward ${reward.id} was not loaded`);
  const most = tierNow(world, ctx.loaded.program, person, ctx.now)?.maxBalance;
  if (most === undefined || amount === 0n) return amount;
  expirePast(world, ctx, person.id, cause);
  const held = available(world, person.id, reward.unit);
  return minOf(amount, held < most ? most - held : 0n);
}

/** What had no room was left in pending by the transaction before, so that the balance never passes the cap. */
export function forfeit(world: World, ctx: FoldContext, reward: Reward, excess: bigint, cause: Cause): void {
  postMoves(
    world,
    ctx,
    'forfeit',
    reward,
    [
      { account: 'pending', amount: -excess },
      { account: 'forfeited', amount: excess },
    ],
    cause,
  );
}

/** A payment that turns out to be smaller: what was forfeited beyond it never was. */
export function unforfeit(world: World, ctx: FoldContext, reward: Reward, amount: bigint, cause: Cause): void {
  postMoves(
    world,
    ctx,
    'forfeit',
    reward,
    [
      { account: 'forfeited', amount: -amount },
      { account: 'rewards', amount },
    ],
    cause,
  );
}
