/**
 * What has bitten others at Stripe and Paddle, each told from webhook to ledger on the pure core. The names are those of
 * the list that we keep of them; the senders' own traps are in test/providers/traps.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { stripeBalance } from '../../src/delivery/sinks/stripe-balance.ts';
import { clerk } from '../../src/providers/clerk.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import { sourceOf } from '../providers/fixtures.ts';
import { claudexia } from '../support/programs.ts';
import { member, PureProgram } from '../support/pure.ts';
import { disputeOf, type PaymentTold, refundOf, subscriptionPayment, topUp } from '../support/stripe-bodies.ts';

const created = Date.parse('2026-05-01T10:00:00Z') / 1000;
const BASIL: PaymentTold = {
  n: '1',
  generation: 'basil',
  amount: 12_000,
  tax: 2_000,
  userId: 'bob',
  customer: 'cus_bob',
  created,
};

type Body = Record<string, unknown>;

/** Alice referred Bob; 5 % of net. */
function start(mode: 'test' | 'live' = 'test'): PureProgram {
  const paddle = { ...sourceOf(PROVIDERS.get('paddle') as never, []), name: 'paddle' };
  const program = new PureProgram(claudexia({ mode, sources: [...claudexia().sources, paddle] }));
  program.tell(member('alice', { email: 'alice@example.com' }));
  const codes = [{ code: program.codeOf('alice'), carrier: 'referral_code' }];
  program.tell(member('bob', { email: 'bob@work.example', codes }));
  return program;
}

/** As the engine reads a webhook; `ignored` when it says nothing. */
function post(program: PureProgram, kind: 'stripe' | 'paddle', body: Body): string | undefined {
  const source = program.loaded.program.sources.find((each) => each.kind === kind);
  const provider = PROVIDERS.get(kind);
  if (!source || !provider) throw new Error(`no ${kind}`);
  const type = String(body.type ?? body.event_type);
  const { facts, ignored, occurredAt, mode } = provider.normalize(body, { type, eventId: String(body.id) }, source);
  if (facts.length > 0) program.tell(facts, { source: source.name, type, at: occurredAt, ...(mode && { mode }) });
  program.check();
  return ignored;
}

function paid(told: PaymentTold = BASIL, change: (body: Body, object: Body) => void = () => {}): PureProgram {
  const program = start();
  for (const body of subscriptionPayment(told)) {
    change(body, (body.data as { object: Body }).object);
    post(program, 'stripe', body);
  }
  return program;
}
const earned = (program: PureProgram) => program.rewards().reduce((sum, reward) => sum + reward.postedAmount, 0n);

