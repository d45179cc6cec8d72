/**
 * An early fraud warning on a payment, at whatever time it comes.
 * Promises: it holds what is not credited, and what is credited cannot be spent, until a person lets it through or the
 * dispute that follows is won. Must never: take anything back by itself; a lost dispute does.
 */
import { EARLY_FRAUD_WARNING } from '../fraud/signals/early-fraud-warning.ts';
import type { Cause, FoldContext } from '../model/fold.ts';
import type { Deduction, Person, Reward } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { withState } from './marks.ts';
import { suspendBySignal } from './suspend-by-signal.ts';

export interface Warned {
  readonly reward: Reward;
  /** As an open dispute does. */
  readonly holds: boolean;
  readonly denies: boolean;
}

export function warn(
  world: World,
  ctx: FoldContext,
  given: Reward,
  { deductions, referrer }: { readonly deductions: readonly Deduction[]; readonly referrer: Person },
  cause: Cause,
): Warned {
  const config = ctx.loaded.program.signals.find((signal) => signal.name === EARLY_FRAUD_WARNING);
  if (!config) return { reward: given, holds: false, denies: false };
  const warned = deductions.some((d) => d.status === 'warning') && !deductions.some((d) => d.status === 'won');
  const marked = withState(given, EARLY_FRAUD_WARNING, warned);
  if (!warned) return { reward: marked, holds: false, denies: false };
  const isNew = !given.flags.includes(EARLY_FRAUD_WARNING);
  const finding = { asked: `signal ${EARLY_FRAUD_WARNING}`, saw: { warned }, said: config.then };
  // Whoever approved it before did not know.
  const reward = isNew ? { ...marked, approvedAt: null, explain: [...marked.explain, finding] } : marked;
  if (isNew) {
    const said = { then: config.then, flags: [], findings: [finding], reason: null, also: [] };
    suspendBySignal(world, ctx, { said, referrer, refereeId: given.refereeId }, cause);
  }
  const isPending = reward.status === 'pending' && reward.creditedAt === null && reward.inFlight === null;
  const holds = config.then !== 'flag' && reward.approvedAt === null;
  return { reward, holds, denies: config.then === 'deny' && isPending && isNew };
}
