/**
 * What a batch of events names, gathered before anything is read.
 * Promises: whatever the fold may look up by an id of the outside is in here. Must never: miss a kind of fact; the
 * switch below is exhaustive, so a new fact does not compile without its keys.
 */
import { USAGE_KEY } from '../ledger/spend.ts';
import type { Command } from '../model/commands.ts';
import { matchEmail } from '../model/email.ts';
import type { CodeClaim, Fact, PaymentObject } from '../model/facts.ts';
import type { FoldEvent, Keyed } from '../model/fold.ts';
import { aliasKey, customerValue, objectKey } from '../model/world.ts';

export interface ObjectRef {
  readonly provider: string;
  readonly account: string;
  readonly objectId: string;
}

export interface Keys {
  /** `member\n<id>` and `customer\n<value>`. */
  readonly aliases: Set<string>;
  /** Member ids that a customer has by itself, `<source>:<customer id>`, with the customer's alias: nobody new where that is known. */
  readonly customers: Map<string, string>;
  /** Names of new members, for codes that are made from names. */
  readonly names: Map<string, string | undefined>;
  readonly emailHashes: Set<string>;
  readonly codeKeys: Set<string>;
  /** Promotion codes and discounts that somebody brought, or that are explained. */
  readonly codeObjects: Map<string, ObjectRef>;
  /** Those that are explained, as claims write them, with their code: who brought them before is looked at again. */
  readonly explained: Map<string, string>;
  /** Signups with what they may have been seen by before: a visitor's id, what a browser told of their address. */
  readonly visitors: {
    readonly alias: string;
    readonly visitorHash: string | null;
    readonly claimHash: string | null;
  }[];
  /** Claims that browsers told of. */
  readonly visitClaims: Set<bigint>;
  readonly objects: Map<string, ObjectRef>;
  readonly deductions: Map<string, { provider: string; account: string; kind: string; deductionId: string }>;
  readonly ipHashes: Set<string>;
  /** Aliases of people about whom something other than a payment was told: their payments may be claimed. */
  readonly people: Set<string>;
  /** Organizations that members were told to belong to. */
  readonly orgs: Map<string, string>;
  /** Customers whose payment names nobody else: their first address may be a member's. */
  readonly unnamed: Set<string>;
  /** Customers told together with a member: where those were two persons, the customer's is joined into the member's. */
  readonly ties: { readonly customer: string; readonly members: readonly string[] }[];
  /** Addresses of those people; payments by them may be claimed. */
  readonly claimEmails: Set<string>;
  /** Members whose codes a command changes. */
  readonly codeOwners: Set<string>;
  /** Members who get a further code. */
  readonly newCodes: Set<string>;
  /** Members told to use the product, with the earliest time that their uses name, ms. */
  readonly users: Map<string, number>;
  /** Members told about, with the codes and addresses that came along: for limits on both together. */
  readonly signups: Map<string, { readonly codeKeys: Set<string>; readonly domainHashes: Set<string> }>;
  /** Members whose code is refreshed. */
  readonly refreshed: Set<string>;
  /** Members who are erased. */
  readonly erased: Set<string>;
  /** Months of the leaderboard that are closed. */
  readonly months: Set<string>;
  /** Referees whose time has come. */
  readonly refereeIds: Set<bigint>;
  /** E-mail domains whose age is told. */
  readonly domainHashes: Set<string>;
  /** Addresses whose network is told. */
  readonly networkHashes: Set<string>;
  /** Referees all of whose pending rewards are looked at. */
  readonly holding: Set<bigint>;
  readonly rewardIds: Set<bigint>;
  /** Rewards that somebody approves. */
  readonly approved: Set<bigint>;
  readonly paymentIds: Set<bigint>;
  /** Lots whose time has come. */
  readonly lots: Set<bigint>;
  /** Credit about to be used: by whom, and how much; `unit` null: so many units of usage, whatever one of them draws. */
  readonly draws: {
    readonly alias: string;
    readonly key: string;
    readonly unit: string | null;
    readonly amount: bigint;
  }[];
  /** Spends about to be void. */
  readonly voids: Set<bigint>;
  /** Event times of the payments, ms. */
  readonly paidAt: Set<number>;
  /** With what people were seen: hashed only for a program whose signals compare it. */
  readonly seen: { readonly kind: 'ip' | 'fingerprint' | 'instrument'; readonly value: string }[];
  /** Members whose suspension a command changes, and persons of whom one goes on. */
  readonly suspending: Set<string>;
  readonly suspendedIds: Set<bigint>;
  readonly suspensionIds: Set<bigint>;
  readonly appealIds: Set<bigint>;
  /** Persons who have a customer at the sink since. */
  readonly accountIds: Set<bigint>;
}

