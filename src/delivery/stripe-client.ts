/**
 * Stripe's official SDK for one piece of work, over our own way out.
 * Promises: it tries once, and remembers what really came back, for the SDK's own errors tell too little to say what is
 * certain. Must never: repeat a call by itself, or send anything beside it (telemetry).
 */
import { createHash } from 'node:crypto';
import Stripe from 'stripe';
import { retryAfterSeconds, TIMING } from './backoff.ts';
import type { Http, HttpAnswer } from './egress.ts';
import type { SinkAnswer } from './sinks/sink.ts';

export interface Account {
  readonly apiKey: string;
  /** Where the API is, if not where it always is. */
  readonly apiBase?: string | undefined;
  /** A connected account for which the key's own account asks. */
  readonly account?: string | undefined;
}

/** A page of 100 objects with our metadata is some 100 KB. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;
/** Stripe takes keys of at most 255 characters. */
const KEY_LENGTH_MAX = 255;

export interface StripeConnection {
  readonly stripe: Stripe;
  /** What the latest call got. */
  readonly last: () => HttpAnswer | undefined;
}

export function connectStripe(
  { apiKey, apiBase, account }: Account,
  { http, signal }: { http: Http; signal: AbortSignal },
): StripeConnection {
  let last: HttpAnswer | undefined;
  const overEgress = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    last = await http.send({
      url: String(url),
      method: init.method === 'POST' ? 'POST' : 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      body: typeof init.body === 'string' ? init.body : undefined,
      signal: init.signal ? AbortSignal.any([signal, init.signal]) : signal,
      bodyBytesMax: BODY_BYTES_MAX,
    });
    // Without a `code`: for ECONNRESET the SDK tries again by itself, whatever maxNetworkRetries says.
    if (last.kind !== 'answered') throw new Error(last.detail);
    return new Response(last.body || null, { status: last.status, headers: { ...last.headers } });
  };
  const base = apiBase === undefined ? undefined : new URL(apiBase);
  const stripe = new Stripe(apiKey, {
    httpClient: Stripe.createFetchHttpClient(overEgress as typeof fetch),
    maxNetworkRetries: 0,
    timeout: TIMING.tryMs,
    telemetry: false,
    ...(account && { stripeAccount: account }),
    ...(base && {
      host: base.hostname,
      port: base.port || (base.protocol === 'http:' ? 80 : 443),
      protocol: base.protocol === 'http:' ? 'http' : 'https',
    }),
  });
  return { stripe, last: () => last };
}

/** What is certain about a call that did not succeed. */
export function classifyStripe(error: unknown, last: HttpAnswer | undefined): SinkAnswer {
  if (last?.kind === 'not_sent') return { answer: 'not_sent', status: null, detail: last.detail };
  if (last?.kind !== 'answered')
    return { answer: 'unknown', status: null, detail: last?.detail ?? 'stripe_client_failed' };
  const { status } = last;
  const detail = stripeWord(error) ?? `http_${status}`;
  if (status === 429) {
    const seconds = retryAfterSeconds(last.headers['retry-after'], new Date());
    if (seconds === undefined) return { answer: 'not_sent', status, detail };
    return { answer: 'retry_after', status, seconds, mayHaveArrived: false };
  }
  // 409: another call with this key is under way. idempotency_error: the key was used with other parameters.
  const usedKey = status === 409 || detail === 'idempotency_error';
  if (status >= 300 && status < 500 && !usedKey) return { answer: 'refused', status, detail };
  return { answer: 'unknown', status, detail };
}

/** Stripe's own code or type; messages name customers. */
export function stripeWord(error: unknown): string | undefined {
  const { code, rawType } = (error ?? {}) as { code?: unknown; rawType?: unknown };
  const word = rawType === 'idempotency_error' ? rawType : (code ?? rawType);
  return typeof word === 'string' && /^\w{1,60}$/.test(word) ? word : undefined;
}

export function boundedKey(key: string, prefix: string): string {
  const whole = prefix + key;
  return whole.length <= KEY_LENGTH_MAX ? whole : `${prefix}sha256:${createHash('sha256').update(key).digest('hex')}`;
}
