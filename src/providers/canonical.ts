/**
 * Plusone's own events: the schemas of what a `standard` source signs and `POST /v1/events` takes, and their meaning.
 * Promises: one set of schemas for the webhook, the batch endpoint and the API description; an unknown key is let
 * through, for senders may be newer than we are. Must never: repair a value; what does not fit is named by its field.
 */
import { z } from 'zod';
import { plainReason } from '../model/reasons.ts';

const id = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .regex(/^[^\0]*$/);
const shortText = z
  .string()
  .max(500)
  .regex(/^[^\0]*$/);
const time = z.iso.datetime({ offset: true, local: false });
/** Above 2^53-1 JSON.parse has already rounded. */
const amount = z.int().min(0).describe('in minor units');
const email = z
  .string()
  .trim()
  .min(3)
  .max(320)
  .regex(/^[^\s@]+@[^\s@]+$/, 'is not an e-mail address');

const memberCreated = z.object({
  member_id: id,
  email,
  email_verified: z.boolean().nullish(),
  name: shortText.nullish(),
  referral_code: shortText.nullish().describe('the code that brought them, if any'),
  visitor_id: shortText.nullish(),
  ip: shortText.nullish(),
  user_agent: z.string().nullish(),
  fingerprint: shortText.nullish(),
  org_id: id.nullish(),
  created_at: time.nullish(),
});

const memberUpdated = z.object({
  member_id: id,
  email: email.nullish(),
  email_verified: z.boolean().nullish(),
  org_id: id.nullish(),
});

const memberDeleted = z.object({ member_id: id });

const paymentSucceeded = z
  .object({
    payment_id: id,
    member_id: id.nullish(),
    customer_id: id.nullish(),
    email: email.nullish(),
    amount,
    currency: z.string().regex(/^[A-Za-z]{3}$/, 'is not a currency code'),
    tax: amount.nullish(),
    discount: amount.nullish(),
    credit_applied: amount.nullish(),
    kind: z.enum(['top_up', 'invoice', 'one_off']).nullish(),
    instrument: shortText.nullish(),
    referral_code: shortText.nullish(),
    same_as: z
      .array(z.string().regex(/^[a-z][a-z0-9_]*:[^\s\0]{1,255}$/, 'is not like "stripe:pi_123"'))
      .max(20)
      .nullish(),
    paid_at: time.nullish(),
  })
  .refine((data) => data.member_id || data.customer_id || data.email, {
    path: ['member_id'],
    message: 'one of member_id, customer_id, email is required',
  })
  .refine((data) => (data.tax ?? 0) <= data.amount, { path: ['tax'], message: 'is more than the amount' });

const paymentRefunded = z.object({
  refund_id: id,
  payment_id: id,
  amount,
  status: z.enum(['succeeded', 'pending', 'failed']).nullish(),
});

const paymentDisputed = z.object({
  dispute_id: id,
  payment_id: id,
  amount,
  status: z.enum(['open', 'won', 'lost', 'warning']),
});

const usageRecorded = z.object({
  usage_id: id,
  member_id: id,
  quantity: z.int().min(1).nullish(),
  billable: z.boolean().nullish(),
});

/** `data` by event type. */
export const canonicalData = {
  'member.created': memberCreated,
  'member.updated': memberUpdated,
  'member.deleted': memberDeleted,
  'payment.succeeded': paymentSucceeded,
  'payment.refunded': paymentRefunded,
  'payment.disputed': paymentDisputed,
  'usage.recorded': usageRecorded,
} as const;

export type CanonicalType = keyof typeof canonicalData;

/** `member.created` is the component MemberCreated of the document. */
function envelope<T extends CanonicalType>(type: T) {
  const id = type.replace(/(^|\.)(\w)/g, (_match, _dot, letter: string) => letter.toUpperCase());
  return z.object({ type: z.literal(type), timestamp: time.nullish(), data: canonicalData[type] }).meta({ id });
}

/** A whole event, as a webhook carries it; in a batch there is an `id` beside `type`. */
export const canonicalEvent = z
  .discriminatedUnion('type', [
    envelope('member.created'),
    envelope('member.updated'),
    envelope('member.deleted'),
    envelope('payment.succeeded'),
    envelope('payment.refunded'),
    envelope('payment.disputed'),
    envelope('usage.recorded'),
  ])
  .meta({ id: 'CanonicalEvent' });

/** In a batch an event may carry the id under which it is known. */
export const eventId = z.string().regex(/^[^\0]{1,255}$/, 'must be text of 1 to 255 characters');
export const batchEvent = z
  .intersection(canonicalEvent, z.object({ id: eventId.nullish() }))
  .meta({ id: 'BatchEvent' });

export type CanonicalEvent = z.infer<typeof canonicalEvent>;

export type ParsedCanonical =
  | { readonly ok: true; readonly event: CanonicalEvent }
  | { readonly ok: false; readonly unknownType: boolean; readonly field: string; readonly reason: string };

export function isCanonicalType(type: unknown): type is CanonicalType {
  return typeof type === 'string' && Object.hasOwn(canonicalData, type);
}

/** Checks one event. An unknown type is told apart: a newer sender's event is kept and ignored, a broken one is not. */
export function parseCanonical(input: unknown): ParsedCanonical {
  const type = typeof input === 'object' && input !== null ? Reflect.get(input, 'type') : undefined;
  if (!isCanonicalType(type))
    return {
      ok: false,
      unknownType: typeof type === 'string',
      field: 'type',
      reason: 'is not a type of event that we know',
    };
  const parsed = canonicalEvent.safeParse(input, { error: plainReason });
  if (parsed.success) return { ok: true, event: parsed.data };
  const issue = parsed.error.issues[0];
  return {
    ok: false,
    unknownType: false,
    field: issue?.path.join('.') || 'event',
    reason: issue?.message ?? 'is not understood',
  };
}
