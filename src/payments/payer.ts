/**
 * Who paid.
 * Promises: the strongest hint wins, whichever event brought it: an id that a server set, then the customer's own tie,
 * then what the browser carried, then the address, then the bare customer. Must never: join persons by what a browser
 * could have set, or by an unverified address; those attribute one payment.
 */
import { matchEmail } from '../model/email.ts';
import type { PaymentFact } from '../model/facts.ts';
import type { FoldContext, FoldEvent } from '../model/fold.ts';
import type { Payment, Person } from '../model/records.ts';
import type { World } from '../model/world.ts';

export const RANK = { tied_customer: 5, step: 10, email_default: 500, bare_customer: 1_000 } as const;

/** What persons.ts offers; handed in, since stages do not import one another. */
export interface PersonsPort {
  ensureMember(memberId: string): Person;
  ensureCustomer(customer: { source: string; provider: string; account: string; customerId: string }): Person;
  tieCustomer(customer: { provider: string; account: string; customerId: string }, member: Person): Person;
  isBareCustomer(person: Person): boolean;
  rememberAddress(person: Person, email: string): Person;
}

interface Hint {
  readonly by: string;
  readonly rank: number;
  readonly person: Person;
}

/** Browsers can write these (a Payment Link's address, Paddle.js customData); they name one payment's payer and tie nothing. */
function isFromABrowser(by: string): boolean {
  return by === 'client_reference_id' || by.startsWith('custom_data.');
}

export function resolvePayer(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  payment: Payment,
  fact: PaymentFact,
  persons: PersonsPort,
): Payment {
  const matched = fact.email ? matchEmail(fact.email) : undefined;
  const emailHash = payment.emailHash ?? (matched ? ctx.keyed.hash('email', matched.address) : null);
  const best = hints(world, ctx, event, fact, emailHash, persons).sort((a, b) => a.rank - b.rank)[0];
  const known = { ...(world.payments.get(payment.id) ?? payment), emailHash };
  const resolved = best && best.rank < known.payerRank ? { ...known, ...payerOf(best) } : known;
  world.payments.put(resolved);
  return resolved;
}

function payerOf(hint: Hint): Pick<Payment, 'personId' | 'payerBy' | 'payerRank'> {
  return { personId: hint.person.id, payerBy: hint.by, payerRank: hint.rank };
}

function hints(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  fact: PaymentFact,
  emailHash: string | null,
  persons: PersonsPort,
): Hint[] {
  const order = memberFrom(ctx, event.source);
  const emailRank = rankOf(order, 'email', RANK.email_default);
  let first: string | null = null;
  const found: Hint[] = fact.payers.map((payer) => ({
    by: payer.by,
    rank: rankOf(order, payer.by, RANK.step),
    person: persons.ensureMember(payer.memberId),
  }));
  const customer = fact.customerId ? { ...fact, source: event.source, customerId: fact.customerId } : undefined;
  const named = found.filter((hint) => !isFromABrowser(hint.by)).sort((a, b) => a.rank - b.rank)[0];
  if (customer && named) persons.tieCustomer(customer, named.person);
  else if (customer) {
    const known = persons.ensureCustomer(customer);
    const bare = persons.isBareCustomer(known);
    const person = bare && fact.email ? persons.rememberAddress(known, fact.email) : known;
    // An address is weak: it does not take away what somebody brought to this customer.
    const bareRank = isReferred(world, person) ? emailRank - 1 : RANK.bare_customer;
    found.push({ by: 'customer', rank: bare ? bareRank : RANK.tied_customer, person });
    if (bare && order.includes('email')) first = person.emailHash;
  }
  // By this payment's address, else by the customer's first: an address that changes at the provider loses nobody.
  const owners = [emailHash, first].map((address) => address && memberWithEmail(world, address, persons));
  const owner = owners.find((each) => each);
  if (owner) found.push({ by: 'email', rank: emailRank, person: owner });
  return found;
}

function isReferred(world: World, person: Person): boolean {
  const referral = world.referrals.get(person.id);
  return referral !== undefined && referral.status !== 'void';
}

function memberFrom(ctx: FoldContext, source: string): readonly string[] {
  return ctx.loaded.program.sources.find((each) => each.name === source)?.memberFrom ?? [];
}

/** The program file's order is the order of strength. */
function rankOf(order: readonly string[], by: string, otherwise: number): number {
  return order.includes(by) ? (order.indexOf(by) + 1) * RANK.step : otherwise;
}

function memberWithEmail(world: World, emailHash: string, persons: PersonsPort): Person | undefined {
  return world.persons
    .by('email', emailHash)
    .filter((person) => person.mergedInto === null && !persons.isBareCustomer(person))
    .sort((a, b) => (a.id < b.id ? -1 : 1))[0];
}

/** Payments by an address that a member now turns out to have: those without a stronger payer become the member's. */
export function claimByEmail(world: World, ctx: FoldContext, member: Person, persons: PersonsPort): Payment[] {
  if (!member.emailHash) return [];
  const bare = world.persons
    .by('email', member.emailHash)
    .filter((p) => p.mergedInto === null && persons.isBareCustomer(p));
  const theirs = bare.flatMap((person) => world.payments.by('person', person.id));
  const candidates = [
    ...world.payments.by('email', member.emailHash),
    ...theirs.filter((payment) => memberFrom(ctx, payment.source).includes('email')),
  ];
  return candidates.flatMap((payment) => {
    const rank = rankOf(memberFrom(ctx, payment.source), 'email', RANK.email_default);
    if (payment.mergedInto !== null || payment.payerRank <= rank) return [];
    const payer = payment.personId === null ? undefined : world.persons.get(payment.personId);
    if (payer && isReferred(world, payer)) return [];
    const claimed = { ...payment, personId: member.id, payerBy: 'email', payerRank: rank };
    world.payments.put(claimed);
    return [claimed];
  });
}
