/**
 * The world: everything of one program that a batch of events may read or change, in memory.
 * Promises: the fold sees nothing else; a whole program held in memory (the simulator, property tests) and the part
 * that load-world fetches behave the same. Must never: know where its records come from or go to.
 */
import type { Command } from './commands.ts';
import type { ClickFigures, DomainCheck, NetworkCheck, ReferrerFigures } from './figures.ts';
import type {
  Allowance,
  Claim,
  Code,
  Debt,
  Deduction,
  DeliveryIntent,
  DomainUse,
  FirstPayment,
  LedgerTransaction,
  Lot,
  MonthVolume,
  Payment,
  PaymentAlias,
  PaymentLink,
  Person,
  PersonAccount,
  PersonAlias,
  PersonFact,
  Referral,
  ReferralCount,
  Reward,
  RewardApproval,
  RewardHistory,
  Spend,
  SpendLot,
  TierChange,
  UsageEvent,
  UsageTotal,
} from './records.ts';
import type { Appeal, Forfeit, Report, Suspension } from './suspensions.ts';
import { Table } from './table.ts';
import type { Visit, VisitClaim, VisitPlace } from './visits.ts';

/** What tells who a person is, and for programs that ask about networks where they were; sealed under a key of the person's own when saved. */
export interface PersonSecret {
  readonly personId: bigint;
  readonly email: string | null;
  readonly name: string | null;
  readonly ip: string | null;
}

/** A keyed hash of somebody who was erased: no second bonus. */
export interface ErasedPrint {
  readonly kind: 'email';
  readonly valueHash: string;
  readonly personId: bigint;
}

/** The delivery that a reward names as its open one, read under its row's lock, so that no sender claims it meanwhile. */
export interface OpenDelivery {
  readonly id: bigint;
  readonly rewardId: bigint;
  readonly kind: DeliveryIntent['kind'];
  readonly amount: bigint;
  readonly state: 'planned' | 'sending' | 'accepted' | 'waiting' | 'parked' | 'refused' | 'confirmed' | 'cancelled';
  /** Tried once, now, whatever the breaker and the queue say: somebody approved it. */
  readonly tryNow: boolean;
}

/** A person's balance as the ledger has it; kept current by `post`. */
export interface Balance {
  readonly personId: bigint;
  readonly account: PersonAccount;
  readonly unit: string;
  readonly balance: bigint;
}

/** An admin's action, written with its effects. */
export interface AuditRecord {
  readonly id: bigint;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly reason: string | null;
  readonly before: unknown;
  readonly after: unknown;
}

/** A place on a month's leaderboard, as it stood when the month was over. */
export interface Standing {
  readonly month: string;
  readonly rank: number;
  readonly personId: bigint;
  readonly signups: number;
}

/** A promotion code or discount of the provider, and the code that it carries. */
export interface CodeAlias {
  readonly provider: string;
  readonly account: string;
  readonly objectId: string;
  readonly codeKey: string;
  readonly toldAt: Date;
}

/** What the fold tells itself next: an event of the internal source, queued with the effects of this one. */
export interface ToldCommand {
  readonly id: bigint;
  readonly command: Command;
  readonly at: Date;
  readonly triedOnce: boolean;
}

export interface SourceType {
  readonly source: string;
  readonly type: string;
  readonly firstSeenAt: Date;
}

export const objectKey = (o: { provider: string; account: string; objectId: string }): string =>
  `${o.provider}\n${o.account}\n${o.objectId}`;

export const aliasKey = (kind: 'member' | 'customer', value: string): string => `${kind}\n${value}`;

export const customerValue = (provider: string, account: string, customerId: string): string =>
  `${provider}:${account}:${customerId}`;

