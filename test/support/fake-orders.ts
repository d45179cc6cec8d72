/**
 * The lists of orders and refunds of Polar and Lemon Squeezy, on loopback, after their API references.
 * Promises: keys, headers, parameters and pages are those of each reference; what is not is a fault. Must never: be
 * imported by src.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { serveLocally } from './local-server.ts';

export interface Order {
  readonly id: string;
  readonly [field: string]: unknown;
}

export interface FakeOrders {
  readonly apiBase: string;
  /** By path, newest first: `/v1/orders/` and `/v1/refunds/` (Polar), `/v1/orders` and `/v1/subscription-invoices`. */
  readonly lists: Record<string, Order[]>;
  /** The next answers are "too many", each with this Retry-After. */
  readonly tooMany: string[];
  readonly requests: string[];
  readonly faults: string[];
  readonly close: () => Promise<void>;
}

const LEMON = ['filter[store_id]', 'page[number]', 'page[size]'];
const POLAR = ['organization_id', 'sorting', 'page', 'limit'];
const ASKED: Readonly<Record<string, readonly string[]>> = {
  '/v1/orders/': POLAR,
  '/v1/refunds/': POLAR,
  '/v1/orders': LEMON,
  '/v1/subscription-invoices': LEMON,
};

export async function startFakeOrders(): Promise<FakeOrders> {
  const { origin, close } = await serveLocally((request, response) => serve(request, response));
  const fake: FakeOrders = {
    apiBase: origin,
    lists: {},
    tooMany: [],
    requests: [],
    faults: [],
    close,
  };

  function serve({ method, headers, url = '/' }: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url, fake.apiBase);
    fake.requests.push(`${pathname}?${searchParams}`);
    const names = ASKED[pathname];
    const holds = (what: string, isSo: boolean) => isSo || fake.faults.push(`${pathname}: ${what}`);
    holds('method and path', method === 'GET' && names !== undefined);
    holds(
      'parameters',
      [...searchParams.keys()].every((name) => names?.includes(name)),
    );
    holds('key', headers.authorization === 'Bearer key_1');
    const after = fake.tooMany.shift();
    if (after !== undefined) return void response.writeHead(429, { 'retry-after': after }).end('{}');
    const isPolar = names === POLAR;
    if (isPolar) holds('order', searchParams.get('sorting') === '-created_at');
    else holds('media type', headers.accept === 'application/vnd.api+json');
    const size = Number(searchParams.get(isPolar ? 'limit' : 'page[size]'));
    holds('page size', size >= 1 && size <= 100);
    const page = Number(searchParams.get(isPolar ? 'page' : 'page[number]'));
    const of = searchParams.get(isPolar ? 'organization_id' : 'filter[store_id]');
    const all = (fake.lists[pathname] ?? []).filter((each) => of === null || ownerOf(each) === of);
    const found = all.slice((page - 1) * size, page * size);
    const last = Math.max(1, Math.ceil(all.length / size));
    const answer = isPolar
      ? { items: found, pagination: { total_count: all.length, max_page: last } }
      : { meta: { page: { currentPage: page, lastPage: last, perPage: size, total: all.length } }, data: found };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  return fake;
}

function ownerOf(order: Order): string {
  const { store_id: store } = (order.attributes ?? {}) as { store_id?: unknown };
  return String(store ?? order.organization_id);
}
