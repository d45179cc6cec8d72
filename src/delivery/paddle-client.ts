/**
 * Paddle's official SDK for one piece of work, over our own way out.
 * Promises: the SDK's own resources, given a transport of ours: its own calls `fetch` without a deadline and without a
 * look at the address. Must never: send our key to another host, whatever address a page of a list names as the next.
 */
import type {
  AdjustmentsResource,
  DiscountsResource,
  NotificationsResource,
  TransactionsResource,
} from '@paddle/paddle-node-sdk';
import { retryAfterSeconds, TIMING } from './backoff.ts';
import type { Http, HttpAnswer } from './egress.ts';
import type { SinkAnswer } from './sinks/sink.ts';
import type { Account } from './stripe-client.ts';

const LIVE = 'https://api.paddle.com';
const SANDBOX = 'https://sandbox-api.paddle.com';
/** A page of 200 transactions with their lines. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;

/** Read when first needed: it holds 20 MB, and most services never ask Paddle for anything. */
let sdk: typeof import('@paddle/paddle-node-sdk') | undefined;

type Resource = new (client: never) => unknown;

export interface PaddleConnection {
  readonly adjustments: AdjustmentsResource;
  readonly discounts: DiscountsResource;
  readonly notifications: NotificationsResource;
  readonly transactions: TransactionsResource;
  /** What the latest call got. */
  readonly last: () => HttpAnswer | undefined;
}

export async function connectPaddle(
  account: Account,
  way: { http: Http; signal: AbortSignal },
): Promise<PaddleConnection> {
  sdk ??= await import('@paddle/paddle-node-sdk');
  const transport = new Transport(account, way);
  const over = <R extends Resource>(resource: R) => new resource(transport as never) as InstanceType<R>;
  return {
    adjustments: over(sdk.AdjustmentsResource),
    discounts: over(sdk.DiscountsResource),
    notifications: over(sdk.NotificationsResource),
    transactions: over(sdk.TransactionsResource),
    last: () => transport.last,
  };
}

/** What the SDK's resources ask of their client. */
class Transport {
  last: HttpAnswer | undefined;
  readonly #account: Account;
  readonly #way: { http: Http; signal: AbortSignal };
  readonly #base: string;

  constructor(account: Account, way: { http: Http; signal: AbortSignal }) {
    this.#account = account;
    this.#way = way;
    // Keys say themselves which of the two they are for.
    this.#base = account.apiBase ?? (account.apiKey.includes('_sdbx_') ? SANDBOX : LIVE);
  }

  get(path: string, query?: { toQueryString(): string }): Promise<unknown> {
    return this.#call('GET', path.includes('?') || !query ? path : path + query.toQueryString());
  }

  post(path: string, body: object): Promise<unknown> {
    return this.#call('POST', path, body);
  }

  patch(path: string, body: object): Promise<unknown> {
    return this.#call('PATCH', path, body);
  }

  async #call(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object): Promise<unknown> {
    const url = new URL(path, this.#base);
    if (url.origin !== new URL(this.#base).origin) throw new Error('a list went on at another host');
    const { http, signal } = this.#way;
    this.last = await http.send({
      url: url.href,
      method,
      headers: {
        authorization: `Bearer ${this.#account.apiKey}`,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: body && JSON.stringify(snakeKeys(body)),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMING.tryMs)]),
      bodyBytesMax: BODY_BYTES_MAX,
    });
    if (this.last.kind !== 'answered') throw new Error(this.last.detail);
    const { status } = this.last;
    const answer = JSON.parse(this.last.body) as { error?: unknown };
    // An error without Paddle's own words is one all the same.
    if (status >= 300 && !answer.error) throw new Error(`http_${status}`);
    return answer;
  }
}

/** The SDK's names are in camel case and the API's in snake case; what is inside a value is the owner's. */
function snakeKeys(body: object): object {
  const renamed = Object.entries(body).map(([key, value]) => [
    key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
    value,
  ]);
  return Object.fromEntries(renamed);
}

/** What is certain about a call that did not succeed. */
export function classifyPaddle(error: unknown, last: HttpAnswer | undefined): SinkAnswer {
  if (last?.kind === 'not_sent') return { answer: 'not_sent', status: null, detail: last.detail };
  if (last?.kind !== 'answered')
    return { answer: 'unknown', status: null, detail: last?.detail ?? 'paddle_client_failed' };
  const { status } = last;
  const detail = paddleWord(error) ?? `http_${status}`;
  if (status === 429) {
    const seconds = retryAfterSeconds(last.headers['retry-after'], new Date());
    if (seconds === undefined) return { answer: 'not_sent', status, detail };
    return { answer: 'retry_after', status, seconds, mayHaveArrived: false };
  }
  // A code that is taken may be ours, from a try whose answer was lost.
  if (status >= 300 && status < 500 && status !== 409 && !detail.includes('conflict'))
    return { answer: 'refused', status, detail };
  return { answer: 'unknown', status, detail };
}

/** Paddle's own code; its sentences may name customers. */
export function paddleWord(error: unknown): string | undefined {
  const word = sdk && error instanceof sdk.ApiError ? error.code : undefined;
  return typeof word === 'string' && /^\w{1,60}$/.test(word) ? word : undefined;
}
