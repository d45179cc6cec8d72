/**
 * The part of Stripe's API that Plusone calls, on loopback, with Stripe's idempotency.
 * Promises: a key replays its stored answer, 500s too, refuses other parameters, and is forgotten when told; lists page
 * as Stripe's do; a parameter that Stripe's reference does not name is refused. Must never: be imported by src.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type Change, changeOf, listOf, noObjects, objectOf, type StripeObjects } from './fake-stripe-objects.ts';
import { serveLocally } from './local-server.ts';

export type StripeMode = 'ok' | 'refuse' | 'error' | 'error_after' | 'reset_after' | 'stall_after' | 'too_many';

export interface FakeStripe extends StripeObjects {
  readonly apiBase: string;
  mode: StripeMode;
  next: StripeMode[];
  /** Connected accounts by their ids, each with objects of its own; others are refused. */
  readonly connected: Record<string, StripeObjects>;
  /** The list answers 500. */
  listFails: boolean;
  readonly requests: {
    account?: string | undefined;
    method: string;
    path: string;
    key: string | undefined;
    body: string;
  }[];
  /** As Stripe may, from 24 hours on. */
  readonly forgetKeys: () => void;
  readonly close: () => Promise<void>;
}

export async function startFakeStripe(): Promise<FakeStripe> {
  const stored = new Map<string, { body: string; status: number; answer: string }>();
  const { origin, close } = await serveLocally((request, response) => void serve(request, response));
  const stripe: FakeStripe = {
    apiBase: origin,
    mode: 'ok',
    next: [],
    listFails: false,
    ...noObjects(),
    connected: {},
    requests: [],
    forgetKeys: () => stored.clear(),
    close,
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const url = new URL(request.url ?? '/', 'http://stripe');
    const key = request.headers['idempotency-key'] as string | undefined;
    const account = request.headers['stripe-account'] as string | undefined;
    stripe.requests.push({ account, method: request.method ?? '', path: url.pathname, key, body });
    const objects = account === undefined ? stripe : stripe.connected[account];
    if (!/^Bearer (sk|rk)_/.test(request.headers.authorization ?? '')) send(response, 401, error('invalid_api_key'));
    else if (!objects) send(response, 403, error('invalid_request_error', 'account_invalid'));
    else if (request.method === 'GET') list(response, url, objects);
    else create(response, url, key ?? '', body);
  }

  function list(response: ServerResponse, url: URL, objects: StripeObjects): void {
    if (stripe.listFails) return void send(response, 500, error('api_error'));
    const one = objectOf(objects, url);
    if (one) return void send(response, 200, one);
    const all = listOf(objects, url);
    if ('error' in all) return void send(response, 400, error('invalid_request_error', all.error));
    const after = url.searchParams.get('starting_after');
    const from = after === null ? 0 : all.data.findIndex(({ id }) => id === after) + 1;
    const page = all.data.slice(from, from + Number(url.searchParams.get('limit') ?? 10));
    send(response, 200, { object: 'list', url: '/v1', has_more: from + page.length < all.data.length, data: page });
  }

  function create(response: ServerResponse, url: URL, key: string, body: string): void {
    const known = stored.get(key);
    if (known && known.body !== body) return void send(response, 400, error('idempotency_error'));
    if (known) return void response.writeHead(known.status, { 'idempotent-replayed': 'true' }).end(known.answer);
    const mode = stripe.next.shift() ?? stripe.mode;
    if (mode === 'refuse') return void send(response, 400, error('invalid_request_error', 'resource_missing'));
    if (mode === 'too_many') return void send(response, 429, error('invalid_request_error', 'rate_limit'));
    const made: Change = mode === 'error' ? { made: undefined } : changeOf(stripe, url.pathname, body);
    if ('error' in made) return void send(response, 400, error('invalid_request_error', made.error));
    const status = mode === 'error' || mode === 'error_after' ? 500 : 200;
    const answer = status === 500 ? error('api_error') : made.made;
    stored.set(key, { body, status, answer: JSON.stringify(answer) });
    if (mode === 'reset_after') return void response.destroy();
    if (mode === 'stall_after') return;
    send(response, status, answer);
  }

  return stripe;
}

function error(type: string, code?: string): object {
  return { error: { type, code, message: 'No such customer: cus_secret' } };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
