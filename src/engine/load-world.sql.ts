/**
 * Fetches the part of the world that a batch of events may touch, in a fixed number of set-based queries.
 * Promises: called after the program's lock was taken, in a statement of its own, it sees what every earlier batch
 * wrote. Must never: query once per event, or write anything.
 */
import type { PoolClient } from 'pg';
import { codeNamed } from '../model/code-names.ts';
import type { FoldContext, FoldEvent } from '../model/fold.ts';
import { objectKey, World } from '../model/world.ts';
import { JOINED } from './erasure.sql.ts';
import { type Keys, keysOf, type ObjectRef } from './keys.ts';
import { loadDomainChecks, loadNetworkChecks, loadWaiting, undecidedPayments } from './load-checks.sql.ts';
import { fetchCodes, loadCodes, loadNextCodes } from './load-codes.sql.ts';
import { fetchBalances, loadCredits } from './load-credits.sql.ts';
import { loadFigures } from './load-figures.sql.ts';
import { loadPartsOf, loadRules, loadSourceTypes, loadStandings } from './load-rules.sql.ts';
import { loadSightings } from './load-sightings.sql.ts';
import { loadSinkAccount } from './load-sink-account.sql.ts';
import { loadStanding, loadSuspensions } from './load-suspensions.sql.ts';
import { loadToldBefore, loadVisits } from './load-visits.sql.ts';
import { type By, fetch, fetchById, type Loader, personIds, read, rows, type Statement } from './loader.sql.ts';
import { asPayment, type PaymentRow } from './payment-row.ts';
import * as tables from './tables.sql.ts';
import * as suspensions from './tables-suspensions.sql.ts';

export async function loadWorld(
  client: PoolClient,
  statement: Statement,
  events: readonly FoldEvent[],
  ctx: FoldContext,
): Promise<World> {
  const load: Loader = { client, statement, programNo: ctx.loaded.no, world: new World(), ctx, asked: new Map() };
  const keys = keysOf(events, ctx.keyed);
  // What does not depend on one another is sent together; the connection pipelines.
  await Promise.all([
    loadSourceTypes(load),
    loadAliases(load, keys),
    loadObjects(load, [...keys.objects.values()]),
    loadCodeAliases(load, keys),
    loadVisits(load, keys),
  ]);
  await loadToldBefore(load, keys);
  const people = await loadSeekers(load, keys);
  await loadOwners(load, keys);
  await loadSuspensions(load, keys);
  await loadSinkAccount(load, keys);
  await loadWaiting(load, keys);
  await Promise.all([loadCodes(load, keys), loadPayments(load, keys, people)]);
  await loadRewards(load, keys);
  await loadPeople(load, keys);
  await loadRules(load, keys);
  const prints = { by: ['valueHash'], keys: [[...keys.emailHashes]] };
  await Promise.all([
    loadSignals(load, keys, people),
    loadCredits(load, keys),
    fetch(load, load.world.erasedPrints, tables.ERASED_PRINTS, prints),
  ]);
  return load.world;
}

async function loadAliases(load: Loader, keys: Keys): Promise<void> {
  const told = new Set([...keys.aliases, ...keys.customers.keys()]);
  const pairs = Array.from(told, (key) => key.split('\n') as [string, string]);
  const columns = [pairs.map(([kind]) => kind), pairs.map(([, value]) => value)];
  await fetch(load, load.world.aliases, tables.PERSON_ALIASES, { by: ['kind', 'value'], keys: columns });
}

async function loadCodeAliases(load: Loader, keys: Keys): Promise<void> {
  const by = { by: OBJECT, keys: objectColumns([...keys.codeObjects.values()]) };
  await fetch(load, load.world.codeAliases, tables.CODE_ALIASES, by);
}

