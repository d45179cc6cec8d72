/**
 * The rows the engine reads and writes, as immutable records: one type for each table that it owns.
 * Promises: amounts and ids are bigint, times are Date, absent is null. Must never: be changed in place; a change is a
 * new record put into the world.
 */
import type { RatePpm } from './money.ts';
import type { Beneficiary } from './program.ts';

export interface Person {
  readonly id: bigint;
  /** The id the product knows, or `<source>:<customer id>` of someone known only as a paying customer. */
  readonly memberId: string;
  readonly createdAt: Date;
  /** The account's own age: its signup's created_at. A payment or token does not age it. */
  readonly accountCreatedAt: Date | null;
  readonly signedUpAt: Date | null;
  /** The signup is complete: its address is not unverified. */
  readonly completedAt: Date | null;
  readonly emailHash: string | null;
  /** The same address, as visit claims are kept under. */
  readonly claimHash: string | null;
  readonly emailVerified: boolean | null;
  readonly domainHash: string | null;
  readonly publicMailbox: boolean;
  /** The address is of a throw-away mailbox. */
  readonly disposable: boolean;
  readonly orgId: string | null;
  readonly rate: RatePpm | null;
  readonly tier: string | null;
  readonly suspendedAt: Date | null;
  readonly suspendedReason: string | null;
  readonly note: string | null;
  readonly firstPaymentId: bigint | null;
  readonly firstPaidAt: Date | null;
  readonly mergedInto: bigint | null;
  readonly deletedAt: Date | null;
  /** Nothing about them is taken in any more; what a late event brings is blanked with its body. */
  readonly erasedAt: Date | null;
}

/** `kind` member: value is the product's id. customer: `<provider>:<account>:<customer id>`. */
export interface PersonAlias {
  readonly kind: 'member' | 'customer';
  readonly value: string;
  readonly personId: bigint;
}

export interface PersonFact {
  readonly kind: 'ip' | 'subnet' | 'fingerprint' | 'instrument';
  readonly valueHash: string;
  readonly personId: bigint;
  readonly seenAt: Date;
}

export interface Code {
  readonly codeKey: string;
  readonly code: string;
  readonly personId: bigint;
  readonly kind: 'primary' | 'link';
  readonly channel: string | null;
  readonly campaign: string | null;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
  readonly suspendedAt: Date | null;
  readonly expiresAt: Date | null;
  readonly maxUses: number | null;
  readonly uses: number;
}

/** What a rule or a signal was asked, what it saw, and what it said: the lines of `explain`. */
export interface Finding {
  readonly asked: string;
  readonly saw: Readonly<Record<string, unknown>>;
  readonly said: string;
}

export interface Referral {
  readonly id: bigint;
  readonly refereeId: bigint;
  readonly referrerId: bigint;
  readonly codeKey: string;
  readonly carrier: string;
  readonly status: 'pending' | 'completed' | 'denied' | 'void';
  readonly reason: string | null;
  readonly flags: readonly string[];
  /** A signal at the signup holds every reward of this referral for a person. */
  readonly held: boolean;
  readonly evidence: readonly Finding[];
  readonly createdAt: Date;
  readonly completedAt: Date | null;
  /** Event time at which it began to count for tiers and for rewards of qualified referrals. */
  readonly qualifiedAt: Date | null;
  /** Not qualified by then, it never will be. null: there is no such time, or it is decided. */
  readonly qualifyUntil: Date | null;
}

/** Referrals of a referrer by state, as the database keeps them. */
export interface ReferralCount {
  readonly personId: bigint;
  readonly qualified: bigint;
}

/** Who came first from an e-mail domain with a code. */
export interface DomainUse {
  readonly codeKey: string;
  readonly domainHash: string;
  readonly refereeId: bigint;
}

/** What a member has used, counted up to the highest milestone of any rule. */
export interface UsageTotal {
  readonly personId: bigint;
  readonly quantity: bigint;
  readonly billable: bigint;
  /** Event time at which usage reached what `qualify` asks for. */
  readonly qualifyingAt: Date | null;
  /** Known to the day. */
  readonly lastAt: Date;
}

