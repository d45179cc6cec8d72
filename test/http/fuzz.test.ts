// Whatever the outside sends, the answer is a 2xx or a 4xx with a problem document: never a 5xx, never silence.
import fc from 'fast-check';
import request, { type Response } from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_TOKEN, type HttpTest, startHttp, stripePost } from '../support/http.ts';
import { LONG, sized } from '../support/sized.ts';

let http: HttpTest;
let key: string;
beforeAll(async () => {
  http = await startHttp();
  key = await http.serverKey(['events:write', 'credits:write']);
});
afterAll(() => http.close());

const RUNS = { numRuns: sized(150, 1_000) };
/** What an HTTP client lets into a header. */
const header = fc.string({ unit: fc.constantFrom(...'tv10=,;: whsec_"\\\té{}[]%-.'), maxLength: 60 });

function isOrderly({ status, body, type }: Response): void {
  expect(status).toBeLessThan(500);
  if (status >= 400)
    expect([type, body.status, typeof body.code]).toEqual(['application/problem+json', status, 'string']);
}

test('signature headers', async () => {
  const send = async (stripe: string, id: string, time: string, signature: string, body: string) => {
    const to = (source: string) =>
      request(http.app).post(`/p/claudexia/webhooks/${source}`).set('Content-Type', 'text/plain');
    isOrderly(await to('stripe').set('stripe-signature', stripe).send(body));
    isOrderly(
      await to('app').set({ 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature }).send(body),
    );
  };
  await fc.assert(fc.asyncProperty(header, header, header, header, fc.string(), send), RUNS);
});

test(
  'signed bodies of any JSON',
  async () => {
    const property = fc.asyncProperty(fc.jsonValue(), fc.string(), async (value, id) => {
      isOrderly(await stripePost(http.app, JSON.stringify(value)));
      isOrderly(
        await stripePost(
          http.app,
          JSON.stringify({ id, object: 'event', type: 'charge.refunded', data: { object: value } }),
        ),
      );
      isOrderly(await http.tell('payment.succeeded', { payment_id: id, value }, `fuzz-${Math.random()}`));
    });
    await fc.assert(property, RUNS);
  },
  LONG ? 300_000 : 60_000,
);

test('events of any JSON with a server key', async () => {
  const types = fc.constantFrom('member.created', 'payment.succeeded', 'usage.recorded', 'member.updated', '__proto__');
  const event = fc.record(
    { type: types, timestamp: fc.jsonValue(), id: fc.jsonValue(), data: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const property = fc.asyncProperty(fc.oneof(fc.jsonValue(), event, fc.array(event)), async (body) => {
    const sent = request(http.app).post('/p/claudexia/v1/events').set('Authorization', `Bearer ${key}`);
    isOrderly(await sent.set('Content-Type', 'application/json').send(JSON.stringify(body)));
  });
  await fc.assert(property, RUNS);
});

test('paths, queries and tokens', async () => {
  const part = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed()));
  const below = fc.constantFrom('rewards', 'events', 'payments', 'members', 'audit', 'programs');
  const query = fc.dictionary(
    fc.constantFrom('program', 'status', 'limit', 'cursor', 'from', 'member', 'state', 'flag'),
    part,
  );
  const property = fc.asyncProperty(below, part, query, header, async (resource, id, filters, token) => {
    const search = Object.entries(filters)
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    const get = (path: string, by: string) =>
      request(http.app).get(`/admin/v1/${path}?${search}`).set('Authorization', by);
    isOrderly(await get(resource, `Bearer ${ADMIN_TOKEN}`));
    isOrderly(await get(`${resource}/${id}`, `Bearer ${ADMIN_TOKEN}`));
    isOrderly(await get(resource, token));
  });
  await fc.assert(property, RUNS);
});
