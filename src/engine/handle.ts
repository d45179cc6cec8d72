/**
 * The state machine on one page: one event, folded into the world.
 * Promises: facts are kept as told, then every payment they touch is brought to where it should be: attribute → decide
 * → assess → post. Any order, any repetition, same end. Must never: know a clock, a database or a network.
 */
import {
  ensureCustomer,
  ensureMember,
  isBareCustomer,
  personOfMember,
  takeCustomer,
  takeMember,
  tieCustomer,
} from '../accounts/persons.ts';
import type { CommandOutcome } from '../model/commands.ts';
import type { Fact, PaymentFact } from '../model/facts.ts';
import type { Cause, FoldContext, FoldEvent } from '../model/fold.ts';
import type { Payment, Person } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { claimByEmail, type PersonsPort, resolvePayer } from '../payments/payer.ts';
import { takeDispute, takeLink, takePayment, takeRefund } from '../payments/take.ts';
import { handleCommand } from './commands.ts';
import { evaluatePayment } from './evaluate-payment.ts';
import { evaluateReferral } from './evaluate-referral.ts';

export type Outcome = { readonly kind: 'handled' } | { readonly kind: 'ignored'; readonly reason: string };

const HANDLED: Outcome = { kind: 'handled' };

export function handle(world: World, event: FoldEvent, ctx: FoldContext): Outcome {
  const { content } = event;
  if (content.kind === 'command') return asOutcome(handleCommand(world, ctx, event, content.command));
  noteType(world, event, ctx);
  if (content.normalized.ignored !== undefined) return { kind: 'ignored', reason: content.normalized.ignored };
  // No rule that is built counts usage: said in the inbox, and replayed once one does.
  const { facts } = content.normalized;
  if (facts.length > 0 && facts.every((fact) => fact.fact === 'usage'))
    return { kind: 'ignored', reason: 'no_usage_rule' };
  const cause: Cause = { id: event.id, at: ctx.now, triedOnce: event.triedOnce, actor: null, note: null };
  for (const fact of facts) {
    const touched = new Set(take(world, ctx, event, fact).map((payment) => payment.id));
    // What a row that was merged away had earned is taken back before the row that stays earns.
    for (const id of touched)
      for (const gone of world.payments.by('merged', id)) evaluatePayment(world, ctx, gone.id, cause);
    for (const id of touched) evaluatePayment(world, ctx, id, cause);
  }
  return HANDLED;
}

function asOutcome(outcome: CommandOutcome): Outcome {
  return outcome.ok ? HANDLED : { kind: 'ignored', reason: outcome.code };
}

/** Keeps what the fact tells; returns the payments that it touches. */
function take(world: World, ctx: FoldContext, event: FoldEvent, fact: Fact): readonly Payment[] {
  switch (fact.fact) {
    case 'payment':
      return takePaid(world, ctx, event, fact);
    case 'payment_link':
      return takeLink(world, ctx, event, fact);
    case 'refund':
      return takeRefund(world, ctx, event, fact);
    case 'dispute':
      return takeDispute(world, ctx, event, fact);
    case 'member': {
      const person = takeMember(world, ctx, event, fact);
      return joined(world, ctx, event, person, fact.codes, person.completedAt !== null);
    }
    case 'customer': {
      const person = takeCustomer(world, ctx, event, fact);
      return joined(world, ctx, event, person, fact.codes, true);
    }
    case 'member_deleted': {
      const person = personOfMember(world, fact.memberId);
      if (person && !person.deletedAt) world.persons.put({ ...person, deletedAt: ctx.now });
      return [];
    }
    case 'usage':
      return [];
  }
}

/** Somebody became known, or better known: codes, then the payments that waited for them. */
function joined(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  person: Person,
  codes: PaymentFact['codes'],
  completed: boolean,
): readonly Payment[] {
  const changed = evaluateReferral(world, ctx, event, person, codes, completed);
  const claimed = claimByEmail(world, ctx, person, personsPort(world, ctx, event));
  const waiting = world.payments.by('person', person.id).filter((payment) => payment.reason === 'unattributed');
  return changed ? [...world.payments.by('person', person.id), ...claimed] : [...claimed, ...waiting];
}

function takePaid(world: World, ctx: FoldContext, event: FoldEvent, fact: PaymentFact): readonly Payment[] {
  const taken = takePayment(world, ctx, event, fact);
  const payment = resolvePayer(world, ctx, event, taken, fact, personsPort(world, ctx, event));
  const person = payment.personId === null ? undefined : world.persons.get(payment.personId);
  if (person && fact.codes.length > 0 && isNewcomer(person, payment)) {
    evaluateReferral(world, ctx, event, person, fact.codes, true);
  }
  return [payment];
}

/** A code on a payment refers somebody who pays for the first time, not a customer of long standing. */
function isNewcomer(person: Person, payment: Payment): boolean {
  return !person.firstPaidAt || (payment.paidAt !== null && payment.paidAt <= person.firstPaidAt);
}

function personsPort(world: World, ctx: FoldContext, event: FoldEvent): PersonsPort {
  return {
    ensureMember: (memberId) => ensureMember(world, ctx, memberId),
    ensureCustomer: (customer) => ensureCustomer(world, ctx, customer),
    tieCustomer: (customer, member) => tieCustomer(world, ctx, event, customer, member),
    isBareCustomer: (person) => isBareCustomer(world, person),
  };
}

/** That a source delivers invoice_payment.* decides what a bare payment intent may earn. */
function noteType(world: World, event: FoldEvent, ctx: FoldContext): void {
  if (world.sourceTypes.get(`${event.source}\n${event.type}`)) return;
  world.sourceTypes.put({ source: event.source, type: event.type, firstSeenAt: ctx.now });
}
