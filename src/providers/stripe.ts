/**
 * Stripe: proves a webhook by Stripe's own SDK, and turns the events of its payment objects into facts.
 * Promises: reads every API version by the shape of the body; test events are told apart from live ones by `livemode`.
 * Must never: earn on two announcements of one payment by itself; it names the objects, and the engine joins them.
 */
import { isUtf8 } from 'node:buffer';
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import Stripe from 'stripe';
import type { Fact, Normalized } from '../model/facts.ts';
import type { InboundRequest, Provider, SourceConfig, Verified } from '../model/provider.ts';
import { at, email, type Json, record, text, timeFromSeconds } from './json.ts';
import { emailIfListed, serverSetMembers } from './people.ts';
import { headerOf, isFresh, opened, refused, refuseTextSecret, unixSeconds } from './signatures.ts';
import {
  codesIn,
  customerTie,
  idOf,
  type Outcome,
  PROMOTION_CODE,
  reader,
  requiredId,
  type StripeEvent,
} from './stripe-context.ts';
import { discountGiven, promotionCodeKnown } from './stripe-discounts.ts';
import { invoicePaid, invoicePaymentPaid } from './stripe-invoices.ts';
import { creditNoted, disputed, fraudWarned, refunded } from './stripe-money-back.ts';
import { chargeSucceeded, paymentIntentSucceeded, sessionCompleted } from './stripe-payments.ts';

const HANDLERS: Readonly<Record<string, (event: StripeEvent) => Outcome>> = {
  'invoice.paid': invoicePaid,
  'invoice_payment.paid': invoicePaymentPaid,
  'payment_intent.succeeded': paymentIntentSucceeded,
  'charge.succeeded': chargeSucceeded,
  'charge.captured': chargeSucceeded,
  'checkout.session.completed': sessionCompleted,
  'checkout.session.async_payment_succeeded': sessionCompleted,
  'refund.created': refunded,
  'refund.updated': refunded,
  'refund.failed': refunded,
  'charge.refund.updated': refunded,
  'charge.dispute.created': disputed,
  'charge.dispute.updated': disputed,
  'charge.dispute.closed': disputed,
  'charge.dispute.funds_withdrawn': disputed,
  'charge.dispute.funds_reinstated': disputed,
  'radar.early_fraud_warning.created': fraudWarned,
  'credit_note.created': creditNoted,
  'credit_note.updated': creditNoted,
  'credit_note.voided': creditNoted,
  'customer.created': customerKnown,
  'customer.updated': customerKnown,
  'customer.subscription.created': subscriptionKnown,
  'customer.subscription.updated': subscriptionKnown,
  'customer.discount.created': discountGiven,
  'promotion_code.created': promotionCodeKnown,
  'promotion_code.updated': promotionCodeKnown,
};

/** Types that we know and leave alone, and why. `topup.*` is the merchant funding its own Stripe balance. */
const LEFT_ALONE: readonly (readonly [RegExp, string])[] = [
  [/^invoice\.payment_succeeded$/, 'same_as_invoice_paid'],
  [/^charge\.refunded$/, 'cross_check_only'],
  [/^customer\.deleted$/, 'customer_deleted'],
  [/^topup\./, 'merchant_balance'],
];

export const stripe: Provider = {
  kind: 'stripe',
  handles: Object.keys(HANDLERS),
  defaults: {
    memberFrom: ['metadata.user_id', 'metadata.member_id', 'client_reference_id', 'email'],
    codeFrom: ['client_reference_id', 'metadata.ref', 'metadata.referral_code', 'metadata.referral', PROMOTION_CODE],
  },
  secretPrefixes: ['whsec_'],
  refuseSecret: (secret) => refuseTextSecret(secret, ['whsec_']),
  verify,
  normalize,
};

