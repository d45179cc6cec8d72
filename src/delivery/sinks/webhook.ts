/**
 * The generic sink: a signed POST to the product's own billing, as the design's "Credits out" lays down.
 * Promises: the body is the frozen text itself; key and webhook-id are the same on every try, only the timestamp and
 * with it the signature are fresh. Must never: take a redirect for an answer, or read more of a reply than its cap.
 */
import type { WebhookSink } from '../../model/program.ts';
import { retryAfterSeconds } from '../backoff.ts';
import type { HttpAnswer } from '../egress.ts';
import { signStandard } from '../standard-signature.ts';
import {
  exactNumber,
  type LookupAnswer,
  type Sink,
  type SinkAnswer,
  type SinkCall,
  type SinkIntent,
  usableReference,
} from './sink.ts';

type Call = SinkCall<WebhookSink>;

export const webhook: Sink<WebhookSink> = {
  kind: 'webhook',
  freeze,
  send,
  lookup,
  looksUp: (config) => config.lookup,
  keyLifeMs: (config) => (config.idempotent ? Number.POSITIVE_INFINITY : 0),
};

function freeze(intent: SinkIntent): string {
  return JSON.stringify({
    type: intent.kind === 'reverse' ? 'credit.reverse' : 'credit.create',
    timestamp: intent.at.toISOString(),
    data: {
      program: intent.program,
      credit_id: `cr_${intent.deliveryId}`,
      idempotency_key: intent.idempotencyKey,
      member_id: intent.memberId,
      customer_id: intent.customerId,
      amount: exactNumber(intent.amount),
      currency: intent.unit,
      reason: intent.reason,
      reward_id: `rw_${intent.rewardId}`,
      payment_id: intent.paymentId,
      // Frozen with the rest: every try of one key sends the same bytes.
      attempt: 1,
      ...(intent.reverses === null ? {} : { reverses: intent.reverses }),
    },
  });
}

async function send(request: string, call: Call): Promise<SinkAnswer> {
  const answer = await call.http.send({
    url: call.config.url,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers(call, request) },
    body: request,
    signal: call.signal,
    fresh: !call.config.idempotent,
  });
  if (answer.kind === 'not_sent') return { answer: 'not_sent', status: null, detail: answer.detail };
  if (answer.kind === 'broken') return { answer: 'unknown', status: null, detail: answer.detail };
  return classify(answer, new Date());
}

function classify(answer: Extract<HttpAnswer, { kind: 'answered' }>, now: Date): SinkAnswer {
  const { status, body } = answer;
  if (status === 202) return { answer: 'accepted', status };
  // 409: the key was known before, so the credit is there.
  if ((status >= 200 && status < 300) || status === 409)
    return { answer: 'confirmed', status, reference: usableReference(field(body, 'reference')) };
  const seconds = status === 429 || status === 503 ? retryAfterSeconds(answer.headers['retry-after'], now) : undefined;
  if (seconds !== undefined) return { answer: 'retry_after', status, seconds, mayHaveArrived: status !== 429 };
  if (status === 429) return { answer: 'not_sent', status, detail: 'too_many_requests' };
  if (status >= 300 && status < 500) return { answer: 'refused', status, detail: codeIn(body) ?? `http_${status}` };
  return { answer: 'unknown', status, detail: `http_${status}` };
}

/**
 * 200 means found, unless the body says otherwise: `{"found":false}`, an empty list, another key, or a web page (an
 * address that answers every GET knows nothing of credits).
 */
async function lookup(_request: string, call: Call): Promise<LookupAnswer> {
  const url = new URL(call.config.url);
  url.searchParams.set('idempotency_key', call.idempotencyKey);
  const answer = await call.http.send({
    url: url.href,
    method: 'GET',
    headers: { accept: 'application/json', ...headers(call, '') },
    signal: call.signal,
    fresh: !call.config.idempotent,
  });
  if (answer.kind !== 'answered') return { found: 'cannot', status: null, detail: answer.detail };
  const { status, body } = answer;
  if (status === 404) return { found: 'absent', status };
  if (status !== 200) return { found: 'cannot', status, detail: `http_${status}` };
  const told = parsed(body);
  if (told === undefined && body.trim().startsWith('<')) return { found: 'cannot', status, detail: 'web_page' };
  const list = Array.isArray(told) ? told : field(body, 'data');
  if (field(body, 'found') === false || (Array.isArray(list) && list.length === 0)) return { found: 'absent', status };
  const key = field(body, 'idempotency_key');
  if (typeof key === 'string' && key !== call.idempotencyKey) return { found: 'cannot', status, detail: 'another_key' };
  return { found: 'found', status, reference: usableReference(field(body, 'reference')) };
}

function headers(call: Call, body: string): Record<string, string> {
  const id = `msg_${call.program}_${call.deliveryId}`;
  return {
    'idempotency-key': headerSafe(call.idempotencyKey),
    ...signStandard(call.config.secrets, id, new Date(), body),
  };
}

/** Keys hold the sender's payment ids: what a header cannot carry is percent-encoded, and so is the percent sign. */
function headerSafe(key: string): string {
  return key.replace(/[^\x21-\x24\x26-\x7e]+/g, (text) => encodeURIComponent(text.toWellFormed()));
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function field(body: string, name: string): unknown {
  const value = parsed(body);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** The sink's own word for it, where it is one: free text might hold an address or a name. */
function codeIn(body: string): string | undefined {
  const code = field(body, 'code');
  return typeof code === 'string' && /^[a-z0-9_.-]{1,60}$/i.test(code) ? code : undefined;
}
