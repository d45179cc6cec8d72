// The export of one person: everything of theirs, the same for them and for an admin, and nothing of anybody else.
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sessionHeaders } from '../support/admin.ts';
import { type HttpTest, startHttp, stripePost } from '../support/http.ts';
import { client, tokenFor } from '../support/member.ts';

let http: HttpTest;
beforeAll(async () => {
  http = await startHttp();
  const zoe = { member_id: 'zoe', email: 'Zoe@mail.example', name: 'Zoe Quagmire', ip: '203.0.113.77' };
  await http.tell('member.created', zoe, 'zoe');
  const { code } = (await http.admin('get', '/members/zoe?program=claudexia')).body;
  const friend = { member_id: 'secret-friend', email: 'friend@else.example', name: 'Fay', referral_code: code };
  await http.tell('member.created', friend, 'friend');
  const paid = { payment_id: 'p1', member_id: 'secret-friend', amount: 10_000, currency: 'usd' };
  await http.tell('payment.succeeded', paid, 'p1');
  await http.tell('payment.succeeded', { ...paid, payment_id: 'p2', member_id: 'zoe' }, 'p2');
  const both = [
    { id: 'u1', type: 'usage.recorded', data: { usage_id: 'u1', member_id: 'zoe' } },
    { id: 'u2', type: 'usage.recorded', data: { usage_id: 'u2', member_id: 'secret-friend' } },
  ];
  const key = await http.serverKey(['events:write']);
  const call = client(http.app);
  await call('post', '/events', { token: key, body: { events: both }, headers: { Prefer: 'wait' } });
  const object = { id: 'cus_Z', object: 'customer', email: 'zoe@mail.example', note: 'ask friend@else.example or zoe' };
  const noticed = { id: 'evt_1', object: 'event', type: 'customer.noticed', livemode: false, created: 1 };
  await stripePost(http.app, JSON.stringify({ ...noticed, data: { object } }));
  const metadata = { user_id: 'secret-friend', brought_by: 'zoe' };
  const session = {
    id: 'cs_1',
    object: 'checkout.session',
    payment_status: 'paid',
    amount_total: 100,
    currency: 'usd',
  };
  const theirs = { ...session, mode: 'payment', customer: 'cus_F', metadata, payment_intent: 'pi_9', created: 1 };
  const completed = { ...noticed, id: 'evt_2', type: 'checkout.session.completed', data: { object: theirs } };
  await stripePost(http.app, JSON.stringify(completed)).set('Prefer', 'wait');
  const ofBoth = {
    ...theirs,
    id: 'cs_2',
    customer: 'cus_B',
    payment_intent: 'pi_8',
    client_reference_id: 'secret-friend',
  };
  const forTwo = { ...completed, id: 'evt_3', data: { object: { ...ofBoth, metadata: { user_id: 'zoe' } } } };
  await stripePost(http.app, JSON.stringify(forTwo)).set('Prefer', 'wait');
  await call('post', '/me/keys', { token: await tokenFor('zoe'), body: { name: 'mine' } });
  const invited = { emails: ['friend@else.example'], note: 'join me' };
  await call('post', '/me/invites', { token: await tokenFor('zoe'), body: invited });
});
afterAll(() => http.close());

const ofAdmin = () => http.admin('get', '/members/zoe/export?program=claudexia');

test('has what there is of the person, in every section', async () => {
  const { status, body, headers } = await ofAdmin();
  expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
  expect(body).toMatchObject({
    program: 'claudexia',
    member_id: 'zoe',
    email: 'Zoe@mail.example',
    name: 'Zoe Quagmire',
    identifiers: [
      { kind: 'customer', value: expect.stringContaining('cus_B') },
      { kind: 'member', value: 'zoe' },
    ],
    codes: [{ kind: 'primary', uses: 1 }],
    referrals: [{ status: 'completed' }],
    payments: [
      { source_payment_id: 'p2', amount: 10_000, currency: 'usd' },
      { source_payment_id: 'pi_8', amount: 100 },
    ],
    rewards: [{ status: 'credited', amount: 500, unit: 'usd' }],
    ledger: [{ account: 'available', amount: 500 }],
    balances: [{ account: 'available', unit: 'usd', balance: 500 }],
    keys: [{ name: 'mine' }],
    mails: [{ kind: 'invitation', to: 'fri***@else.example', text: expect.stringContaining('join me') }],
    seen: expect.arrayContaining([{ kind: 'ip', seen_at: expect.any(String) }]),
  });
});

test('is the same for the person as for an admin', async () => {
  const own = await client(http.app)('get', '/me/export', { token: await tokenFor('zoe') });
  const { body } = await ofAdmin();
  // Asking is using: the time at which keys and tokens were last seen is not what this is about.
  expect({ ...own.body, keys: [] }).toEqual({ ...body, keys: [] });
});

test('has what was told about them, in its own words, with the addresses of others masked', async () => {
  const { events } = (await ofAdmin()).body;
  const told = events.map((each: { source: string; type: string; body: string }) => [
    each.source,
    each.type,
    JSON.parse(each.body),
  ]);
  expect(told).toEqual([
    ['stripe', 'checkout.session.completed', null],
    ['stripe', 'customer.noticed', expect.objectContaining({ id: 'evt_1' })],
    ['api', 'batch', { events: [expect.objectContaining({ id: 'u1' })] }],
    ['app', 'payment.succeeded', expect.objectContaining({ data: expect.objectContaining({ payment_id: 'p2' }) })],
    ['app', 'member.created', expect.objectContaining({ data: expect.objectContaining({ ip: '203.0.113.77' }) })],
  ]);
  expect(told[1][2].data.object).toMatchObject({ email: 'zoe@mail.example', note: 'ask fri***@else.example or zoe' });
});

test('tells nothing about whom they brought, nor by what they were looked at', async () => {
  const text = JSON.stringify((await ofAdmin()).body);
  for (const each of ['secret-friend', 'friend@', 'Fay', 'hash', 'same_ip']) {
    expect([each, text.includes(each)]).toEqual([each, false]);
  }
});

test('is an owner’s to hand over, and of somebody who is there', async () => {
  const refused = await request(http.app)
    .get('/admin/v1/members/zoe/export?program=claudexia')
    .set(await sessionHeaders(http, 'moderator'));
  expect([refused.status, refused.body.code]).toEqual([403, 'insufficient_role']);
  expect((await http.admin('get', '/members/nobody/export?program=claudexia')).body.code).toBe('unknown_member');
});

test('of somebody who was erased has what the ledger keeps, and nothing that names them', async () => {
  await http.admin('post', '/members/zoe/erase?program=claudexia').send({ reason: 'asked' });
  const { body } = await ofAdmin();
  expect(body).toMatchObject({ email: null, name: null, ledger: [{ amount: 500 }], erased_at: expect.any(String) });
  expect(JSON.stringify(body)).not.toMatch(/quagmire|mail\.example|mine/i);
});
