/**
 * Stripe events of one payment, as the two generations of its API tell it. All figures are cents.
 * Source: Stripe's API reference and changelog (2025-03-31.basil took the links between invoice and payment away).
 */
export type Generation = 'acacia' | 'basil';

export interface PaymentTold {
  /** Distinguishes all ids of the payment: `in_<n>`, `pi_<n>` … */
  readonly n: string;
  readonly generation: Generation;
  readonly amount: number;
  readonly tax?: number;
  readonly userId: string;
  readonly customer: string;
  /** Seconds. */
  readonly created: number;
}

const META = (userId: string) => ({ user_id: userId });

function event(p: PaymentTold, type: string, object: Record<string, unknown>, suffix = ''): Record<string, unknown> {
  return {
    id: `evt_${type.replaceAll('.', '_')}_${p.n}${suffix}`,
    object: 'event',
    api_version: p.generation === 'basil' ? '2025-09-30.clover' : '2024-11-20.acacia',
    created: p.created,
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    data: { object },
  };
}

/** A subscription's payment: session, invoice, intent, charge, and since basil the invoice payment that links them. */
export function subscriptionPayment(p: PaymentTold): Record<string, unknown>[] {
  const old = p.generation === 'acacia';
  const tax = p.tax ?? 0;
  const session = {
    id: `cs_${p.n}`,
    object: 'checkout.session',
    mode: 'subscription',
    payment_status: 'paid',
    status: 'complete',
    amount_total: p.amount,
    amount_subtotal: p.amount - tax,
    currency: 'usd',
    customer: p.customer,
    invoice: `in_${p.n}`,
    payment_intent: null,
    subscription: `sub_${p.n}`,
    client_reference_id: null,
    metadata: META(p.userId),
    customer_details: { email: 'payer@example.com' },
    total_details: { amount_tax: tax, amount_discount: 0, amount_shipping: 0 },
  };
  const invoice = {
    id: `in_${p.n}`,
    object: 'invoice',
    status: 'paid',
    amount_paid: p.amount,
    amount_due: p.amount,
    amount_remaining: 0,
    total: p.amount,
    subtotal: p.amount - tax,
    currency: 'usd',
    customer: p.customer,
    customer_email: 'payer@example.com',
    starting_balance: 0,
    ending_balance: 0,
    billing_reason: 'subscription_create',
    metadata: {},
    status_transitions: { paid_at: p.created, finalized_at: p.created },
    total_discount_amounts: [],
    lines: { object: 'list', data: [], has_more: false },
    ...(old
      ? {
          tax,
          total_tax_amounts: tax ? [{ amount: tax, inclusive: false }] : [],
          payment_intent: `pi_${p.n}`,
          charge: `ch_${p.n}`,
          subscription: `sub_${p.n}`,
          subscription_details: { metadata: META(p.userId) },
          paid: true,
          paid_out_of_band: false,
        }
      : {
          total_taxes: tax ? [{ amount: tax, tax_behavior: 'exclusive' }] : [],
          parent: {
            type: 'subscription_details',
            subscription_details: { subscription: `sub_${p.n}`, metadata: META(p.userId) },
          },
        }),
  };
  const intent = {
    id: `pi_${p.n}`,
    object: 'payment_intent',
    status: 'succeeded',
    amount: p.amount,
    amount_received: p.amount,
    currency: 'usd',
    customer: p.customer,
    latest_charge: `ch_${p.n}`,
    metadata: {},
    receipt_email: null,
    created: p.created,
    ...(old ? { invoice: `in_${p.n}` } : {}),
  };
  const charge = {
    id: `ch_${p.n}`,
    object: 'charge',
    status: 'succeeded',
    paid: true,
    captured: true,
    amount: p.amount,
    amount_captured: p.amount,
    amount_refunded: 0,
    currency: 'usd',
    customer: p.customer,
    payment_intent: `pi_${p.n}`,
    metadata: {},
    billing_details: { email: 'payer@example.com' },
    payment_method_details: { type: 'card', card: { fingerprint: `fp_${p.customer}` } },
    created: p.created,
    ...(old ? { invoice: `in_${p.n}` } : {}),
  };
  const link = {
    id: `inpay_${p.n}`,
    object: 'invoice_payment',
    invoice: `in_${p.n}`,
    amount_paid: p.amount,
    amount_requested: p.amount,
    currency: 'usd',
    status: 'paid',
    is_default: true,
    livemode: false,
    created: p.created,
    payment: { type: 'payment_intent', payment_intent: `pi_${p.n}` },
  };
  return [
    event(p, 'checkout.session.completed', session),
    event(p, 'invoice.paid', invoice),
    event(p, 'payment_intent.succeeded', intent),
    event(p, 'charge.succeeded', charge),
    ...(old ? [] : [event(p, 'invoice_payment.paid', link)]),
  ];
}

/** A one-off top-up through Checkout. */
export function topUp(p: PaymentTold): Record<string, unknown>[] {
  const [session, , intent, charge] = subscriptionPayment(p) as {
    id: string;
    data: { object: Record<string, unknown> };
  }[];
  if (!session || !intent || !charge) throw new Error('bug: the generator changed');
  Object.assign(session.data.object, {
    mode: 'payment',
    invoice: null,
    subscription: null,
    payment_intent: `pi_${p.n}`,
  });
  if (p.generation === 'acacia') for (const each of [intent, charge]) each.data.object.invoice = null;
  return [session, intent, charge] as Record<string, unknown>[];
}

export function refundOf(
  p: PaymentTold,
  re: string,
  amount: number,
  status: 'succeeded' | 'failed' | 'pending',
): Record<string, unknown> {
  const type = status === 'failed' ? 'refund.failed' : status === 'pending' ? 'refund.created' : 'refund.updated';
  const refund = {
    id: re,
    object: 'refund',
    amount,
    currency: 'usd',
    charge: `ch_${p.n}`,
    payment_intent: `pi_${p.n}`,
    status,
    created: p.created,
    metadata: {},
  };
  return event(p, type, refund, `_${re}_${status}`);
}

export function disputeOf(p: PaymentTold, status: 'needs_response' | 'won' | 'lost'): Record<string, unknown> {
  const type = status === 'needs_response' ? 'charge.dispute.created' : 'charge.dispute.closed';
  const dispute = {
    id: `dp_${p.n}`,
    object: 'dispute',
    amount: p.amount,
    currency: 'usd',
    charge: `ch_${p.n}`,
    payment_intent: `pi_${p.n}`,
    status,
    reason: 'fraudulent',
    created: p.created,
  };
  return event(p, type, dispute, `_${status}`);
}
