// A referral code that stands at the provider too, as a promotion code or discount: buyers get the discount, and the
// member gets the reward, with no script and no metadata.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type FakePaddle, startFakePaddle } from '../support/fake-paddle.ts';
import { type FakeStripe, startFakeStripe } from '../support/fake-stripe.ts';
import { client, tokenFor } from '../support/member.ts';
import { bareProgram } from '../support/programs.ts';
import { MEMBER_JWT_SECRET, START, TestService } from '../support/service.ts';

let service: TestService;
afterEach(async () => {
  expect(await service.isBalanced()).toBe(true);
  await service.stop();
});

async function start(
  kind: 'stripe' | 'paddle',
  source: string,
  variables: Record<string, string>,
  more = '',
): Promise<void> {
  const bare = bareProgram(kind, variables).replace('secret: "', `${source}, secret: "`);
  const yaml = `${bare}auth: { jwt: { secret: "${MEMBER_JWT_SECRET}" } }\n${more}`;
  service = await TestService.start({ program: 'acme', yaml });
}

async function ask(
  memberId: string,
  method: 'get' | 'post' | 'put' | 'delete' = 'post',
  path = '/me/code',
  body?: object,
) {
  const token = await tokenFor(memberId, {}, MEMBER_JWT_SECRET);
  return await client(service.app)(method, path, { token, program: 'acme', ...(body && { body }) });
}
const settled = () => service.admin('POST', '/test-clock', { now: START });
const later = (minutes: number) =>
  service.admin('POST', '/test-clock', { now: new Date(Date.parse(START) + minutes * 60_000).toISOString() });
/** Nothing waits for the provider; it is soon done. */
const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