export function keysOf(events: readonly FoldEvent[], keyed: Keyed): Keys {
  const keys: Keys = {
    aliases: new Set(),
    customers: new Map(),
    names: new Map(),
    emailHashes: new Set(),
    codeKeys: new Set(),
    codeObjects: new Map(),
    explained: new Map(),
    visitors: [],
    visitClaims: new Set(),
    objects: new Map(),
    deductions: new Map(),
    ipHashes: new Set(),
    people: new Set(),
    orgs: new Map(),
    unnamed: new Set(),
    ties: [],
    claimEmails: new Set(),
    codeOwners: new Set(),
    newCodes: new Set(),
    users: new Map(),
    signups: new Map(),
    refreshed: new Set(),
    erased: new Set(),
    months: new Set(),
    refereeIds: new Set(),
    domainHashes: new Set(),
    networkHashes: new Set(),
    holding: new Set(),
    rewardIds: new Set(),
    approved: new Set(),
    paymentIds: new Set(),
    lots: new Set(),
    draws: [],
    voids: new Set(),
    paidAt: new Set(),
    seen: [],
    suspending: new Set(),
    suspendedIds: new Set(),
    suspensionIds: new Set(),
    appealIds: new Set(),
    accountIds: new Set(),
  };
  for (const event of events) {
    if (event.content.kind === 'command') addCommand(keys, keyed, event.content.command);
    else for (const fact of event.content.normalized.facts) addFact(keys, keyed, event.source, fact);
  }
  return keys;
}

function addCommand(keys: Keys, keyed: Keyed, command: Command): void {
  if ('rewardId' in command) keys.rewardIds.add(BigInt(command.rewardId));
  if (command.command === 'reward.approve') keys.approved.add(BigInt(command.rewardId));
  if ('month' in command) keys.months.add(command.month);
  if ('refereeId' in command) keys.refereeIds.add(BigInt(command.refereeId));
  if (command.command === 'visit.claimed') keys.visitClaims.add(BigInt(command.claimId));
  if (command.command === 'domain.told') keys.domainHashes.add(command.domainHash);
  if (command.command === 'network.told') keys.networkHashes.add(command.ipHash);
  if (command.command === 'referral.hold') keys.holding.add(BigInt(command.refereeId));
  if ('paymentId' in command) keys.paymentIds.add(BigInt(command.paymentId));
  if ('code' in command && command.code) keys.codeKeys.add(command.code.trim().toLowerCase());
  if ('suspensionId' in command) keys.suspensionIds.add(BigInt(command.suspensionId));
  if ('appealId' in command) keys.appealIds.add(BigInt(command.appealId));
  if (command.command === 'account.known') keys.accountIds.add(BigInt(command.personId));
  if (command.command === 'suspension.settle') keys.suspendedIds.add(BigInt(command.personId));
  if (command.command === 'member.patch' && command.suspended !== undefined)
    keys.suspending.add(aliasKey('member', command.memberId));
  if (command.command === 'lot.expire') keys.lots.add(BigInt(command.lot));
  if (command.command === 'credit.void') keys.voids.add(BigInt(command.spendId));
  if (command.command === 'credit.spend') {
    const alias = aliasKey('member', command.memberId);
    keys.aliases.add(alias);
    keys.draws.push({ alias, key: command.idempotencyKey, unit: command.unit, amount: BigInt(command.amount) });
    return;
  }
  if (!('memberId' in command)) return;
  person(keys, aliasKey('member', command.memberId));
  keys.codeOwners.add(aliasKey('member', command.memberId));
  if (command.command === 'claim.make') addSignup(keys, keyed, command.memberId, undefined, [command]);
  if (command.command === 'member.erase') keys.erased.add(aliasKey('member', command.memberId));
  if (command.command === 'payment.attach' && command.referrerId !== undefined) {
    keys.aliases.add(aliasKey('member', command.referrerId));
    keys.codeOwners.add(aliasKey('member', command.referrerId));
  }
  if (command.command === 'code.refresh') keys.refreshed.add(aliasKey('member', command.memberId));
  if (command.command === 'code.refresh' || command.command === 'link.make') keys.newCodes.add(command.memberId);
  if (command.command === 'member.seen') {
    keys.names.set(command.memberId, command.name);
    addEmail(keys, keyed, command.email, true);
    addSignup(keys, keyed, command.memberId, command.email, []);
    if (command.orgId) keys.orgs.set(aliasKey('member', command.memberId), command.orgId);
  }
}

