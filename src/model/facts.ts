/**
 * The words between the providers and the engine: what a verified webhook says, in Plusone's own terms.
 * Promises: a fact is what the sender told, under the sender's own ids, with nothing decided. Must never: carry a
 * clock of ours, a person id of ours, or a provider's type name. A provider file turns one body into facts; the
 * engine folds them in any order and any number of times.
 */

/** A referral code that came along, and by which carrier; attribution ranks them. */
export interface CodeClaim {
  /** The code, or the id of `object`, which carries one. */
  readonly code: string;
  readonly carrier: string;
  /** A promotion code (Stripe) or discount (Paddle), told by its id only; `code_alias` says which code it carries. */
  readonly object?: { readonly provider: string; readonly account: string } | undefined;
}

/** Who paid, by one name the body gives. `by` is the program file's word: `metadata.user_id`, `client_reference_id`, `email`. */
export interface PayerHint {
  readonly by: string;
  readonly memberId: string;
}

export interface MemberFact {
  readonly fact: 'member';
  /** created: a signup. updated: only what it names changes. seen: known from a token or an event, not a signup. */
  readonly change: 'created' | 'updated' | 'seen';
  readonly memberId: string;
  readonly email?: string | undefined;
  /** Absent counts as verified at `created`, and changes nothing at `updated`. */
  readonly emailVerified?: boolean | undefined;
  readonly name?: string | undefined;
  readonly codes: readonly CodeClaim[];
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly visitorId?: string | undefined;
  readonly orgId?: string | undefined;
  readonly createdAt?: Date | undefined;
}

export interface MemberDeletedFact {
  readonly fact: 'member_deleted';
  readonly memberId: string;
}

/** A customer of a payment provider. `memberIds` were set by a server and tie the customer to that member for good. */
export interface CustomerFact {
  readonly fact: 'customer';
  readonly provider: string;
  readonly account: string;
  readonly customerId: string;
  readonly memberIds: readonly PayerHint[];
  readonly email?: string | undefined;
  readonly codes: readonly CodeClaim[];
  /** The codes refer a newcomer only: a customer of long standing may redeem a promotion, too. */
  readonly newcomersOnly?: boolean | undefined;
}

/** An object of the provider that buyers redeem, and the referral code that it carries. */
export interface CodeAliasFact {
  readonly fact: 'code_alias';
  readonly provider: string;
  readonly account: string;
  readonly objectId: string;
  readonly code: string;
}

/**
 * Figures rank: the higher rank's figures hold, whoever came last. An invoice knows tax and credit; a session knows
 * tax; a payment intent knows what was received; a charge the least.
 */
export const FIGURES_RANK = { charge: 1, payment_intent: 2, session: 3, invoice: 4 } as const;

/** An object of the provider that is (a part of) one payment. The lowest nameRank gives `source_payment_id`. */
export interface PaymentObject {
  readonly id: string;
  readonly nameRank: number;
}

export interface PaymentFact {
  readonly fact: 'payment';
  readonly provider: string;
  readonly account: string;
  readonly objects: readonly PaymentObject[];
  readonly rank: number;
  readonly currency: string;
  /** What was paid in money, tax included, minor units. */
  readonly gross: bigint;
  /** The part of `gross` that is tax. */
  readonly tax: bigint;
  readonly discount?: bigint | undefined;
  readonly creditApplied?: bigint | undefined;
  /** The same money in the currency the provider settles in, where the body says so. */
  readonly settled?: { readonly currency: string; readonly gross: bigint } | undefined;
  readonly paidAt: Date;
  readonly payers: readonly PayerHint[];
  readonly customerId?: string | undefined;
  readonly email?: string | undefined;
  readonly codes: readonly CodeClaim[];
  readonly kind?: 'top_up' | 'invoice' | 'one_off' | undefined;
  readonly instrument?: string | undefined;
  /** false: nothing in the body says whether an invoice stands behind it; the payment waits as `matching`. */
  readonly standsAlone: boolean;
  /** Objects of other providers that are this payment too: `stripe:pi_…`. */
  readonly sameAs: readonly { readonly provider: string; readonly object: string }[];
}

/** These objects are one payment (invoice_payment.paid): `invoice` was paid by `object`, to this amount. */
export interface PaymentLinkFact {
  readonly fact: 'payment_link';
  readonly provider: string;
  readonly account: string;
  readonly invoice: PaymentObject;
  readonly object: PaymentObject;
  readonly others: readonly PaymentObject[];
  readonly amountPaid: bigint;
}

export interface RefundFact {
  readonly fact: 'refund';
  readonly provider: string;
  readonly account: string;
  readonly refundId: string;
  readonly objects: readonly PaymentObject[];
  readonly amount: bigint;
  /** The tax part, where the provider states it. */
  readonly tax?: bigint | undefined;
  /** `failed` is final and wins over any other, whichever came last. */
  readonly status: 'pending' | 'succeeded' | 'failed';
}

export interface DisputeFact {
  readonly fact: 'dispute';
  readonly provider: string;
  readonly account: string;
  readonly disputeId: string;
  readonly objects: readonly PaymentObject[];
  readonly amount: bigint;
  readonly tax?: bigint | undefined;
  /** warning: an inquiry, no money has moved. Of several told, in any order: won over lost over open over warning. */
  readonly status: 'warning' | 'open' | 'won' | 'lost';
}

export interface UsageFact {
  readonly fact: 'usage';
  readonly usageId: string;
  readonly memberId: string;
  readonly quantity: bigint;
  readonly billable: boolean;
  /** undefined: when it was told. */
  readonly at: Date | undefined;
}

export type Fact =
  | MemberFact
  | MemberDeletedFact
  | CustomerFact
  | CodeAliasFact
  | PaymentFact
  | PaymentLinkFact
  | RefundFact
  | DisputeFact
  | UsageFact;

/** What a provider file makes of one verified body. */
export interface Normalized {
  /** undefined: the body does not say; it counts as the program's mode. */
  readonly mode: 'test' | 'live' | undefined;
  readonly occurredAt: Date | undefined;
  readonly facts: readonly Fact[];
  /** Why there are no facts: `unknown_type`, `not_paid`, `out_of_band` … Shown in the inbox. */
  readonly ignored: string | undefined;
}

/**
 * A verified body of a type that we handle, which lacks what its facts need or has it in a shape we do not know. The
 * engine parks the event with this message, raw body in view; a corrected provider file and a replay heal it.
 */
export class NotUnderstood extends Error {
  readonly field: string;
  readonly reason: string;

  constructor(field: string, reason: string) {
    super(`${field}: ${reason}`);
    this.name = 'NotUnderstood';
    this.field = field;
    this.reason = reason;
  }
}