describe('Stripe', () => {
  let stripe: FakeStripe;
  beforeEach(async () => {
    stripe = await startFakeStripe();
    const source = `api_key: "rk_test_1", api_base: "${stripe.apiBase}", discount: "co_friends"`;
    await start('stripe', source, { STRIPE_API_BASE: stripe.apiBase }, 'api: [hanzo, buywhere, kortix]\n');
    await tell('customer.created', { id: 'cus_alice', object: 'customer', email: 'alice@example.com', metadata: {} });
  });
  afterEach(() => stripe.close());

  let n = 0;
  const tell = (type: string, object: object) =>
    service.post('stripe', { id: `evt_${++n}`, type, created: 1_777_629_600, livemode: false, data: { object } });
  const session = () => ({
    id: 'cs_1',
    object: 'checkout.session',
    mode: 'payment',
    payment_status: 'paid',
    amount_total: 10_000,
    currency: 'usd',
    customer: 'cus_bob',
    customer_details: { email: 'bob@example.com' },
    payment_intent: 'pi_1',
    invoice: null,
    metadata: {},
    total_details: { amount_tax: 0 },
  });
  const made = () => stripe.promotionCodes.map(({ code, active }) => [code, active]);

  test('a member who asks for their code has it as a promotion code, whose buyers are theirs without a webhook of it', async () => {
    const { body } = await ask('stripe:cus_alice');
    await soon(() => expect(made()).toEqual([[body.code, true]]));
    expect(stripe.promotionCodes[0]).toMatchObject({
      promotion: { coupon: 'co_friends' },
      restrictions: { first_time_transaction: true },
      metadata: { ref: body.code },
    });
    await ask('stripe:cus_alice');
    await settled();
    expect(made()).toHaveLength(1);
    const discounts = [{ coupon: null, promotion_code: 'promo_1' }];
    await tell('checkout.session.completed', { ...session(), discounts });
    expect(await service.rewards()).toMatchObject([{ amount: 2_000, member_id: 'stripe:cus_alice' }]);
  });

  test.each(['reset_after', 'error_after'] as const)('there is one, although the answer was %s', async (fault) => {
    stripe.next.push(fault);
    await ask('stripe:cus_alice');
    await soon(() => expect(stripe.requests.filter(({ path }) => path === '/v1/promotion_codes').length).toBe(2));
    await settled();
    expect(made()).toHaveLength(1);
  });

  test('a text that is taken by somebody else is left to them, and not tried for ever', async () => {
    const code = await service.codeOf('stripe:cus_alice');
    stripe.promotionCodes.push({
      id: 'promo_x',
      object: 'promotion_code',
      code,
      active: true,
      promotion: { type: 'coupon', coupon: 'co_x' },
      restrictions: { first_time_transaction: false },
      metadata: {},
    });
    await ask('stripe:cus_alice');
    await soon(() => expect(stripe.requests.map(({ method }) => method)).toEqual(['POST', 'GET']));
    await later(24 * 60);
    expect(stripe.requests).toHaveLength(2);
  });

  test.each([
    ['Hanzo', 'post', '/referrer', {}, 'code'],
    ['BuyWhere', 'post', '/developers/referral-code', undefined, 'referral_code'],
    ['Kortix', 'get', '/referrals/code', undefined, 'referral_code'],
    ['Kortix’ refresh', 'post', '/referrals/refresh', undefined, 'new_code'],
  ] as const)(
    'a code that a member asks for by %s’s API stands there, too',
    async (_name, method, path, given, field) => {
      const { body } = await ask('stripe:cus_alice', method, path, given);
      await soon(() => expect(made()).toEqual([[body[field], true]]));
    },
  );

  test('a code of the member’s own choice, and one of a link, bring their buyers, whatever Stripe takes in a text', async () => {
    await ask('stripe:cus_alice', 'put', '/me/code', { code: 'Ali_ce-20' });
    await soon(() => expect(made()).toEqual([['Ali-ce-20', true]]));
    const { body } = await ask('stripe:cus_alice', 'post', '/me/links', { channel: 'x', campaign: 'spring' });
    await soon(() => expect(made()).toContainEqual([body.code, true]));
    const discounts = [{ coupon: null, promotion_code: 'promo_1' }];
    await tell('checkout.session.completed', { ...session(), discounts });
    expect(await service.rewards()).toMatchObject([{ amount: 2_000, member_id: 'stripe:cus_alice' }]);
  });

  test('it ends with its member', async () => {
    const { body } = await ask('stripe:cus_alice');
    await soon(() => expect(made()).toEqual([[body.code, true]]));
    await service.admin('POST', '/members/stripe:cus_alice/erase?program=acme', { reason: 'asked' });
    await service.service.runDue(1);
    await soon(() => expect(made()).toEqual([[body.code, false]]));
  });

  test('it ends when its member is erased, and nothing here tells its text any more', async () => {
    const bodies = `select count(*)::int as n from inbox_events where body ~* 'ali[_-]ce2026'`;
    await ask('stripe:cus_alice', 'put', '/me/code', { code: 'ali_ce2026' });
    await soon(() => expect(made()).toEqual([['ali-ce2026', true]]));
    await soon(async () =>
      expect((await service.service.deps.pools.general.query(bodies)).rows[0].n).toBeGreaterThan(1),
    );
    await service.admin('POST', '/members/stripe:cus_alice/erase?program=acme');
    await service.service.runDue(1);
    await soon(() => expect(made()).toEqual([['ali-ce2026', false]]));
    const text = `select p.state, p.code_key like 'erased.%' as hidden from provider_codes p`;
    await soon(async () =>
      expect((await service.service.deps.pools.general.query(text)).rows).toEqual([{ state: 'ended', hidden: true }]),
    );
    expect((await service.service.deps.pools.general.query(bodies)).rows).toEqual([{ n: 0 }]);
  });

  test('it ends with the code', async () => {
    const { body } = await ask('stripe:cus_alice');
    await soon(() => expect(made()).toEqual([[body.code, true]]));
    const { body: next } = await ask('stripe:cus_alice', 'post', '/me/code/refresh');
    await service.service.runDue(1);
    await soon(() =>
      expect(made()).toEqual([
        [body.code, false],
        [next.code, true],
      ]),
    );
  });
});

test('Paddle: the member’s code is a discount with the terms of the owner’s', async () => {
  const paddle: FakePaddle = await startFakePaddle();
  const source = `api_key: "pdl_sdbx_apikey_1", api_base: "${paddle.apiBase}", discount: "dsc_terms"`;
  await start('paddle', source, { PADDLE_API_BASE: paddle.apiBase });
  paddle.discounts.push({
    id: 'dsc_terms',
    status: 'active',
    code: null,
    type: 'percentage',
    amount: '15',
    currency_code: null,
    usage_limit: null,
    recur: true,
    maximum_recurring_intervals: 3,
    description: 'Friends of members',
    times_used: 0,
    custom_data: null,
  });
  const alice = { id: 'ctm_alice', email: 'alice@example.com', custom_data: null };
  await service.post('paddle', { event_id: 'evt_1', event_type: 'customer.created', occurred_at: START, data: alice });
  const { body } = await ask('paddle:ctm_alice', 'put', '/me/code', { code: 'Ali_ce-20' });
  const terms = { type: 'percentage', amount: '15', recur: true, maximum_recurring_intervals: 3 };
  await soon(() =>
    expect(paddle.discounts[1]).toMatchObject({ ...terms, code: 'Alice20', custom_data: { ref: body.code } }),
  );
  await ask('paddle:ctm_alice', 'delete');
  await service.service.runDue(1);
  await soon(() => expect(paddle.discounts.map(({ status }) => status)).toEqual(['active', 'archived']));
  expect(paddle.faults).toEqual([]);
  await paddle.close();
});
