// Invitations of somebody who turns out to be another: they are the survivor's, in the list and against the day's limit.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stripePost } from '../support/http.ts';
import { client } from '../support/member.ts';
import { type Member, type Scene, startScene, statuses } from './scene.ts';

let scene: Scene;
let ann: Member;

beforeAll(async () => {
  scene = await startScene({ invites: 'invites: { per_day: 5 }' });
  ann = await scene.member('ann');
});
afterAll(() => scene.close());

/** Stripe tells of the customer, with the member whom the product's server named. */
async function customer(user?: string): Promise<void> {
  const object = { id: 'cus_1', object: 'customer', email: null, metadata: user ? { user_id: user } : {} };
  const body = { id: `evt_${user}`, object: 'event', type: 'customer.updated', created: 1, data: { object } };
  const text = JSON.stringify({ ...body, livemode: false });
  expect((await stripePost(scene.http.app, text, 'kortix').set('Prefer', 'wait')).status).toBe(200);
}

test('two lists become one, and the day has what both have left', async () => {
  await customer();
  const key = await scene.http.serverKey(['members:write'], 'kortix');
  const headers = { 'Plusone-Member': 'stripe:cus_1' };
  const body = { emails: ['a@friends.example', 'b@friends.example', 'c@friends.example'] };
  const call = client(scene.http.app);
  const before = await call('post', '/me/invites', { token: key, program: 'kortix', headers, body });
  expect(before.body.sent).toBe(3);
  expect((await ann.invite(['d@friends.example'])).body.sent).toBe(1);
  await customer('ann');
  const { data } = await ann.invited();
  expect(data.map((each: { email: string }) => each.email).sort()).toEqual(
    ['a', 'b', 'c', 'd'].map((name) => `${name}***@friends.example`.replace(/^.\*/, '*')),
  );
  expect(statuses(await ann.invite(['e@friends.example', 'f@friends.example']))).toEqual(['sent', 'limit_reached']);
  const over = await ann.invite(['f@friends.example']);
  expect([over.status, Number(over.headers['retry-after']) > 80_000]).toEqual([429, true]);
  await scene.advance(24 * 60 + 1);
});
