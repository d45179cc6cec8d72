// Nothing missed: orders, subscription payments and refunds that Polar or Lemon Squeezy know and no webhook told of.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catchUpOf, soon } from '../support/catch-up.ts';
import { type FakeOrders, type Order, startFakeOrders } from '../support/fake-orders.ts';
import { TestService } from '../support/service.ts';
import { secretFor } from '../support/sign.ts';

let service: TestService;
let shop: FakeOrders;
let code: string;

afterEach(async () => {
  expect(shop.faults).toEqual([]);
  expect(await service.isBalanced()).toBe(true);
  await service.stop();
  await shop.close();
});

async function start(kind: 'polar' | 'lemonsqueezy', accounts: string): Promise<void> {
  shop = await startFakeOrders();
  const source = `kind: ${kind}, secret: "${secretFor(kind, kind)}", api_key: "key_1", api_base: "${shop.apiBase}", accounts: [${accounts}]`;
  service = await TestService.start({
    edit: (yaml) => yaml.replace(/^sources:\n/m, `sources:\n  ${kind}: { ${source} }\n`),
  });
  await service.tell('member.created', { member_id: 'alice', email: 'alice@example.com' });
  code = await service.codeOf('alice');
  await service.tell('member.created', {
    member_id: 'bob',
    email: 'bob@work.example',
    email_verified: true,
    referral_code: code,
  });
}

const catchUp = () => catchUpOf(service);
const rewards = async () =>
  (await service.rewards()).map(({ amount, reversed_amount: reversed, source_payment_id: id }) => [
    id,
    amount,
    reversed,
  ]);
const day = (n: number) => new Date(Date.parse('2026-04-30T10:00:00Z') - n * 86_400_000).toISOString();

describe('Polar', () => {
  beforeEach(() => start('polar', '"org-1"'));
  const order = (id: string, more: object = {}): Order => ({
    id,
    organization_id: 'org-1',
    created_at: day(0),
    status: 'paid',
    currency: 'usd',
    total_amount: 12_000,
    tax_amount: 2_000,
    net_amount: 10_000,
    billing_reason: 'purchase',
    customer_id: 'c-1',
    customer: { id: 'c-1', external_id: 'bob', email: 'bob@work.example' },
    metadata: {},
    ...more,
  });
  const refund = (id: string, status: string): Order => ({
    id,
    organization_id: 'org-1',
    created_at: day(0),
    order_id: 'o-1',
    amount: 5_000,
    tax_amount: 1_000,
    status,
  });

  test('an order that is paid is told once, and none that is not, is another’s, or is from before the program', async () => {
    shop.lists['/v1/orders/'] = [
      order('o-1'),
      order('o-2', { status: 'pending' }),
      order('o-3', { organization_id: 'org-2' }),
      order('o-4', { created_at: day(30) }),
    ];
    expect(await catchUp()).toMatchObject({ missing: 1, missingTypes: { 'order.paid': 1 }, error: null });
    await soon(async () => expect(await rewards()).toEqual([['o-1', 500, 0]]));
    expect(await catchUp()).toMatchObject({ missing: 0 });
  });

  test('a refund is told in each of its states, long after the order, too', async () => {
    shop.lists['/v1/orders/'] = [order('o-1')];
    await catchUp();
    shop.lists['/v1/refunds/'] = [refund('r-1', 'pending')];
    expect(await catchUp()).toMatchObject({ missingTypes: { 'refund.updated': 1 } });
    await soon(async () => expect(await rewards()).toEqual([['o-1', 500, 0]]));
    shop.lists['/v1/refunds/'] = [refund('r-1', 'succeeded')];
    expect(await catchUp()).toMatchObject({ missingTypes: { 'refund.updated': 1 } });
    await soon(async () => expect(await rewards()).toEqual([['o-1', 500, 250]]));
    expect(await catchUp()).toMatchObject({ missing: 0 });
  });

  test('pages are read to their end, and "too many" is waited for', async () => {
    shop.lists['/v1/orders/'] = Array.from({ length: 230 }, (_, n) =>
      order(`o-${n}`, { total_amount: 0, tax_amount: 0 }),
    );
    shop.tooMany.push('1');
    expect(await catchUp()).toMatchObject({ listed: 230, missing: 230, error: null });
    // Whoever is told to come back in an hour does: with the next run.
    shop.tooMany.push('3600');
    expect(await catchUp()).toMatchObject({ listed: 0, error: 'http_429' });
  });
});

