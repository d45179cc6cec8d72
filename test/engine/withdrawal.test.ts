/** A credit that may have reached the sink is never taken out of its hands, also not between an Approve and its try. */
import { afterEach, expect, test } from 'vitest';
import { TestProgram } from '../support/core.ts';

let program: TestProgram;
afterEach(async () => await program.stop());

const SINK = {
  kind: 'webhook',
  url: 'https://billing.example',
  secrets: ['whsec_x'],
  idempotent: true,
  lookup: false,
} as const;

async function failed(
  outcome: 'unknown' | 'refused',
  state: 'waiting' | 'parked' | 'refused',
): Promise<{ rewardId: string; deliveryId: string }> {
  program = await TestProgram.start({ program: { sink: SINK } });
  await program.referees(1);
  await program.put('payment.succeeded', {
    payment_id: 'pay_1',
    member_id: 'alice_r0',
    amount: 10_000,
    currency: 'usd',
  });
  await program.drain();
  const [delivery] = await program.rows('select id, reward_id from deliveries');
  const ids = { rewardId: String(delivery?.reward_id), deliveryId: String(delivery?.id) };
  await program.rows(
    `update deliveries set state = '${state}', outcome = '${outcome}', next_try_at = null, epoch = 1, attempts = 1`,
  );
  await program.first.core.engine.submit(1, { command: 'delivery.result', ...ids, result: outcome });
  return ids;
}

async function approveThenRefund(rewardId: string): Promise<void> {
  await program.first.core.engine.submit(1, { command: 'reward.approve', rewardId, actor: 'admin', note: null });
  await program.put('payment.refunded', { payment_id: 'pay_1', refund_id: 're_1', amount: 10_000 });
  await program.drain();
}

test.each(['waiting', 'parked'] as const)(
  'a refund after Approve waits for the outcome of a credit that is %s',
  async (state) => {
    const { rewardId } = await failed('unknown', state);
    await approveThenRefund(rewardId);
    expect(await program.rows('select state from deliveries')).toEqual([{ state: 'waiting' }]);
    expect(await program.rows('select status, posted_amount from rewards')).toEqual([
      { status: 'failed', posted_amount: 500n },
    ]);
  },
);

test('a refund after Approve withdraws a credit that the sink had refused', async () => {
  const { rewardId } = await failed('refused', 'refused');
  await approveThenRefund(rewardId);
  expect(await program.rows('select state from deliveries')).toEqual([{ state: 'cancelled' }]);
  expect(await program.rows('select status, posted_amount from rewards')).toEqual([
    { status: 'reversed', posted_amount: 0n },
  ]);
});