describe('trap: a refund can fail or be rejected after it was told, and the clawback is undone', () => {
  test('Stripe: pending takes nothing, succeeded takes its share, failed gives it back', () => {
    const program = paid();
    const seen = (['pending', 'succeeded', 'failed'] as const).map((status) => {
      post(program, 'stripe', refundOf(BASIL, 're_1', 6_000, status));
      return earned(program);
    });
    expect(seen).toEqual([500n, 250n, 500n]);
  });

  test('Stripe: several parts add up; the running total of charge.refunded is not added to them', () => {
    const program = paid();
    for (const id of ['re_1', 're_2']) post(program, 'stripe', refundOf(BASIL, id, 3_000, 'succeeded'));
    const charge = { id: 'ch_1', object: 'charge', amount_refunded: 6_000, payment_intent: 'pi_1' };
    expect(post(program, 'stripe', { id: 'evt_r', type: 'charge.refunded', created, data: { object: charge } })).toBe(
      'cross_check_only',
    );
    expect(earned(program)).toBe(250n);
  });

  const transaction = {
    id: 'txn_1',
    status: 'completed',
    origin: 'web',
    customer_id: 'ctm_bob',
    currency_code: 'USD',
    custom_data: { user_id: 'bob' },
    details: { totals: { total: '12000', grand_total: '12000', tax: '2000', grand_total_tax: '2000' } },
  };
  const told = (type: string, data: object) => ({
    event_id: 'evt_1',
    event_type: type,
    occurred_at: '2026-05-01T10:00:00Z',
    data,
  });
  const adjusted = (status: string, more: object = {}) =>
    told('adjustment.updated', {
      id: 'adj_1',
      action: 'refund',
      status,
      transaction_id: 'txn_1',
      totals: { total: '6000', tax: '1000' },
      updated_at: '0001-01-01T00:00:00Z',
      ...more,
    });

  test.each([
    ['a refund', ['pending_approval', 'approved'], {}, [500n, 250n]],
    ['a refund that Paddle rejects', ['pending_approval', 'rejected'], {}, [500n, 500n]],
    ['a refund of tax alone', ['approved'], { type: 'tax', totals: { total: '2000', tax: '2000' } }, [500n]],
    ['a chargeback that is won', ['approved', 'reversed'], { action: 'chargeback' }, [250n, 500n]],
    ['its reverse told beside it', ['approved'], { action: 'chargeback_reverse', id: 'adj_2' }, [500n]],
    ['a warning', ['approved'], { action: 'chargeback_warning' }, [500n]],
  ])('Paddle: %s', (_what, statuses, more, expected) => {
    const program = start();
    post(program, 'paddle', told('transaction.completed', transaction));
    const seen = statuses.map((status) => {
      post(program, 'paddle', adjusted(status, more));
      return earned(program);
    });
    expect(seen).toEqual(expected);
  });
});

describe('trap: charge.dispute.closed is not "lost"', () => {
  test.each([
    ['won', 500n],
    ['lost', 0n],
    ['warning_closed', 500n],
  ])('%s', (status, expected) => {
    const program = paid();
    const dispute = disputeOf(BASIL, 'won') as { data: { object: Body } };
    dispute.data.object.status = status;
    post(program, 'stripe', dispute);
    expect(earned(program)).toBe(expected);
  });

  test('lost after a refund, it takes no more than was earned', () => {
    const program = paid();
    post(program, 'stripe', refundOf(BASIL, 're_1', 12_000, 'succeeded'));
    post(program, 'stripe', disputeOf(BASIL, 'lost'));
    expect(earned(program)).toBe(0n);
  });
});

test('trap: earning on the total would reward our own credits again; what a balance paid earns nothing', () => {
  const program = paid(BASIL, ({ type }, object) => {
    if (type === 'invoice.paid')
      Object.assign(object, { amount_paid: 6_000, amount_due: 6_000, starting_balance: -6_000, ending_balance: 0 });
    if (type === 'checkout.session.completed') Object.assign(object, { amount_total: 6_000 });
    else if (type !== 'invoice.paid')
      Object.assign(object, { amount_received: 6_000, amount_captured: 6_000, amount_paid: 6_000 });
  });
  expect(earned(program)).toBe(250n);
});

test('trap: customer.balance is negative for credit, and the credit pins the currency: it is sent in the reward’s own', () => {
  const intent = {
    deliveryId: 1n,
    rewardId: 1n,
    program: 'p',
    kind: 'create',
    amount: 500n,
    unit: 'eur',
    idempotencyKey: 'k',
    reverses: null,
    memberId: 'alice',
    customerId: 'cus_alice',
    reason: 'share',
    paymentId: null,
    at: new Date(0),
    token: (value: string) => value,
  } as const;
  const sent = (kind: 'create' | 'reverse') => JSON.parse(stripeBalance.freeze({ ...intent, kind })).params;
  expect(sent('create')).toMatchObject({ amount: -500, currency: 'eur' });
  expect(sent('reverse')).toMatchObject({ amount: 500, currency: 'eur' });
});

test('trap: topup.* is the merchant’s own balance', () => {
  const program = start();
  const object = { id: 'tu_1', object: 'topup', amount: 12_000, currency: 'usd', status: 'succeeded' };
  expect(post(program, 'stripe', { id: 'evt_t', type: 'topup.succeeded', created, data: { object } })).toBe(
    'merchant_balance',
  );
  expect(program.rewards()).toEqual([]);
});

