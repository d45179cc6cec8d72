/** Claudexia's program through the front door: what its owner's text promises, on the ledger as the sink. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TestService } from '../support/service.ts';
import { disputeOf, type PaymentTold, refundOf, subscriptionPayment, topUp } from '../support/stripe-bodies.ts';

let service: TestService;
beforeEach(async () => {
  service = await TestService.start();
  await service.aliceRefersBob();
});
afterEach(async () => {
  expect(await service.isBalanced()).toBe(true);
  await service.stop();
});

const pay = (payment_id: string, amount: number, more: object = {}) =>
  service.tell('payment.succeeded', { payment_id, member_id: 'bob', amount, currency: 'usd', ...more });
const told = (more: Partial<PaymentTold> = {}): PaymentTold => ({
  n: '1',
  generation: 'basil',
  amount: 12_000,
  tax: 2_000,
  userId: 'bob',
  customer: 'cus_bob',
  created: Date.parse('2026-05-01T10:00:00Z') / 1000,
  ...more,
});

describe('a share of every top-up', () => {
  test.each([
    [5_000, 250],
    [100_000, 5_000],
    [500, 25],
    [1_999, 99],
  ])('of %i cents is %i cents, credited at once', async (amount, share) => {
    await pay('pay_1', amount);
    expect(await service.rewards()).toMatchObject([
      {
        status: 'credited',
        amount: share,
        member_id: 'alice',
        referee_id: 'bob',
        rate: '5%',
        idempotency_key: 'ref:auto:pay_1',
        base: { amount, currency: 'usd' },
      },
    ]);
  });

  test('of a team that tops up $300 together is $15, of a one-off $1,000 it is $50', async () => {
    for (const id of ['cara', 'dave']) await service.refer(id, 'alice', `192.0.2.${id.length + 40 + id.charCodeAt(0)}`);
    for (const member_id of ['bob', 'cara', 'dave']) await pay(`pay_${member_id}`, 10_000, { member_id });
    await pay('pay_opus', 100_000, { kind: 'one_off' });
    const amounts = (await service.rewards('&member=alice')).map((reward) => reward.amount);
    expect(amounts).toEqual([5_000, 500, 500, 500]);
  });

  test('below $5 is nothing, and the list of payments that earned nothing says why', async () => {
    await pay('pay_1', 499);
    expect(await service.rewards()).toEqual([]);
    const { body } = await service.admin('GET', '/payments?program=claudexia&earned=false');
    expect(body.data).toMatchObject([
      { source_payment_id: 'pay_1', member_id: 'bob', amount: 499, currency: 'usd', reason: 'below_minimum' },
    ]);
  });

  test('is of the net: tax earns nothing', async () => {
    await pay('pay_1', 12_000, { tax: 2_000 });
    expect((await service.rewards())[0]).toMatchObject({ amount: 500, base: { amount: 10_000 } });
  });

  test('goes on for ever: the hundredth top-up earns as the first', async () => {
    await pay('pay_1', 5_000);
    await pay('pay_100', 5_000, { paid_at: '2029-05-01T00:00:00Z' });
    expect((await service.rewards()).map((reward) => reward.amount)).toEqual([250, 250]);
  });

  test('falls from $5.00 to $3.00 when $40 of $100 are refunded, and back when the refund fails', async () => {
    await pay('pay_1', 10_000);
    await service.tell('payment.refunded', { payment_id: 'pay_1', refund_id: 're_1', amount: 4_000 });
    expect((await service.rewards())[0]).toMatchObject({ status: 'credited', amount: 500, reversed_amount: 200 });
    await service.tell('payment.refunded', { payment_id: 'pay_1', refund_id: 're_1', amount: 4_000, status: 'failed' });
    expect((await service.rewards())[0]).toMatchObject({ status: 'credited', amount: 500, reversed_amount: 0 });
  });

  test('is reversed whole by a lost dispute, whatever was refunded before', async () => {
    await pay('pay_1', 10_000);
    await service.tell('payment.refunded', { payment_id: 'pay_1', refund_id: 're_1', amount: 4_000 });
    await service.tell('payment.disputed', { payment_id: 'pay_1', dispute_id: 'dp_1', amount: 10_000, status: 'open' });
    expect((await service.rewards())[0]).toMatchObject({ status: 'credited', flags: ['disputed'] });
    await service.tell('payment.disputed', { payment_id: 'pay_1', dispute_id: 'dp_1', amount: 10_000, status: 'lost' });
    expect((await service.rewards())[0]).toMatchObject({ status: 'reversed', reversed_amount: 500, flags: [] });
  });

  test('follows an individual rate from then on', async () => {
    await pay('pay_1', 10_000);
    const { status } = await service.admin('PATCH', '/members/alice?program=claudexia', { rate: '10%' });
    expect(status).toBe(200);
    await pay('pay_2', 10_000);
    expect((await service.rewards()).map((reward) => [reward.amount, reward.rate])).toEqual([
      [1_000, '10%'],
      [500, '5%'],
    ]);
  });

  test('is explained: which rule and which signals were asked, what each saw and said', async () => {
    await pay('pay_1', 10_000);
    const [reward] = await service.rewards();
    const { body } = await service.admin('GET', `/rewards/${reward.id}`);
    const asked = body.explain.map((finding: { asked: string; said: string }) => [finding.asked, finding.said]);
    expect(asked).toEqual([
      ['attribution', 'attributed'],
      ['signal self_referral', 'clear'],
      ['signal same_ip', 'clear'],
      ['rule top_up_share', 'earns 500 usd'],
      ['signal velocity', 'clear'],
      ['assessed', 'clear'],
    ]);
    expect(body.entries.map((entry: { account: string; amount: number }) => [entry.account, entry.amount])).toEqual([
      ['rewards', -500],
      ['available', 500],
    ]);
    expect(body.history).toHaveLength(1);
  });
});

describe('abuse', () => {
  test('a sixth first top-up within 24 hours is held, approved by a person, and credited once', async () => {
    for (let i = 0; i < 6; i++) {
      await service.refer(`r${i}`, 'alice', `192.0.2.${10 + i}`);
      await service.tell('payment.succeeded', {
        payment_id: `first_${i}`,
        member_id: `r${i}`,
        amount: 10_000,
        currency: 'usd',
        paid_at: `2026-05-01T0${i}:00:00Z`,
      });
    }
    const [held] = await service.rewards('&status=pending');
    expect(await service.rewards('&status=credited')).toHaveLength(5);
    expect(held).toMatchObject({ source_payment_id: 'first_5', reason: 'held', flags: ['velocity'] });
    const approved = await service.admin('POST', `/rewards/${held.id}/approve`);
    expect(approved).toMatchObject({ status: 200, body: { status: 'credited' } });
    expect(await service.admin('POST', `/rewards/${held.id}/approve`)).toMatchObject({
      status: 409,
      body: { code: 'not_approvable' },
    });
  });

  test('a signup from an address that the referrer or another referee used is flagged, and its rewards are held', async () => {
    await service.refer('carol', 'alice', '192.0.2.1');
    await service.refer('dave', 'alice', '192.0.2.2');
    for (const who of ['carol', 'dave'])
      await service.tell('payment.succeeded', {
        payment_id: `p_${who}`,
        member_id: who,
        amount: 10_000,
        currency: 'usd',
      });
    const held = await service.rewards('&flag=same_ip');
    expect(held.map((reward) => [reward.referee_id, reward.status, reward.reason])).toEqual([
      ['dave', 'pending', 'held'],
      ['carol', 'pending', 'held'],
    ]);
  });

  test('a held reward that is rejected stays rejected, and its money goes back', async () => {
    await service.refer('carol', 'alice', '192.0.2.1');
    await service.tell('payment.succeeded', { payment_id: 'p', member_id: 'carol', amount: 10_000, currency: 'usd' });
    const [held] = await service.rewards('&status=pending');
    expect((await service.admin('POST', `/rewards/${held.id}/reject`, {})).status).toBe(422);
    expect(await service.admin('POST', `/rewards/${held.id}/reject`, { reason: 'one household' })).toMatchObject({
      status: 200,
      body: { status: 'rejected' },
    });
    await service.tell('payment.refunded', { payment_id: 'p', refund_id: 're', amount: 10_000 });
    expect((await service.rewards())[0]).toMatchObject({ status: 'rejected' });
  });

  test('nobody refers themselves: another account with the same address, however written, earns nothing', async () => {
    const code = await service.codeOf('alice');
    await service.tell('member.created', {
      member_id: 'alice2',
      email: 'Alice+second@Example.com',
      referral_code: code,
    });
    await service.tell('payment.succeeded', { payment_id: 'p', member_id: 'alice2', amount: 10_000, currency: 'usd' });
    expect(await service.rewards()).toMatchObject([
      { status: 'rejected', reason: 'self_referral', referee_id: 'alice2' },
    ]);
    const { body } = await service.admin('GET', '/payments?program=claudexia&earned=false');
    expect(body.data).toMatchObject([{ source_payment_id: 'p', reason: 'self_referral' }]);
  });

  test('an admin takes a credited reward back with a reason, for good', async () => {
    await pay('pay_1', 10_000);
    const [reward] = await service.rewards();
    expect(
      await service.admin('POST', `/rewards/${reward.id}/reverse`, { reason: 'paid with a stolen card' }),
    ).toMatchObject({ status: 200, body: { status: 'reversed' } });
    await service.tell('payment.refunded', { payment_id: 'pay_1', refund_id: 're_1', amount: 4_000, status: 'failed' });
    expect((await service.rewards())[0]).toMatchObject({ status: 'reversed', reason: 'admin' });
    const audit = await service.admin('GET', '/audit');
    expect(audit.body.data[0]).toMatchObject({ action: 'reward.reverse', reason: 'paid with a stolen card' });
  });
});

describe('every source', () => {
  test('Clerk brings the signup with its code, Stripe the payment: one reward', async () => {
    const code = await service.codeOf('alice');
    await service.post('clerk', {
      type: 'user.created',
      object: 'event',
      data: {
        id: 'user_carol',
        primary_email_address_id: 'e1',
        email_addresses: [{ id: 'e1', email_address: 'carol@work.example', verification: { status: 'verified' } }],
        unsafe_metadata: { ref: code },
        created_at: Date.now(),
      },
      event_attributes: { http_request: { client_ip: '192.0.2.77', user_agent: 'x' } },
    });
    for (const body of subscriptionPayment(told({ userId: 'user_carol', customer: 'cus_carol' })))
      await service.post('stripe', body);
    expect(await service.rewards()).toMatchObject([
      { status: 'credited', amount: 500, referee_id: 'user_carol', source: 'stripe', source_payment_id: 'in_1' },
    ]);
  });

  test('an unverified signup waits; once its address is verified its payments earn', async () => {
    const code = await service.codeOf('alice');
    const user = (status: string) => ({
      id: 'user_eve',
      primary_email_address_id: 'e1',
      email_addresses: [{ id: 'e1', email_address: 'eve@work.example', verification: { status } }],
      unsafe_metadata: { ref: code },
      created_at: Date.now(),
    });
    await service.post('clerk', { type: 'user.created', object: 'event', data: user('unverified') });
    await service.tell('payment.succeeded', {
      payment_id: 'p',
      member_id: 'user_eve',
      amount: 10_000,
      currency: 'usd',
    });
    expect(await service.rewards()).toMatchObject([{ status: 'pending', reason: 'qualifying' }]);
    await service.post('clerk', { type: 'user.updated', object: 'event', data: user('verified') });
    expect(await service.rewards()).toMatchObject([{ status: 'credited', amount: 500 }]);
  });

  test('Paddle: a completed transaction earns on its net, an approved refund takes its share back, a rejected one does not', async () => {
    const transaction = {
      event_id: 'evt_p1',
      event_type: 'transaction.completed',
      occurred_at: '2026-05-01T10:00:00Z',
      notification_id: 'ntf_1',
      data: {
        id: 'txn_1',
        status: 'completed',
        customer_id: 'ctm_1',
        origin: 'web',
        currency_code: 'USD',
        custom_data: { user_id: 'bob' },
        billed_at: '2026-05-01T10:00:00Z',
        subscription_id: null,
        details: {
          totals: {
            subtotal: '10000',
            discount: '0',
            tax: '2000',
            total: '12000',
            credit: '0',
            balance: '0',
            grand_total: '12000',
            grand_total_tax: '2000',
            fee: '600',
            earnings: '9400',
            currency_code: 'USD',
          },
        },
        payments: [{ status: 'captured', amount: '12000', captured_at: '2026-05-01T10:00:00Z' }],
      },
    };
    await service.post('paddle', transaction);
    expect(await service.rewards()).toMatchObject([{ status: 'credited', amount: 500, source_payment_id: 'txn_1' }]);
    const adjustment = (id: string, status: string, event_id: string) => ({
      event_id,
      event_type: event_id.includes('u') ? 'adjustment.updated' : 'adjustment.created',
      occurred_at: '2026-05-02T10:00:00Z',
      data: {
        id,
        action: 'refund',
        type: 'partial',
        status,
        transaction_id: 'txn_1',
        customer_id: 'ctm_1',
        currency_code: 'USD',
        totals: { subtotal: '5000', tax: '1000', total: '6000', currency_code: 'USD' },
      },
    });
    await service.post('paddle', adjustment('adj_1', 'pending_approval', 'evt_a1'));
    await service.post('paddle', adjustment('adj_1', 'rejected', 'evt_u1'));
    expect((await service.rewards())[0]).toMatchObject({ reversed_amount: 0 });
    await service.post('paddle', adjustment('adj_2', 'pending_approval', 'evt_a2'));
    await service.post('paddle', adjustment('adj_2', 'approved', 'evt_u2'));
    expect((await service.rewards())[0]).toMatchObject({ amount: 500, reversed_amount: 250 });
  });

  test('a payment before its member waits as unattributed and is claimed by the signup', async () => {
    const code = await service.codeOf('alice');
    await service.tell('payment.succeeded', {
      payment_id: 'early',
      member_id: 'frank',
      amount: 10_000,
      currency: 'usd',
    });
    const { body } = await service.admin('GET', '/payments?program=claudexia&earned=false');
    expect(body.data).toMatchObject([{ source_payment_id: 'early', reason: 'unattributed' }]);
    await service.tell('member.created', { member_id: 'frank', email: 'frank@work.example', referral_code: code });
    expect(await service.rewards()).toMatchObject([{ status: 'credited', source_payment_id: 'early' }]);
  });

  test('a payment that names only an address is the member’s who signs up with it', async () => {
    const code = await service.codeOf('alice');
    await service.tell('payment.succeeded', {
      payment_id: 'by_mail',
      email: 'grace@work.example',
      amount: 10_000,
      currency: 'usd',
    });
    await service.tell('member.created', { member_id: 'grace', email: 'Grace@Work.example', referral_code: code });
    expect(await service.rewards()).toMatchObject([
      { status: 'credited', source_payment_id: 'by_mail', referee_id: 'grace' },
    ]);
  });

  test('the other mode earns nothing, visibly', async () => {
    const [session] = topUp(told());
    await service.post('stripe', { ...session, livemode: true });
    expect(await service.rewards()).toEqual([]);
    const { body } = await service.admin('GET', '/payments?program=claudexia&earned=false');
    expect(body.data).toMatchObject([{ reason: 'other_mode', mode: 'live' }]);
  });

  test('an unknown type is kept as ignored, a body that is not understood is parked, and both can be looked at', async () => {
    expect((await service.tell('something.else', {})).status).toBe(200);
    expect((await service.tell('payment.succeeded', { payment_id: 'x', amount: 'much' })).status).toBe(200);
    const events = await service.admin('GET', '/events?program=claudexia&source=app&limit=2');
    expect(events.body.data.map((event: { state: string }) => event.state)).toEqual(['parked', 'ignored']);
  });
});

describe('the same events in any order', () => {
  test('end in one state over HTTP, for a sample of the permutations', async () => {
    const orders = [
      [0, 1, 2, 3, 4, 5],
      [5, 4, 3, 2, 1, 0],
      [2, 5, 0, 3, 1, 4],
      [4, 1, 5, 0, 3, 2],
      [3, 2, 4, 5, 0, 1],
    ];
    const code = await service.codeOf('alice');
    for (const [n, order] of orders.entries()) {
      const payment = told({ n: `s${n}`, generation: 'acacia', userId: `user_${n}`, customer: `cus_${n}` });
      const [session] = topUp(payment);
      const events = [
        () =>
          service.tell('member.created', { member_id: `user_${n}`, email: `u${n}@work.example`, referral_code: code }),
        () => service.post('stripe', session as object),
        () => service.post('stripe', refundOf(payment, `re_a${n}`, 6_000, 'succeeded')),
        () => service.post('stripe', refundOf(payment, `re_b${n}`, 1_000, 'failed')),
        () => service.post('stripe', disputeOf(payment, 'needs_response')),
        () => service.post('stripe', disputeOf(payment, 'won')),
      ];
      for (const i of order) await (events[i] as () => Promise<unknown>)();
    }
    const seen = (await service.rewards()).map(({ status, reason, amount, reversed_amount, flags }) => ({
      status,
      reason,
      amount,
      reversed_amount,
      flags,
    }));
    expect(seen).toEqual(
      orders.map(() => ({ status: 'credited', reason: null, amount: 500, reversed_amount: 250, flags: [] })),
    );
  });

  test('64 deliveries of one event at once make one reward', async () => {
    const body = {
      type: 'payment.succeeded',
      timestamp: new Date().toISOString(),
      data: { payment_id: 'pay_64', member_id: 'bob', amount: 10_000, currency: 'usd' },
    };
    const answers = await Promise.all(Array.from({ length: 64 }, () => service.post('app', body, { id: 'msg_same' })));
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    expect(answers.filter((answer) => answer.body.duplicate === false)).toHaveLength(1);
    expect(await service.rewards()).toHaveLength(1);
  });
});

describe('a bare payment intent of the new API', () => {
  test('waits as matching, and is held as check_unavailable when nothing could say whether an invoice stands behind it', async () => {
    const [, intent] = topUp(told()) as { data: { object: object } }[];
    Object.assign(intent?.data.object as object, { metadata: { user_id: 'bob' } });
    await service.post('stripe', intent as object);
    expect(await service.rewards()).toMatchObject([{ status: 'pending', reason: 'matching' }]);
    await service.admin('POST', '/test-clock', { now: '2026-05-01T00:11:00Z' });
    expect(await service.rewards()).toMatchObject([
      { status: 'pending', reason: 'held', flags: ['check_unavailable'] },
    ]);
  });
});