export class World {
  readonly persons = new Table<Person>({
    key: (p) => p.id,
    indexes: { email: (p) => p.emailHash, claim: (p) => p.claimHash, joined: (p) => p.mergedInto },
  });
  readonly aliases = new Table<PersonAlias>({
    key: (a) => aliasKey(a.kind, a.value),
    indexes: { person: (a) => a.personId },
  });
  readonly secrets = new Table<PersonSecret>({ key: (s) => s.personId });
  readonly erasedPrints = new Table<ErasedPrint>({ key: (p) => `${p.kind}\n${p.valueHash}` });
  /** Persons whose erasure begins with this batch. */
  readonly erasures = new Table<{ readonly personId: bigint }>({ key: (e) => e.personId });
  /** Rows of the inbox that name somebody who is erased. */
  readonly blanked = new Table<{ readonly inboxId: bigint }>({ key: (b) => b.inboxId });
  readonly facts = new Table<PersonFact>({
    key: (f) => `${f.kind}\n${f.valueHash}\n${f.personId}`,
    indexes: { value: (f) => `${f.kind}\n${f.valueHash}`, person: (f) => f.personId },
  });
  readonly codes = new Table<Code>({ key: (c) => c.codeKey, indexes: { person: (c) => c.personId } });
  readonly referrals = new Table<Referral>({
    key: (r) => r.refereeId,
    indexes: { referrer: (r) => r.referrerId },
  });
  /** Never saved: the database counts referrals itself. */
  readonly referralCounts = new Table<ReferralCount>({ key: (c) => c.personId });
  readonly domainUses = new Table<DomainUse>({ key: (d) => `${d.codeKey}\n${d.domainHash}` });
  readonly domainChecks = new Table<DomainCheck>({ key: (d) => d.domainHash });
  readonly networkChecks = new Table<NetworkCheck>({ key: (n) => n.ipHash });
  readonly usageTotals = new Table<UsageTotal>({ key: (u) => u.personId });
  readonly usageEvents = new Table<UsageEvent>({
    key: (u) => `${u.personId}\n${u.usageId}`,
    indexes: { person: (u) => u.personId },
  });
  readonly tierChanges = new Table<TierChange>({ key: (t) => t.id, indexes: { person: (t) => t.personId } });
  readonly monthVolumes = new Table<MonthVolume>({ key: (v) => `${v.personId}\n${v.month}` });
  /** Never saved: the sum of what rewards say. */
  readonly allowances = new Table<Allowance>({ key: (a) => `${a.personId}\n${a.rule}` });
  /** Never saved: counted anew whenever a signal asks. */
  readonly clickFigures = new Table<ClickFigures>({ key: (f) => f.personId });
  readonly referrerFigures = new Table<ReferrerFigures>({ key: (f) => f.personId });
  /** Never saved: read when a month is closed. */
  readonly standings = new Table<Standing>({ key: (s) => `${s.month}\n${s.rank}` });
  /** Loaded are those of objects that nobody had explained (`unexplained`), and of people whom a visit claim names. */
  readonly claims = new Table<Claim>({
    key: (c) => c.id,
    indexes: { unexplained: (c) => (c.outcome === 'unknown_code' ? c.codeKey : null), person: (c) => c.personId },
  });
  readonly codeAliases = new Table<CodeAlias>({ key: objectKey });
  /** Never saved by the fold: browsers tell of visits, beside the inbox. */
  readonly visits = new Table<Visit>({
    key: (v) => `${v.visitorHash}\n${v.codeKey}`,
    indexes: { visitor: (v) => v.visitorHash },
  });
  readonly visitClaims = new Table<VisitClaim>({
    key: (c) => `${c.emailHash}\n${c.visitorHash}\n${c.codeKey}`,
    indexes: { id: (c) => c.id, email: (c) => c.emailHash },
  });
  readonly visitPlaces = new Table<VisitPlace>({ key: (p) => `${p.networkHash}\n${p.claimedAt.getTime()}` });
  readonly payments = new Table<Payment>({
    key: (p) => p.id,
    indexes: {
      person: (p) => p.personId,
      email: (p) => p.emailHash,
      merged: (p) => p.mergedInto,
      name: (p) => (p.mergedInto === null ? p.sourcePaymentId : null),
    },
  });
  readonly paymentAliases = new Table<PaymentAlias>({ key: objectKey, indexes: { payment: (a) => a.paymentId } });
  readonly paymentLinks = new Table<PaymentLink>({
    key: (l) => `${objectKey(l)}\n${l.paymentId}`,
    indexes: { payment: (l) => l.paymentId, object: objectKey },
  });
  readonly deductions = new Table<Deduction>({
    key: (d) => `${d.provider}\n${d.account}\n${d.kind}\n${d.deductionId}`,
    indexes: { object: objectKey },
  });
  readonly firstPayments = new Table<FirstPayment>({
    key: (f) => f.paymentId,
    indexes: { referrer: (f) => (f.counted ? f.referrerId : null) },
  });
  readonly rewards = new Table<Reward>({
    key: (r) => r.id,
    indexes: { payment: (r) => r.paymentId, person: (r) => r.personId, referee: (r) => r.refereeId },
  });
  readonly approvals = new Table<RewardApproval>({
    key: (a) => `${a.rewardId}\n${a.actor}`,
    indexes: { reward: (a) => a.rewardId },
  });
  readonly history = new Table<RewardHistory>({ key: (h) => h.id });
  readonly transactions = new Table<LedgerTransaction>({ key: (t) => t.id });
  readonly lots = new Table<Lot>({ key: (l) => l.rewardId, indexes: { person: (l) => l.personId } });
  readonly debts = new Table<Debt>({ key: (d) => d.rewardId, indexes: { person: (d) => d.personId } });
  readonly spends = new Table<Spend>({
    key: (s) => s.id,
    indexes: { key: (s) => s.idempotencyKey, person: (s) => s.personId },
  });
  readonly spendLots = new Table<SpendLot>({
    key: (l) => `${l.spendId}\n${l.rewardId}`,
    indexes: { spend: (l) => l.spendId },
  });
  /** Never saved: the database keeps balances itself, from the entries. */
  readonly balances = new Table<Balance>({
    key: (b) => `${b.personId}\n${b.account}\n${b.unit}`,
    indexes: { person: (b) => b.personId },
  });
  readonly deliveries = new Table<DeliveryIntent>({ key: (d) => d.id });
  readonly openDeliveries = new Table<OpenDelivery>({ key: (d) => d.id });
  readonly suspensions = new Table<Suspension>({
    key: (s) => s.id,
    indexes: { live: (s) => (s.liftedAt === null ? s.personId : null) },
  });
  readonly forfeits = new Table<Forfeit>({
    key: (f) => f.id,
    indexes: { live: (f) => (f.restoredAt === null ? f.personId : null) },
  });
  readonly appeals = new Table<Appeal>({ key: (a) => a.id, indexes: { suspension: (a) => a.suspensionId } });
  readonly reports = new Table<Report>({ key: (r) => r.id });
  readonly told = new Table<ToldCommand>({ key: (t) => t.id });
  readonly audit = new Table<AuditRecord>({ key: (a) => a.id });
  readonly sourceTypes = new Table<SourceType>({ key: (s) => `${s.source}\n${s.type}` });

  readonly #tables: readonly Table<unknown>[] = Object.values(this).filter((value) => value instanceof Table);

  /** Posts one ledger transaction. The engine's only way to money; the database checks it again. */
  post(transaction: LedgerTransaction): void {
    this.transactions.put(transaction);
    for (const { personId, account, unit, amount } of transaction.entries) {
      if (personId === 0n) continue;
      const held = account as PersonAccount;
      const before = this.balances.get(`${personId}\n${account}\n${unit}`)?.balance ?? 0n;
      this.balances.put({ personId, account: held, unit, balance: before + amount });
    }
  }

  mark(): void {
    for (const table of this.#tables) table.mark();
  }

  /** Takes back all that was put since `mark`. */
  undo(): void {
    for (const table of this.#tables) table.undo();
  }
}