function person(keys: Keys, alias: string): void {
  keys.aliases.add(alias);
  keys.people.add(alias);
}

function addFact(keys: Keys, keyed: Keyed, source: string, fact: Fact): void {
  switch (fact.fact) {
    case 'member':
      person(keys, aliasKey('member', fact.memberId));
      keys.names.set(fact.memberId, fact.name);
      addEmail(keys, keyed, fact.email, true);
      addCodes(keys, fact.codes);
      addSignup(keys, keyed, fact.memberId, fact.email, fact.codes);
      if (fact.orgId) keys.orgs.set(aliasKey('member', fact.memberId), fact.orgId);
      if (fact.ip) keys.ipHashes.add(keyed.hash('ip', fact.ip));
      if (fact.ip) keys.seen.push({ kind: 'ip', value: fact.ip });
      if (fact.fingerprint) keys.seen.push({ kind: 'fingerprint', value: fact.fingerprint });
      if (fact.change !== 'seen') addVisitor(keys, keyed, aliasKey('member', fact.memberId), fact);
      return;
    case 'member_deleted':
      keys.aliases.add(aliasKey('member', fact.memberId));
      return;
    case 'customer':
      for (const alias of addCustomer(keys, source, fact, fact.customerId)) keys.people.add(alias);
      for (const payer of fact.memberIds) person(keys, aliasKey('member', payer.memberId));
      addTie(keys, fact, fact.customerId, fact.memberIds);
      addEmail(keys, keyed, fact.email, true);
      addCodes(keys, fact.codes);
      addVisitor(keys, keyed, aliasKey('member', `${source}:${fact.customerId}`), { email: fact.email });
      return;
    case 'code_alias':
      addCodes(keys, [{ ...fact, carrier: '' }]);
      addCodes(keys, [{ code: fact.objectId, carrier: '', object: fact }]);
      keys.explained.set(fact.objectId.toLowerCase(), fact.code.trim().toLowerCase());
      return;
    case 'payment':
      addPayment(keys, keyed, source, fact);
      return;
    case 'payment_link':
      addObjects(keys, fact, [fact.invoice, fact.object, ...fact.others]);
      return;
    case 'refund':
      addObjects(keys, fact, fact.objects);
      addDeduction(keys, fact, 'refund', fact.refundId);
      return;
    case 'dispute':
      addObjects(keys, fact, fact.objects);
      addDeduction(keys, fact, 'dispute', fact.disputeId);
      return;
    case 'usage': {
      const alias = aliasKey('member', fact.memberId);
      keys.aliases.add(alias);
      keys.users.set(alias, Math.min(keys.users.get(alias) ?? Infinity, fact.at?.getTime() ?? Infinity));
      addUsageDraw(keys, fact);
      return;
    }
  }
}

/** With `spend: { on: usage }` it draws credit; else load-credits passes over it. */
function addUsageDraw(keys: Keys, { memberId, usageId, quantity }: Extract<Fact, { fact: 'usage' }>): void {
  const key = `${USAGE_KEY}${usageId}`;
  keys.draws.push({ alias: aliasKey('member', memberId), key, unit: null, amount: quantity });
}

