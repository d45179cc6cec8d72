/** Promise 2 on the pure core: one payment makes one reward, whatever announces it and in whatever order. */
import { describe, expect, test } from 'vitest';
import type { LoadedProgram } from '../../src/model/program.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import { claudexia } from '../support/programs.ts';
import { member, PureProgram } from '../support/pure.ts';
import { type Generation, type PaymentTold, refundOf, subscriptionPayment, topUp } from '../support/stripe-bodies.ts';

const stripe = PROVIDERS.get('stripe');
const created = Date.parse('2026-05-01T10:00:00Z') / 1000;
const told = (generation: Generation, more: Partial<PaymentTold> = {}): PaymentTold => ({
  n: '1',
  generation,
  amount: 12_000,
  tax: 2_000,
  userId: 'bob',
  customer: 'cus_bob',
  created,
  ...more,
});

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length <= 1) return [[...list]];
  return list.flatMap((first, i) =>
    permutations([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [first, ...rest]),
  );
}

function start(): PureProgram {
  const program = new PureProgram(claudexia());
  program.tell(member('alice', { email: 'alice@example.com' }));
  program.tell(
    member('bob', { email: 'bob@work.example', codes: [{ code: program.codeOf('alice'), carrier: 'referral_code' }] }),
  );
  return program;
}

function post(program: PureProgram, body: Record<string, unknown>): void {
  const source = (program.loaded as LoadedProgram).program.sources.find((each) => each.name === 'stripe');
  if (!stripe || !source) throw new Error('no stripe');
  const type = body.type as string;
  const normalized = stripe.normalize(body, { type, eventId: body.id as string }, source);
  program.tell(normalized.facts, { source: 'stripe', type, at: normalized.occurredAt });
}

function outcome(program: PureProgram) {
  program.check();
  return program.rewards().map((r) => ({
    key: r.idempotencyKey,
    status: r.status,
    reason: r.reason,
    amount: r.amount,
    posted: r.postedAmount,
    person: r.memberId,
  }));
}

const ONE = [{ key: 'ref:auto:in_1', status: 'credited', reason: null, amount: 500n, posted: 500n, person: 'alice' }];

describe('trap: invoice.payments is in no event, and one payment is many objects: one payment', () => {
  test.each(['acacia', 'basil'] as const)(
    'told by every object of the %s API in every order makes one reward',
    (generation) => {
      for (const order of permutations(subscriptionPayment(told(generation)))) {
        const program = start();
        for (const body of order) post(program, body);
        expect(outcome(program), order.map((body) => body.type).join(' ')).toEqual(ONE);
      }
    },
  );

  test.each(['acacia', 'basil'] as const)(
    'with a refund among its %s objects ends the same in every order',
    (generation) => {
      for (const order of permutations([
        ...topUp(told(generation)),
        refundOf(told(generation), 're_1', 6_000, 'succeeded'),
      ])) {
        const program = start();
        for (const body of order) post(program, body);
        // 5 % of 100.00 net, half of it refunded.
        expect(program.balance('alice', 'available'), order.map((body) => body.type).join(' ')).toBe(250n);
        expect(program.rewards()).toHaveLength(1);
        program.check();
      }
    },
  );

  test('told twice by different event ids makes one reward', () => {
    const program = start();
    for (const body of [...topUp(told('basil')), ...topUp(told('basil'))]) post(program, body);
    expect(program.rewards()).toHaveLength(1);
  });

  test('of a basil intent alone waits, and is held when nothing could say whether an invoice stands behind it', () => {
    const program = start();
    const [, intent] = topUp(told('basil'));
    Object.assign((intent as { data: { object: object } }).data.object, { metadata: { user_id: 'bob' } });
    post(program, intent as Record<string, unknown>);
    expect(outcome(program)).toMatchObject([{ status: 'pending', reason: 'matching', posted: 0n }]);
    program.now = new Date(program.now.getTime() + 11 * 60_000);
    const payment = Array.from(program.world.payments.all())[0];
    program.command({ command: 'payment.match_due', paymentId: String(payment?.id) });
    expect(program.rewards()[0]).toMatchObject({ status: 'pending', reason: 'held', flags: ['check_unavailable'] });
  });

  test('of a basil intent alone earns after the wait when the source delivers invoice payments', () => {
    const program = start();
    for (const body of subscriptionPayment(told('basil', { n: '0' }))) post(program, body);
    const [, intent] = topUp(told('basil', { n: '2' }));
    post(program, intent as Record<string, unknown>);
    program.now = new Date(program.now.getTime() + 11 * 60_000);
    const payment = Array.from(program.world.payments.all()).find((each) => each.sourcePaymentId === 'pi_2');
    program.command({ command: 'payment.match_due', paymentId: String(payment?.id) });
    expect(program.rewards().at(-1)).toMatchObject({
      status: 'credited',
      idempotencyKey: 'ref:auto:pi_2',
      amount: 600n,
    });
  });

  test('that was credited as two keeps one reward, and the other is reversed under its own key', () => {
    const program = start();
    const [session, invoice, , , link] = subscriptionPayment(told('basil'));
    const [topUpSession] = topUp(told('basil'));
    expect(session).toBeDefined();
    post(program, topUpSession as Record<string, unknown>);
    post(program, invoice as Record<string, unknown>);
    expect(outcome(program).map((r) => [r.key, r.status])).toEqual([
      ['ref:auto:pi_1', 'credited'],
      ['ref:auto:in_1', 'credited'],
    ]);
    post(program, link as Record<string, unknown>);
    expect(outcome(program).map((r) => [r.key, r.status, r.posted])).toEqual([
      ['ref:auto:pi_1', 'credited', 500n],
      ['ref:auto:in_1', 'reversed', 0n],
    ]);
    expect(program.balance('alice', 'available')).toBe(500n);
  });

  test('that pays two invoices stays two, and its refund is split by what each was paid', () => {
    const program = start();
    const first = subscriptionPayment(told('basil', { amount: 10_000, tax: 0 }));
    const second = subscriptionPayment(told('basil', { n: '2', amount: 30_000, tax: 0 }));
    post(program, first[1] as Record<string, unknown>);
    post(program, second[1] as Record<string, unknown>);
    const linkOf = (bodies: Record<string, unknown>[]) =>
      bodies[4] as { data: { object: { payment: { payment_intent: string } } } };
    linkOf(second).data.object.payment.payment_intent = 'pi_1';
    post(program, linkOf(first));
    post(program, linkOf(second));
    expect(program.rewards().map((r) => r.postedAmount)).toEqual([500n, 1_500n]);
    post(program, refundOf(told('basil'), 're_1', 4_000, 'succeeded'));
    // 1,000 of the refund is the first invoice's, 3,000 the second's.
    expect(program.rewards().map((r) => r.postedAmount)).toEqual([450n, 1_350n]);
    program.check();
  });
});
