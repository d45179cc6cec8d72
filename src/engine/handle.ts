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
  rememberAddress,
  takeCustomer,
  takeMember,
  tieCustomer,
} from '../accounts/persons.ts';
import { takeUse, usageNeeds } from '../accounts/usage.ts';
import { type Evidence, seenBeforeCheckout, seenBeforeSignup } from '../attribution/visits.ts';
import { drawForUsage } from '../ledger/spend.ts';
import { codeKeyOf, codeNamed } from '../model/code-names.ts';
import type { CommandOutcome } from '../model/commands.ts';
import type { CodeAliasFact, Fact, PaymentFact, UsageFact } from '../model/facts.ts';
import type { Cause, FoldContext, FoldEvent } from '../model/fold.ts';
import type { Payment, Person } from '../model/records.ts';
import { objectKey, type World } from '../model/world.ts';
import { claimByEmail, type PersonsPort, resolvePayer } from '../payments/payer.ts';
import { takeDispute, takeLink, takePayment, takeRefund } from '../payments/take.ts';
import { handleCommand } from './commands.ts';
import { namesErased } from './erasure.ts';
import { evaluatePayment } from './evaluate-payment.ts';
import { evaluateReferral } from './evaluate-referral.ts';
import { evaluateReferralRewards } from './evaluate-rewards.ts';
import { partColleagues } from './part-colleagues.ts';
import { watchReferrer } from './watch-referrer.ts';

export type Outcome = { readonly kind: 'handled' } | { readonly kind: 'ignored'; readonly reason: string };

const HANDLED: Outcome = { kind: 'handled' };

export function handle(world: World, event: FoldEvent, ctx: FoldContext): Outcome {
  const { content } = event;
  if (content.kind === 'command') return asOutcome(handleCommand(world, ctx, event, content.command));
  noteType(world, event, ctx);
  if (content.normalized.ignored !== undefined) return { kind: 'ignored', reason: content.normalized.ignored };
  const { facts } = content.normalized;
  const cause: Cause = { id: event.id, at: ctx.now, triedOnce: event.triedOnce, actor: null, note: null };
  for (const fact of facts) {
    const { payments, people } = take(world, ctx, event, fact, cause);
    if (namesErased(world, ctx, fact, payments)) world.blanked.put({ inboxId: event.id });
    const touched = new Set(payments.map((payment) => payment.id));
    // What a row that was merged away had earned is taken back before the row that stays earns.
    for (const id of touched)
      for (const gone of world.payments.by('merged', id)) evaluatePayment(world, ctx, gone.id, cause);
    for (const id of touched) evaluatePayment(world, ctx, id, cause);
    if (fact.fact === 'refund' || fact.fact === 'dispute')
      for (const { personId } of payments) if (personId !== null) watchReferrer(world, ctx, personId, cause);
    for (const id of people) evaluateReferralRewards(world, ctx, id, cause);
  }
  return HANDLED;
}

/** What a fact may have changed: payments, and people whose own referral it may concern. */
interface Touched {
  readonly payments: readonly Payment[];
  readonly people: Iterable<bigint>;
}

function asOutcome(outcome: CommandOutcome): Outcome {
  return outcome.ok ? HANDLED : { kind: 'ignored', reason: outcome.code };
}

/** Keeps what the fact tells. */
function take(world: World, ctx: FoldContext, event: FoldEvent, fact: Fact, cause: Cause): Touched {
  switch (fact.fact) {
    case 'payment':
      return takePaid(world, ctx, event, fact);
    case 'payment_link':
      return ofPayments(takeLink(world, ctx, event, fact));
    case 'refund':
      return ofPayments(takeRefund(world, ctx, event, fact));
    case 'dispute':
      return ofPayments(takeDispute(world, ctx, event, fact));
    case 'member': {
      const known = personOfMember(world, fact.memberId);
      const person = takeMember(world, ctx, event, fact);
      if (person.erasedAt) return NOTHING;
      const parted = partColleagues(world, known, person);
      const codes = [...fact.codes, ...seenBeforeSignup(world, ctx, person, fact)];
      const { payments, people } = joined(world, ctx, event, person, codes, person.completedAt !== null);
      return { payments: [...parted.payments, ...payments], people: new Set([...parted.people, ...people]) };
    }
    case 'customer': {
      const person = takeCustomer(world, ctx, event, fact);
      if (person.erasedAt) return NOTHING;
      const isOld = hasPaidBefore(world, person, toldAt(event));
      const told = fact.newcomersOnly && isOld ? [] : fact.codes;
      const seen = isOld ? [] : seenBeforeCheckout(world, ctx, event, person, fact);
      return joined(world, ctx, event, person, [...told, ...seen], isCompleted(person));
    }
    case 'code_alias':
      return takeCodeAlias(world, ctx, event, fact);
    case 'member_deleted': {
      const person = personOfMember(world, fact.memberId);
      if (person && !person.deletedAt) world.persons.put({ ...person, deletedAt: ctx.now });
      return NOTHING;
    }
    case 'usage':
      return { payments: [], people: takeUsage(world, ctx, event, fact, cause) };
  }
}

const NOTHING: Touched = { payments: [], people: [] };

function ofPayments(payments: readonly Payment[]): Touched {
  const people = payments.flatMap(({ personId }) => (personId === null ? [] : [personId]));
  return { payments, people: new Set(people) };
}

/**
 * Usage counts toward milestones and qualification, and draws credit where the program says so. Somebody may use the
 * product before we hear of their signup.
 */
