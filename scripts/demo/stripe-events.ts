/**
 * Stripe's webhooks of the demo, as API versions before and after 2025-03-31 (basil) write them.
 * Promises: pure; several events of one payment name its objects as Stripe does. Must never: carry a field that the real
 * body has not.
 */
import { type Event, idOf, type Money } from './events.ts';

const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);

function stripeEvent(id: string, type: string, apiVersion: string, at: Date, object: object): Event {
  const request = { id: null, idempotency_key: null };
  const head = { id, object: 'event', api_version: apiVersion, created: seconds(at) };
  return {
    source: 'stripe',
    id,
    body: { ...head, data: { object }, livemode: false, pending_webhooks: 1, request, type },
  };
}

const OLD = '2024-12-18.acacia';
const NEW = '2025-08-27.basil';

/** Before 2025-03-31 a payment intent says that no invoice stands behind it. */
export function oldTopUp(money: Money): Event[] {
  const intent = {
    id: idOf('pi', money),
    object: 'payment_intent',
    amount: money.gross,
    amount_received: money.gross,
    created: seconds(money.at) - 20,
    currency: 'usd',
    customer: `cus_${money.payer.id}`,
    invoice: null,
    latest_charge: idOf('ch', money),
    livemode: false,
    metadata: { user_id: money.payer.id },
    receipt_email: money.payer.email,
    status: 'succeeded',
  };
  return [stripeEvent(idOf('evt_pi', money), 'payment_intent.succeeded', OLD, money.at, intent)];
}

/** The session and the payment intent announce the same money; the intent often comes first, and then has to wait. */
export function newTopUp(money: Money): Event[] {
  const { payer, gross, tax, at } = money;
  const session = {
    id: idOf('cs_test', money),
    object: 'checkout.session',
    amount_subtotal: gross - tax,
    amount_total: gross,
    client_reference_id: payer.id,
    created: seconds(at) - 90,
    currency: 'usd',
    currency_conversion: null,
    customer: `cus_${payer.id}`,
    customer_details: {
      address: { country: 'DE' },
      email: payer.email,
      name: payer.name,
      tax_exempt: 'none',
      tax_ids: [],
    },
    invoice: null,
    livemode: false,
    metadata: { user_id: payer.id, kind: 'top_up' },
    mode: 'payment',
    payment_intent: idOf('pi', money),
    payment_status: 'paid',
    status: 'complete',
    subscription: null,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: tax },
    ui_mode: 'hosted',
  };
  const intent = {
    id: idOf('pi', money),
    object: 'payment_intent',
    amount: gross,
    amount_received: gross,
    created: seconds(at) - 20,
    currency: 'usd',
    customer: `cus_${payer.id}`,
    latest_charge: idOf('ch', money),
    livemode: false,
    metadata: {},
    receipt_email: null,
    status: 'succeeded',
  };
  return [
    stripeEvent(idOf('evt_pi', money), 'payment_intent.succeeded', NEW, at, intent),
    stripeEvent(idOf('evt_cs', money), 'checkout.session.completed', NEW, at, session),
  ];
}

/** A subscription's month: the invoice, and apart from it which payment paid it. */
export function renewal(money: Money): Event[] {
  const { payer, gross, tax, at } = money;
  const invoice = {
    id: idOf('in', money),
    object: 'invoice',
    amount_due: gross,
    amount_overpaid: 0,
    amount_paid: gross,
    amount_remaining: 0,
    billing_reason: 'subscription_cycle',
    collection_method: 'charge_automatically',
    created: seconds(at) - 3600,
    currency: 'usd',
    customer: `cus_${payer.id}`,
    customer_email: payer.email,
    ending_balance: 0,
    livemode: false,
    metadata: {},
    parent: {
      type: 'subscription_details',
      subscription_details: { metadata: { user_id: payer.id }, subscription: `sub_${payer.id}` },
    },
    starting_balance: 0,
    status: 'paid',
    status_transitions: {
      finalized_at: seconds(at) - 3600,
      marked_uncollectible_at: null,
      paid_at: seconds(at),
      voided_at: null,
    },
    subtotal: gross - tax,
    total: gross,
    total_discount_amounts: [],
    total_taxes: [{ amount: tax, tax_behavior: 'exclusive', taxable_amount: gross - tax, type: 'tax_rate_details' }],
  };
  const link = {
    id: idOf('inpay', money),
    object: 'invoice_payment',
    amount_paid: gross,
    amount_requested: gross,
    created: seconds(at),
    currency: 'usd',
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: idOf('pi', money), type: 'payment_intent' },
    status: 'paid',
  };
  return [
    stripeEvent(idOf('evt_in', money), 'invoice.paid', NEW, at, invoice),
    stripeEvent(idOf('evt_inpay', money), 'invoice_payment.paid', NEW, at, link),
  ];
}

export function stripeRefund(
  money: Money,
  part: { readonly no: number; readonly amount: number; readonly at: Date },
): Event[] {
  const refund = {
    id: idOf('re', part),
    object: 'refund',
    amount: part.amount,
    charge: idOf('ch', money),
    created: seconds(part.at),
    currency: 'usd',
    metadata: {},
    payment_intent: idOf('pi', money),
    reason: 'requested_by_customer',
    status: 'succeeded',
  };
  return [stripeEvent(idOf('evt_re', part), 'refund.created', NEW, part.at, refund)];
}

export function stripeDispute(
  money: Money,
  step: { readonly type: 'created' | 'closed'; readonly status: string; readonly at: Date },
): Event[] {
  const dispute = {
    id: idOf('du', money),
    object: 'dispute',
    amount: money.gross,
    charge: idOf('ch', money),
    created: seconds(step.at),
    currency: 'usd',
    livemode: false,
    metadata: {},
    payment_intent: idOf('pi', money),
    reason: 'fraudulent',
    status: step.status,
  };
  return [stripeEvent(`${idOf('evt_du', money)}_${step.type}`, `charge.dispute.${step.type}`, NEW, step.at, dispute)];
}
