/**
 * The part of Paddle Billing's API that Plusone calls, on loopback.
 * Promises: what is sent is checked against Paddle's reference (names, types, what belongs together); codes are unique;
 * lists page by `after`. There are no idempotency keys, as there are none at Paddle. Must never: be imported by src.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { serveLocally } from './local-server.ts';

export type PaddleMode = 'ok' | 'refuse' | 'error' | 'error_after' | 'reset_after' | 'stall_after' | 'too_many';

export interface PaddleDiscount {
  readonly id: string;
  status: 'active' | 'archived' | 'expired' | 'used';
  readonly code: string | null;
  readonly type: string;
  amount: string;
  readonly currency_code: string | null;
  readonly usage_limit: number | null;
  readonly recur: boolean;
  times_used: number;
  custom_data: Record<string, unknown> | null;
  readonly [field: string]: unknown;
}

export interface FakePaddle {
  readonly apiBase: string;
  mode: PaddleMode;
  next: PaddleMode[];
  readonly discounts: PaddleDiscount[];
  readonly notifications: Record<string, unknown>[];
  readonly transactions: Record<string, unknown>[];
  readonly adjustments: Record<string, unknown>[];
  readonly requests: { method: string; path: string; body: string }[];
  /** What a careful reader of Paddle's reference would object to; empty at the end of every test. */
  readonly faults: string[];
  readonly close: () => Promise<void>;
}

const FIELDS = [
  'amount',
  'description',
  'type',
  'enabled_for_checkout',
  'code',
  'mode',
  'currency_code',
  'recur',
  'maximum_recurring_intervals',
  'usage_limit',
  'restrict_to',
  'expires_at',
  'custom_data',
  'discount_group_id',
];

const PAGES = ['after', 'order_by', 'per_page'];
const ASKED: Readonly<Record<string, readonly string[]>> = {
  '/transactions': [...PAGES, 'status', 'updated_at[GTE]'],
  '/adjustments': [...PAGES, 'status', 'transaction_id', 'action'],
  '/notifications': [...PAGES, 'status', 'from', 'to', 'filter'],
};

