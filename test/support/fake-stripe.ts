/**
 * The part of Stripe's API that delivers credits, on loopback: balance transactions with Stripe's idempotency.
 * Promises: a key replays its stored answer, 500s too, refuses other parameters, and is forgotten when told; the list
 * pages as Stripe's does. Must never: be imported by src.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type StripeMode = 'ok' | 'refuse' | 'error' | 'error_after' | 'reset_after' | 'stall_after' | 'too_many';

export interface BalanceTransaction {
  readonly id: string;
  readonly object: 'customer_balance_transaction';
  readonly customer: string;
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Record<string, string>;
}

export interface FakeStripe {
  readonly apiBase: string;
  mode: StripeMode;
  next: StripeMode[];
  /** The list answers 500. */
  listFails: boolean;
  readonly transactions: BalanceTransaction[];
  readonly requests: { method: string; key: string | undefined; body: string }[];
  /** As Stripe may, from 24 hours on. */
  readonly forgetKeys: () => void;
  readonly close: () => Promise<void>;
}

export async function startFakeStripe(): Promise<FakeStripe> {
  const stored = new Map<string, { body: string; status: number; answer: string }>();
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stripe: FakeStripe = {
    apiBase: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mode: 'ok',
    next: [],
    listFails: false,
    transactions: [],
    requests: [],
    forgetKeys: () => stored.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const url = new URL(request.url ?? '/', 'http://stripe');
    const key = request.headers['idempotency-key'] as string | undefined;
    stripe.requests.push({ method: request.method ?? '', key, body });
    const customer = /^\/v1\/customers\/(\w+)\/balance_transactions$/.exec(url.pathname)?.[1] ?? '';
    if (request.method === 'GET') list(response, customer, url.searchParams);
    else create(response, customer, key ?? '', body);
  }

  function list(response: ServerResponse, customer: string, query: URLSearchParams): void {
    if (stripe.listFails) return void send(response, 500, error('api_error'));
    const all = stripe.transactions.filter((each) => each.customer === customer).reverse();
    const after = query.get('starting_after');
    const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
    const page = all.slice(from, from + Number(query.get('limit') ?? 10));
    send(response, 200, { object: 'list', url: '/v1', has_more: from + page.length < all.length, data: page });
  }

  function create(response: ServerResponse, customer: string, key: string, body: string): void {
    const known = stored.get(key);
    if (known && known.body !== body) return void send(response, 400, error('idempotency_error'));
    if (known) return void response.writeHead(known.status, { 'idempotent-replayed': 'true' }).end(known.answer);
    const mode = stripe.next.shift() ?? stripe.mode;
    if (mode === 'refuse') return void send(response, 400, error('invalid_request_error', 'resource_missing'));
    if (mode === 'too_many') return void send(response, 429, error('invalid_request_error', 'rate_limit'));
    const made = mode === 'error' ? undefined : applied(customer, body);
    const status = mode === 'error' || mode === 'error_after' ? 500 : 200;
    const answer = status === 500 ? error('api_error') : made;
    stored.set(key, { body, status, answer: JSON.stringify(answer) });
    if (mode === 'reset_after') return void response.destroy();
    if (mode === 'stall_after') return;
    send(response, status, answer);
  }

  function applied(customer: string, body: string): BalanceTransaction {
    const given = new URLSearchParams(body);
    const metadata: Record<string, string> = {};
    for (const [name, value] of given) {
      const field = /^metadata\[(\w+)\]$/.exec(name)?.[1];
      if (field) metadata[field] = value;
    }
    const made: BalanceTransaction = {
      id: `cbtxn_${stripe.transactions.length + 1}`,
      object: 'customer_balance_transaction',
      customer,
      amount: Number(given.get('amount')),
      currency: given.get('currency') ?? '',
      metadata,
    };
    stripe.transactions.push(made);
    return made;
  }

  return stripe;
}

function error(type: string, code?: string): object {
  return { error: { type, code, message: 'No such customer: cus_secret' } };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
