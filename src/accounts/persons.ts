/**
 * Who is who: persons behind member ids and customer ids.
 * Promises: one person for each id, for ever; a person exists from the first time any of its ids is named, with a
 * referral code. Must never: tie two persons together by something that a browser could have set.
 */
import { matchEmail } from '../model/email.ts';
import type { CustomerFact, MemberFact } from '../model/facts.ts';
import type { FoldContext, FoldEvent } from '../model/fold.ts';
import type { Payment, Person, PersonFact } from '../model/records.ts';
import { aliasKey, customerValue, type World } from '../model/world.ts';
import { freeCode, putCode } from './codes.ts';
import { joinPersons } from './join.ts';

export function personOfMember(world: World, memberId: string): Person | undefined {
  const alias = world.aliases.get(aliasKey('member', memberId));
  return alias && world.persons.get(alias.personId);
}

export function personOfCustomer(world: World, provider: string, account: string, id: string): Person | undefined {
  const alias = world.aliases.get(aliasKey('customer', customerValue(provider, account, id)));
  return alias && world.persons.get(alias.personId);
}

/** A person nobody has met before, with a code. Known by no id until the caller puts an alias. */
function createPerson(world: World, ctx: FoldContext, memberId: string, name: string | undefined): Person {
  const person: Person = {
    id: ctx.nextId(),
    memberId,
    createdAt: ctx.now,
    accountCreatedAt: null,
    signedUpAt: null,
    completedAt: null,
    emailHash: null,
    claimHash: null,
    emailVerified: null,
    domainHash: null,
    publicMailbox: false,
    disposable: false,
    orgId: null,
    rate: null,
    tier: null,
    suspendedAt: null,
    suspendedReason: null,
    note: null,
    firstPaymentId: null,
    firstPaidAt: null,
    mergedInto: null,
    deletedAt: null,
    erasedAt: null,
  };
  world.persons.put(person);
  putCode(world, ctx, person, { code: freeCode(world, ctx, memberId, name), kind: 'primary' });
  return person;
}

export function ensureMember(world: World, ctx: FoldContext, memberId: string, name?: string): Person {
  const known = personOfMember(world, memberId);
  if (known) return known;
  const person = createPerson(world, ctx, memberId, name);
  world.aliases.put({ kind: 'member', value: memberId, personId: person.id });
  return person;
}

/** Someone known only as a paying customer is a member too, with the id `<source>:<customer id>`. */
export function ensureCustomer(
  world: World,
  ctx: FoldContext,
  customer: { source: string; provider: string; account: string; customerId: string },
): Person {
  const known = personOfCustomer(world, customer.provider, customer.account, customer.customerId);
  if (known) return known;
  const memberId = `${customer.source}:${customer.customerId}`;
  const person = personOfMember(world, memberId) ?? createPerson(world, ctx, memberId, undefined);
  const value = customerValue(customer.provider, customer.account, customer.customerId);
  world.aliases.put({ kind: 'customer', value, personId: person.id });
  if (!personOfMember(world, memberId)) world.aliases.put({ kind: 'member', value: memberId, personId: person.id });
  return person;
}

/** A bare customer: no id of the product's own names this person. */
export function isBareCustomer(world: World, person: Person): boolean {
  if (person.signedUpAt) return false;
  const aliases = world.aliases.by('person', person.id);
  return (
    aliases.some((a) => a.kind === 'customer') &&
    !aliases.some((a) => a.kind === 'member' && !isCustomerId(aliases, a.value))
  );
}

function isCustomerId(aliases: readonly { kind: string; value: string }[], memberId: string): boolean {
  const customerId = memberId.slice(memberId.indexOf(':') + 1);
  return aliases.some((a) => a.kind === 'customer' && a.value.endsWith(`:${customerId}`));
}

/**
 * Ties a customer to a member by an id that a server set. A bare customer's person is joined into the member's; a
 * customer that already is another member's stays there: the first tie holds.
 */
export function tieCustomer(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  customer: { provider: string; account: string; customerId: string },
  member: Person,
): Person {
  const value = customerValue(customer.provider, customer.account, customer.customerId);
  const owner = personOfCustomer(world, customer.provider, customer.account, customer.customerId);
  if (!owner) {
    world.aliases.put({ kind: 'customer', value, personId: member.id });
    tellSinkAccount(world, ctx, event, customer.provider, member);
    return member;
  }
  if (owner.id === member.id || !isBareCustomer(world, owner)) return member;
  tellSinkAccount(world, ctx, event, customer.provider, member);
  return joinPersons(world, ctx, event, member, owner);
}

/** What waits for a customer at the sink goes on in an event of its own: this one has loaded none of it. */
function tellSinkAccount(
  world: World,
  ctx: FoldContext,
  { triedOnce }: FoldEvent,
  provider: string,
  { id }: Person,
): void {
  const { sink, sources } = ctx.loaded.program;
  if (!('source' in sink) || sources.find(({ name }) => name === sink.source)?.kind !== provider) return;
  const command = { command: 'account.known', personId: String(id) } as const;
  world.told.put({ id: ctx.nextId(), command, at: ctx.now, triedOnce });
}

