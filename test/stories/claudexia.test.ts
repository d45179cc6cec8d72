/** Claudexia's program through the front door: what its owner's text promises, on the ledger as the sink. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TestService } from '../support/service.ts';

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