export interface UsageEvent {
  readonly personId: bigint;
  readonly usageId: string;
  readonly quantity: bigint;
  readonly billable: boolean;
  readonly at: Date;
}

export interface TierChange {
  readonly id: bigint;
  readonly personId: bigint;
  readonly tier: string;
  readonly since: Date;
}

/** Net of the payments that earned a share, by the month (UTC, `2026-03`) of their event time. */
export interface MonthVolume {
  readonly personId: bigint;
  readonly month: string;
  readonly net: bigint;
}

/** What a rule's lifetime cap has allowed somebody so far. */
export interface Allowance {
  readonly personId: bigint;
  readonly rule: string;
  readonly used: bigint;
}

export interface Claim {
  readonly id: bigint;
  readonly personId: bigint;
  readonly codeKey: string;
  readonly carrier: string;
  readonly outcome: string;
  readonly at: Date;
  readonly causeId: bigint;
}

export interface Payment {
  readonly id: bigint;
  readonly source: string;
  readonly provider: string;
  readonly account: string;
  readonly sourcePaymentId: string;
  /** nameRank of the object that gave the name; a lower one may rename it until something was posted. */
  readonly nameRank: number;
  readonly mode: 'test' | 'live';
  /** null while only a refund or dispute has named it. */
  readonly figures: {
    readonly currency: string;
    readonly gross: bigint;
    readonly tax: bigint;
    readonly discount: bigint | null;
    readonly creditApplied: bigint | null;
    readonly settled: { readonly currency: string; readonly gross: bigint } | null;
  } | null;
  readonly figuresRank: number;
  readonly kind: string | null;
  readonly paidAt: Date | null;
  readonly personId: bigint | null;
  readonly payerBy: string | null;
  /** How strong the hint behind personId is; lower is stronger. */
  readonly payerRank: number;
  readonly emailHash: string | null;
  readonly instrumentHash: string | null;
  readonly matchUntil: Date | null;
  /** It has waited, and nothing could say whether an invoice stands behind it. */
  readonly unmatched: boolean;
  readonly mergedInto: bigint | null;
  readonly reason: string | null;
  readonly createdAt: Date;
}

export interface PaymentAlias {
  readonly provider: string;
  readonly account: string;
  readonly objectId: string;
  /** null: two invoices share the object. */
  readonly paymentId: bigint | null;
}

export interface PaymentLink {
  readonly provider: string;
  readonly account: string;
  readonly objectId: string;
  readonly paymentId: bigint;
  readonly amountPaid: bigint;
}

/** A refund or dispute as told. `objectId` is the payment object that it names first. */
export interface Deduction {
  readonly provider: string;
  readonly account: string;
  readonly kind: 'refund' | 'dispute';
  readonly deductionId: string;
  readonly objectId: string;
  readonly amount: bigint;
  readonly tax: bigint | null;
  readonly status: 'pending' | 'succeeded' | 'failed' | 'warning' | 'open' | 'won' | 'lost';
}

export interface FirstPayment {
  readonly referrerId: bigint;
  readonly refereeId: bigint;
  readonly paymentId: bigint;
  readonly paidAt: Date;
  readonly counted: boolean;
}

export type RewardStatus = 'pending' | 'credited' | 'failed' | 'reversed' | 'rejected';

export interface Reward {
  readonly id: bigint;
  readonly rule: string;
  readonly beneficiary: Beneficiary;
  readonly personId: bigint;
  readonly memberId: string;
  readonly referrerId: bigint;
  readonly refereeId: bigint;
  readonly status: RewardStatus;
  readonly reason: string | null;
  readonly outcome: 'refused' | 'unknown' | null;
  readonly flags: readonly string[];
  readonly unit: string;
  readonly amount: bigint;
  readonly reversedAmount: bigint;
  readonly forfeitedAmount: bigint;
  readonly postedAmount: bigint;
  /** What a lifetime cap left of it when it was decided; null without a cap. */
  readonly allowance: bigint | null;
  /** What its rule paid when it was decided, before any cap; null for shares. */
  readonly fixedAmount: bigint | null;
  readonly rate: RatePpm | null;
  readonly conversionNum: bigint;
  readonly conversionDen: bigint;
  readonly baseAmount: bigint | null;
  readonly baseCurrency: string | null;
  readonly source: string | null;
  readonly sourcePaymentId: string | null;
  readonly paymentId: bigint | null;
  readonly idempotencyKey: string;
  readonly programVersion: number;
  /** The signals let it through. */
  readonly released: boolean;
  /** A person let it through. */
  readonly approvedAt: Date | null;
  readonly deliveredAmount: bigint;
  /** The delivery that is not settled yet; at most one at a time. */
  readonly inFlight: bigint | null;
  readonly reverseCount: number;
  readonly restoreCount: number;
  readonly createdAt: Date;
  readonly creditedAt: Date | null;
  readonly vestsAt: Date | null;
  readonly settlesAt: Date | null;
  readonly expiresAt: Date | null;
  readonly explain: readonly Finding[];
}

