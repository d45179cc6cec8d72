/**
 * The client: `new Plusone({ baseUrl, program, token })`, then `plusone.referral.me()`.
 * Promises: what can be called, and with what, is made of the OpenAPI document (api.ts); shipped as plain JavaScript
 * with its types in dist/, which `npm run client` makes. Must never: import anything of the service.
 */
import { Api } from './api.ts';
import { Caller, type PlusoneOptions } from './runtime.ts';

export type * from './api.ts';
export { type CallOptions, type Page, Pages, PlusoneError, type PlusoneOptions } from './runtime.ts';

export class Plusone extends Api {
  readonly #options: PlusoneOptions;

  constructor(options: PlusoneOptions) {
    super(new Caller(options));
    this.#options = options;
  }

  /** The same server key, acting for this member. */
  actingFor(memberId: string): Plusone {
    if (this.#options.serverKey === undefined) throw new TypeError('only a server key acts for somebody');
    return new Plusone({ ...this.#options, memberId });
  }
}
