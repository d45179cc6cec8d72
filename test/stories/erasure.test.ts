// P1 and P3: somebody with money, disputes, mails and flags is erased, and nothing anywhere tells of them any more but the
// ledger; what comes later does not bring them back; and they earn no second bonus.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sealAudit, sealProgram } from '../../src/jobs/seal.ts';
import { verifySeals } from '../../src/jobs/seal-verify.ts';
import { type HttpTest, startHttp, stripePost } from '../support/http.ts';
import { client, tokenFor } from '../support/member.ts';
import { asOwner, tracesOf } from '../support/traces.ts';

/** None of these may be anywhere in the end. */
const CANARY = 'zanzibar';
const EMAIL = `Zoe.${CANARY}@mail.example`;
const CANARIES = [CANARY, 'quagmire', '203.0.113.77', 'device-of-zoe', 'grudge'];

let http: HttpTest;
let before: { rewards: unknown[]; entries: unknown };
const programNo = () => http.deps.programs.byName('claudexia')?.no as number;
const owner = (text: string) => asOwner(http, text);
const traces = () => tracesOf(http, CANARIES);

const money = async () => ({
  rewards: (await http.admin('get', '/rewards?program=claudexia')).body.data,
  entries: await owner('select transaction_id, line, person_id, account, amount from ledger_entries order by 1, 2'),
});

beforeAll(async () => {
  http = await startHttp();
  const zoe = {
    member_id: 'zoe',
    email: EMAIL,
    name: 'Zoe Quagmire',
    ip: '203.0.113.77',
    user_agent: 'x',
    fingerprint: 'device-of-zoe',
  };
  await http.tell('member.created', { member_id: 'amy', email: 'amy@amy.example' }, 'amy');
  const amys = (await http.admin('get', '/members/amy?program=claudexia')).body.code;
  await http.tell('member.created', { ...zoe, referral_code: amys }, 'zoe');
  await http.tell('member.created', { ...zoe, ip: '198.51.100.9' }, 'zoe at home');
  const zoes = (await http.admin('get', '/members/zoe?program=claudexia')).body.code;
  const paid = {
    payment_id: 'p1',
    member_id: 'zoe',
    email: EMAIL,
    amount: 10_000,
    currency: 'usd',
    instrument: 'card_1',
  };
  await http.tell('payment.succeeded', paid, 'p1');
  await http.tell('payment.refunded', { refund_id: 'r1', payment_id: 'p1', amount: 1_000 }, 'r1');
  // Held, for she shares her address with whom she brings.
  await http.tell(
    'member.created',
    { member_id: 'bob', email: 'bob@bob.example', ip: '198.51.100.9', referral_code: zoes },
    'bob',
  );
  await http.tell('payment.succeeded', { payment_id: 'p2', member_id: 'bob', amount: 10_000, currency: 'usd' }, 'p2');
  await stripePost(http.app, stripeNoise('evt_1'));
  // The same mailbox in other spellings, and an address that she had before; nothing else in them is hers.
  const byAddress = (payment_id: string, email: string) =>
    http.tell('payment.succeeded', { payment_id, email, amount: 700, currency: 'usd' }, payment_id);
  await byAddress('spelled', `zoe.${CANARY}+shop@mail.example`);
  await stripePost(
    http.app,
    stripeNoise('evt_2')
      .replaceAll(EMAIL, `zoe.${CANARY}\\u002Bshop@mail.example`)
      .replaceAll(/Zoe Q\w+|cus_Z/g, 'x'),
  );
  await http.tell(
    'member.updated',
    { member_id: 'zoe', email: `before.${CANARY}@old.example`, email_verified: true },
    'before',
  );
  await byAddress('elder', `before.${CANARY}@old.example`);
  await http.tell('member.updated', { member_id: 'zoe', email: EMAIL, email_verified: true }, 'now');
  await http.admin('patch', '/members/zoe?program=claudexia').send({ note: `a grudge of ${CANARY}` });
  const [held] = (await http.admin('get', '/rewards?program=claudexia&status=pending')).body.data;
  await http.admin('post', `/rewards/${held.id}/approve`).send({ reason: 'no grudge' });
  const call = client(http.app);
  await call('post', '/me/invites', {
    token: await tokenFor('zoe'),
    body: { emails: ['friend@else.example'], note: `your ${CANARY}` },
  });
  await call('post', '/me/keys', { token: await tokenFor('zoe'), body: { name: 'of quagmire' } });
  await http.deps.advanceClock(new Date('2026-05-01T13:00:00Z'));
  before = await money();
  await sealProgram(http.pools.general, programNo(), { now: new Date('2026-05-01T13:00:00Z') });
  await sealAudit(http.pools.general, { now: new Date('2026-05-01T13:00:00Z') });
});
afterAll(() => http.close());

