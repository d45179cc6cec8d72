/**
 * Paddle's adjustments: refunds, credits and chargebacks are all one object.
 * Promises: each is told under its own id with its status, so a refund that Paddle rejects, or a chargeback that was
 * won, undoes itself. Must never: count a `*_reverse` as money: it comes beside the original, which turns `reversed`,
 * and counting both would restore twice.
 */
import { type DisputeFact, NotUnderstood, type RefundFact } from '../model/facts.ts';
import { minOf } from '../model/money.ts';
import { minorFromText, optionalAmount, requiredAmount } from './amounts.ts';
import { at, list, requiredText } from './json.ts';
import type { Outcome, PaddleEvent } from './paddle-context.ts';

type AdjustmentStatus = 'pending_approval' | 'approved' | 'rejected' | 'reversed';

/** Live refunds wait for Paddle's approval and may be rejected. */
const REFUND_STATUS: Readonly<Record<AdjustmentStatus, RefundFact['status']>> = {
  pending_approval: 'pending',
  approved: 'succeeded',
  rejected: 'failed',
  reversed: 'failed',
};
/** A Paddle chargeback takes the money at once; reversed means that it was won. */
const CHARGEBACK_STATUS: Readonly<Record<AdjustmentStatus, DisputeFact['status']>> = {
  pending_approval: 'open',
  approved: 'lost',
  rejected: 'won',
  reversed: 'won',
};
const WARNING_STATUS: Readonly<Record<AdjustmentStatus, DisputeFact['status']>> = {
  pending_approval: 'warning',
  approved: 'warning',
  rejected: 'won',
  reversed: 'won',
};

export function adjusted({ data }: PaddleEvent): Outcome {
  const action = requiredText(data, 'action');
  switch (action) {
    case 'refund':
    // A credit gives the value back to the customer's balance, and its later use is no money (`grand_total` leaves it
    // out): the payment has shrunk, as by a refund.
    case 'credit':
      return [
        {
          fact: 'refund',
          refundId: requiredText(data, 'id'),
          ...figuresOf(data),
          status: REFUND_STATUS[statusOf(data)],
        },
      ];
    case 'chargeback':
      return [
        {
          fact: 'dispute',
          disputeId: requiredText(data, 'id'),
          ...figuresOf(data),
          status: CHARGEBACK_STATUS[statusOf(data)],
        },
      ];
    case 'chargeback_warning':
      return [
        {
          fact: 'dispute',
          disputeId: requiredText(data, 'id'),
          ...figuresOf(data),
          status: WARNING_STATUS[statusOf(data)],
        },
      ];
    case 'credit_reverse':
    case 'chargeback_reverse':
    case 'chargeback_warning_reverse':
      return 'covered_by_original';
    default:
      throw new NotUnderstood('action', `not an adjustment that we know: ${action}`);
  }
}

function figuresOf(data: unknown) {
  const amount = requiredAmount(data, 'totals.total', minorFromText);
  const tax = optionalAmount(data, 'totals.tax', minorFromText);
  return {
    provider: 'paddle',
    account: '',
    objects: [{ id: requiredText(data, 'transaction_id'), nameRank: 0 }],
    amount,
    // Tax alone given back leaves the net as it was; the reward must not shrink.
    tax: isTaxOnly(data) ? amount : tax && minOf(tax, amount),
  };
}

function isTaxOnly(data: unknown): boolean {
  const items = list(at(data, 'items'));
  return at(data, 'type') === 'tax' || (items.length > 0 && items.every((item) => at(item, 'type') === 'tax'));
}

function statusOf(data: unknown): AdjustmentStatus {
  const status = requiredText(data, 'status');
  if (!Object.hasOwn(REFUND_STATUS, status)) throw new NotUnderstood('status', `not an adjustment's status: ${status}`);
  return status as AdjustmentStatus;
}
