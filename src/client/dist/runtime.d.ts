/**
 * How the client speaks: one request, its problems as errors, and lists as pages. Runs wherever there is `fetch`.
 * Promises: whatever is not a success is a PlusoneError; nothing is sent twice by itself. Must never: import anything that runs,
 * or put a credential anywhere but into the header.
 */
import type { ProblemCode } from './api.js';
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
    readonly errors?: readonly {
        readonly index?: number;
        readonly field: string;
        readonly reason: string;
    }[];
}
/** Whatever the service refused. `code` is one of the document's list, or `not_a_problem` from something in between. */
export declare class PlusoneError extends Error {
    readonly name = "PlusoneError";
    readonly status: number;
    readonly code: ProblemCode | 'not_a_problem';
    readonly detail: string;
    /** The fields that are missing or wrong. */
    readonly errors: NonNullable<ProblemLike['errors']>;
    constructor(status: number, problem: ProblemLike);
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
export declare class Pages<T> implements PromiseLike<Page<T>>, AsyncIterable<T> {
    #private;
    constructor(read: (cursor?: string) => Promise<Page<T>>);
    then<A = Page<T>, B = never>(done?: ((page: Page<T>) => A | PromiseLike<A>) | null, failed?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<A | B>;
    [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined>;
}
export declare class Caller {
    #private;
    constructor(options: PlusoneOptions);
    json<T>(request: Request, options?: CallOptions): Promise<T>;
    text(request: Request, options?: CallOptions): Promise<string>;
    blob(request: Request, options?: CallOptions): Promise<Blob>;
    pages<T>({ query, ...request }: Request, options?: CallOptions): Pages<T>;
}
export {};
