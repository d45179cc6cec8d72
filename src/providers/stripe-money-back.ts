/**
 * Stripe's refunds, disputes, early fraud warnings and credit notes.
 * Promises: each is told under its own id with its status, so that many partial refunds add up and one that fails
 * later is undone. Must never: use a charge's `amount_refunded` as a change (it is a running total), or take
 * `closed` for lost: a dispute closes as won, and an inquiry closes with no money moved.
 */
import { type DisputeFact, NotUnderstood, type RefundFact } from '../model/facts.ts';
import { minorFromNumber, optionalAmount, requiredAmount } from './amounts.ts';
import { requiredText, text } from './json.ts';
import { type Outcome, objectsOf, requiredId, type StripeEvent } from './stripe-context.ts';

export function refunded(event: StripeEvent): Outcome {
  const { object: refund } = event;
  const objects = objectsOf({ payment_intent: refund.payment_intent, charge: refund.charge });
  // Money that was sent back out of a customer's cash balance never was a payment.
  if (objects.length === 0) return 'no_payment';
  return [
    {
      fact: 'refund',
      provider: 'stripe',
      account: event.account,
      refundId: requiredId(refund, 'id'),
      objects,
      amount: requiredAmount(refund, 'amount', minorFromNumber),
      status: refundStatus(refund.status),
    },
  ];
}

export function disputed(event: StripeEvent): Outcome {
  const { object: dispute } = event;
  return [
    {
      fact: 'dispute',
      provider: 'stripe',
      account: event.account,
      disputeId: requiredId(dispute, 'id'),
      objects: objectsOf({ payment_intent: dispute.payment_intent, charge: requiredId(dispute, 'charge') }),
      amount: requiredAmount(dispute, 'amount', minorFromNumber),
      status: disputeStatus(requiredText(dispute, 'status')),
    },
  ];
}

/** The card network suspects fraud; no money has moved, and a dispute often follows. */
export function fraudWarned(event: StripeEvent): Outcome {
  const { object: warning } = event;
  return [
    {
      fact: 'dispute',
      provider: 'stripe',
      account: event.account,
      disputeId: requiredId(warning, 'id'),
      objects: objectsOf({ payment_intent: warning.payment_intent, charge: requiredId(warning, 'charge') }),
      amount: 0n,
      status: 'warning',
    },
  ];
}

/**
 * Of a credit note only what was given back outside Stripe is told nowhere else: a refund comes by its own events, credit
 * on the customer's balance makes a later invoice take in less, and what was cut from an unpaid one was never received.
 */
export function creditNoted(event: StripeEvent): Outcome {
  const { object: note } = event;
  const amount = optionalAmount(note, 'out_of_band_amount', minorFromNumber) ?? 0n;
  if (amount === 0n) return 'told_elsewhere';
  const status = text(note.status) === 'void' ? 'failed' : 'succeeded';
  const objects = objectsOf({ invoice: requiredId(note, 'invoice') });
  const refundId = requiredId(note, 'id');
  return [{ fact: 'refund', provider: 'stripe', account: event.account, refundId, objects, amount, status }];
}

function refundStatus(value: unknown): RefundFact['status'] {
  const status = text(value);
  switch (status) {
    case 'succeeded':
      return 'succeeded';
    case 'failed':
    case 'canceled':
      return 'failed';
    case 'pending':
    case 'requires_action':
    // The field may be null while the refund is on its way.
    case undefined:
      return 'pending';
    default:
      throw new NotUnderstood('status', `not a refund's status: ${status}`);
  }
}

function disputeStatus(status: string): DisputeFact['status'] {
  // Over without a loss. prevented: settled before it became one; warning_closed: an inquiry that ended as one;
  // charge_refunded (old versions): settled by a refund, which comes by its own event.
  if (['won', 'prevented', 'warning_closed', 'charge_refunded'].includes(status)) return 'won';
  if (status.startsWith('warning_')) return 'warning';
  // needs_response, under_review, appeal_… and whatever Stripe adds: somebody still has to decide.
  return status === 'lost' ? 'lost' : 'open';
}
