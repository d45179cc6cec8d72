/**
 * Lemon Squeezy: orders, the payments of subscriptions, and refunds of both.
 * Promises: its ids, small numbers that start anew for each type, become `<source>_<type>_<id>`; the first payment of a
 * subscription is told twice, as an order and as a subscription's invoice, and is one payment: the order. Must never:
 * earn on `*_usd`, which only converts, or answer a proven event with anything but 200: all else is a failure to it.
 */
import type { Fact, Normalized } from '../model/facts.ts';
import type { InboundRequest, Provider, SourceConfig, Verified } from '../model/provider.ts';
import { at, requiredText, text, timeFromIso } from './json.ts';
import {
  invoicePaid,
  invoiceRefunded,
  type LemonEvent,
  type Outcome,
  objectId,
  orderPaid,
  orderRefunded,
  subscriptionObject,
} from './lemonsqueezy-payments.ts';
import { anyMatches, derivedId, headerOf, hmacSha256, opened, refused, refuseTextSecret } from './signatures.ts';

const HANDLERS: Readonly<Record<string, (event: LemonEvent) => Outcome>> = {
  order_created: orderPaid,
  order_refunded: orderRefunded,
  subscription_created: orderOfSubscription,
  subscription_payment_success: invoicePaid,
  subscription_payment_refunded: invoiceRefunded,
};

/** `subscription_payment_success` is always sent beside it. */
const LEFT_ALONE: Readonly<Record<string, string>> = { subscription_payment_recovered: 'same_as_payment_success' };

export const lemonsqueezy: Provider = {
  kind: 'lemonsqueezy',
  handles: Object.keys(HANDLERS),
  defaults: {
    memberFrom: ['custom_data.user_id', 'custom_data.member_id', 'email'],
    codeFrom: ['custom_data.ref', 'custom_data.referral_code'],
  },
  refuseSecret: (secret) => refuseTextSecret(secret, []),
  verify,
  normalize,
};

/** Hex over the body alone. No time is signed: only the event's id stops a replay. */
function verify({ raw, headers }: InboundRequest, source: SourceConfig): Verified {
  const header = headerOf(headers, 'x-signature');
  if (header === 'missing') return refused('missing_signature');
  if (header === 'bad') return refused('bad_signature');
  const expected = source.secrets
    .filter((secret) => lemonsqueezy.refuseSecret(secret) === undefined)
    .map((secret) => hmacSha256(secret, [raw], 'hex'));
  if (!anyMatches([header.value], expected)) return refused('bad_signature');
  return opened(raw, (body) => ({
    id: identityOf(body),
    type: at(body, 'meta.event_name'),
    occurredAt: timeFromIso(at(body, 'data.attributes.updated_at')),
  }));
}

/** `updated_at` is in whole seconds, in which an order may be refunded twice: the sum given back tells them apart. */
function identityOf(body: unknown): string | undefined {
  const parts = ['meta.event_name', 'data.type', 'data.id', 'data.attributes.updated_at'].map((path) =>
    text(at(body, path)),
  );
  return derivedId([...parts, text(at(body, 'data.attributes.refunded_amount')) ?? '']);
}

function normalize(body: unknown, { type }: { readonly type: string }, source: SourceConfig): Normalized {
  const attributes = at(body, 'data.attributes');
  const occurredAt = timeFromIso(at(attributes, 'updated_at'));
  const outcome = handle({ body, attributes, source }, type);
  const mode = modeOf(at(attributes, 'test_mode') ?? at(body, 'meta.test_mode'));
  if (typeof outcome === 'string') return { mode, occurredAt, facts: [], ignored: outcome };
  return { mode, occurredAt, facts: outcome, ignored: undefined };
}

function modeOf(testMode: unknown): Normalized['mode'] {
  return testMode === true ? 'test' : testMode === false ? 'live' : undefined;
}

function handle(event: LemonEvent, type: string): Outcome {
  const handler = Object.hasOwn(HANDLERS, type) ? HANDLERS[type] : undefined;
  if (handler) return handler(event);
  return Object.hasOwn(LEFT_ALONE, type) ? (LEFT_ALONE[type] ?? 'unknown_type') : 'unknown_type';
}

/** The only event that says which order a subscription began with. */
function orderOfSubscription(event: LemonEvent): Outcome {
  const { attributes, body, source } = event;
  const link: Fact = {
    fact: 'payment_link',
    provider: 'lemonsqueezy',
    account: source.name,
    invoice: { id: objectId(source, 'orders', requiredText(attributes, 'order_id')), nameRank: 0 },
    object: subscriptionObject(source, requiredText(body, 'data.id')),
    others: [],
    amountPaid: 0n,
  };
  return [link];
}