/** A type that we do not know, about her customer. */
function stripeNoise(id: string): string {
  const object = { id: 'cus_Z', object: 'customer', email: EMAIL, name: 'Zoe Quagmire', shipping: { city: CANARY } };
  return JSON.stringify({
    id,
    object: 'event',
    type: 'customer.noticed',
    livemode: false,
    created: 1,
    data: { object },
  });
}

describe('somebody who is erased', () => {
  test('was everywhere before, so that the search below finds what there is', async () => {
    const found = await traces();
    expect(found).toEqual(
      expect.arrayContaining([
        'public.inbox_events.body',
        'public.audit_log.reason',
        'public.audit_log.after',
        'public.reward_history.note',
        'public.member_keys.name',
      ]),
    );
  });

  test('is nowhere afterwards: no table, log, mail or file; ledger, rewards and chain are what they were', async () => {
    const { status, body } = await http
      .admin('post', '/members/zoe/erase?program=claudexia')
      .send({ reason: `by ${CANARY}` });
    expect([status, body.email, body.name, body.note]).toEqual([200, null, null, null]);
    expect(body.erasure_done_at).not.toBeNull();
    expect(await traces()).toEqual([]);
    expect(await money()).toEqual(before);
    expect((await http.admin('get', '/ledger/check')).body).toMatchObject({ balanced: true, drift: 0 });
    const reports = await verifySeals(http.pools.general);
    expect(reports.filter(({ ok }) => !ok)).toEqual([]);
    expect(reports.find(({ chain }) => chain === 'audit')).toMatchObject({ sealedTo: expect.any(BigInt) });
  });

  test('can be erased again, and nobody who is not there can', async () => {
    expect((await http.admin('post', '/members/zoe/erase?program=claudexia')).status).toBe(200);
    expect((await http.admin('post', '/members/nobody/erase?program=claudexia')).body.code).toBe('unknown_member');
    expect(await traces()).toEqual([]);
  });

  test('is nobody to the member API, and no admin writes about them', async () => {
    const call = client(http.app);
    expect((await call('get', '/me', { token: await tokenFor('zoe') })).status).toBe(401);
    const patched = await http.admin('patch', '/members/zoe?program=claudexia').send({ note: 'again' });
    expect([patched.status, patched.body.code]).toEqual([409, 'member_erased']);
  });

  test('does not come back with what is told late', async () => {
    await http.tell(
      'member.created',
      { member_id: 'zoe', email: EMAIL, name: 'Zoe Quagmire', ip: '203.0.113.77' },
      'late1',
    );
    await http.tell('member.updated', { member_id: 'zoe', email: EMAIL }, 'late2');
    await http.tell(
      'payment.succeeded',
      { payment_id: 'p3', member_id: 'zoe', email: EMAIL, amount: 500, currency: 'usd' },
      'late3',
    );
    await http.tell('payment.succeeded', { payment_id: 'p4', email: EMAIL, amount: 500, currency: 'usd' }, 'late4');
    await http.tell('member.deleted', { member_id: 'zoe' }, 'late5');
    expect(await traces()).toEqual([]);
    const { body } = await http.admin('get', '/members/zoe?program=claudexia');
    expect([body.email, body.name]).toEqual([null, null]);
  });

  test('who signs up anew with the same address earns nobody a second bonus', async () => {
    const amys = (await http.admin('get', '/members/amy?program=claudexia')).body.code;
    const again = { member_id: 'zoe2', email: 'zoe.zanzibar+2@mail.example', referral_code: amys };
    await http.tell('member.created', again, 'again');
    await http.tell(
      'payment.succeeded',
      { payment_id: 'p5', member_id: 'zoe2', amount: 10_000, currency: 'usd' },
      'p5',
    );
    const { body } = await http.admin('get', '/members/zoe2?program=claudexia');
    expect(body.referred_by).toMatchObject({ member_id: 'amy', status: 'denied', reason: 'erased_before' });
    const { body: list } = await http.admin('get', '/rewards?program=claudexia&member=amy');
    const ofNew = list.data.filter((each: { referee_id: string }) => each.referee_id === 'zoe2');
    expect(ofNew.map((each: { status: string; reason: string }) => [each.status, each.reason])).toEqual([
      ['rejected', 'erased_before'],
      ['rejected', 'erased_before'],
    ]);
  });
});

test('an id that looks like a number in other people’s events costs them nothing', async () => {
  await http.tell('member.created', { member_id: '7', email: 'seven@seven.example' }, 'seven');
  await http.tell('usage.recorded', { usage_id: '7', member_id: 'amy', quantity: 1 }, 'use');
  await http.admin('post', '/members/7/erase?program=claudexia');
  const rows = await owner(
    `select event_id, body is null as blank from inbox_events where event_id in ('seven', 'use') order by 1`,
  );
  expect(rows).toEqual([
    { event_id: 'seven', blank: true },
    { event_id: 'use', blank: false },
  ]);
});
