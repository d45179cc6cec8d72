/**
 * Two persons who turn out to be one.
 * Promises: the member keeps its own id and takes over the other's ids, payments, facts and referral (the elder one
 * stays); money moves by balanced `join` entries. Must never: lose a payment or a credit, or leave somebody referring
 * themselves.
 */
import type { FoldContext, FoldEvent } from '../model/fold.ts';
import type { Entry, Person, Referral } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { joinUsage, usageNeeds } from './usage.ts';

/** `kept` lives on. Safe to run twice: the second time there is nothing left to move. Returns `kept` as it is now. */
export function joinPersons(world: World, ctx: FoldContext, event: FoldEvent, kept: Person, gone: Person): Person {
  for (const alias of world.aliases.by('person', gone.id)) world.aliases.put({ ...alias, personId: kept.id });
  for (const payment of world.payments.by('person', gone.id)) world.payments.put({ ...payment, personId: kept.id });
  for (const code of world.codes.by('person', gone.id)) {
    world.codes.put({ ...code, personId: kept.id, kind: 'link' });
  }
  moveReferrals(world, ctx, event, kept, gone);
  joinUsage(world, kept.id, gone.id, usageNeeds(ctx.loaded.program));
  moveRewards(world, kept, gone);
  moveMoney(world, ctx, event, kept, gone);
  moveSuspension(world, ctx, event, kept, gone);
  world.persons.put({
    ...gone,
    mergedInto: kept.id,
    emailHash: null,
    claimHash: null,
    firstPaymentId: null,
    firstPaidAt: null,
  });
  const earlier = gone.firstPaidAt && (!kept.firstPaidAt || gone.firstPaidAt < kept.firstPaidAt) ? gone : kept;
  const joined: Person = {
    ...kept,
    firstPaymentId: earlier.firstPaymentId,
    firstPaidAt: earlier.firstPaidAt,
    emailHash: kept.emailHash ?? gone.emailHash,
    claimHash: kept.emailHash ? kept.claimHash : gone.claimHash,
    emailVerified: kept.emailHash ? kept.emailVerified : gone.emailVerified,
    domainHash: kept.domainHash ?? gone.domainHash,
    rate: kept.rate ?? gone.rate,
    tier: kept.tier ?? gone.tier,
    suspendedAt: kept.suspendedAt ?? gone.suspendedAt,
    suspendedReason: kept.suspendedReason ?? gone.suspendedReason,
  };
  world.persons.put(joined);
  return joined;
}

/** The elder referral stays; where referrer and referee turn out to be one, it is void. */
function moveReferrals(world: World, ctx: FoldContext, event: FoldEvent, kept: Person, gone: Person): void {
  for (const made of world.referrals.by('referrer', gone.id)) {
    world.referrals.put(made.refereeId === kept.id ? asVoid(made, 'self_referral') : { ...made, referrerId: kept.id });
  }
  const theirs = world.referrals.get(gone.id);
  const ours = world.referrals.get(kept.id);
  if (!theirs || theirs.status === 'void') return;
  if (theirs.referrerId === kept.id) {
    world.referrals.put(asVoid(theirs, 'self_referral'));
    return;
  }
  const elder = !ours || ours.status === 'void' || theirs.createdAt < ours.createdAt;
  world.referrals.put(asVoid(theirs, 'joined'));
  if (elder) world.referrals.put({ ...theirs, id: ours?.id ?? ctx.nextId(), refereeId: kept.id });
  const loser = elder ? ours : theirs;
  if (!loser) return;
  world.claims.put({
    id: ctx.nextId(),
    personId: kept.id,
    codeKey: loser.codeKey,
    carrier: loser.carrier,
    outcome: 'lost_to_elder_referral',
    at: ctx.now,
    causeId: event.id,
  });
}

function asVoid(referral: Referral, reason: 'self_referral' | 'joined'): Referral {
  return { ...referral, status: 'void', reason };
}

/** Rewards and credit follow their person, with the ids and the expiry they first had; balances follow by entries. */
function moveRewards(world: World, kept: Person, gone: Person): void {
  for (const reward of world.rewards.by('referee', gone.id)) world.rewards.put({ ...reward, refereeId: kept.id });
  for (const reward of world.rewards.by('person', gone.id)) world.rewards.put({ ...reward, personId: kept.id });
  for (const lot of world.lots.by('person', gone.id)) world.lots.put({ ...lot, personId: kept.id });
  for (const spend of world.spends.by('person', gone.id)) world.spends.put({ ...spend, personId: kept.id });
  for (const debt of world.debts.by('person', gone.id)) world.debts.put({ ...debt, personId: kept.id });
}

function moveMoney(world: World, ctx: FoldContext, event: FoldEvent, kept: Person, gone: Person): void {
  const entries: Entry[] = [];
  for (const balance of world.balances.by('person', gone.id)) {
    if (balance.balance === 0n) continue;
    const { account, unit } = balance;
    entries.push({ personId: gone.id, account, unit, amount: -balance.balance });
    entries.push({ personId: kept.id, account, unit, amount: balance.balance });
  }
  if (entries.length === 0) return;
  world.post({
    id: ctx.nextId(),
    kind: 'join',
    rewardId: null,
    spendId: null,
    causeId: event.id,
    at: ctx.now,
    entries,
  });
}

/** Both were suspended: one suspension of one person stays, with all that was forfeited. */
function moveSuspension(world: World, ctx: FoldContext, event: FoldEvent, kept: Person, gone: Person): void {
  for (const forfeit of world.forfeits.by('live', gone.id)) world.forfeits.put({ ...forfeit, personId: kept.id });
  for (const suspension of world.suspensions.by('live', gone.id)) {
    const doubled = kept.suspendedAt !== null;
    const ends = doubled ? { liftedAt: ctx.now, liftedBy: 'join' } : {};
    world.suspensions.put({ ...suspension, personId: kept.id, ...ends });
    for (const appeal of world.appeals.by('suspension', suspension.id))
      world.appeals.put({ ...appeal, personId: kept.id });
    if (doubled) continue;
    const command = { command: 'suspension.settle', personId: String(kept.id) } as const;
    world.told.put({ id: ctx.nextId(), command, at: ctx.now, triedOnce: event.triedOnce });
  }
}
