/**
 * Paddle's webhooks of the demo. Promises: pure; amounts are text, as Paddle writes them. Must never: carry a field that
 * the real body has not.
 */
import { type Event, idOf, type Money } from './events.ts';

function paddleEvent(id: string, type: string, at: Date, data: object): Event {
  const body = {
    event_id: id,
    event_type: type,
    occurred_at: at.toISOString(),
    notification_id: id.replace('evt', 'ntf'),
    data,
  };
  return { source: 'paddle', id, body };
}

export function paddleTopUp(money: Money): Event[] {
  const { payer, gross, tax, at } = money;
  const totals = {
    subtotal: String(gross - tax),
    discount: '0',
    tax: String(tax),
    total: String(gross),
    credit: '0',
    balance: '0',
    grand_total: String(gross),
    grand_total_tax: String(tax),
    currency_code: 'USD',
  };
  return [
    paddleEvent(idOf('evt', money), 'transaction.completed', at, {
      id: idOf('txn', money),
      status: 'completed',
      origin: 'web',
      customer_id: `ctm_${payer.id}`,
      subscription_id: null,
      collection_mode: 'automatic',
      currency_code: 'USD',
      custom_data: { user_id: payer.id, kind: 'top_up' },
      items: [],
      details: { totals, line_items: [] },
      payments: [{ amount: String(gross), status: 'captured', captured_at: at.toISOString() }],
      billed_at: at.toISOString(),
    }),
  ];
}

/** Paddle's refunds wait for its approval: asked for with `pending_approval`, then told again. */
export function paddleRefund(
  money: Money,
  part: { readonly amount: number; readonly at: Date; readonly status: 'pending_approval' | 'approved' | 'rejected' },
): Event[] {
  const taxPart = Math.round((money.tax * part.amount) / money.gross);
  const type = part.status === 'pending_approval' ? 'adjustment.created' : 'adjustment.updated';
  return [
    paddleEvent(`${idOf('evt_adj', money)}_${part.status}`, type, part.at, {
      id: idOf('adj', money),
      action: 'refund',
      type: 'partial',
      transaction_id: idOf('txn', money),
      customer_id: `ctm_${money.payer.id}`,
      reason: 'requested',
      currency_code: 'USD',
      status: part.status,
      items: [],
      totals: {
        subtotal: String(part.amount - taxPart),
        tax: String(taxPart),
        total: String(part.amount),
        currency_code: 'USD',
      },
    }),
  ];
}
