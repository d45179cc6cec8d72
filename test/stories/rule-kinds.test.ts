/** Every kind of rule, to either side, in one program: what each gives, under which key, and when. Amounts in cents. */
import { afterEach, expect, test } from 'vitest';
import { DialectClient } from '../support/dialect.ts';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';

let service: TestService;
let story: Story;

async function start(edit: (yaml: string) => string): Promise<string> {
  service = await TestService.start({ program: 'kortix', start: '2026-05-01T00:00:00Z', edit });
  story = await Story.of(service);
  await story.signUp('ann', 'ann@ann.example');
  return await service.codeOf('ann');
}

afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

const RULES = `qualify: { when: payment, count: 1, within: 30d }
rewards:
  cashback:    { to: referee,  when: payment, share: "2%", minimum_payment: 5.00 }
  per_payment: { to: referrer, when: payment, amount: 0.50, lifetime_cap: 0.75 }
  first_use:   { to: referee,  when: usage, count: 1, amount: 0.25, vests_after: 1d }
  tenth_use:   { to: referrer, when: usage, count: 10, amount: 0.30 }
  real:        { to: referee,  when: qualified, amount: 0.40 }
`;

test('signup, payment, usage and qualification pay either side, shares and amounts, each once under its key', async () => {
  const referral_code = await start((yaml) => yaml.replace('rewards:\n', RULES));
  const pay = (payment_id: string, amount: number) =>
    story.tell(['payment.succeeded', { payment_id, member_id: 'bob', amount, currency: 'usd' }]);
  await story.signUp('bob', 'bob@bob.example', { referral_code });
  await pay('pay_1', 10_000);
  await pay('pay_2', 400);
  await story.use('bob', 10, 'use_1');
  await story.use('bob', 10, 'use_1');
  const shown = async () => {
    const rewards = await service.rewards();
    return rewards.map((r) => [r.member_id, r.idempotency_key, r.status, r.amount, r.rate]).sort();
  };
  const granted = (vesting: string) => [
    ['ann', 'ref:auto:pay_1:per_payment', 'credited', 50, null],
    ['ann', 'ref:auto:pay_2:per_payment', 'credited', 25, null],
    ['ann', 'ref:auto:referrer_credit:bob', 'credited', 100, null],
    ['ann', 'ref:auto:tenth_use:bob:10', 'credited', 30, null],
    ['bob', 'ref:auto:first_use:bob:1', vesting, 25, null],
    ['bob', 'ref:auto:pay_1', 'credited', 200, '2%'],
    ['bob', 'ref:auto:real:bob', 'credited', 40, null],
    ['bob', 'ref:auto:referee_credit:bob', 'credited', 100, null],
  ];
  expect(await shown()).toEqual(granted('pending'));
  await story.clock('2026-05-02T00:00:00Z');
  expect(await shown()).toEqual(granted('credited'));
  expect([await story.balanceOf('ann'), await story.balanceOf('bob')]).toEqual([205, 365]);
});

test('max_uses of the program ends a code after so many, and its owner is told', async () => {
  const referral_code = await start((yaml) => yaml.replace('{ length: 9,', '{ length: 9, max_uses: 2,'));
  for (const id of ['bob', 'cat', 'dan']) await story.signUp(id, `${id}@${id}.example`, { referral_code });
  const balances = await Promise.all(['ann', 'bob', 'cat', 'dan'].map((id) => story.balanceOf(id)));
  expect(balances).toEqual([200, 100, 100, 0]);
  const api = new DialectClient(service);
  const { body } = await api.get('/v1/me', { as: 'ann' });
  expect(body.limits).toMatchObject({ code_max_uses: 2, code_uses: 2 });
  expect((await api.get(`/v1/codes/${referral_code}`)).body).toEqual({ valid: false });
});