export interface RewardHistory {
  readonly id: bigint;
  readonly rewardId: bigint;
  readonly status: RewardStatus;
  readonly reason: string | null;
  readonly outcome: string | null;
  readonly amount: bigint;
  readonly at: Date;
  readonly causeId: bigint;
  readonly actor: string | null;
  readonly note: string | null;
}

/** Somebody has approved a reward that needs two persons. */
export interface RewardApproval {
  readonly rewardId: bigint;
  readonly actor: string;
  readonly at: Date;
}

export type PersonAccount = 'pending' | 'available' | 'delivered' | 'debt';
export type ProgramAccount = 'rewards' | 'spent' | 'expired' | 'forfeited';
export type TransactionKind =
  | 'earn'
  | 'credit'
  | 'release'
  | 'deliver'
  | 'spend'
  | 'unspend'
  | 'expire'
  | 'forfeit'
  | 'reverse'
  | 'restore'
  | 'repay'
  | 'join';

/** One line of a ledger transaction; `personId` 0n is the program itself. What comes in is positive. */
export interface Entry {
  readonly personId: bigint;
  readonly account: PersonAccount | ProgramAccount;
  readonly unit: string;
  readonly amount: bigint;
}

export interface LedgerTransaction {
  readonly id: bigint;
  readonly kind: TransactionKind;
  readonly rewardId: bigint | null;
  readonly spendId: bigint | null;
  readonly causeId: bigint;
  readonly at: Date;
  readonly entries: readonly Entry[];
}

export interface Lot {
  readonly personId: bigint;
  readonly rewardId: bigint;
  readonly unit: string;
  readonly granted: bigint;
  readonly remaining: bigint;
  readonly expired: bigint;
  readonly expiresAt: Date | null;
  /** How often it has expired: a voided spend or a restoration may open it again. */
  readonly expiries: number;
  /** The most that its reward may give: what was forfeited above it is never given after all. */
  readonly allowed: bigint;
  readonly createdAt: Date;
}

/** Credit that was used. What it took of which lots stands beside it, so that a void gives it back to the same. */
export interface Spend {
  readonly id: bigint;
  readonly personId: bigint;
  /** As the product named them. */
  readonly memberId: string;
  readonly unit: string;
  readonly amount: bigint;
  readonly idempotencyKey: string;
  readonly reason: string | null;
  /** Available right after it. */
  readonly balanceAfter: bigint;
  readonly causeId: bigint;
  readonly createdAt: Date;
  readonly voidedAt: Date | null;
}

export interface SpendLot {
  readonly spendId: bigint;
  readonly rewardId: bigint;
  readonly amount: bigint;
}

export interface Debt {
  readonly rewardId: bigint;
  readonly personId: bigint;
  readonly unit: string;
  readonly amount: bigint;
  readonly remaining: bigint;
  readonly createdAt: Date;
}

/** A delivery as the engine plans it; from then on the delivery stage owns the row. */
export interface DeliveryIntent {
  readonly id: bigint;
  readonly rewardId: bigint;
  readonly kind: 'create' | 'reverse' | 'restore';
  readonly amount: bigint;
  readonly unit: string;
  readonly idempotencyKey: string;
  readonly createdAt: Date;
  readonly triedOnce: boolean;
  readonly causeId: bigint;
  readonly personId: bigint;
}