/** Everybody about whom something other than a payment is told, those with whom an object came that is now explained among them. */
async function loadSeekers(load: Loader, keys: Keys): Promise<readonly bigint[]> {
  const { world } = load;
  const people = new Set(personIds(world, keys.people));
  if (keys.explained.size === 0) return [...people];
  // A promotion of the product's own may have been redeemed by thousands; only a member's code refers anybody.
  await fetchCodes(load, keys.explained.values());
  const ours = Array.from(keys.explained).filter(([, code]) => codeNamed(world, load.ctx.keyed, code));
  const objects = ours.map(([object]) => object);
  const unknown = { by: ['codeKey'], keys: [objects], more: `and t.outcome = 'unknown_code'` };
  const claims = await fetch(load, world.claims, tables.CLAIMS, unknown);
  let ids = claims.map((claim) => claim.personId);
  // Who was joined into another since is followed there.
  while (ids.length > 0) {
    for (const id of ids) people.add(id);
    await fetchById(load, world.persons, tables.PERSONS, ids);
    ids = ids.flatMap((id) => world.persons.get(id)?.mergedInto ?? []);
  }
  return [...people];
}

/** Members who have the first address of a customer whose payment names nobody. */
async function loadOwners(load: Loader, keys: Keys): Promise<void> {
  const { world } = load;
  const customers = personIds(world, keys.unnamed);
  if (customers.length === 0) return;
  await fetchById(load, world.persons, tables.PERSONS, customers);
  const hashes = new Set(customers.flatMap((id) => world.persons.get(id)?.emailHash ?? []));
  const by = { by: ['emailHash'], keys: [[...hashes]], more: 'and t.merged_into is null' };
  await fetch(load, world.persons, tables.PERSONS, by);
}

async function loadPayments(load: Loader, keys: Keys, people: readonly bigint[]): Promise<void> {
  const { world } = load;
  const ids = new Set(keys.paymentIds);
  for (const alias of world.paymentAliases.all()) if (alias.paymentId !== null) ids.add(alias.paymentId);
  for (const link of world.paymentLinks.all()) ids.add(link.paymentId);
  if (keys.rewardIds.size > 0) {
    const text =
      'select payment_id from rewards where program_no = $1 and id = any($2::bigint[]) and payment_id is not null';
    for (const row of await rows(load, 'load payments of rewards', text, [[...keys.rewardIds]]))
      ids.add(row.payment_id as bigint);
  }
  for (const id of await undecidedPayments(load, keys)) ids.add(id);
  const names = Array.from(keys.objects.values(), (object) => object.objectId);
  await Promise.all([
    fetchPayments(load, { by: ['id'], keys: [[...ids]] }),
    fetchPayments(load, { by: ['sourcePaymentId'], keys: [names], more: 'and t.merged_into is null' }),
    loadClaimable(load, keys, people),
    loadQualifying(load, keys),
    loadColleagues(load, keys),
  ]);
  await loadDeductions(load, keys);
}

const OBJECT = ['provider', 'account', 'objectId'];

function objectColumns(objects: readonly ObjectRef[]): string[][] {
  return [objects.map((o) => o.provider), objects.map((o) => o.account), objects.map((o) => o.objectId)];
}

async function loadObjects(load: Loader, objects: readonly ObjectRef[]): Promise<void> {
  const by = { by: OBJECT, keys: objectColumns(objects) };
  await Promise.all([
    fetch(load, load.world.paymentAliases, tables.PAYMENT_ALIASES, by),
    fetch(load, load.world.paymentLinks, tables.PAYMENT_LINKS, by),
  ]);
}

async function fetchPayments(load: Loader, by: By): Promise<void> {
  for (const row of await read<PaymentRow>(load, tables.PAYMENTS, by)) load.world.payments.load(asPayment(row));
}

/**
 * Payments that somebody who is being told about may claim. Once a referral stands, none of theirs changes hands any
 * more, so a member of many years is told about without their history being read.
 */
