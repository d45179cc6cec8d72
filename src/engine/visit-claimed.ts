/**
 * A form's claim that comes after the signup whose form it was: the browser and the provider's webhook overtake one
 * another.
 * Promises: whichever comes first, the same referral and the same rewards; the same claim told again does nothing. Must
 * never: refer by it who was referred, or brought another code, before.
 */
import { isBareCustomer } from '../accounts/persons.ts';
import { isRaced, seenAfterSignup } from '../attribution/visits.ts';
import { type Command, type CommandOutcome, DONE } from '../model/commands.ts';
import type { Cause, FoldContext, FoldEvent } from '../model/fold.ts';
import type { Person } from '../model/records.ts';
import type { VisitClaim } from '../model/visits.ts';
import type { World } from '../model/world.ts';
import { evaluatePayment } from './evaluate-payment.ts';
import { evaluateReferral } from './evaluate-referral.ts';
import { evaluateReferralRewards } from './evaluate-rewards.ts';

export function visitClaimed(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  { claimId }: Extract<Command, { command: 'visit.claimed' }>,
  cause: Cause,
): CommandOutcome {
  const [claim] = world.visitClaims.by('id', BigInt(claimId));
  if (claim)
    for (const person of world.persons.by('claim', claim.emailHash)) claimed(world, ctx, event, person, claim, cause);
  return DONE;
}

function claimed(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  person: Person,
  claim: VisitClaim,
  cause: Cause,
): void {
  if (person.mergedInto !== null || person.erasedAt) return;
  const isCustomer = person.signedUpAt === null && isBareCustomer(world, person);
  const bornAt = person.accountCreatedAt ?? (isCustomer ? knownSince(world, person) : null);
  // Without a signup nobody is new; it looks for the claim when it comes.
  if (!bornAt) return;
  const seen = seenAfterSignup(world, ctx, { person, bornAt }, claim);
  // The referral is of the signup's time, as it would have been had the form been faster.
  const told = isRaced(bornAt, claim) ? { ...event, occurredAt: bornAt } : event;
  if (!evaluateReferral(world, ctx, told, person, seen, isCustomer || person.completedAt !== null)) return;
  for (const payment of world.payments.by('person', person.id)) evaluatePayment(world, ctx, payment.id, cause);
  evaluateReferralRewards(world, ctx, person.id, cause);
}

/** A customer is as old as our acquaintance, or as the first of what they have paid. */
function knownSince(world: World, { id, createdAt }: Person): Date {
  const paid = world.payments.by('person', id).flatMap(({ paidAt }) => paidAt ?? []);
  return paid.reduce((first, at) => (at < first ? at : first), createdAt);
}
