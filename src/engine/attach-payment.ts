/**
 * An admin says who referred the payer of a payment that earned nothing.
 * Promises: the same rules and signals as for a code that came along, with a person's name on it; it also reaches a
 * payment that has waited longer than `attribution.late`, and no other of that age. Must never: take a payment away
 * from whoever referred its payer before.
 */
import { primaryCode } from '../accounts/codes.ts';
import { ensureMember, personOfMember } from '../accounts/persons.ts';
import { codeNamed } from '../model/code-names.ts';
import { type Command, type CommandOutcome, DONE, refuse } from '../model/commands.ts';
import type { Cause, FoldContext, FoldEvent } from '../model/fold.ts';
import type { Payment, Person, Referral } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { evaluatePayment } from './evaluate-payment.ts';
import { evaluateReferral } from './evaluate-referral.ts';
import { evaluateReferralRewards } from './evaluate-rewards.ts';
import { ATTACHED } from './marks.ts';
import { claimRefusal } from './member-commands.ts';

export type Attach = Extract<Command, { command: 'payment.attach' }>;

const CARRIER = 'admin';
/** Payments that lack nothing but a referrer. */
const WITHOUT_REFERRER: ReadonlySet<string | null> = new Set(['unattributed', 'no_referrer', 'too_late']);

export function attachPayment(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  command: Attach,
  cause: Cause,
): CommandOutcome {
  const payment = world.payments.get(BigInt(command.paymentId));
  if (!payment || payment.mergedInto !== null) return refuse('unknown_payment');
  const code = codeOf(world, ctx, command);
  if (code === undefined) return refuse(command.code === undefined ? 'unknown_member' : 'unknown_code');
  const payer = payerOf(world, ctx, payment, command);
  if (payer.erasedAt) return refuse('member_erased');
  const known = world.referrals.get(payer.id);
  if (known && known.codeKey !== code.codeKey && known.referrerId !== code.personId) return refuse('already_referred');
  if (!WITHOUT_REFERRER.has(payment.reason)) return payment.reason === null && known ? DONE : refuse('not_attachable');
  if (!known) {
    evaluateReferral(world, ctx, event, payer, [{ code: code.code, carrier: CARRIER }], true);
    if (!world.referrals.get(payer.id)) return refuse(claimRefusal(world, payer, code.codeKey));
  }
  note(world, world.referrals.get(payer.id) as Referral, payment, command);
  world.payments.put({ ...payment, personId: payer.id });
  for (const each of world.payments.by('person', payer.id)) evaluatePayment(world, ctx, each.id, cause);
  evaluateReferralRewards(world, ctx, payer.id, cause);
  return DONE;
}

function note(world: World, referral: Referral, payment: Payment, { actor, note: reason }: Attach): void {
  const finding = { asked: ATTACHED, saw: { payment: String(payment.id), actor, reason }, said: 'attributed' };
  world.referrals.put({ ...referral, evidence: [...referral.evidence, finding] });
}

function codeOf(world: World, ctx: FoldContext, { code, referrerId }: Attach) {
  if (code !== undefined) return codeNamed(world, ctx.keyed, code);
  const referrer = referrerId === undefined ? undefined : personOfMember(world, referrerId);
  return referrer && primaryCode(world, referrer.id);
}

/** Whoever paid; somebody whom nobody has named becomes known by the payment itself. */
function payerOf(world: World, ctx: FoldContext, payment: Payment, { memberId }: Attach): Person {
  const known = payment.personId === null ? undefined : world.persons.get(payment.personId);
  return known ?? ensureMember(world, ctx, memberId);
}