async function loadClaimable(load: Loader, keys: Keys, people: readonly bigint[]): Promise<void> {
  const { world } = load;
  await fetchById(load, world.referrals, tables.REFERRALS, people);
  const unreferred = people.filter((id) => !world.referrals.get(id));
  const pending = people.filter((id) => world.referrals.get(id)?.status === 'pending');
  const hashes = { by: ['emailHash'], keys: [[...keys.emailHashes]], more: 'and t.merged_into is null' };
  const found = await fetch(load, world.persons, tables.PERSONS, hashes);
  const bare = found
    .filter((person) => person.emailHash && keys.claimEmails.has(person.emailHash))
    .map((person) => person.id);
  const earnedNothing = 'and t.reason is not null';
  await Promise.all([
    fetchPayments(load, { by: ['personId'], keys: [[...pending, ...joining(world, keys).flat()]] }),
    fetchPayments(load, { by: ['personId'], keys: [[...unreferred, ...bare]], more: earnedNothing }),
    fetchPayments(load, { by: ['emailHash'], keys: [[...keys.claimEmails]], more: earnedNothing }),
  ]);
}

/** Customers' persons that are about to be joined into a member's, each with the members it may be joined into. */
function joining(world: World, keys: Keys): bigint[][] {
  return keys.ties.flatMap(({ customer, members }) => {
    const owner = world.aliases.get(customer)?.personId;
    const others = personIds(world, members).filter((id) => id !== owner);
    const isNew = members.some((member) => !world.aliases.get(member));
    return owner !== undefined && (others.length > 0 || isNew) ? [[owner, ...others]] : [];
  });
}

/** Payments of those whose referral qualifies by them and has not yet: a few each. */
async function loadQualifying(load: Loader, keys: Keys): Promise<void> {
  if (load.ctx.loaded.program.qualify?.when !== 'payment') return;
  const people = personIds(load.world, keys.aliases);
  const referrals = await fetch(load, load.world.referrals, tables.REFERRALS, {
    by: ['refereeId'],
    keys: [people],
    more: 'and t.qualified_at is null and t.reason is null',
  });
  await fetchPayments(load, { by: ['personId'], keys: [referrals.map((referral) => referral.refereeId)] });
}

/** Referrals between people who turn out to be of one organization, with all that was paid under them. */
async function loadColleagues(load: Loader, keys: Keys): Promise<void> {
  const people = personIds(load.world, keys.orgs.keys());
  if (people.length === 0) return;
  const isNews = (who: string) =>
    `exists (select from persons p where p.program_no = $1 and p.id = t.${who} and p.org_id is null)`;
  const isColleague = (who: string) =>
    `exists (select from persons o where o.program_no = $1 and o.id = ${who} and (o.org_id = any($3::text[]) or o.id = any($2::bigint[])))`;
  const values = [[...new Set(keys.orgs.values())]];
  const more = `and ${isNews('referrer_id')} and ${isColleague('t.referee_id')}`;
  const made = await fetch(load, load.world.referrals, tables.REFERRALS, {
    by: ['referrerId'],
    keys: [people],
    more,
    values,
  });
  const paid = `and ${isNews('person_id')} and exists (
    select from referrals r where r.program_no = $1 and r.referee_id = t.person_id and ${isColleague('r.referrer_id')})`;
  await Promise.all([
    fetchPayments(load, { by: ['personId'], keys: [people], more: paid, values }),
    fetchPayments(load, { by: ['personId'], keys: [made.map((referral) => referral.refereeId)] }),
  ]);
}

async function loadDeductions(load: Loader, keys: Keys): Promise<void> {
  const { world } = load;
  const ids = { by: ['paymentId'], keys: [Array.from(world.payments.all(), (payment) => payment.id)] };
  await Promise.all([
    fetch(load, world.paymentAliases, tables.PAYMENT_ALIASES, ids),
    fetch(load, world.paymentLinks, tables.PAYMENT_LINKS, ids),
  ]);
  const objects = new Map<string, ObjectRef>(keys.objects);
  for (const alias of world.paymentAliases.all()) objects.set(objectKey(alias), alias);
  for (const link of world.paymentLinks.all()) objects.set(objectKey(link), link);
  const told = [...keys.deductions.values()];
  const columns = [
    told.map((d) => d.provider),
    told.map((d) => d.account),
    told.map((d) => d.kind),
    told.map((d) => d.deductionId),
  ];
  await Promise.all([
    fetch(load, world.deductions, tables.DEDUCTIONS, { by: OBJECT, keys: objectColumns([...objects.values()]) }),
    fetch(load, world.deductions, tables.DEDUCTIONS, {
      by: ['provider', 'account', 'kind', 'deductionId'],
      keys: columns,
    }),
  ]);
}