test('trap: the same money from two providers; Clerk Billing tells of Stripe’s payments, and is left to Stripe', () => {
  const body = { type: 'paymentAttempt.updated', data: { status: 'paid', gateway_external_id: 'pi_1' } };
  const event = { type: 'paymentAttempt.updated', eventId: 'msg_1' };
  expect(clerk.normalize(body, event, sourceOf(clerk, []))).toMatchObject({ facts: [], ignored: 'unknown_type' });
});

describe('row by row', () => {
  test('the same ids in two connected accounts are two payments', () => {
    const program = start();
    for (const account of ['acct_1', 'acct_2']) {
      for (const body of topUp({ ...BASIL, generation: 'acacia' })) post(program, 'stripe', { ...body, account });
    }
    expect(program.rewards()).toHaveLength(2);
  });

  test('a test payment earns nothing in a live program, and a live one does', () => {
    const program = start('live');
    for (const body of subscriptionPayment(BASIL)) post(program, 'stripe', body);
    const told = Array.from(program.world.payments.all()).filter(({ mergedInto }) => mergedInto === null);
    expect(told).toMatchObject([{ mode: 'test', reason: 'other_mode' }]);
    expect(program.rewards()).toEqual([]);
    for (const body of subscriptionPayment({ ...BASIL, n: '2' })) post(program, 'stripe', { ...body, livemode: true });
    expect(earned(program)).toBe(500n);
  });

  test('a trial of zero uses up no first payment, and the first money earns', () => {
    const program = paid({ ...BASIL, n: '0', amount: 0, tax: 0 });
    expect(program.rewards()).toEqual([]);
    for (const body of subscriptionPayment(BASIL)) post(program, 'stripe', body);
    expect(earned(program)).toBe(500n);
  });

  test('money that was received outside Stripe earns nothing', () => {
    const program = start();
    const invoice = subscriptionPayment({ ...BASIL, generation: 'acacia' })[1] as { data: { object: Body } };
    invoice.data.object.paid_out_of_band = true;
    expect(post(program, 'stripe', invoice)).toBe('out_of_band');
    expect(program.rewards()).toEqual([]);
  });

  test('a credit note takes back what was returned outside Stripe, and its refund is not counted twice', () => {
    const program = paid();
    const note = { id: 'cn_1', object: 'credit_note', invoice: 'in_1', status: 'issued', amount: 6_000 };
    const noted = (id: string, object: Body, type = 'credit_note.created') =>
      post(program, 'stripe', { id, type, created, data: { object } });
    expect(noted('evt_1', { ...note, out_of_band_amount: 0, refunds: [{ refund: 're_1' }] })).toBe('told_elsewhere');
    post(program, 'stripe', refundOf(BASIL, 're_1', 6_000, 'succeeded'));
    expect(earned(program)).toBe(250n);
    noted('evt_2', { ...note, id: 'cn_2', out_of_band_amount: 3_000 });
    expect(earned(program)).toBe(125n);
    noted('evt_3', { ...note, id: 'cn_2', out_of_band_amount: 3_000, status: 'void' }, 'credit_note.voided');
    expect(earned(program)).toBe(250n);
  });

  test('a guest’s checkout, which names no customer, is paid by whoever has the address', () => {
    const program = start();
    for (const body of topUp(BASIL)) {
      const { object } = body.data as { object: Body };
      Object.assign(object, { customer: null, metadata: {} });
      if (object.object === 'checkout.session') object.customer_details = { email: 'bob@work.example' };
      post(program, 'stripe', body);
    }
    expect(earned(program)).toBe(500n);
  });

  test('an early fraud warning takes nothing back', () => {
    const program = paid();
    const object = { id: 'issfr_1', object: 'radar.early_fraud_warning', charge: 'ch_1', payment_intent: 'pi_1' };
    post(program, 'stripe', { id: 'evt_f', type: 'radar.early_fraud_warning.created', created, data: { object } });
    expect(earned(program)).toBe(500n);
  });
});
