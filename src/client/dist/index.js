/**
 * The client: `new Plusone({ baseUrl, program, token })`, then `plusone.referral.me()`.
 * Promises: what can be called, and with what, is made of the OpenAPI document (api.ts); shipped as plain JavaScript
 * with its types in dist/, which `npm run client` makes. Must never: import anything of the service.
 */
import { Api } from "./api.js";
import { Caller } from "./runtime.js";
export { Pages, PlusoneError } from "./runtime.js";
export class Plusone extends Api {
    #options;
    constructor(options) {
        super(new Caller(options));
        this.#options = options;
    }
    /** The same server key, acting for this member. */
    actingFor(memberId) {
        if (this.#options.serverKey === undefined)
            throw new TypeError('only a server key acts for somebody');
        return new Plusone({ ...this.#options, memberId });
    }
}