async function loadRewards(load: Loader, keys: Keys): Promise<void> {
  const { world } = load;
  const payments = Array.from(world.payments.all(), (payment) => payment.id);
  await Promise.all([
    fetch(load, world.rewards, tables.REWARDS, { by: ['paymentId'], keys: [payments] }),
    fetch(load, world.rewards, tables.REWARDS, { by: ['id'], keys: [[...keys.rewardIds]] }),
    fetch(load, world.approvals, suspensions.REWARD_APPROVALS, { by: ['rewardId'], keys: [[...keys.approved]] }),
  ]);
  await loadPartsOf(load, Array.from(world.rewards.all()));
}

async function loadPeople(load: Loader, keys: Keys): Promise<void> {
  const { world } = load;
  await Promise.all([loadClosing(load, keys), loadStandings(load, keys)]);
  const ids = new Set<bigint>(keys.refereeIds);
  for (const referral of world.referrals.all()) ids.add(referral.refereeId);
  for (const standing of world.standings.all()) ids.add(standing.personId);
  for (const alias of world.aliases.all()) ids.add(alias.personId);
  for (const code of world.codes.all()) ids.add(code.personId);
  for (const person of world.persons.all()) ids.add(person.id);
  for (const payment of world.payments.all()) if (payment.personId !== null) ids.add(payment.personId);
  for (const reward of world.rewards.all()) ids.add(reward.personId).add(reward.referrerId).add(reward.refereeId);
  if (ids.size === 0) return;
  await fetchById(load, world.referrals, tables.REFERRALS, ids);
  for (const referral of world.referrals.all()) ids.add(referral.referrerId);
  const erased = personIds(world, keys.erased);
  if (erased.length > 0) for (const row of await rows(load, 'load joined', JOINED, [erased])) ids.add(row.id as bigint);
  const all = [...ids];
  await Promise.all([
    fetchById(load, world.persons, tables.PERSONS, all),
    fetch(load, world.debts, tables.DEBTS, { by: ['personId'], keys: [all], more: 'and t.remaining > 0' }),
  ]);
  await loadCustomerIds(load);
  await loadJoinable(load, keys);
}

/** Pending referrals of members whose code is refreshed, where that ends them. */
async function loadClosing(load: Loader, keys: Keys): Promise<void> {
  if (load.ctx.loaded.program.code.onRefresh !== 'close_pending') return;
  const by = { by: ['referrerId'], keys: [personIds(load.world, keys.refreshed)], more: `and t.status = 'pending'` };
  await fetch(load, load.world.referrals, tables.REFERRALS, by);
}

/** Which ids a customer's person goes by, and which customer a beneficiary is at the sink. */
async function loadCustomerIds(load: Loader): Promise<void> {
  const { world } = load;
  const ids = new Set<bigint>();
  for (const alias of world.aliases.all()) if (alias.kind === 'customer') ids.add(alias.personId);
  for (const person of world.persons.all()) if (person.memberId.includes(':')) ids.add(person.id);
  if (load.ctx.loaded.program.sink.kind !== 'ledger') for (const person of world.persons.all()) ids.add(person.id);
  await fetch(load, world.aliases, tables.PERSON_ALIASES, { by: ['personId'], keys: [[...ids]] });
}

