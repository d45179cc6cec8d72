/**
 * One referral, from the codes that came along to its state.
 * Promises: the signals are asked once, when somebody was referred; the signup counts once its address is not
 * unverified. Must never: undo a decision because the same signup is told again.
 */
import { attribute } from '../attribution/attribute.ts';
import type { Evidence } from '../attribution/visits.ts';
import { assessSignup } from '../fraud/assess.ts';
import type { FoldContext, FoldEvent } from '../model/fold.ts';
import type { Person, Referral } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { ERASED_BEFORE, wasErased } from './erasure.ts';
import { holdOthers } from './hold-others.ts';
import { suspendBySignal } from './suspend-by-signal.ts';
import { askOthers } from './told.ts';

/** `completed`: a payment that carries its own code needs no signup. Returns true when payments must be looked at again. */
export function evaluateReferral(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  person: Person,
  claims: readonly Evidence[],
  completed: boolean,
): boolean {
  const found = attribute(world, ctx, event, person, claims);
  if (!found) return false;
  const decided = found.isNew ? decide(world, ctx, event, person, found.referral) : found.referral;
  const completes = decided.status === 'pending' && completed;
  const referral = completes ? complete(world, ctx, person, decided) : decided;
  if (referral !== world.referrals.get(person.id)) world.referrals.put(referral);
  return found.isNew || completes;
}

/** The signup counts; with one referral for each e-mail domain, unless somebody from there came before by this code. */
function complete(world: World, ctx: FoldContext, referee: Person, referral: Referral): Referral {
  if (wasErased(world, referee.emailHash)) return denied(referral);
  const { onePerEmailDomain, exceptPublicMailboxes } = ctx.loaded.program.limits;
  const { domainHash } = referee;
  if (onePerEmailDomain && domainHash && !(exceptPublicMailboxes && referee.publicMailbox)) {
    const { codeKey } = referral;
    const first = world.domainUses.get(`${codeKey}\n${domainHash}`);
    const said = first && first.refereeId !== referee.id ? 'domain_used' : 'clear';
    const finding = { asked: 'limit one_referral_per email_domain', saw: { code: codeKey }, said };
    const evidence = [...referral.evidence, finding];
    if (said === 'domain_used') return { ...referral, evidence, status: 'denied', reason: said };
    if (!first) world.domainUses.put({ codeKey, domainHash, refereeId: referee.id });
    return { ...referral, evidence, status: 'completed', completedAt: ctx.now };
  }
  return { ...referral, status: 'completed', completedAt: ctx.now };
}

/** Whoever was erased and signs up anew with the same address has had their bonus. */
function denied(referral: Referral): Referral {
  const finding = { asked: 'whether the address was erased', saw: {}, said: ERASED_BEFORE };
  return { ...referral, evidence: [...referral.evidence, finding], status: 'denied', reason: ERASED_BEFORE };
}

function decide(world: World, ctx: FoldContext, event: FoldEvent, referee: Person, referral: Referral): Referral {
  const referrer = world.persons.get(referral.referrerId);
  if (!referrer) throw new Error(`bug: the referrer of referral ${referral.id} was not loaded`);
  if (wasErased(world, referee.emailHash)) return denied(referral);
  const said = assessSignup(world, ctx, { referee, referrer, referral });
  const evidence = [...referral.evidence, ...said.findings];
  const flags = [...referral.flags, ...said.flags];
  const cause = { id: event.id, at: ctx.now, triedOnce: event.triedOnce, actor: null, note: null };
  holdOthers(world, ctx, said, cause);
  if (said.then === 'deny') {
    return { ...referral, evidence, flags, status: 'denied', reason: said.reason ?? 'denied' };
  }
  suspendBySignal(world, ctx, { said, referrer, refereeId: referee.id }, cause);
  askOthers(world, ctx, referee, said);
  return { ...referral, evidence, flags, held: referral.held || said.then === 'hold' || said.then === 'suspend' };
}
