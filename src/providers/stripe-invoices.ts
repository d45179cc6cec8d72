/**
 * Stripe's invoices: `invoice.paid`, and `invoice_payment.paid`, which ties an invoice to the money that paid it.
 * Promises: gross is money received now; what a customer balance, a billing credit or a payment outside Stripe paid
 * is not in it, and what was paid too much earns nothing. Must never: look for `payment_intent` on a new invoice:
 * since 2025-03-31 (basil) nothing in the body names it, and `payments` is in no webhook unless expanded.
 */
import { FIGURES_RANK, NotUnderstood, type PaymentFact } from '../model/facts.ts';
import { maxOf, minOf } from '../model/money.ts';
import { minorFromNumber, optionalAmount, requiredAmount, shown, sumOf, taxShare } from './amounts.ts';
import { at, email, type Json, list, record, requiredCurrency, requiredTime, timeFromSeconds } from './json.ts';
import { emailIfListed } from './people.ts';
import { codesIn, idOf, type Outcome, objectsOf, payersIn, requiredId, type StripeEvent } from './stripe-context.ts';

export function invoicePaid(event: StripeEvent): Outcome {
  const { object: invoice, source } = event;
  requiredId(invoice, 'id');
  if (invoice.paid_out_of_band === true) return 'out_of_band';
  const paid = requiredAmount(invoice, 'amount_paid', minorFromNumber);
  const outside = optionalAmount(invoice, 'amount_paid_off_stripe', minorFromNumber) ?? 0n;
  if (outside > 0n && outside >= paid) return 'out_of_band';
  const gross = withoutOverpaid(invoice, paid) - outside;
  if (gross < 0n) throw new NotUnderstood('amount_paid_off_stripe', 'more than was due');
  const fact: PaymentFact = {
    fact: 'payment',
    provider: 'stripe',
    account: event.account,
    objects: invoiceObjects(invoice),
    rank: FIGURES_RANK.invoice,
    currency: requiredCurrency(invoice, 'currency'),
    gross,
    tax: taxOf(invoice, gross),
    discount: shown(readableSum(invoice.total_discount_amounts)),
    creditApplied: shown(creditOf(invoice)),
    paidAt: requiredTime(timeFromSeconds(at(invoice, 'status_transitions.paid_at')) ?? event.occurredAt, 'created'),
    payers: payersIn(event),
    customerId: idOf(invoice.customer) ?? idOf(invoice.customer_account),
    email: emailIfListed(source.memberFrom, email(invoice.customer_email)),
    codes: codesIn(event),
    kind: 'invoice',
    standsAlone: true,
    sameAs: [],
  };
  return [fact];
}

/** One invoice may have several payments and one payment several invoices: the link says to which amount. */
export function invoicePaymentPaid(event: StripeEvent): Outcome {
  const { object } = event;
  const type = at(object, 'payment.type');
  if (type !== 'payment_intent' && type !== 'charge' && type !== 'payment_record') {
    throw new NotUnderstood('payment.type', 'not a kind of payment that we know');
  }
  requiredId(object, `payment.${type}`);
  const [invoice] = objectsOf({ invoice: requiredId(object, 'invoice') });
  const [paidBy] = objectsOf({ [type]: at(object, `payment.${type}`) });
  if (!invoice || !paidBy) throw new NotUnderstood('payment', 'names no object');
  return [
    {
      fact: 'payment_link',
      provider: 'stripe',
      account: event.account,
      invoice,
      object: paidBy,
      others: objectsOf({ invoice_payment: object.id }),
      amountPaid: requiredAmount(object, 'amount_paid', minorFromNumber),
    },
  ];
}

/** Before basil the invoice names its payment intent and charge; after it only an expanded `payments` list does. */
function invoiceObjects(invoice: Json): PaymentFact['objects'] {
  const old = objectsOf({
    invoice: invoice.id,
    payment_intent: invoice.payment_intent,
    charge: invoice.charge,
  });
  const expanded = list(at(invoice, 'payments.data')).flatMap((part) => {
    if (at(part, 'status') !== 'paid') return [];
    const payment = record(at(part, 'payment'));
    return objectsOf({
      payment_intent: payment.payment_intent,
      charge: payment.charge,
      payment_record: payment.payment_record,
      invoice_payment: at(part, 'id'),
    });
  });
  return [...old, ...expanded.filter((object) => !old.some(({ id }) => id === object.id))];
}

/** The excess goes to the customer's balance and comes back as credit; whether `amount_paid` has it in, Stripe leaves open. */
function withoutOverpaid(invoice: Json, paid: bigint): bigint {
  const overpaid = minorFromNumber(invoice.amount_overpaid) ?? 0n;
  if (overpaid === 0n) return paid;
  const due = minorFromNumber(invoice.amount_due);
  return due === undefined ? maxOf(paid - overpaid, 0n) : minOf(paid, due);
}

function taxOf(invoice: Json, gross: bigint): bigint {
  // `total_taxes` since basil; the list before it; one number before that.
  const tax =
    sumOf(invoice.total_taxes, minorFromNumber, 'total_taxes') ??
    sumOf(invoice.total_tax_amounts, minorFromNumber, 'total_tax_amounts') ??
    optionalAmount(invoice, 'tax', minorFromNumber) ??
    0n;
  const total = optionalAmount(invoice, 'total', minorFromSigned);
  return taxShare(tax, gross, total ?? gross);
}

/** A proration can make a total negative; then nothing was paid. */
function minorFromSigned(value: unknown): bigint | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

/** Credit that paid a part. A negative balance is credit; on its way to zero it was used. Billing credits come apart. */
function creditOf(invoice: Json): bigint {
  const [starting, ending] = [minorFromSigned(invoice.starting_balance), minorFromSigned(invoice.ending_balance)];
  const [total, due] = [minorFromSigned(invoice.total), minorFromSigned(invoice.amount_due)];
  let balance = 0n;
  if (starting !== undefined && ending !== undefined && starting < 0n) balance = maxOf(ending - starting, 0n);
  else if (total !== undefined && due !== undefined && total > due) balance = total - due;
  const billingCredits = list(invoice.total_pretax_credit_amounts).filter(
    (part) => at(part, 'type') === 'credit_balance_transaction',
  );
  return balance + (readableSum(billingCredits) ?? 0n);
}

/** A sum that only explains: what is unreadable in it does not park the payment. */
function readableSum(parts: unknown): bigint | undefined {
  return list(parts).reduce<bigint>((sum, part) => sum + (minorFromNumber(at(part, 'amount')) ?? 0n), 0n);
}
