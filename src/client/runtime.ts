/**
 * How the client speaks: one request, its problems as errors, and lists as pages. Runs wherever there is `fetch`.
 * Promises: whatever is not a success is a PlusoneError; nothing is sent twice by itself. Must never: import anything that runs,
 * or put a credential anywhere but into the header.
 */
import type { ProblemCode } from './api.ts';

export interface PlusoneOptions {
  /** Where Plusone runs; with `program`, else the host of one program. */
  readonly baseUrl: string;
  readonly program?: string;
  /** A member's token or API key; a function is asked before each request. */
  readonly token?: string | (() => string | Promise<string>);
  /** For servers only; a browser must never see it. */
  readonly serverKey?: string;
  /** The member for whom the server key acts. */
  readonly memberId?: string;
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a problem document says; a dialect's has fields of its own, too. */
interface ProblemLike {
  readonly title?: string;
  readonly code?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly index?: number; readonly field: string; readonly reason: string }[];
}

/** Whatever the service refused. `code` is one of the document's list, or `not_a_problem` from something in between. */
export class PlusoneError extends Error {
  override readonly name = 'PlusoneError';
  readonly status: number;
  readonly code: ProblemCode | 'not_a_problem';
  readonly detail: string;
  /** The fields that are missing or wrong. */
  readonly errors: NonNullable<ProblemLike['errors']>;

  constructor(status: number, problem: ProblemLike) {
    const detail = problem.detail ?? problem.title ?? 'no problem document came with it';
    super(`${status} ${problem.code ?? 'not_a_problem'}: ${detail}`);
    this.status = status;
    this.code = (problem.code as ProblemCode | undefined) ?? 'not_a_problem';
    this.detail = detail;
    this.errors = problem.errors ?? [];
  }
}

export interface Request {
  readonly method: string;
  /** With its parameters filled in, below the program. */
  readonly path: string;
  readonly query?: object;
  readonly body?: unknown;
}

export interface Page<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

/** A list: `await` it for the first page, or `for await` over all its items, page after page. */
export class Pages<T> implements PromiseLike<Page<T>>, AsyncIterable<T> {
  readonly #read: (cursor?: string) => Promise<Page<T>>;

  constructor(read: (cursor?: string) => Promise<Page<T>>) {
    this.#read = read;
  }

  then<A = Page<T>, B = never>(
    done?: ((page: Page<T>) => A | PromiseLike<A>) | null,
    failed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#read().then(done, failed);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    let page = await this.#read();
    for (;;) {
      yield* page.data;
      if (page.next_cursor === null) return;
      page = await this.#read(page.next_cursor);
    }
  }
}

const TIMEOUT_MS = 30_000;

export class Caller {
  readonly #options: PlusoneOptions;
  readonly #base: string;

  constructor(options: PlusoneOptions) {
    const { baseUrl, program, token, serverKey } = options;
    if ((token === undefined) === (serverKey === undefined)) throw new TypeError('give either token or serverKey');
    this.#options = options;
    this.#base = `${baseUrl.replace(/(?<!\/)\/+$/, '')}${program === undefined ? '' : `/p/${encodeURIComponent(program)}`}`;
  }

  async json<T>(request: Request, options?: CallOptions): Promise<T> {
    return (await (await this.#send(request, options)).json()) as T;
  }

  async text(request: Request, options?: CallOptions): Promise<string> {
    return await (await this.#send(request, options)).text();
  }

  async blob(request: Request, options?: CallOptions): Promise<Blob> {
    return await (await this.#send(request, options)).blob();
  }

  pages<T>({ query, ...request }: Request, options?: CallOptions): Pages<T> {
    return new Pages((cursor) =>
      this.json<Page<T>>({ ...request, query: cursor === undefined ? query : { ...query, cursor } }, options),
    );
  }

  async #send({ method, path, query, body }: Request, { signal, headers }: CallOptions = {}): Promise<Response> {
    const { token, serverKey, memberId, timeoutMs = TIMEOUT_MS, fetch: send = fetch } = this.#options;
    const bearer = serverKey ?? (typeof token === 'function' ? await token() : token);
    const timeout = AbortSignal.timeout(timeoutMs);
    const response = await send(`${this.#base}${path}${queryText(query)}`, {
      method,
      headers: {
        Authorization: `Bearer ${bearer}`,
        ...(serverKey !== undefined && memberId !== undefined ? { 'Plusone-Member': headerText(memberId) } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new PlusoneError(response.status, await problemIn(response));
    return response;
  }
}

function queryText(query: object | undefined): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
  const text = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return text === '' ? '' : `?${text}`;
}

/** A header carries bytes; ids beyond ASCII go as UTF-8. */
function headerText(value: string): string {
  return String.fromCharCode(...new TextEncoder().encode(value));
}

async function problemIn(response: Response): Promise<ProblemLike> {
  const text = await response.text();
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
