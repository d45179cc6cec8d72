/**
 * What every part of the Stripe provider reads in the same way: ids, metadata, payers, codes, times.
 * Promises: both API generations are told apart by the keys that are there, never by a version string: a body has the
 * version of the endpoint that sent it, and a self-hosted engine meets them all. Must never: take
 * `client_reference_id` for server-set; on a Payment Link it comes from the URL.
 */
import type { CodeClaim, CustomerFact, Fact, PayerHint, PaymentObject } from '../model/facts.ts';
import { NotUnderstood } from '../model/facts.ts';
import type { SourceConfig } from '../model/provider.ts';
import { at, isRecord, type Json, list, text } from './json.ts';
import { codesOf, payersOf, type ReadPath, serverSetMembers } from './people.ts';

export interface StripeEvent {
  readonly account: string;
  readonly occurredAt: Date | undefined;
  readonly object: Json;
  readonly source: SourceConfig;
}

/** Facts, or why there are none. */
export type Outcome = readonly Fact[] | string;

/** `source_payment_id` is the invoice's id, else the payment intent's, else the charge's. */
const NAME_RANK = {
  invoice: 0,
  payment_intent: 1,
  payment_record: 1,
  charge: 2,
  session: 3,
  invoice_payment: 4,
} as const;
/** A code in `client_reference_id` is marked, because the field mostly holds the product's own user id. */
const MARKED_CODE = /^ref[_-](.+)$/i;

/** The word of `code_from` for promotion codes. */
export const PROMOTION_CODE = 'promotion_code';

/** The id of a reference, which is text, or the whole object where the endpoint expands it. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'string' ? text(value) : text(at(value, 'id'));
}

export function requiredId(object: Json, path: string): string {
  const id = idOf(at(object, path));
  if (id === undefined) throw new NotUnderstood(path, 'missing or not an id');
  return id;
}

/** The references that are there, each with its rank as a name; a nameless one is left out. */
export function objectsOf(named: Partial<Record<keyof typeof NAME_RANK, unknown>>): PaymentObject[] {
  const objects: PaymentObject[] = [];
  for (const [kind, nameRank] of Object.entries(NAME_RANK)) {
    const id = idOf(named[kind as keyof typeof NAME_RANK]);
    if (id !== undefined && !objects.some((object) => object.id === id)) objects.push({ id, nameRank });
  }
  return objects;
}

/** Reads the program file's paths in a Stripe object; `metadata.` also where an invoice keeps its subscription's. */
export function reader({ object, source }: StripeEvent): ReadPath {
  return (path) => {
    if (path === 'client_reference_id') return clientReference(object, source).memberId;
    return path.startsWith('metadata.') ? fromMetadata(object, path.slice('metadata.'.length)) : text(at(object, path));
  };
}

export function payersIn(event: StripeEvent): PayerHint[] {
  return payersOf(event.source.memberFrom, reader(event));
}

export function codesIn(event: StripeEvent): CodeClaim[] {
  const read = reader(event);
  const codes = codesOf(event.source.codeFrom, (path) => {
    if (path === PROMOTION_CODE) return undefined;
    return path === 'client_reference_id' ? clientReference(event.object, event.source).code : read(path);
  });
  return [...codes, ...promotionCodesIn(event)];
}

/** The promotion codes that were redeemed, by their ids: `promotion_code.*` events say which code each carries. */
export function promotionCodesIn({ object, source, account }: StripeEvent): CodeClaim[] {
  if (!source.codeFrom.includes(PROMOTION_CODE)) return [];
  const ids = new Set(discountsOf(object).flatMap((discount) => idOf(at(discount, 'promotion_code')) ?? []));
  return Array.from(ids, (code) => ({ code, carrier: PROMOTION_CODE, object: { provider: 'stripe', account } }));
}

/** A session lists its discounts whole. An invoice did, as `discount`, before 2025-03-31; since then where it is expanded. */
function discountsOf(object: Json): unknown[] {
  const breakdown = list(at(object, 'total_details.breakdown.discounts')).map((part) => at(part, 'discount'));
  const amounts = list(object.total_discount_amounts).map((part) => at(part, 'discount'));
  const lines = list(at(object, 'lines.data')).flatMap((line) => list(at(line, 'discounts')));
  return [object.discount, ...list(object.discounts), ...breakdown, ...amounts, ...lines];
}

/** The tie between a customer and a member, where metadata (which only a server can set) names one; else undefined. */
export function customerTie(event: StripeEvent, customerId: string | undefined): CustomerFact | undefined {
  const memberIds = serverSetMembers(event.source.memberFrom, 'metadata.', reader(event));
  if (customerId === undefined || memberIds.length === 0) return undefined;
  return { fact: 'customer', provider: 'stripe', account: event.account, customerId, memberIds, codes: [] };
}

function clientReference(
  object: Json,
  source: SourceConfig,
): { memberId?: string | undefined; code?: string | undefined } {
  const value = text(object.client_reference_id);
  const code = source.codeFrom.includes('client_reference_id') ? value?.match(MARKED_CODE)?.[1] : undefined;
  return code === undefined ? { memberId: value } : { code };
}

function fromMetadata(object: Json, path: string): string | undefined {
  // Since 2025-03-31 the subscription's metadata stands under `parent`, before that beside it.
  const places = ['metadata', 'parent.subscription_details.metadata', 'subscription_details.metadata'];
  for (const place of places) {
    const found = inMetadata(at(object, place), path);
    if (found !== undefined) return found;
  }
  // Lines can belong to several people (a reseller's invoice): only an answer they agree on is one.
  const said = new Set(list(at(object, 'lines.data')).flatMap((line) => inMetadata(at(line, 'metadata'), path) ?? []));
  return said.size === 1 ? [...said][0] : undefined;
}

/** Metadata is flat and its keys may hold dots: the whole rest is tried as one key first. */
function inMetadata(metadata: unknown, path: string): string | undefined {
  if (!isRecord(metadata)) return undefined;
  return text(Object.hasOwn(metadata, path) ? metadata[path] : at(metadata, path));
}
