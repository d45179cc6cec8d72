/**
 * Lemon Squeezy's orders and subscription invoices, paid and given back.
 * Promises: gross is `total`, tax included; what was given back is told as the running sum that the sender keeps, under
 * one id for each object. Must never: let a subscription's first invoice earn beside its order, or take a part of that
 * payment back twice: the order tells every refund of it, and the invoice counts only when all of it went back.
 */
import {
  type Fact,
  FIGURES_RANK,
  NotUnderstood,
  type PaymentFact,
  type PaymentObject,
  type RefundFact,
} from '../model/facts.ts';
import { minOf } from '../model/money.ts';
import type { SourceConfig } from '../model/provider.ts';
import { minorFromNumber, optionalAmount, requiredAmount, shown } from './amounts.ts';
import { at, email, requiredCurrency, requiredText, requiredTime, text, timeFromIso } from './json.ts';
import { codesOf, emailIfListed, kindOf, payersOf, type ReadPath } from './people.ts';

export interface LemonEvent {
  readonly body: unknown;
  /** `data.attributes`. */
  readonly attributes: unknown;
  readonly source: SourceConfig;
}

/** Facts, or why there are none. */
export type Outcome = readonly Fact[] | string;

/** Paid once, whatever became of it later: a repetition may show the object's newest state. */
const PAID: ReadonlySet<unknown> = new Set(['paid', 'refunded', 'partial_refund']);

/** `orders/1` and `subscription-invoices/1` are two things, and so are two stores' in one program. */
export function objectId(source: SourceConfig, type: string, id: string): string {
  return `${source.name}_${type}_${id}`;
}

/** What stands for a subscription's first payment until `subscription_created` has told its order. */
export function subscriptionObject(source: SourceConfig, id: string): PaymentObject {
  return { id: objectId(source, 'subscriptions', id), nameRank: 2 };
}

export function orderPaid(event: LemonEvent): Outcome {
  if (!PAID.has(at(event.attributes, 'status'))) return 'not_paid';
  const kind = kindOf(at(event.body, 'meta.custom_data.kind'));
  return [{ ...paymentOf(event, 'orders'), paidAt: timeIn(event, 'created_at'), kind }];
}

export function invoicePaid(event: LemonEvent): Outcome {
  if (!PAID.has(at(event.attributes, 'status'))) return 'not_paid';
  if (isFirst(event)) return 'same_as_order_created';
  // `created_at` is when it fell due; after a failed attempt it was paid days later.
  return [{ ...paymentOf(event, 'subscription-invoices'), paidAt: timeIn(event, 'updated_at'), kind: 'invoice' }];
}

export function orderRefunded(event: LemonEvent): Outcome {
  return [refundOf(event, { id: ownId(event, 'orders'), nameRank: 0 })];
}

export function invoiceRefunded(event: LemonEvent): Outcome {
  const own = { id: ownId(event, 'subscription-invoices'), nameRank: 0 };
  if (!isFirst(event)) return [refundOf(event, own)];
  const refund = refundOf(event, subscriptionObject(event.source, requiredText(event.attributes, 'subscription_id')));
  return refund.amount < requiredAmount(event.attributes, 'total', minorFromNumber)
    ? 'same_as_order_refunded'
    : [refund];
}

function isFirst({ attributes }: LemonEvent): boolean {
  return at(attributes, 'billing_reason') === 'initial';
}

function ownId({ body, source }: LemonEvent, type: string): string {
  return objectId(source, type, requiredText(body, 'data.id'));
}

function paymentOf(event: LemonEvent, type: string): Omit<PaymentFact, 'paidAt' | 'kind'> {
  const { attributes, source } = event;
  const gross = requiredAmount(attributes, 'total', minorFromNumber);
  const tax = optionalAmount(attributes, 'tax', minorFromNumber) ?? 0n;
  const inDollars = minorFromNumber(at(attributes, 'total_usd'));
  const read = reader(event);
  return {
    fact: 'payment',
    provider: 'lemonsqueezy',
    account: source.name,
    objects: [{ id: ownId(event, type), nameRank: 0 }],
    rank: FIGURES_RANK.invoice,
    currency: requiredCurrency(attributes, 'currency'),
    gross,
    tax: minOf(tax, gross),
    discount: shown(minorFromNumber(at(attributes, 'discount_total'))),
    // Lemon Squeezy pays its sellers in dollars.
    settled: inDollars === undefined ? undefined : { currency: 'usd', gross: inDollars },
    payers: payersOf(source.memberFrom, read),
    customerId: text(at(attributes, 'customer_id')),
    email: emailIfListed(source.memberFrom, email(at(attributes, 'user_email'))),
    codes: codesOf(source.codeFrom, read),
    standsAlone: true,
    sameAs: [],
  };
}

/** `custom_data` came with the checkout, often by its address, and stands in `meta`; all else is the object's. */
function reader({ body, attributes }: LemonEvent): ReadPath {
  return (path) => text(path.startsWith('custom_data.') ? at(body, `meta.${path}`) : at(attributes, path));
}

function timeIn({ attributes }: LemonEvent, field: 'created_at' | 'updated_at'): Date {
  return requiredTime(timeFromIso(at(attributes, field)), field);
}

/** There is no id of a refund, only the sum of all of them; bodies from before 2024 know full refunds only. */
function refundOf({ body, attributes, source }: LemonEvent, object: PaymentObject): RefundFact {
  const sum = optionalAmount(attributes, 'refunded_amount', minorFromNumber);
  if (sum === undefined && at(attributes, 'status') !== 'refunded' && at(attributes, 'refunded') !== true) {
    throw new NotUnderstood('refunded_amount', 'bad_amount');
  }
  return {
    fact: 'refund',
    provider: 'lemonsqueezy',
    account: source.name,
    refundId: `${objectId(source, requiredText(body, 'data.type'), requiredText(body, 'data.id'))}_refunded`,
    objects: [object],
    amount: sum ?? requiredAmount(attributes, 'total', minorFromNumber),
    status: 'succeeded',
  };
}
