// Nothing missed: what a provider knows and no webhook brought is found in its own list and goes through the same door.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catchUpOf, soon } from '../support/catch-up.ts';
import { type FakePaddle, startFakePaddle } from '../support/fake-paddle.ts';
import { type FakeStripe, startFakeStripe } from '../support/fake-stripe.ts';
import { noObjects, type StripeObjects } from '../support/fake-stripe-objects.ts';
import { bareProgram } from '../support/programs.ts';
import { TestService } from '../support/service.ts';

const at = (time: string) => Date.parse(`2026-04-30T${time}Z`) / 1000;
let service: TestService;

afterEach(async () => {
  expect(await service.isBalanced()).toBe(true);
  await service.stop();
});

const catchUp = (options?: { whole?: boolean }) => catchUpOf(service, options);

describe('Stripe', () => {
  let stripe: FakeStripe;
  beforeEach(async () => {
    stripe = await startFakeStripe();
    const yaml = bareProgram('stripe', { STRIPE_API_BASE: stripe.apiBase }).replace(
      'secret: "',
      `api_key: "rk_test_1", api_base: "${stripe.apiBase}", secret: "`,
    );
    service = await TestService.start({ program: 'acme', yaml });
    await tell(customer('cus_alice', 'alice@example.com'));
    code = await service.codeOf('stripe:cus_alice');
  });
  afterEach(() => stripe.close());

  let code: string;
  const tell = (event: object) => service.post('stripe', event);
  const event = (id: string, type: string, object: object, created = at('10:00:00')) => ({
    id,
    object: 'event' as const,
    type,
    created,
    livemode: false,
    data: { object },
  });
  const customer = (id: string, email: string) =>
    event(`evt_${id}`, 'customer.created', { id, object: 'customer', email, metadata: {} }, at('09:00:00'));
  const session = () => ({
    id: 'cs_1',
    object: 'checkout.session',
    created: at('10:00:00'),
    livemode: false,
    mode: 'payment',
    payment_status: 'paid',
    amount_total: 12_000,
    currency: 'usd',
    customer: 'cus_bob',
    customer_details: { email: 'bob@example.com' },
    payment_intent: 'pi_1',
    invoice: null,
    client_reference_id: `ref_${code}`,
    metadata: {},
    total_details: { amount_tax: 2_000 },
  });
  const charge = (id: string, more: object = {}) => ({
    id,
    object: 'charge',
    created: at('10:00:00'),
    livemode: false,
    paid: true,
    captured: true,
    amount: 12_000,
    amount_captured: 12_000,
    currency: 'usd',
    customer: 'cus_bob',
    payment_intent: 'pi_1',
    metadata: {},
    ...more,
  });
  const invoice = {
    id: 'in_1',
    object: 'invoice',
    created: at('10:00:00'),
    livemode: false,
    customer: 'cus_bob',
    amount_paid: 12_000,
    amount_due: 12_000,
    total: 12_000,
    currency: 'usd',
    status_transitions: { paid_at: at('10:00:00') },
    total_taxes: [{ amount: 2_000 }],
    lines: { data: [] },
  };
  const paidBy = {
    id: 'inpay_1',
    object: 'invoice_payment',
    created: at('10:00:00'),
    livemode: false,
    invoice: 'in_1',
    amount_paid: 12_000,
    status: 'paid',
    payment: { type: 'payment_intent', payment_intent: 'pi_1' },
  };
  const amounts = async () => (await service.rewards()).map(({ amount, status }) => [amount, status]);

  test('an event that could not be delivered is fed under its own id; the webhook that still comes is a duplicate', async () => {
    const missed = event('evt_missed', 'checkout.session.completed', session());
    stripe.events.push(missed, { ...event('evt_other', 'product.created', {}), delivered: false });
    expect(await catchUp()).toMatchObject({
      source: 'stripe',
      missing: 1,
      missingTypes: { 'checkout.session.completed': 1 },
      error: null,
    });
    await soon(async () => expect(await amounts()).toEqual([[2_000, 'credited']]));
    expect((await tell(missed)).body).toEqual({ received: true, duplicate: true });
    const shown = async () => (await service.admin('GET', '/catch-ups?program=acme')).body.data;
    expect(await shown()).toMatchObject([
      { source: 'stripe', last: { missing: 1, missing_types: { 'checkout.session.completed': 1 }, error: null } },
    ]);
    expect(await catchUp()).toMatchObject({ missing: 0 });
    expect(await shown()).toMatchObject([{ last: { missing: 0 }, complete_until: expect.any(String) }]);
    await soon(async () => expect(await amounts()).toEqual([[2_000, 'credited']]));
  });

  test('an event that was delivered is left alone, unless everything is asked for', async () => {
    stripe.events.push({ ...event('evt_lost', 'checkout.session.completed', session()), delivered: true });
    expect(await catchUp()).toMatchObject({ listed: 0, missing: 0 });
    expect(await catchUp({ whole: true })).toMatchObject({ listed: 1, missing: 1 });
    await soon(async () => expect(await amounts()).toEqual([[2_000, 'credited']]));
  });

  test('a payment that no event is left of is found as a charge and told with the page that it was paid on', async () => {
    stripe.charges.push(charge('ch_1'));
    stripe.sessions.push(session());
    expect(await catchUp()).toMatchObject({
      missingTypes: { 'charge.succeeded': 1, 'checkout.session.completed': 1 },
      error: null,
    });
    await soon(async () => expect(await amounts()).toEqual([[2_000, 'credited']]));
    await tell(event('evt_late', 'checkout.session.completed', session()));
    await tell(event('evt_late_2', 'charge.succeeded', charge('ch_1')));
    await soon(async () => expect(await amounts()).toEqual([[2_000, 'credited']]));
  });

  test('a payment of a subscription is told with its invoice', async () => {
    await tell(
      event('evt_1', 'checkout.session.completed', {
        ...session(),
        mode: 'subscription',
        payment_status: 'no_payment_required',
        metadata: {},
      }),
    );
    stripe.charges.push(charge('ch_1'));
    stripe.invoices.push(invoice);
    stripe.invoicePayments.push(paidBy);
    const { missingTypes } = await catchUp();
    expect(missingTypes).toEqual({ 'charge.succeeded': 1, 'invoice.paid': 1, 'invoice_payment.paid': 1 });
    const { body } = await service.admin('GET', '/payments?program=acme');
    expect(body.data).toMatchObject([{ source_payment_id: 'in_1', amount: 12_000 }]);
  });

  test('a charge that is known is asked no further', async () => {
    await tell(event('evt_1', 'checkout.session.completed', session()));
    stripe.charges.push(charge('ch_1'));
    expect(await catchUp()).toMatchObject({ listed: 0, missing: 0 });
    expect(stripe.requests.map(({ path }) => path)).not.toContain('/v1/invoice_payments');
  });

  test('what is not paid or not captured is no payment', async () => {
    stripe.charges.push(charge('ch_1', { paid: false }), charge('ch_2', { captured: false }));
    expect(await catchUp()).toMatchObject({ listed: 0, missing: 0 });
  });

  test('a refund and a dispute that nobody told of take the reward back', async () => {
    await tell(event('evt_1', 'checkout.session.completed', session()));
    const money = { created: at('11:00:00'), livemode: false, payment_intent: 'pi_1', charge: 'ch_1', currency: 'usd' };
    stripe.refunds.push({ id: 're_1', object: 'refund', amount: 6_000, status: 'succeeded', ...money });
    stripe.disputes.push({ id: 'dp_1', object: 'dispute', amount: 6_000, status: 'lost', ...money });
    expect((await catchUp()).missingTypes).toEqual({ 'charge.dispute.updated': 1, 'refund.updated': 1 });
    await soon(async () =>
      expect(await service.rewards()).toMatchObject([{ status: 'reversed', reversed_amount: 2_000 }]),
    );
    expect(await catchUp()).toMatchObject({ missing: 0 });
  });

  test('a charge with which an invoice is just being paid waits for the next run, and earns once', async () => {
    await tell(
      event('evt_1', 'checkout.session.completed', {
        ...session(),
        mode: 'subscription',
        payment_intent: null,
        invoice: 'in_1',
      }),
    );
    stripe.charges.push(charge('ch_1'));
    stripe.invoicePayments.push({ ...paidBy, status: 'open' });
    expect(await catchUp()).toMatchObject({ listed: 0, missing: 0, error: null });
    // Its webhook comes meanwhile, and nothing but the list says that the two are one.
    await tell(event('evt_2', 'invoice.paid', invoice));
    stripe.invoices.push(invoice);
    stripe.invoicePayments[0] = paidBy;
    await catchUp();
    await soon(async () => expect(await amounts()).toEqual([[2_000, 'credited']]));
  });

  test('two runs side by side, and the webhook in their midst, make one payment and one reward', async () => {
    stripe.charges.push(charge('ch_1'));
    stripe.sessions.push(session());
    const told = () => tell(event('evt_late', 'checkout.session.completed', session()));
    await Promise.all([catchUp(), told(), catchUp(), tell(event('evt_late_2', 'charge.succeeded', charge('ch_1')))]);
    expect(await catchUp()).toMatchObject({ missing: 0 });
    await soon(async () => expect(await amounts()).toEqual([[2_000, 'credited']]));
    const { body } = await service.admin('GET', '/payments?program=acme');
    expect(body.data).toHaveLength(1);
    const made = `select count(*)::int as n from inbox_events where event_id like 'catch-up:%'`;
    expect((await service.service.pools.general.query(made)).rows[0].n).toBeLessThanOrEqual(2);
  });

  describe('with connected accounts', () => {
    beforeEach(async () => {
      await service.stop();
      const yaml = bareProgram('stripe', { STRIPE_API_BASE: stripe.apiBase }).replace(
        'secret: "',
        `api_key: "rk_test_1", api_base: "${stripe.apiBase}", accounts: [acct_gone, acct_1], secret: "`,
      );
      service = await TestService.start({ program: 'acme', yaml });
      await tell(customer('cus_alice', 'alice@example.com'));
      code = await service.codeOf('stripe:cus_alice');
      stripe.connected.acct_1 = noObjects();
    });

    test('their events and payments are found, and told as Connect’s webhooks would; one that is gone is said', async () => {
      const theirs = stripe.connected.acct_1 as StripeObjects;
      theirs.events.push(event('evt_missed', 'checkout.session.completed', session()));
      theirs.charges.push(charge('ch_2', { payment_intent: 'pi_2', customer: 'cus_carl' }));
      const missingTypes = { 'checkout.session.completed': 1, 'charge.succeeded': 1 };
      expect(await catchUp()).toMatchObject({ missingTypes, error: 'account_invalid' });
      await soon(async () => expect(await amounts()).toEqual([[2_000, 'credited']]));
      const told = { ...event('evt_missed', 'checkout.session.completed', session()), account: 'acct_1' };
      expect((await tell(told)).body).toEqual({ received: true, duplicate: true });
      stripe.connected.acct_gone = noObjects();
      expect(await catchUp()).toMatchObject({ missing: 0, error: null });
      expect(new Set(stripe.requests.map(({ account }) => account))).toEqual(
        new Set([undefined, 'acct_gone', 'acct_1']),
      );
    });

    test('a payment of one account is not that of another, though their ids were the same', async () => {
      await tell(event('evt_1', 'checkout.session.completed', session()));
      (stripe.connected.acct_1 as StripeObjects).charges.push(charge('ch_1'));
      expect(await catchUp()).toMatchObject({ missingTypes: { 'charge.succeeded': 1 } });
    });
  });

  test('more than a page is read to its end', async () => {
    for (let n = 0; n < 250; n++) stripe.events.push(customer(`cus_${n}`, `p${n}@example.com`));
    expect(await catchUp()).toMatchObject({ listed: 250, missing: 250 });
  });

  test('a provider that does not answer is reported by one word, and the next run begins at the same place', async () => {
    stripe.listFails = true;
    const failed = await service.service.catchUp(1);
    expect(failed).toMatchObject([{ error: 'api_error', missing: 0 }]);
    stripe.listFails = false;
    const again = await service.service.catchUp(1);
    expect(again).toMatchObject([{ error: null, since: failed[0]?.since }]);
    expect(JSON.stringify(failed)).not.toContain('cus_secret');
  });
});

