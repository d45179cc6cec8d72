/**
 * Paddle's completed transactions.
 * Promises: gross is `grand_total`, tax is the tax in it; credit that paid a part earns nothing, and the payout figures
 * go along for conversion. Must never: earn on `total`, which still has the customer's credit in it, or know a payment
 * by its attempt: a transaction has many, and only `captured` ones are money.
 */
import { type CodeClaim, FIGURES_RANK, type PaymentFact } from '../model/facts.ts';
import { minorFromText, optionalAmount, requiredAmount, shown, taxShare } from './amounts.ts';
import { at, list, requiredCurrency, requiredText, requiredTime, text, timeFromIso } from './json.ts';
import { DISCOUNT, type Outcome, type PaddleEvent, reader } from './paddle-context.ts';
import { codesOf, kindOf, payersOf } from './people.ts';

export function transactionCompleted(event: PaddleEvent): Outcome {
  const { data, source } = event;
  const read = reader(event);
  // Changing a card makes a transaction of zero; whatever it says, it is no payment.
  const nothingPaid = at(data, 'origin') === 'subscription_payment_method_change';
  const gross = requiredAmount(data, 'details.totals.grand_total', minorFromText);
  const fact: PaymentFact = {
    fact: 'payment',
    provider: 'paddle',
    account: '',
    objects: [{ id: requiredText(data, 'id'), nameRank: 0 }],
    rank: FIGURES_RANK.invoice,
    currency: requiredCurrency(data, 'currency_code'),
    gross: nothingPaid ? 0n : gross,
    tax: nothingPaid ? 0n : taxOf(data, gross),
    discount: shown(minorFromText(at(data, 'details.totals.discount'))),
    creditApplied: shown(minorFromText(at(data, 'details.totals.credit'))),
    settled: nothingPaid ? undefined : settledBy(data, gross),
    paidAt: requiredTime(capturedAt(data) ?? timeFromIso(at(data, 'billed_at')) ?? event.occurredAt, 'occurred_at'),
    payers: payersOf(source.memberFrom, read),
    customerId: text(at(data, 'customer_id')),
    // The customer's e-mail address is in no transaction; it comes by customer.created.
    codes: [...codesOf(source.codeFrom, read), ...discountIn(event)],
    kind: kindOfTransaction(data),
    standsAlone: true,
    sameAs: [],
  };
  return [fact];
}

/** The discount that was used, by its id: `discount.*` events say which code it carries. */
function discountIn({ data, source }: PaddleEvent): CodeClaim[] {
  const code = text(at(data, 'discount_id')) ?? text(at(data, 'discount.id'));
  if (code === undefined || !source.codeFrom.includes(DISCOUNT)) return [];
  return [{ code, carrier: DISCOUNT, object: { provider: 'paddle', account: '' } }];
}

/** `grand_total_tax` exists since 2026; before it, `tax` is that of `total`, of which credit may have paid a part. */
function taxOf(data: unknown, gross: bigint): bigint {
  const taxPaid = optionalAmount(data, 'details.totals.grand_total_tax', minorFromText);
  if (taxPaid !== undefined) return taxShare(taxPaid, gross, gross);
  const tax = optionalAmount(data, 'details.totals.tax', minorFromText) ?? 0n;
  return taxShare(tax, gross, optionalAmount(data, 'details.totals.total', minorFromText) ?? gross);
}

/** The payout is in the seller's currency. Without its own `grand_total`, its `total` counts only if no credit is in it. */
function settledBy(data: unknown, gross: bigint): PaymentFact['settled'] {
  const currency = text(at(data, 'details.payout_totals.currency_code'))?.toLowerCase();
  if (currency === undefined || !/^[a-z]{3}$/.test(currency)) return undefined;
  const paid = minorFromText(at(data, 'details.payout_totals.grand_total'));
  if (paid !== undefined) return { currency, gross: paid };
  const total = minorFromText(at(data, 'details.payout_totals.total'));
  const creditUsed = minorFromText(at(data, 'details.totals.total')) !== gross;
  return total === undefined || creditUsed ? undefined : { currency, gross: total };
}

/** When the money came: the earliest captured attempt. */
function capturedAt(data: unknown): Date | undefined {
  const times = list(at(data, 'payments'))
    .filter((payment) => at(payment, 'status') === 'captured')
    .flatMap((payment) => timeFromIso(at(payment, 'captured_at')) ?? []);
  return times.sort((a, b) => a.getTime() - b.getTime())[0];
}

/** A subscription's first payment has origin `web`, like a one-off; only the subscription's id tells it apart. */
function kindOfTransaction(data: unknown): PaymentFact['kind'] {
  const origin = text(at(data, 'origin'));
  if (origin?.startsWith('subscription_') || text(at(data, 'subscription_id')) !== undefined) return 'invoice';
  return kindOf(at(data, 'custom_data.kind'));
}
