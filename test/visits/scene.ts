/** A visitor of the product, as far as the service meets them: a browser's headers, cookies kept, beacons as the snippet sends them. */
import { createHash } from 'node:crypto';
import request, { type Response } from 'supertest';
import type { TestService } from '../support/service.ts';

export const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

export class Visitor {
  readonly #service: TestService;
  readonly id: string;
  readonly headers: Record<string, string>;
  cookie = '';

  constructor(service: TestService, id: string, headers: Record<string, string> = {}) {
    this.#service = service;
    this.id = id.padEnd(16, '0');
    this.headers = { 'User-Agent': FIREFOX, ...headers };
  }

  async follow(code: string): Promise<Response> {
    const answer = await request(this.#service.app)
      .get(`/p/${this.#service.program}/r/${code}`)
      .set({ ...this.headers, ...(this.cookie ? { Cookie: this.cookie } : {}) });
    const [set] = (answer.headers['set-cookie'] ?? []) as unknown as string[];
    if (set) this.cookie = set.split(';')[0] as string;
    return answer;
  }

  async tell(body: object): Promise<Response> {
    return await request(this.#service.app)
      .post(`/p/${this.#service.program}/v1/visits`)
      .set({ 'Content-Type': 'text/plain;charset=UTF-8', Origin: 'https://claudexia.tech', ...this.headers })
      .send(JSON.stringify(body));
  }

  /** Comes to the landing page with the code in the address. */
  land(code: string): Promise<Response> {
    return this.tell({ kind: 'click', visitor_id: this.id, code });
  }

  /** Sends the signup form with this address. */
  claim(code: string, address: string): Promise<Response> {
    return this.tell({ kind: 'claim', visitor_id: this.id, code, email_hash: this.hashOf(address) });
  }

  hashOf(address: string): string {
    const { deps } = this.#service.service;
    const loaded = deps.programs.byName(this.#service.program);
    if (!loaded) throw new Error('the program is not there');
    return createHash('sha256')
      .update(deps.visits.publicKey(loaded) + address)
      .digest('base64url');
  }
}