describe('Paddle', () => {
  let paddle: FakePaddle;
  beforeEach(async () => {
    paddle = await startFakePaddle();
    const yaml = bareProgram('paddle', { PADDLE_API_BASE: paddle.apiBase }).replace(
      'secret: "',
      `api_key: "pdl_sdbx_apikey_1", api_base: "${paddle.apiBase}", secret: "`,
    );
    service = await TestService.start({ program: 'acme', yaml });
    await tell('evt_alice', 'customer.created', { id: 'ctm_alice', email: 'alice@example.com' });
    code = await service.codeOf('paddle:ctm_alice');
  });
  afterEach(async () => {
    expect(paddle.faults).toEqual([]);
    await paddle.close();
  });

  let code: string;
  const event = (id: string, type: string, data: object) => ({
    event_id: id,
    event_type: type,
    occurred_at: '2026-04-30T10:00:00Z',
    notification_id: `ntf_${id}`,
    data,
  });
  const tell = (id: string, type: string, data: object) => service.post('paddle', event(id, type, data));
  const transaction = (more: object = {}) => ({
    id: 'txn_1',
    status: 'completed',
    customer_id: 'ctm_bob',
    currency_code: 'USD',
    origin: 'web',
    custom_data: { ref: code },
    details: { totals: { grand_total: '12000', grand_total_tax: '2000', tax: '2000', total: '12000' } },
    payments: [{ status: 'captured', captured_at: '2026-04-30T10:00:00Z' }],
    created_at: '2026-04-30T09:59:00Z',
    updated_at: '2026-04-30T10:00:00Z',
    items: [],
    ...more,
  });
  const notification = (status: string, payload: { event_id: string; event_type: string }) => ({
    id: `ntf_${payload.event_id}`,
    type: payload.event_type,
    status,
    payload,
    occurred_at: '2026-04-30T10:00:00Z',
  });

  test('a notification that could not be delivered brings its event; the replay at Paddle is a duplicate', async () => {
    const missed = event('evt_1', 'transaction.completed', transaction());
    paddle.notifications.push(notification('failed', missed));
    paddle.notifications.push(
      notification('delivered', event('evt_2', 'transaction.completed', transaction({ id: 'txn_2' }))),
    );
    expect(await catchUp()).toMatchObject({ missing: 1, missingTypes: { 'transaction.completed': 1 }, error: null });
    await soon(async () => expect(await service.rewards()).toMatchObject([{ amount: 2_000 }]));
    expect((await service.post('paddle', { ...missed, notification_id: 'ntf_replay' })).body.duplicate).toBe(true);
  });

  test('a completed transaction that no notification is left of is found in the list, and only that', async () => {
    paddle.transactions.push(transaction(), transaction({ id: 'txn_2', status: 'billed' }));
    expect((await catchUp()).missingTypes).toEqual({ 'transaction.completed': 1 });
    await tell('evt_late', 'transaction.completed', transaction());
    await soon(async () =>
      expect(await service.rewards()).toMatchObject([{ amount: 2_000, source_payment_id: 'txn_1' }]),
    );
  });

  test('an adjustment is told once in each status', async () => {
    await tell('evt_1', 'transaction.completed', transaction());
    const adjustment = {
      id: 'adj_1',
      action: 'refund',
      status: 'pending_approval',
      transaction_id: 'txn_1',
      totals: { total: '12000', tax: '2000' },
      items: [],
      created_at: '2026-04-30T11:00:00Z',
    };
    paddle.adjustments.push(adjustment);
    expect(await catchUp()).toMatchObject({ missing: 1 });
    await soon(async () => expect(await service.rewards()).toMatchObject([{ reversed_amount: 0 }]));
    paddle.adjustments[0] = { ...adjustment, status: 'approved' };
    expect(await catchUp()).toMatchObject({ missing: 1 });
    await soon(async () =>
      expect(await service.rewards()).toMatchObject([{ status: 'reversed', reversed_amount: 2_000 }]),
    );
    expect(await catchUp()).toMatchObject({ missing: 0 });
  });
});
