/**
 * One referral, from the codes that came along to its state.
 * Promises: the signals are asked once, when somebody was referred; the signup counts once its address is not
 * unverified. Must never: undo a decision because the same signup is told again.
 */
import { attribute } from '../attribution/attribute.ts';
import { assessSignup } from '../fraud/assess.ts';
import type { CodeClaim } from '../model/facts.ts';
import type { FoldContext, FoldEvent } from '../model/fold.ts';
import type { Person, Referral } from '../model/records.ts';
import type { World } from '../model/world.ts';

/** `completed`: a payment that carries its own code needs no signup. Returns true when payments must be looked at again. */
export function evaluateReferral(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  person: Person,
  claims: readonly CodeClaim[],
  completed: boolean,
): boolean {
  const found = attribute(world, ctx, event, person, claims);
  if (!found) return false;
  const decided = found.isNew ? decide(world, ctx, person, found.referral) : found.referral;
  const completes = decided.status === 'pending' && completed;
  const referral: Referral = completes ? { ...decided, status: 'completed', completedAt: ctx.now } : decided;
  if (referral !== world.referrals.get(person.id)) world.referrals.put(referral);
  return found.isNew || completes;
}

function decide(world: World, ctx: FoldContext, referee: Person, referral: Referral): Referral {
  const referrer = world.persons.get(referral.referrerId);
  if (!referrer) throw new Error(`bug: the referrer of referral ${referral.id} was not loaded`);
  const said = assessSignup(world, ctx, { referee, referrer, referral });
  const evidence = [...referral.evidence, ...said.findings];
  if (said.then === 'deny') {
    return { ...referral, evidence, flags: said.flags, status: 'denied', reason: said.flags[0] ?? 'denied' };
  }
  return { ...referral, evidence, flags: said.flags, held: said.then === 'hold' || said.then === 'suspend' };
}
