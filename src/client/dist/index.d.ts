/**
 * The client: `new Plusone({ baseUrl, program, token })`, then `plusone.referral.me()`.
 * Promises: what can be called, and with what, is made of the OpenAPI document (api.ts); shipped as plain JavaScript
 * with its types in dist/, which `npm run client` makes. Must never: import anything of the service.
 */
import { Api } from './api.js';
import { type PlusoneOptions } from './runtime.js';
export type * from './api.js';
export { type CallOptions, type Page, Pages, PlusoneError, type PlusoneOptions } from './runtime.js';
export declare class Plusone extends Api {
    #private;
    constructor(options: PlusoneOptions);
    /** The same server key, acting for this member. */
    actingFor(memberId: string): Plusone;
}
