/** Whatever the service refused. `code` is one of the document's list, or `not_a_problem` from something in between. */
export class PlusoneError extends Error {
    name = 'PlusoneError';
    status;
    code;
    detail;
    /** The fields that are missing or wrong. */
    errors;
    constructor(status, problem) {
        const detail = problem.detail ?? problem.title ?? 'no problem document came with it';
        super(`${status} ${problem.code ?? 'not_a_problem'}: ${detail}`);
        this.status = status;
        this.code = problem.code ?? 'not_a_problem';
        this.detail = detail;
        this.errors = problem.errors ?? [];
    }
}
/** A list: `await` it for the first page, or `for await` over all its items, page after page. */
export class Pages {
    #read;
    constructor(read) {
        this.#read = read;
    }
    then(done, failed) {
        return this.#read().then(done, failed);
    }
    async *[Symbol.asyncIterator]() {
        let page = await this.#read();
        for (;;) {
            yield* page.data;
            if (page.next_cursor === null)
                return;
            page = await this.#read(page.next_cursor);
        }
    }
}
const TIMEOUT_MS = 30_000;
export class Caller {
    #options;
    #base;
    constructor(options) {
        const { baseUrl, program, token, serverKey } = options;
        if ((token === undefined) === (serverKey === undefined))
            throw new TypeError('give either token or serverKey');
        this.#options = options;
        this.#base = `${baseUrl.replace(/(?<!\/)\/+$/, '')}${program === undefined ? '' : `/p/${encodeURIComponent(program)}`}`;
    }
    async json(request, options) {
        return (await (await this.#send(request, options)).json());
    }
    async text(request, options) {
        return await (await this.#send(request, options)).text();
    }
    async blob(request, options) {
        return await (await this.#send(request, options)).blob();
    }
    pages({ query, ...request }, options) {
        return new Pages((cursor) => this.json({ ...request, query: cursor === undefined ? query : { ...query, cursor } }, options));
    }
    async #send({ method, path, query, body }, { signal, headers } = {}) {
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
        if (!response.ok)
            throw new PlusoneError(response.status, await problemIn(response));
        return response;
    }
}
function queryText(query) {
    const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
    const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return text === '' ? '' : `?${text}`;
}
/** A header carries bytes; ids beyond ASCII go as UTF-8. */
function headerText(value) {
    return String.fromCharCode(...new TextEncoder().encode(value));
}
async function problemIn(response) {
    const text = await response.text();
    try {
        const parsed = JSON.parse(text);
        return typeof parsed === 'object' && parsed !== null ? parsed : {};
    }
    catch {
        return {};
    }
}