/** All that a person has, for those who are about to be joined into another, and the codes that a command changes. */
async function loadJoinable(load: Loader, keys: Keys): Promise<void> {
  const { world } = load;
  const ids = joining(world, keys).map(([owner]) => owner as bigint);
  await fetch(load, world.codes, tables.CODES, {
    by: ['personId'],
    keys: [[...ids, ...personIds(world, keys.codeOwners)]],
  });
  await loadNextCodes(load, keys);
  if (ids.length === 0) return;
  await Promise.all([
    loadStanding(load, [...new Set(joining(world, keys).flat())]),
    fetchBalances(load, ids),
    fetch(load, world.referrals, tables.REFERRALS, { by: ['referrerId'], keys: [ids] }),
    fetch(load, world.rewards, tables.REWARDS, { by: ['personId'], keys: [ids] }),
    fetch(load, world.rewards, tables.REWARDS, { by: ['refereeId'], keys: [ids] }),
    fetch(load, world.lots, tables.LOTS, { by: ['personId'], keys: [ids] }),
    fetch(load, world.debts, tables.DEBTS, { by: ['personId'], keys: [ids] }),
    fetch(load, world.spends, tables.SPENDS, { by: ['personId'], keys: [ids] }),
  ]);
}

/** What the signals compare: who else was seen with these addresses, and the first payments around these times. */
async function loadSignals(load: Loader, keys: Keys, referees: readonly bigint[]): Promise<void> {
  const { world } = load;
  const referrers = Array.from(world.codes.all(), (code) => code.personId);
  const asked = keys.people.size > 0 || referees.length > 0;
  const people = [...new Set([...referees, ...(asked ? referrers : [])])];
  await fetch(load, world.facts, tables.PERSON_FACTS, { by: ['personId'], keys: [people] });
  if (keys.ipHashes.size > 0) await loadSharers(load, keys);
  await loadFirstPayments(load, keys);
  await loadSightings(load, keys);
  await loadFigures(load, keys);
  await loadDomainChecks(load, keys);
  await loadNetworkChecks(load, keys);
}

/** Only those who matter to the referrers at hand: an office's address may have been seen with thousands. */
async function loadSharers(load: Loader, keys: Keys): Promise<void> {
  const { world } = load;
  const referrers = new Set(Array.from(world.codes.all(), (code) => code.personId));
  if (referrers.size === 0) return;
  const hashes = [...keys.ipHashes];
  const more = `and (t.person_id = any($4::bigint[]) or exists (
    select from referrals r where r.program_no = $1 and r.referee_id = t.person_id and r.referrer_id = any($4::bigint[])))`;
  const by = { by: ['kind', 'valueHash'], keys: [hashes.map(() => 'ip'), hashes], more, values: [[...referrers]] };
  const sharers = await fetch(load, world.facts, tables.PERSON_FACTS, by);
  const sharing = sharers.map((fact) => fact.personId);
  await fetchById(load, world.referrals, tables.REFERRALS, sharing);
}

async function loadFirstPayments(load: Loader, keys: Keys): Promise<void> {
  const { world, ctx } = load;
  const config = ctx.loaded.program.signals.find((signal) => signal.name === 'velocity');
  const times = [...keys.paidAt];
  for (const payment of world.payments.all()) if (payment.paidAt) times.push(payment.paidAt.getTime());
  const referrers = new Set(Array.from(world.referrals.all(), (referral) => referral.referrerId));
  for (const code of world.codes.all()) referrers.add(code.personId);
  if (!config || times.length === 0 || referrers.size === 0) return;
  const within = Number(config.params.withinMs);
  const [from, to] = times.reduce(
    ([low, high], time) => [Math.min(low, time), Math.max(high, time)],
    [Infinity, -Infinity],
  );
  const more = 'and t.counted and t.paid_at > $3 and t.paid_at < $4';
  const values = [new Date(from - within), new Date(to + within)];
  await fetch(load, world.firstPayments, tables.FIRST_PAYMENTS, {
    by: ['referrerId'],
    keys: [[...referrers]],
    more,
    values,
  });
}
