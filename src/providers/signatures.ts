/**
 * What the signature schemes share: constant-time comparison, freshness, and opening the body once it is proven.
 * Promises: nothing is parsed before a signature over the raw bytes has matched; every signature in the header is
 * compared with every live secret. Must never: tell by its timing how much of a signature was right, or share the
 * derivation of a key: `whsec_…` is UTF-8 text at Stripe and base64 in Standard Webhooks.
 */
import { isUtf8 } from 'node:buffer';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { parseBody } from '../model/body.ts';
import type { InboundRequest, Refusal, Verified } from '../model/provider.ts';
import { isRecord, type Json } from './json.ts';

/**
 * Stripe's and Standard Webhooks' own figure, here in both directions and for all schemes. Paddle's SDK has 5 s and
 * looks at the past only: too strict for a box whose proxy holds requests while it restarts (Paddle does not sign
 * anew), and replays are stopped by the event id, which is kept for ever, not by the clock.
 */
const TOLERANCE_S = 300;
/** A longer id would not fit the inbox's index. */
const EVENT_ID_LENGTH_MAX = 255;

export function refused(refusal: Refusal): Verified {
  return { ok: false, refusal };
}

/** One header as text; 'missing', or 'bad' when it came more than once. */
export function headerOf(headers: InboundRequest['headers'], name: string): { value: string } | 'missing' | 'bad' {
  const value = headers[name];
  if (value === undefined || value === '') return 'missing';
  return typeof value === 'string' ? { value } : 'bad';
}

export function hmacSha256(
  key: string | Buffer,
  parts: readonly (string | Buffer)[],
  encoding: 'hex' | 'base64',
): string {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest(encoding);
}

export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Whether any given signature is one of the expected; goes through all pairs, whichever matches. */
export function anyMatches(given: readonly string[], expected: readonly string[]): boolean {
  let found = false;
  for (const signature of given) {
    for (const wanted of expected) found = sameText(signature, wanted) || found;
  }
  return found;
}

/** Unix seconds written as digits and nothing else, else undefined. */
export function unixSeconds(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,12}$/.test(value) ? Number(value) : undefined;
}

export function isFresh(atSeconds: number, now: Date): boolean {
  return Math.abs(Math.floor(now.getTime() / 1000) - atSeconds) <= TOLERANCE_S;
}

/** Why a secret of a scheme that signs with the secret's own text can never work. */
export function refuseTextSecret(secret: string, prefixes: readonly string[]): string | undefined {
  if (secret.trim() === '') return 'is empty';
  if (/\s/.test(secret)) return 'contains white space';
  return prefixes.includes(secret) ? `is only the prefix ${secret}` : undefined;
}

/** What `read` finds in a proven body. Without a usable `id` the event goes by the hash of its body. */
export interface Opened {
  readonly id: string | undefined;
  readonly type: unknown;
  readonly occurredAt: Date | undefined;
}

/**
 * Opens a body whose signature matched. A body without a usable id is kept under its own hash, so that it is seen and
 * a repetition is still one event. `text` is the body as decoded by who has checked that it is UTF-8.
 */
export function opened(raw: Buffer, read: (body: Json) => Opened, text?: string): Verified {
  const body = parsed(raw, text);
  return isRecord(body) ? envelopeOf(raw, body, read(body)) : refused('not_parseable');
}

/** As `opened`, for a sender whose body may hold several: a list, JSON lines, or just one. */
export function openedList(raw: Buffer, read: (bodies: readonly Json[]) => Opened): Verified {
  const body = parsed(raw);
  const bodies = Array.isArray(body) ? body : [body];
  if (bodies.length === 0 || !bodies.every(isRecord)) return refused('not_parseable');
  return envelopeOf(raw, body, read(bodies));
}

/**
 * The id of an event whose sender gives it none, from what tells it from all others of its source; undefined when a
 * part is missing. Not from the whole body: a repetition may carry other links in it, or a newer state of the object.
 */
export function derivedId(parts: readonly (string | undefined)[]): string | undefined {
  if (parts.includes(undefined)) return undefined;
  return `derived_${sha256(Buffer.from(JSON.stringify(parts)))}`;
}

function parsed(raw: Buffer, text?: string): unknown {
  if (text === undefined && !isUtf8(raw)) return undefined;
  try {
    return parseBody(text ?? raw.toString('utf8'));
  } catch {
    return undefined;
  }
}

function envelopeOf(raw: Buffer, body: unknown, { id, type, occurredAt }: Opened): Verified {
  const eventId = usableId(id) ?? `body_${sha256(raw)}`;
  return { ok: true, envelope: { eventId, type: usableType(type), occurredAt, body } };
}

function usableId(id: string | undefined): string | undefined {
  if (id === undefined || id.trim() === '') return undefined;
  return id.length > EVENT_ID_LENGTH_MAX || id.includes('\0') ? `id_${sha256(Buffer.from(id))}` : id;
}

function usableType(type: unknown): string {
  return typeof type === 'string' && /^[\w.:-]{1,200}$/.test(type) ? type : 'unknown';
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