function addPayment(keys: Keys, keyed: Keyed, source: string, fact: Extract<Fact, { fact: 'payment' }>): void {
  keys.paidAt.add(fact.paidAt.getTime());
  if (fact.instrument) keys.seen.push({ kind: 'instrument', value: fact.instrument });
  addObjects(keys, fact, fact.objects);
  for (const other of fact.sameAs)
    addObjects(keys, { provider: other.provider, account: '' }, [{ id: other.object, nameRank: 0 }]);
  // Who comes with a code is looked at as at a signup: what they were seen with, and what they paid before.
  const about =
    fact.codes.length > 0 ? (alias: string) => person(keys, alias) : (alias: string) => keys.aliases.add(alias);
  for (const payer of fact.payers) about(aliasKey('member', payer.memberId));
  if (fact.customerId) {
    const both = addCustomer(keys, source, fact, fact.customerId);
    for (const alias of both) if (fact.codes.length > 0) keys.people.add(alias);
    for (const alias of both) if (fact.payers.length === 0) keys.unnamed.add(alias);
    addTie(keys, fact, fact.customerId, fact.payers);
  }
  addEmail(keys, keyed, fact.email, false);
  addCodes(keys, fact.codes);
}

function addSignup(
  keys: Keys,
  keyed: Keyed,
  memberId: string,
  email: string | undefined,
  codes: readonly { readonly code: string }[],
): void {
  const alias = aliasKey('member', memberId);
  const signup = keys.signups.get(alias) ?? { codeKeys: new Set(), domainHashes: new Set() };
  const matched = email ? matchEmail(email) : undefined;
  if (matched) signup.domainHashes.add(keyed.hash('domain', matched.domain));
  for (const { code } of codes) signup.codeKeys.add(code.trim().toLowerCase());
  keys.signups.set(alias, signup);
}

function addCustomer(
  keys: Keys,
  source: string,
  { provider, account }: { provider: string; account: string },
  customerId: string,
): string[] {
  const customer = aliasKey('customer', customerValue(provider, account, customerId));
  const member = aliasKey('member', `${source}:${customerId}`);
  keys.aliases.add(customer);
  keys.customers.set(member, customer);
  return [customer, member];
}

function addTie(
  keys: Keys,
  { provider, account }: { provider: string; account: string },
  customerId: string,
  members: readonly { readonly memberId: string }[],
): void {
  const customer = aliasKey('customer', customerValue(provider, account, customerId));
  if (members.length > 0)
    keys.ties.push({ customer, members: members.map((each) => aliasKey('member', each.memberId)) });
}

function addEmail(keys: Keys, keyed: Keyed, email: string | undefined, claims: boolean): void {
  const matched = email ? matchEmail(email) : undefined;
  if (!matched) return;
  const hash = keyed.hash('email', matched.address);
  keys.emailHashes.add(hash);
  if (claims) keys.claimEmails.add(hash);
}

function addCodes(keys: Keys, codes: readonly CodeClaim[]): void {
  for (const { code, object } of codes) {
    if (object) {
      const ref = { provider: object.provider, account: object.account, objectId: code };
      keys.codeObjects.set(objectKey(ref), ref);
    } else keys.codeKeys.add(code.trim().toLowerCase());
  }
}

/** `alias`: who may have been seen before, as a visitor or by what a browser told of their address. */
function addVisitor(
  keys: Keys,
  keyed: Keyed,
  alias: string,
  { email, visitorId }: { readonly email?: string | undefined; readonly visitorId?: string | undefined },
): void {
  const matched = email ? matchEmail(email) : undefined;
  if (!matched && !visitorId) return;
  const visitorHash = visitorId ? keyed.hash('visitor', visitorId) : null;
  const claimHash = matched ? keyed.hash('claim', keyed.told(matched.address)) : null;
  keys.visitors.push({ alias, visitorHash, claimHash });
}

function addObjects(keys: Keys, at: { provider: string; account: string }, objects: readonly PaymentObject[]): void {
  for (const { id } of objects) {
    keys.objects.set(`${at.provider}\n${at.account}\n${id}`, {
      provider: at.provider,
      account: at.account,
      objectId: id,
    });
  }
}

function addDeduction(keys: Keys, at: { provider: string; account: string }, kind: string, deductionId: string): void {
  const key = `${at.provider}\n${at.account}\n${kind}\n${deductionId}`;
  keys.deductions.set(key, { provider: at.provider, account: at.account, kind, deductionId });
}
