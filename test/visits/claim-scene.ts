/**
 * Two members with links, and visitors who click and say their addresses: a service of its own for each test.
 * Promises: what a test asks of it is asked through the front door.
 */
import { afterEach, beforeEach } from 'vitest';
import { TestService } from '../support/service.ts';
import { Visitor } from './scene.ts';

export function claimScene() {
  let service: TestService;
  const codes: Record<string, string> = {};
  const begin = async (edit?: (yaml: string) => string): Promise<void> => {
    service = await TestService.start({ edit });
    for (const name of ['alice', 'bella']) {
      await service.tell('member.created', { member_id: name, email: `${name}@example.com` });
      codes[name] = await service.codeOf(name);
    }
  };
  beforeEach(() => begin());
  afterEach(() => service.stop());
  const member = async (id: string) => (await service.admin('GET', `/members/${id}?program=claudexia`)).body;
  return {
    get service() {
      return service;
    },
    codes,
    begin,
    member,
    referrerOf: async (id: string): Promise<string | null> => (await member(id)).referred_by?.member_id ?? null,
    signUp: (id: string, email: string, more: object = {}) =>
      service.tell('member.created', { member_id: id, email, ...more }),
    /** 100.00, of which the referrer gets 5.00. */
    bobPays: () =>
      service.tell('payment.succeeded', { payment_id: 'p1', member_id: 'bob', amount: 10_000, currency: 'usd' }),
    clicked: async (code: string, address: string, id = 'visitor'): Promise<Visitor> => {
      const visitor = new Visitor(service, id);
      await visitor.land(code);
      await visitor.claim(code, address);
      return visitor;
    },
  };
}