describe('Lemon Squeezy', () => {
  beforeEach(() => start('lemonsqueezy', '"7"'));
  const object = (type: string, id: string, more: object = {}): Order => ({
    type,
    id,
    attributes: {
      store_id: 7,
      customer_id: 1,
      user_email: 'bob@work.example',
      currency: 'USD',
      total: 12_000,
      tax: 2_000,
      total_usd: 12_000,
      status: 'paid',
      refunded: false,
      refunded_amount: 0,
      created_at: day(0),
      updated_at: day(0),
      test_mode: true,
      ...more,
    },
  });
  const invoice = (id: string, more: object = {}) =>
    object('subscription-invoices', id, { subscription_id: 5, billing_reason: 'renewal', ...more });

  test('orders and renewals of the store are told once; a first invoice is its order', async () => {
    shop.lists['/v1/orders'] = [object('orders', '1'), object('orders', '2', { store_id: 8 })];
    shop.lists['/v1/subscription-invoices'] = [
      invoice('1'),
      invoice('2', { billing_reason: 'initial' }),
      invoice('3', { status: 'pending' }),
    ];
    const missingTypes = { order_created: 1, subscription_payment_success: 1 };
    expect(await catchUp()).toMatchObject({ missing: 2, missingTypes, error: null });
    const both = [
      ['lemonsqueezy_orders_1', 500, 0],
      ['lemonsqueezy_subscription-invoices_1', 500, 0],
    ];
    await soon(async () => expect((await rewards()).toSorted()).toEqual(both));
    expect(await catchUp()).toMatchObject({ missing: 0 });
    const body = {
      meta: { event_name: 'order_created', custom_data: { user_id: 'bob' } },
      data: object('orders', '1'),
    };
    expect((await service.post('lemonsqueezy', body)).status).toBe(200);
    await soon(async () => expect((await rewards()).toSorted()).toEqual(both));
  });

  test('what was given back of an order of long ago is found by the order', async () => {
    const old = { created_at: day(40), updated_at: day(40) };
    const meta = { event_name: 'order_created', custom_data: {} };
    await service.post('lemonsqueezy', { meta, data: object('orders', '1', old) });
    await soon(async () => expect(await rewards()).toEqual([['lemonsqueezy_orders_1', 500, 0]]));
    shop.lists['/v1/orders'] = [
      object('orders', '1', { ...old, status: 'refunded', refunded: true, refunded_amount: 12_000 }),
    ];
    expect(await catchUp()).toMatchObject({ missingTypes: { order_refunded: 1 } });
    await soon(async () => expect(await rewards()).toEqual([['lemonsqueezy_orders_1', 500, 500]]));
  });

  test('a second part that was given back is told, though the first is known', async () => {
    shop.lists['/v1/orders'] = [object('orders', '1')];
    await catchUp();
    for (const [sum, reversed] of [
      [3_000, 125],
      [6_000, 250],
    ]) {
      shop.lists['/v1/orders'] = [object('orders', '1', { status: 'partial_refund', refunded_amount: sum })];
      expect(await catchUp()).toMatchObject({ missingTypes: { order_refunded: 1 } });
      await soon(async () => expect(await rewards()).toEqual([['lemonsqueezy_orders_1', 500, reversed]]));
    }
    expect(await catchUp()).toMatchObject({ missing: 0 });
  });
});