export async function startFakePaddle(): Promise<FakePaddle> {
  const { origin, close } = await serveLocally((request, response) => void serve(request, response));
  const paddle: FakePaddle = {
    apiBase: origin,
    mode: 'ok',
    next: [],
    discounts: [],
    notifications: [],
    transactions: [],
    adjustments: [],
    requests: [],
    faults: [],
    close,
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const url = new URL(request.url ?? '/', paddle.apiBase);
    const { method = 'GET' } = request;
    paddle.requests.push({ method, path: url.pathname, body });
    if (!/^Bearer pdl_/.test(request.headers.authorization ?? '')) paddle.faults.push('no API key');
    if (method === 'GET') return void list(response, url);
    const mode = paddle.next.shift() ?? paddle.mode;
    if (mode === 'refuse') return void send(response, 400, error('bad_request'));
    if (mode === 'too_many') return void send(response, 429, error('too_many_requests'));
    if (mode === 'error') return void send(response, 500, error('internal_error'));
    const answer = change(method, url.pathname, JSON.parse(body));
    if (mode === 'reset_after') return void response.destroy();
    if (mode === 'stall_after') return;
    if (mode === 'error_after') return void send(response, 500, error('internal_error'));
    send(response, answer.status, answer.body);
  }

  function change(method: string, path: string, body: Record<string, unknown>): { status: number; body: unknown } {
    const id = /^\/discounts\/(dsc_\w+)$/.exec(path)?.[1];
    if (method === 'POST' && path === '/discounts') return createDiscount(body);
    const discount = paddle.discounts.find((each) => each.id === id);
    if (method !== 'PATCH' || !discount) return { status: 404, body: error('not_found') };
    check(
      Object.keys(body).every((field) => [...FIELDS, 'status'].includes(field)),
      'a field that no discount has',
    );
    // A discount that was used keeps its terms; Paddle lets only later ones change.
    Object.assign(discount, body);
    return { status: 200, body: { data: discount, meta: meta() } };
  }

  function createDiscount(body: Record<string, unknown>): { status: number; body: unknown } {
    const { type, amount, currency_code: currency, code, description } = body;
    check(
      Object.keys(body).every((field) => FIELDS.includes(field)),
      'a field that no discount has',
    );
    check(type === 'flat' || type === 'flat_per_seat' || type === 'percentage', 'type');
    check(typeof amount === 'string' && /^\d+(\.\d+)?$/.test(amount), 'amount is text in the lowest unit');
    check(type === 'percentage' || /^[A-Z]{3}$/.test(String(currency)), 'a flat amount has a currency');
    check(code === undefined || code === null || /^[a-zA-Z0-9]{1,32}$/.test(String(code)), 'code');
    check(typeof description === 'string' && description.length > 0 && description.length <= 500, 'description');
    check(
      body.usage_limit === undefined || body.usage_limit === null || Number.isInteger(body.usage_limit),
      'usage_limit',
    );
    const taken = paddle.discounts.some((each) => each.code?.toLowerCase() === String(code).toLowerCase());
    if (code && taken) return { status: 400, body: error('discount_code_conflict') };
    const made = {
      id: `dsc_${String(paddle.discounts.length + 1).padStart(26, '0')}`,
      status: 'active' as const,
      mode: 'standard',
      enabled_for_checkout: true,
      code: null,
      recur: false,
      maximum_recurring_intervals: null,
      usage_limit: null,
      restrict_to: null,
      expires_at: null,
      custom_data: null,
      currency_code: null,
      discount_group_id: null,
      import_meta: null,
      created_at: '2026-05-01T00:00:00Z',
      updated_at: '2026-05-01T00:00:00Z',
      ...body,
      times_used: 0,
    } as unknown as PaddleDiscount;
    paddle.discounts.push(made);
    return { status: 201, body: { data: made, meta: meta() } };
  }

  function list(response: ServerResponse, url: URL): void {
    const one = paddle.discounts.find(({ id }) => url.pathname === `/discounts/${id}`);
    if (one) return void send(response, 200, { data: one, meta: meta() });
    const all = listed(url);
    if (!all) return void send(response, 404, error('not_found'));
    const after = url.searchParams.get('after');
    const perPage = Number(url.searchParams.get('per_page') ?? 50);
    const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
    const page = all.slice(from, from + perPage);
    const next = new URL(url);
    next.searchParams.set('after', String(page.at(-1)?.id ?? after ?? ''));
    const pagination = {
      per_page: perPage,
      next: next.href,
      has_more: from + page.length < all.length,
      estimated_total: all.length,
    };
    send(response, 200, { data: page, meta: { ...meta(), pagination } });
  }

  function listed({ pathname, searchParams }: URL): readonly Readonly<Record<string, unknown>>[] | undefined {
    if (pathname === '/discounts') {
      const codes = searchParams.get('code')?.toLowerCase().split(',');
      return paddle.discounts.filter(({ code }) => !codes || codes.includes((code ?? '').toLowerCase()));
    }
    check(
      [...searchParams.keys()].every((name) => ASKED[pathname]?.includes(name)),
      `a parameter that ${pathname} has not`,
    );
    if (pathname === '/transactions') {
      const [since, statuses] = [searchParams.get('updated_at[GTE]') ?? '', searchParams.get('status')?.split(',')];
      return paddle.transactions.filter(
        ({ updated_at: at, status }) => String(at) >= since && (!statuses || statuses.includes(String(status))),
      );
    }
    if (pathname === '/adjustments') {
      check(searchParams.get('order_by') === 'id[DESC]', 'order_by');
      return paddle.adjustments.toSorted((a, b) => String(b.id).localeCompare(String(a.id)));
    }
    if (pathname !== '/notifications') return undefined;
    const statuses = searchParams.get('status')?.split(',');
    const from = searchParams.get('from') ?? '';
    return paddle.notifications.filter(
      ({ status, occurred_at: at }) => (!statuses || statuses.includes(String(status))) && String(at) >= from,
    );
  }

  function check(holds: boolean, what: string): void {
    if (!holds) paddle.faults.push(what);
  }

  return paddle;
}

function meta(): object {
  return { request_id: '00000000-0000-0000-0000-000000000000' };
}

function error(code: string): object {
  const detail = 'Customer maria@studio-lumen.example said no';
  return {
    error: { type: 'request_error', code, detail, documentation_url: 'https://developer.paddle.com' },
    meta: meta(),
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
