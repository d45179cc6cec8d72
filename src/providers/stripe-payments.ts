/**
 * Stripe's payment intents, charges and checkout sessions: the same money as an invoice or on its own.
 * Promises: only what was received counts (`amount_received`, `amount_captured`), and only once it was; each fact says
 * which objects it knows to be this payment. Must never: let a payment intent or charge earn by itself when nothing in
 * it says whether an invoice stands behind it: since 2025-03-31 (basil) the key `invoice` is gone from both.
 */
import { type Fact, FIGURES_RANK, type PaymentFact } from '../model/facts.ts';
import { minOf } from '../model/money.ts';
import { minorFromNumber, optionalAmount, requiredAmount, shown } from './amounts.ts';
import { at, email, isRecord, type Json, requiredCurrency, requiredText, requiredTime, text } from './json.ts';
import { emailIfListed, kindOf } from './people.ts';
import {
  codesIn,
  customerTie,
  idOf,
  type Outcome,
  objectsOf,
  payersIn,
  requiredId,
  type StripeEvent,
} from './stripe-context.ts';

export function paymentIntentSucceeded(event: StripeEvent): Outcome {
  const { object: intent, source } = event;
  const gross = requiredAmount(intent, 'amount_received', minorFromNumber);
  // Only merchants who itemise for their card network send this tax; an invoice or session knows better.
  const tax = minOf(minorFromNumber(at(intent, 'amount_details.tax.total_tax_amount')) ?? 0n, gross);
  return [
    {
      ...commonOf(event),
      objects: objectsOf({
        payment_intent: requiredId(intent, 'id'),
        charge: intent.latest_charge,
        invoice: intent.invoice,
      }),
      rank: FIGURES_RANK.payment_intent,
      gross,
      tax,
      email: emailIfListed(source.memberFrom, email(intent.receipt_email)),
      standsAlone: saysItsInvoice(intent),
    },
  ];
}

export function chargeSucceeded(event: StripeEvent): Outcome {
  const { object: charge, source } = event;
  // `charge.succeeded` also comes for an authorisation that nobody has captured yet.
  if (charge.captured !== true) return 'not_captured';
  if (charge.paid !== true && charge.status !== 'succeeded') return 'not_paid';
  // Bodies of old API versions have no `amount_captured`.
  const field = Object.hasOwn(charge, 'amount_captured') ? 'amount_captured' : 'amount';
  return [
    {
      ...commonOf(event),
      objects: objectsOf({
        charge: requiredId(charge, 'id'),
        payment_intent: charge.payment_intent,
        invoice: charge.invoice,
      }),
      rank: FIGURES_RANK.charge,
      gross: requiredAmount(charge, field, minorFromNumber),
      tax: 0n,
      settled: settledBy(charge.balance_transaction),
      email: emailIfListed(
        source.memberFrom,
        email(at(charge, 'billing_details.email')) ?? email(charge.receipt_email),
      ),
      instrument: fingerprintOf(charge),
      standsAlone: saysItsInvoice(charge),
    },
  ];
}

/** Also for async_payment_succeeded: delayed methods complete as `unpaid` first. */
export function sessionCompleted(event: StripeEvent): Outcome {
  const { object: session } = event;
  const id = requiredId(session, 'id');
  // Who the customer is holds whether or not this session took money: a trial pays later, by invoices without metadata.
  const tie = customerTie(event, idOf(session.customer));
  const facts: Fact[] = tie ? [tie] : [];
  const unpaid = whyUnpaid(session);
  if (unpaid !== undefined) return facts.length > 0 ? facts : unpaid;
  return [sessionPayment(event, id), ...facts];
}

function whyUnpaid(session: Json): string | undefined {
  if (session.mode === 'setup') return 'no_payment';
  const status = requiredText(session, 'payment_status');
  if (status === 'no_payment_required') return 'no_payment';
  return status === 'paid' ? undefined : 'not_paid';
}

function sessionPayment(event: StripeEvent, id: string): PaymentFact {
  const { object: session, source } = event;
  const gross = requiredAmount(session, 'amount_total', minorFromNumber);
  const tax = optionalAmount(session, 'total_details.amount_tax', minorFromNumber) ?? 0n;
  const common = commonOf(event);
  // A subscription's first payment is an invoice, too: were its kind unknown, `kinds: [top_up]` would let it through.
  const invoiced = session.mode === 'subscription' || idOf(session.invoice) !== undefined;
  return {
    ...common,
    objects: objectsOf({ session: id, payment_intent: session.payment_intent, invoice: session.invoice }),
    rank: FIGURES_RANK.session,
    gross,
    tax: minOf(tax, gross),
    discount: shown(minorFromNumber(at(session, 'total_details.amount_discount'))),
    settled: convertedBy(session),
    email: emailIfListed(
      source.memberFrom,
      email(at(session, 'customer_details.email')) ?? email(session.customer_email),
    ),
    kind: invoiced ? 'invoice' : common.kind,
    standsAlone: true,
  };
}

function commonOf(event: StripeEvent) {
  const { object } = event;
  return {
    fact: 'payment',
    provider: 'stripe',
    account: event.account,
    currency: requiredCurrency(object, 'currency'),
    // The object's own `created` is when it was begun, not when it was paid.
    paidAt: requiredTime(event.occurredAt, 'created'),
    payers: payersIn(event),
    customerId: idOf(object.customer) ?? idOf(object.customer_account),
    codes: codesIn(event),
    kind: kindOf(at(object, 'metadata.kind')),
    sameAs: [],
  } as const;
}

/** Before basil `invoice` is there: null is "none", an id is the link. Without the key nobody knows. */
function saysItsInvoice(object: Json): boolean {
  return Object.hasOwn(object, 'invoice') && (object.invoice === null || idOf(object.invoice) !== undefined);
}

/** The fingerprint stands under the method's own name: card, sepa_debit, us_bank_account … */
function fingerprintOf(charge: Json): string | undefined {
  const method = text(at(charge, 'payment_method_details.type'));
  return method === undefined ? undefined : text(at(charge, `payment_method_details.${method}.fingerprint`));
}

/** A balance transaction says what arrived in the account's currency; in a webhook only where it is expanded. */
function settledBy(transaction: unknown): PaymentFact['settled'] {
  const gross = isRecord(transaction) ? minorFromNumber(transaction.amount) : undefined;
  return gross === undefined ? undefined : { currency: requiredCurrency(transaction, 'currency'), gross };
}

/** Adaptive Pricing before 2025: the session is in the buyer's currency, and this is the merchant's. */
function convertedBy(session: Json): PaymentFact['settled'] {
  const gross = minorFromNumber(at(session, 'currency_conversion.amount_total'));
  return gross === undefined
    ? undefined
    : { currency: requiredCurrency(session, 'currency_conversion.source_currency'), gross };
}