function takeUsage(world: World, ctx: FoldContext, event: FoldEvent, fact: UsageFact, cause: Cause): bigint[] {
  const { program } = ctx.loaded;
  const person = ensureMember(world, ctx, fact.memberId);
  const told = fact.at ?? event.occurredAt ?? event.receivedAt;
  // What has not happened yet by our clock happened when it was told.
  const at = told < ctx.now ? told : ctx.now;
  const { usageId, quantity, billable } = fact;
  const use = { personId: person.id, usageId, quantity, billable, at };
  drawForUsage(world, ctx, person, usageId, quantity, cause);
  return takeUse(world, usageNeeds(program), use) ? [person.id] : [];
}

/** Somebody became known, or better known: codes, then the payments that waited for them. */
function joined(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  person: Person,
  codes: readonly Evidence[],
  completed: boolean,
): Touched {
  const changed = evaluateReferral(world, ctx, event, person, codes, completed);
  const claimed = claimByEmail(world, ctx, person, personsPort(world, ctx, event));
  const waiting = world.payments.by('person', person.id).filter((payment) => payment.reason === 'unattributed');
  const isJoined = world.persons.by('joined', person.id).length > 0;
  const own = changed || isJoined ? world.payments.by('person', person.id) : waiting;
  return { payments: [...claimed, ...own], people: [person.id] };
}

function takePaid(world: World, ctx: FoldContext, event: FoldEvent, fact: PaymentFact): Touched {
  const taken = takePayment(world, ctx, event, fact);
  const payment = resolvePayer(world, ctx, event, taken, fact, personsPort(world, ctx, event));
  const person = payment.personId === null ? undefined : world.persons.get(payment.personId);
  if (
    person &&
    !person.erasedAt &&
    fact.codes.length > 0 &&
    !hasPaidBefore(world, person, payment.paidAt ?? payment.createdAt)
  ) {
    evaluateReferral(world, ctx, event, person, fact.codes, isCompleted(person));
  }
  const isJoined = person && world.persons.by('joined', person.id).length > 0;
  return {
    payments: isJoined ? world.payments.by('person', person.id) : [payment],
    people: person ? [person.id] : [],
  };
}

/** A signup counts once its address is not unverified, whatever is bought before; who never signed up is a customer. */
function isCompleted(person: Person): boolean {
  return person.completedAt !== null || (person.signedUpAt === null && person.emailVerified !== false);
}

/** All objects of one purchase are told to be paid within minutes of one another. */
const ONE_PURCHASE_MS = 3_600_000;

/** A code on a payment refers somebody who pays for the first time, not a customer of long standing. */
function hasPaidBefore(world: World, person: Person, at: Date): boolean {
  const before = at.getTime() - ONE_PURCHASE_MS;
  const isBefore = (time: Date | null) => time !== null && time.getTime() <= before;
  const paid = world.payments.by('person', person.id).filter(({ figures, mergedInto }) => {
    return mergedInto === null && figures !== null && figures.gross > 0n;
  });
  return isBefore(person.firstPaidAt) || paid.some(({ paidAt }) => isBefore(paidAt));
}

function toldAt(event: FoldEvent): Date {
  return event.occurredAt ?? event.receivedAt;
}

/** What a promotion code or discount stands for; who brought it before that was known is referred now. */
function takeCodeAlias(world: World, ctx: FoldContext, event: FoldEvent, fact: CodeAliasFact): Touched {
  const { provider, account, objectId } = fact;
  const known = world.codeAliases.get(objectKey(fact));
  if (known && known.toldAt > toldAt(event)) return NOTHING;
  const codeKey = codeNamed(world, ctx.keyed, fact.code)?.codeKey ?? codeKeyOf(fact.code);
  world.codeAliases.put({ provider, account, objectId, codeKey, toldAt: toldAt(event) });
  const touched = world.claims.by('unexplained', objectId.toLowerCase()).map(({ personId, carrier }) => {
    const person = survivor(world, personId);
    if (person.erasedAt) return NOTHING;
    const claim = { code: objectId, carrier, object: { provider, account } };
    return joined(world, ctx, event, person, [claim], isCompleted(person));
  });
  return {
    payments: touched.flatMap(({ payments }) => payments),
    people: touched.flatMap(({ people }) => [...people]),
  };
}

function survivor(world: World, personId: bigint): Person {
  const person = world.persons.get(personId);
  if (!person) throw new Error(`bug: person ${personId} was not loaded`);
  return person.mergedInto === null ? person : survivor(world, person.mergedInto);
}

function personsPort(world: World, ctx: FoldContext, event: FoldEvent): PersonsPort {
  return {
    ensureMember: (memberId) => ensureMember(world, ctx, memberId),
    ensureCustomer: (customer) => ensureCustomer(world, ctx, customer),
    tieCustomer: (customer, member) => tieCustomer(world, ctx, event, customer, member),
    isBareCustomer: (person) => isBareCustomer(world, person),
    rememberAddress: (person, email) => rememberAddress(world, ctx, person, email),
  };
}

/** That a source delivers invoice_payment.* decides what a bare payment intent may earn. */
function noteType(world: World, event: FoldEvent, ctx: FoldContext): void {
  if (world.sourceTypes.get(`${event.source}\n${event.type}`)) return;
  world.sourceTypes.put({ source: event.source, type: event.type, firstSeenAt: ctx.now });
}