function verify({ raw, headers }: InboundRequest, source: SourceConfig, now: Date): Verified {
  const header = headerOf(headers, 'stripe-signature');
  if (header === 'missing') return refused('missing_signature');
  if (header === 'bad') return refused('bad_signature');
  const signedAt = timestampOf(header.value);
  if (signedAt === undefined || !isExactText(raw)) return refused('bad_signature');
  const body = raw.toString('utf8'); // the SDK takes no empty text, but empty bytes
  const secrets = source.secrets.filter((secret) => stripe.refuseSecret(secret) === undefined);
  const proofs = secrets.filter((secret) => isSigned(body || raw, header.value, secret));
  if (proofs.length === 0) return refused('bad_signature');
  if (!isFresh(signedAt, now)) return refused('stale_timestamp');
  const read = ({ id, type, created }: Json) => ({ id: text(id), type, occurredAt: timeFromSeconds(created) });
  return opened(raw, read, body);
}

/** The SDK's own HMAC with each secret made a key once: that takes longer than to hash a body with it. */
const keys = new Map<string, KeyObject>();
class CachedKeys extends Stripe.CryptoProvider {
  override computeHMACSignature(payload: string, secret: string): string {
    const key = keys.get(secret) ?? createSecretKey(secret, 'utf8');
    keys.set(secret, key);
    return createHmac('sha256', key).update(payload, 'utf8').digest('hex');
  }
}
const hmacs = new CachedKeys();

/** The SDK compares every `v1` in constant time. Its own look at the age (0 turns it off) lets the future pass; ours follows. */
function isSigned(body: string | Buffer, header: string, secret: string): boolean {
  try {
    return Stripe.webhooks.signature?.verifyHeader(body, header, secret, 0, hmacs) === true;
  } catch {
    return false;
  }
}

/** Exactly one `t`: the SDK signs over the last of several, and freshness must look at the one that was signed. */
function timestampOf(header: string): number | undefined {
  const stamps = header.split(',').filter((part) => part.trimStart().startsWith('t='));
  return stamps.length === 1 ? unixSeconds(stamps[0]?.slice('t='.length)) : undefined;
}

/** The SDK decodes the bytes before it signs, which drops a byte order mark and folds broken UTF-8: other bytes, same proof. */
function isExactText(raw: Buffer): boolean {
  return isUtf8(raw) && !(raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf);
}

function normalize(body: unknown, { type }: { readonly type: string }, source: SourceConfig): Normalized {
  const livemode = at(body, 'livemode');
  const occurredAt = timeFromSeconds(at(body, 'created'));
  const mode = livemode === true ? 'live' : livemode === false ? 'test' : undefined;
  const outcome = handle(body, type, occurredAt, source);
  if (typeof outcome === 'string') return { mode, occurredAt, facts: [], ignored: outcome };
  return { mode, occurredAt, facts: outcome, ignored: undefined };
}

function handle(body: unknown, type: string, occurredAt: Date | undefined, source: SourceConfig): Outcome {
  // A thin event carries no object, only where to fetch one.
  if (at(body, 'object') === 'v2.core.event') return 'thin_event';
  const handler = Object.hasOwn(HANDLERS, type) ? HANDLERS[type] : undefined;
  if (!handler) return LEFT_ALONE.find(([pattern]) => pattern.test(type))?.[1] ?? 'unknown_type';
  const object = record(at(body, 'data.object'));
  return handler({ account: text(at(body, 'account')) ?? '', occurredAt, object, source });
}

function customerKnown(event: StripeEvent): readonly Fact[] {
  const { object: customer, source } = event;
  return [
    {
      fact: 'customer',
      provider: 'stripe',
      account: event.account,
      customerId: requiredId(customer, 'id'),
      memberIds: serverSetMembers(source.memberFrom, 'metadata.', reader(event)),
      email: emailIfListed(source.memberFrom, email(customer.email)),
      codes: codesIn(event),
    },
  ];
}

function subscriptionKnown(event: StripeEvent): Outcome {
  const tie = customerTie(event, idOf(event.object.customer));
  return tie ? [tie] : 'names_no_member';
}
