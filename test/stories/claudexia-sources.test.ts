/** Claudexia's program from every source, in whatever order and however often they tell: one payment, one reward. */
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

  describe('a customer at Stripe says nothing about whether the signup is verified:', () => {
    const customer = (type: string) => ({
      id: `evt_${type}`,
      object: 'event',
      type: `customer.${type}`,
      created: 1_777_600_000,
      livemode: false,
      data: { object: { id: 'cus_hal', object: 'customer', email: 'hal@work.example', metadata: { user_id: 'hal' } } },
    });
    const signUp = async (more: object) =>
      await service.tell('member.created', {
        member_id: 'hal',
        email: 'hal@work.example',
        referral_code: await service.codeOf('alice'),
        ...more,
      });
    const pay = async () =>
      await service.tell('payment.succeeded', { payment_id: 'p', member_id: 'hal', amount: 10_000, currency: 'usd' });

    test('told of before it, it does not make it wait', async () => {
      await service.post('stripe', customer('created'));
      await signUp({});
      await pay();
      expect(await service.rewards()).toMatchObject([{ status: 'credited', amount: 500 }]);
    });

    test('told of after one that is unverified, it does not complete it', async () => {
      await signUp({ email_verified: false });
      await pay();
      await service.post('stripe', customer('created'));
      await service.post('stripe', customer('updated'));
      expect(await service.rewards()).toMatchObject([{ status: 'pending', reason: 'qualifying' }]);
      await service.tell('member.updated', { member_id: 'hal', email_verified: true });
      expect(await service.rewards()).toMatchObject([{ status: 'credited', amount: 500 }]);
    });
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

  test('what explains a reward tells the figures that it stands on, also when the tax comes with a later object', async () => {
    const [session, intent] = topUp(told({ generation: 'acacia' })) as { data: { object: object } }[];
    Object.assign(intent?.data.object as object, { metadata: { user_id: 'bob' } });
    const rule = async () => {
      const [reward] = await service.rewards();
      const { body } = await service.admin('GET', `/rewards/${reward?.id}`);
      return body.explain.find((each: { asked: string }) => each.asked.startsWith('rule '));
    };
    await service.post('stripe', intent as object);
    expect(await rule()).toMatchObject({ saw: { gross: 12_000, tax: 0 }, said: 'earns 600 usd' });
    await service.post('stripe', session as object);
    expect(await service.rewards()).toMatchObject([{ status: 'credited', amount: 500 }]);
    expect(await rule()).toMatchObject({ saw: { gross: 12_000, tax: 2_000 }, said: 'earns 500 usd' });
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