export function takeMember(world: World, ctx: FoldContext, event: FoldEvent, fact: MemberFact): Person {
  const person = ensureMember(world, ctx, fact.memberId, fact.name);
  if (person.erasedAt) return person;
  const next = withAddress(ctx, person, fact.email, fact.emailVerified);
  const at = fact.createdAt ?? event.occurredAt ?? event.receivedAt;
  const signedUpAt = fact.change === 'created' ? (person.signedUpAt ?? at) : person.signedUpAt;
  const completed = signedUpAt !== null && next.emailVerified !== false;
  // No account is younger than what we heard of it.
  const bornAt = at < event.receivedAt ? at : event.receivedAt;
  const updated: Person = {
    ...next,
    signedUpAt,
    accountCreatedAt: fact.change === 'created' ? (person.accountCreatedAt ?? bornAt) : person.accountCreatedAt,
    completedAt: person.completedAt ?? (completed ? ctx.now : null),
    orgId: fact.orgId ?? next.orgId,
  };
  world.persons.put(updated);
  keepSecret(world, updated.id, { ...fact, ip: ctx.loaded.program.networks && fact.ip });
  seen(world, ctx, updated.id, fact, at);
  return updated;
}

/** What a customer's own webhooks tell: an address (unverified: it joins nobody) and the member a server named. */
export function takeCustomer(world: World, ctx: FoldContext, event: FoldEvent, fact: CustomerFact): Person {
  // Paddle.js can set a subscription's custom_data, so it ties nobody; each of its transactions carries it anyway.
  const named = fact.memberIds.find((hint) => !hint.by.startsWith('custom_data.'));
  const customer = { source: event.source, ...fact };
  const person = named
    ? tieCustomer(world, ctx, event, fact, ensureMember(world, ctx, named.memberId))
    : ensureCustomer(world, ctx, customer);
  return fact.email ? rememberAddress(world, ctx, person, fact.email) : person;
}

/**
 * The first address that a payment provider names for a customer. Whether anybody has verified it is not said: a signup
 * that does not say either is a completed one, whichever of the two is told first.
 */
export function rememberAddress(world: World, ctx: FoldContext, person: Person, email: string): Person {
  if (person.emailHash || person.erasedAt) return person;
  const updated = withAddress(ctx, person, email, undefined);
  world.persons.put(updated);
  keepSecret(world, updated.id, { email });
  return updated;
}

function withAddress(
  ctx: FoldContext,
  person: Person,
  email: string | undefined,
  verified: boolean | undefined,
): Person {
  const matched = email ? matchEmail(email) : undefined;
  // Once verified, an address stays so: the signup that says otherwise is the older news, whenever it comes.
  if (!matched) return { ...person, emailVerified: person.emailVerified || (verified ?? person.emailVerified) };
  const emailHash = ctx.keyed.hash('email', matched.address);
  const isSame = person.emailHash === null || emailHash === person.emailHash;
  // Another address is not verified because the one before it was; one that was not stays so.
  const told = isSame || person.emailVerified === false ? person.emailVerified : null;
  return {
    ...person,
    emailVerified: (isSame && told === true) || (verified ?? told),
    emailHash,
    claimHash: ctx.keyed.hash('claim', ctx.keyed.told(matched.address)),
    domainHash: ctx.keyed.hash('domain', matched.domain),
    publicMailbox: ctx.isPublicMailbox(matched.domain),
    disposable: ctx.isDisposable(matched.domain),
  };
}

/** Where they were is kept only for a program that asks about networks, until it has been told. */
function keepSecret(
  world: World,
  personId: bigint,
  { email, name, ip }: Pick<MemberFact, 'email' | 'name' | 'ip'>,
): void {
  if (!email && !name && !ip) return;
  const before = world.secrets.get(personId);
  const [known, called, from] = [before?.email ?? null, before?.name ?? null, before?.ip ?? null];
  world.secrets.put({ personId, email: email ?? known, name: name ?? called, ip: ip ?? from });
}

/** Keeps keyed hashes of what the person was seen with; fraud signals compare them. */
function seen(world: World, ctx: FoldContext, personId: bigint, fact: MemberFact, at: Date): void {
  const put = (kind: PersonFact['kind'], valueHash: string) => {
    const record = { kind, valueHash, personId, seenAt: at };
    if (!world.facts.by('value', `${kind}\n${valueHash}`).some((f) => f.personId === personId)) world.facts.put(record);
  };
  if (fact.ip) {
    put('ip', ctx.keyed.hash('ip', fact.ip));
    const subnet = ctx.subnetOf(fact.ip);
    if (subnet) put('subnet', ctx.keyed.hash('ip', subnet));
  }
  if (fact.fingerprint) put('fingerprint', ctx.keyed.hash('fingerprint', fact.fingerprint));
}

/** With which card a payment of theirs was made; for programs whose signals compare cards. */
export function seenPaying(world: World, { personId, instrumentHash: valueHash, paidAt, createdAt }: Payment): void {
  if (personId === null || valueHash === null) return;
  const fact: PersonFact = { kind: 'instrument', valueHash, personId, seenAt: paidAt ?? createdAt };
  if (!world.facts.get(`${fact.kind}\n${valueHash}\n${personId}`)) world.facts.put(fact);
}
