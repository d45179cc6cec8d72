/**
 * Stripe's customer balance: a credit is a balance transaction of the customer; negative is in the customer's favour.
 * Promises: the official SDK, made to try once; our key is Stripe's idempotency key and stands in the metadata, where
 * a lookup finds it. Must never: be trusted with a key that is a day old (Stripe forgets it and would pay again).
 */
import { createHash } from 'node:crypto';
import Stripe from 'stripe';
import type { StripeSink } from '../../model/program.ts';
import { QUEUE_MS_MAX, retryAfterSeconds, TIMING } from '../backoff.ts';
import type { HttpAnswer } from '../egress.ts';
import { exactNumber, type LookupAnswer, type Sink, type SinkAnswer, type SinkCall, type SinkIntent } from './sink.ts';

type Call = SinkCall<StripeSink>;

/** A page of 100 transactions with our metadata is some 100 KB. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;
const KEY_LENGTH_MAX = 255;
/** Newest first, so ours is among the first; a customer with more than this is for a person. */
const TRANSACTIONS_MAX = 10_000;

interface Frozen {
  readonly customer: string;
  readonly params: Stripe.CustomerCreateBalanceTransactionParams;
}

export const stripeBalance: Sink<StripeSink> = {
  kind: 'stripe_balance',
  freeze,
  send,
  lookup,
  looksUp: () => true,
  keyLifeMs: () => QUEUE_MS_MAX,
};

function freeze(intent: SinkIntent): string {
  if (intent.customerId === null) throw new Error(`bug: delivery ${intent.deliveryId} has no customer`);
  const amount = exactNumber(intent.amount);
  const frozen: Frozen = {
    customer: intent.customerId,
    params: {
      amount: intent.kind === 'reverse' ? amount : -amount,
      currency: intent.unit,
      description: intent.reason,
      metadata: {
        plusone_key: bounded(intent.idempotencyKey, ''),
        reward_id: `rw_${intent.rewardId}`,
        program: intent.program,
      },
    },
  };
  return JSON.stringify(frozen);
}

async function send(request: string, call: Call): Promise<SinkAnswer> {
  const { customer, params } = JSON.parse(request) as Frozen;
  const { stripe, last } = connect(call);
  try {
    const idempotencyKey = bounded(call.idempotencyKey, `${call.program}:`);
    const made = await stripe.customers.createBalanceTransaction(customer, params, { idempotencyKey });
    const status = made.lastResponse.statusCode;
    if (typeof made.id !== 'string') return { answer: 'unknown', status, detail: 'no_id_in_the_answer' };
    return { answer: 'confirmed', status, reference: made.id };
  } catch (error) {
    return classify(error, last());
  }
}

function classify(error: unknown, last: HttpAnswer | undefined): SinkAnswer {
  if (last?.kind === 'not_sent') return { answer: 'not_sent', status: null, detail: last.detail };
  if (last?.kind !== 'answered')
    return { answer: 'unknown', status: null, detail: last?.detail ?? 'stripe_client_failed' };
  const { status } = last;
  const detail = detailOf(error) ?? `http_${status}`;
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

/** Through all transactions of the customer: the list is consistent, Stripe's search is documented not to be. */
async function lookup(request: string, call: Call): Promise<LookupAnswer> {
  const { customer, params } = JSON.parse(request) as Frozen;
  const { plusone_key: key, program } = (params.metadata || {}) as Record<string, string>;
  const { stripe, last } = connect(call);
  const status = () => (last()?.kind === 'answered' ? 200 : null);
  let seen = 0;
  try {
    for await (const { id, metadata } of stripe.customers.listBalanceTransactions(customer, { limit: 100 })) {
      if (metadata?.plusone_key === key && metadata?.program === program)
        return { found: 'found', status: status(), reference: id };
      if (++seen >= TRANSACTIONS_MAX) return { found: 'cannot', status: status(), detail: 'too_many_transactions' };
    }
    return { found: 'absent', status: status() };
  } catch (error) {
    const answer = last();
    if (answer?.kind !== 'answered')
      return { found: 'cannot', status: null, detail: answer?.detail ?? 'stripe_client_failed' };
    return { found: 'cannot', status: answer.status, detail: detailOf(error) ?? `http_${answer.status}` };
  }
}

/** A client for one call, over our own way out; it remembers what really came back. */
function connect(call: Call): { stripe: Stripe; last: () => HttpAnswer | undefined } {
  let last: HttpAnswer | undefined;
  const overEgress = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    last = await call.http.send({
      url: String(url),
      method: init.method === 'POST' ? 'POST' : 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      body: typeof init.body === 'string' ? init.body : undefined,
      signal: init.signal ? AbortSignal.any([call.signal, init.signal]) : call.signal,
      bodyBytesMax: BODY_BYTES_MAX,
    });
    // Without a `code`: for ECONNRESET the SDK tries again by itself, whatever maxNetworkRetries says.
    if (last.kind !== 'answered') throw new Error(last.detail);
    return new Response(last.body || null, { status: last.status, headers: { ...last.headers } });
  };
  const base = call.config.apiBase === undefined ? undefined : new URL(call.config.apiBase);
  const stripe = new Stripe(call.config.apiKey, {
    httpClient: Stripe.createFetchHttpClient(overEgress as typeof fetch),
    maxNetworkRetries: 0,
    timeout: TIMING.tryMs,
    telemetry: false,
    ...(base && {
      host: base.hostname,
      port: base.port || (base.protocol === 'http:' ? 80 : 443),
      protocol: base.protocol === 'http:' ? 'http' : 'https',
    }),
  });
  return { stripe, last: () => last };
}

/** Stripe's own code or type; messages name customers. */
function detailOf(error: unknown): string | undefined {
  const { code, rawType } = (error ?? {}) as { code?: unknown; rawType?: unknown };
  const word = rawType === 'idempotency_error' ? rawType : (code ?? rawType);
  return typeof word === 'string' && /^\w{1,60}$/.test(word) ? word : undefined;
}

/** Stripe takes keys of at most 255 characters. */
function bounded(key: string, prefix: string): string {
  const whole = prefix + key;
  return whole.length <= KEY_LENGTH_MAX ? whole : `${prefix}sha256:${createHash('sha256').update(key).digest('hex')}`;
}
