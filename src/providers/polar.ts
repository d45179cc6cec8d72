/**
 * Polar: paid orders, refunds, and customers.
 * Promises: gross is what was due in money (`total_amount` less the customer's balance that was used), once it was paid.
 * Must never: decode the secret, which is text here although it may begin with `whsec_`; earn on `order.created` or
 * `order.updated`, which may still be unpaid; or take back what `order.refunded` sums up beside the refunds themselves.
 */
import {
  type CustomerFact,
  type Fact,
  FIGURES_RANK,
  type Normalized,
  NotUnderstood,
  type PaymentFact,
  type RefundFact,
} from '../model/facts.ts';
import { maxOf } from '../model/money.ts';
import type { InboundRequest, Provider, SourceConfig, Verified } from '../model/provider.ts';
import { minorFromNumber, optionalAmount, requiredAmount, shown, signedFromNumber, taxShare } from './amounts.ts';
import { at, email, requiredCurrency, requiredText, requiredTime, text, timeFromIso } from './json.ts';
import { codesOf, emailIfListed, kindOf, payersOf, type ReadPath } from './people.ts';
import { opened, refused, refuseTextSecret } from './signatures.ts';
import { proveStandard } from './standard-webhooks.ts';

interface PolarEvent {
  readonly occurredAt: Date | undefined;
  readonly data: unknown;
  readonly source: SourceConfig;
}

const HANDLERS: Readonly<Record<string, (event: PolarEvent) => Fact>> = {
  'order.paid': orderPaid,
  'refund.created': refunded,
  'refund.updated': refunded,
  'customer.created': customerKnown,
  'customer.updated': customerKnown,
};

/** Types that we know and leave alone, and why. */
const LEFT_ALONE: Readonly<Record<string, string>> = {
  'order.created': 'wait_for_order_paid',
  'order.updated': 'wait_for_order_paid',
  'order.refunded': 'cross_check_only',
};

/** What a checkout's server-side maker wrote. `metadata.reference_id` is not: anybody can put it into a checkout link. */
const MEMBER_FROM = ['customer.external_id', 'metadata.user_id', 'metadata.member_id', 'email'];

export const polar: Provider = {
  kind: 'polar',
  handles: Object.keys(HANDLERS),
  defaults: { memberFrom: MEMBER_FROM, codeFrom: ['metadata.ref', 'metadata.referral_code', 'metadata.referral'] },
  refuseSecret: (secret) => refuseTextSecret(secret, ['whsec_', 'polar_whs_']),
  verify,
  normalize,
};

function verify(request: InboundRequest, source: SourceConfig, now: Date): Verified {
  const keys = source.secrets
    .filter((secret) => polar.refuseSecret(secret) === undefined)
    .map((secret) => Buffer.from(secret, 'utf8'));
  const proof = proveStandard(request, { family: 'webhook', keys }, now);
  if (!proof.ok) return refused(proof.refusal);
  return opened(request.raw, (body) => ({ id: proof.id, type: body.type, occurredAt: timeFromIso(body.timestamp) }));
}

function normalize(body: unknown, { type }: { readonly type: string }, source: SourceConfig): Normalized {
  const occurredAt = timeFromIso(at(body, 'timestamp'));
  const handler = Object.hasOwn(HANDLERS, type) ? HANDLERS[type] : undefined;
  // The sandbox is a server of its own; its bodies look the same.
  if (handler) {
    const facts = [handler({ occurredAt, data: at(body, 'data'), source })];
    return { mode: undefined, occurredAt, facts, ignored: undefined };
  }
  const ignored = Object.hasOwn(LEFT_ALONE, type) ? LEFT_ALONE[type] : 'unknown_type';
  return { mode: undefined, occurredAt, facts: [], ignored };
}

function orderPaid({ data, occurredAt, source }: PolarEvent): PaymentFact {
  const read: ReadPath = (path) => text(at(data, path));
  const total = requiredAmount(data, 'total_amount', minorFromNumber);
  // Negative where the customer's balance paid a part, positive where an old debt was paid with it.
  const balance = optionalAmount(data, 'applied_balance_amount', signedFromNumber) ?? 0n;
  const gross = maxOf(0n, total + balance);
  const reason = text(at(data, 'billing_reason'));
  return {
    fact: 'payment',
    provider: 'polar',
    account: '',
    objects: [{ id: requiredText(data, 'id'), nameRank: 0 }],
    rank: FIGURES_RANK.invoice,
    currency: requiredCurrency(data, 'currency'),
    gross,
    tax: taxShare(requiredAmount(data, 'tax_amount', minorFromNumber), gross, total),
    discount: shown(minorFromNumber(at(data, 'discount_amount'))),
    creditApplied: shown(total - gross),
    // `created_at` is the order's; a renewal may be paid days after it.
    paidAt: requiredTime(occurredAt ?? timeFromIso(at(data, 'created_at')), 'timestamp'),
    payers: payersOf(source.memberFrom, read),
    customerId: text(at(data, 'customer_id')) ?? text(at(data, 'customer.id')),
    email: emailIfListed(source.memberFrom, email(at(data, 'customer.email'))),
    codes: codesOf(source.codeFrom, read),
    kind: reason?.startsWith('subscription_') ? 'invoice' : kindOf(at(data, 'metadata.kind')),
    standsAlone: true,
    sameAs: [],
  };
}

/** `amount` is without tax. A refund that was made to forestall a dispute (`dispute`) is a refund like any other. */
function refunded({ data }: PolarEvent): RefundFact {
  const tax = optionalAmount(data, 'tax_amount', minorFromNumber) ?? 0n;
  return {
    fact: 'refund',
    provider: 'polar',
    account: '',
    refundId: requiredText(data, 'id'),
    objects: [{ id: requiredText(data, 'order_id'), nameRank: 0 }],
    amount: requiredAmount(data, 'amount', minorFromNumber) + tax,
    tax,
    status: refundStatus(requiredText(data, 'status')),
  };
}

function refundStatus(status: string): RefundFact['status'] {
  if (status === 'pending' || status === 'succeeded' || status === 'failed') return status;
  if (status === 'canceled') return 'failed';
  throw new NotUnderstood('status', `not a refund's status: ${status}`);
}

/** Here the customer is the object itself; in an order it stands under `customer`. */
function customerKnown({ data, source }: PolarEvent): CustomerFact {
  const read: ReadPath = (path) => text(at(data, path.replace(/^customer\./, '')));
  return {
    fact: 'customer',
    provider: 'polar',
    account: '',
    customerId: requiredText(data, 'id'),
    memberIds: payersOf(source.memberFrom, read),
    email: emailIfListed(source.memberFrom, email(at(data, 'email'))),
    codes: codesOf(source.codeFrom, read),
  };
}
