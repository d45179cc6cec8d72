/**
 * When a referral begins to count, and what tier it lifts its referrer to.
 * Promises: it counts once, by the event time of what qualified it; after its time has run out it never does. Must
 * never: move a referrer down.
 */
import type { FoldContext } from '../model/fold.ts';
import type { Qualify } from '../model/program.ts';
import type { Payment, Referral } from '../model/records.ts';
import type { World } from '../model/world.ts';
import type { Parties } from '../rewards/new-reward.ts';
import { tierReached } from '../rewards/tiers.ts';

export function qualify(world: World, ctx: FoldContext, { referral, referee }: Parties): Referral {
  if (referral.status !== 'completed' || referral.qualifiedAt || referral.reason) return referral;
  const config = ctx.loaded.program.qualify;
  const until = referral.qualifyUntil ?? deadline(ctx, config, referral, referee.signedUpAt);
  const reached = reachedAt(world, ctx, config, referral);
  if (reached && (!until || reached <= until)) return count(world, ctx, referral, reached);
  const isOver = until !== null && ctx.now >= until;
  const next = { ...referral, reason: isOver ? 'not_qualified' : null, qualifyUntil: isOver ? null : until };
  if (next.reason !== referral.reason || next.qualifyUntil !== referral.qualifyUntil) world.referrals.put(next);
  return next;
}

/** Counted from the signup; an account cannot be younger than its arrival here, whatever its body says. */
function deadline(
  ctx: FoldContext,
  config: Qualify | undefined,
  referral: Referral,
  signedUpAt: Date | null,
): Date | null {
  if (config?.within === undefined || config.when === 'signup') return null;
  const told = signedUpAt ?? referral.createdAt;
  return new Date(Math.min(told.getTime(), ctx.now.getTime()) + config.within);
}

/** Event time at which it had all that the program asks for; null: not yet. */
function reachedAt(
  world: World,
  ctx: FoldContext,
  config: Qualify | undefined,
  { refereeId, completedAt }: Referral,
): Date | null {
  if (!config || config.when === 'signup') return completedAt;
  if (config.when === 'usage') return world.usageTotals.get(refereeId)?.qualifyingAt ?? null;
  const paid = world.payments
    .by('person', refereeId)
    .filter((payment) => counts(payment, ctx.loaded.program.mode))
    .map((payment) => payment.paidAt as Date)
    .sort((a, b) => a.getTime() - b.getTime());
  return paid[Number(config.count) - 1] ?? null;
}

function counts({ figures, mergedInto, paidAt, matchUntil, mode }: Payment, programMode: string): boolean {
  const isReal = figures !== null && figures.gross > 0n && mode === programMode;
  return isReal && mergedInto === null && matchUntil === null && paidAt !== null;
}

function count(world: World, ctx: FoldContext, referral: Referral, at: Date): Referral {
  const since = at > referral.createdAt ? at : referral.createdAt;
  const qualified: Referral = { ...referral, qualifiedAt: since, qualifyUntil: null };
  world.referrals.put(qualified);
  const before = world.referralCounts.get(referral.referrerId)?.qualified ?? 0n;
  world.referralCounts.put({ personId: referral.referrerId, qualified: before + 1n });
  lift(world, ctx, referral.referrerId, before + 1n, since < ctx.now ? since : ctx.now);
  return qualified;
}

function lift(world: World, ctx: FoldContext, personId: bigint, qualified: bigint, since: Date): void {
  const person = world.persons.get(personId);
  const had = world.tierChanges.by('person', personId).map((change) => change.tier);
  const tier = person && tierReached(ctx.loaded.program, person, qualified, had);
  if (!tier) return;
  world.persons.put({ ...person, tier: tier.name });
  world.tierChanges.put({ id: ctx.nextId(), personId, tier: tier.name, since });
}
