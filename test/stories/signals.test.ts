/** What signals see of many people together, and what follows: rings, warnings, fake accounts, refunds. */
import request from 'supertest';
import { afterEach, expect, test } from 'vitest';
import { Story } from '../support/referrals.ts';
import { TestService } from '../support/service.ts';
import { Visitor } from '../visits/scene.ts';

let service: TestService;
let story: Story;

async function started(program: 'claudexia' | 'hanzo', fraud: string): Promise<void> {
  service = await TestService.start({
    program,
    start: '2026-01-10T00:00:00Z',
    edit: (yaml) =>
      yaml
        .replace(/^fraud:\n( {2}.*\n)+/m, `fraud:\n  ${fraud}\n`)
        .replace('minimum_payment: 5.00 }', 'minimum_payment: 5.00, vests_after: 7d }'),
  });
  story = await Story.of(service);
}

afterEach(async () => {
  expect(await story.isSound()).toBe(true);
  await service.stop();
});

const member = async (id: string) => (await service.admin('GET', `/members/${id}?program=${service.program}`)).body;
const created = (id: string, code?: string, more: object = {}) =>
  ['member.created', { member_id: id, email: `${id}@${id}.example`, referral_code: code, ...more }] as const;
const paid = (id: string, more: object = {}, payment = `pay_${id}`) =>
  ['payment.succeeded', { payment_id: payment, member_id: id, amount: 10_000, currency: 'usd', ...more }] as const;
const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
const standings = async () => (await service.rewards()).map((r) => `${r.status} ${r.reason}`);

/** `alice` brings so many. */
async function bring(prefix: string, count: number, more: (i: number) => object = () => ({})): Promise<string[]> {
  if (!(await member('alice')).member_id) await story.tell(created('alice'));
  const code = await service.codeOf('alice');
  const people = ids(prefix, count);
  await story.tell(...people.map((id, i) => created(id, code, more(i))));
  return people;
}

test('a ring of three: whoever closes it is held, and so is all that the others have not been credited yet', async () => {
  await started('claudexia', 'ring: { then: deny }');
  await story.tell(created('a'));
  await story.tell(created('b', await service.codeOf('a')));
  await story.tell(created('c', await service.codeOf('b')));
  await story.tell(paid('b'), paid('c'));
  expect(await standings()).toEqual(['pending vesting', 'pending vesting']);
  await story.tell(created('a', await service.codeOf('c')));
  expect(await standings()).toEqual(['pending held', 'pending held']);
  await story.tell(paid('b', {}, 'pay_b2'), paid('a'));
  expect((await standings()).slice(0, 2).sort()).toEqual(['pending held', 'rejected ring']);
});

test('fifty accounts on one card are held, all of them; a family of three is paid', async () => {
  await started('claudexia', 'ring: { then: hold }');
  const family = await bring('kin', 3);
  await story.tell(...family.map((id) => paid(id, { instrument: 'the family card' })));
  expect(await standings()).toEqual(Array(3).fill('pending vesting'));
  const star = await bring('star', 50);
  await story.tell(...star.slice(0, 30).map((id) => paid(id, { instrument: 'one card' })));
  await story.tell(...star.slice(30).map((id) => paid(id, { instrument: 'one card' })));
  const said = await standings();
  expect(said.filter((each) => each === 'pending held')).toHaveLength(50);
  expect(said.filter((each) => each === 'pending vesting')).toHaveLength(3);
});

test('an early fraud warning holds what waits, and what is credited cannot be spent until somebody has looked', async () => {
  await started('claudexia', 'early_fraud_warning: { then: hold }');
  const [ben = ''] = await bring('ben', 1);
  await story.tell(paid(ben));
  const warn = (status: string, payment = `pay_${ben}`, id = `warned_${payment}`) =>
    story.tell(['payment.disputed', { dispute_id: id, payment_id: payment, amount: 10_000, status }]);
  await warn('warning');
  expect(await standings()).toEqual(['pending held']);
  await warn('lost', `pay_${ben}`, 'dispute_1');
  expect((await service.rewards())[0].status).toBe('reversed');
  await story.tell(paid(ben, {}, 'pay_2'));
  await story.clock('2026-01-20T00:00:00Z');
  expect(await story.balanceOf('alice')).toBe(500);
  const scopes = ['credits:write'];
  const { body: made } = await service.admin('POST', '/programs/claudexia/keys', { name: 'spends', scopes });
  const spend = async (idempotency_key: string) =>
    (
      await request(service.app)
        .post('/p/claudexia/v1/credits/spend')
        .set('Authorization', `Bearer ${made.key}`)
        .send({ member_id: 'alice', amount: 100, idempotency_key })
    ).status;
  expect(await spend('before')).toBe(200);
  await warn('warning', 'pay_2');
  const [reward] = await service.rewards('&status=credited');
  expect(reward.flags).toContain('early_fraud_warning');
  expect(await spend('while it is open')).toBe(422);
  expect((await service.admin('POST', `/rewards/${reward.id}/approve`, { reason: 'I asked' })).status).toBe(200);
  expect(await spend('after')).toBe(200);
});

test('a referrer whose referees never use the product is suspended when their time is over', async () => {
  await started('hanzo', 'fake_accounts: { at_least: 5, qualified_below: "30%", then: suspend }');
  const people = await bring('fake', 5);
  await story.use(people[0] as string);
  await story.clock('2026-02-08T00:00:00Z');
  expect((await member('alice')).suspended).toBe(false);
  await story.clock('2026-02-10T00:00:00Z');
  expect([(await member('alice')).suspended, (await member('alice')).suspended_reason]).toEqual([
    true,
    'fake_accounts',
  ]);
  expect((await service.admin('GET', '/audit?program=hanzo&action=member.suspend')).body.data).toMatchObject([
    { actor: 'signal fake_accounts', target: 'alice' },
  ]);
});

test('who brings people of whom enough use the product is not', async () => {
  await started('hanzo', 'fake_accounts: { at_least: 5, qualified_below: "30%", then: suspend }');
  const people = await bring('real', 5);
  await story.use(people[0] as string);
  await story.use(people[1] as string);
  await story.clock('2026-02-10T00:00:00Z');
  expect((await member('alice')).suspended).toBe(false);
});

test('referees who only use credit up, and never pay, suspend who goes on bringing them', async () => {
  await started('hanzo', 'credit_cycling: { at_least: 3, then: suspend }');
  const people = await bring('idle', 3);
  const scopes = ['credits:write'];
  const { body: made } = await service.admin('POST', '/programs/hanzo/keys', { name: 'spends', scopes });
  for (const member_id of people)
    await request(service.app)
      .post('/p/hanzo/v1/credits/spend')
      .set('Authorization', `Bearer ${made.key}`)
      .send({ member_id, amount: 2000, idempotency_key: `all of ${member_id}` });
  await bring('next', 1);
  expect((await member('alice')).suspended).toBe(false);
  await story.clock('2026-02-10T00:00:00Z');
  await bring('last', 1);
  expect([(await member('alice')).suspended, (await member('alice')).suspended_reason]).toEqual([
    true,
    'credit_cycling',
  ]);
});

test('too much paid back of what a referrer brought suspends them; a refund here and there does not', async () => {
  await started('claudexia', 'refund_rate: { at_least: 4, above: "40%", then: suspend }');
  const people = await bring('back', 4);
  await story.tell(...people.map((id) => paid(id)));
  const refund = (id: string) =>
    story.tell(['payment.refunded', { refund_id: `re_${id}`, payment_id: `pay_${id}`, amount: 10_000 }]);
  await refund('back1');
  expect((await member('alice')).suspended).toBe(false);
  await refund('back2');
  expect([(await member('alice')).suspended, (await member('alice')).suspended_reason]).toEqual([
    true,
    'incentive_abuse',
  ]);
  expect((await standings()).filter((said) => said === 'rejected forfeited')).toHaveLength(2);
});

test('clicks that come in numbers from one network suspend whose link it is, once somebody signs up by it', async () => {
  await started('claudexia', 'click_fraud: { clicks: 3, within: 1h, then: suspend }');
  await story.tell(created('alice'));
  const code = await service.codeOf('alice');
  const click = async (times: number) => {
    for (let i = 0; i < times; i++) await new Visitor(service, 'a click farm').follow(code);
  };
  await click(3);
  await bring('first', 1);
  await story.clock('2026-01-10T01:30:00Z');
  await click(3);
  await bring('second', 1);
  expect((await member('alice')).suspended).toBe(false);
  await click(1);
  await bring('third', 1);
  expect([(await member('alice')).suspended, (await member('alice')).suspended_reason]).toEqual([true, 'click_fraud']);
});

test('an existing customer who claims a code brings nobody anything', async () => {
  await started('claudexia', 'existing_customer: { then: deny }');
  await story.tell(created('alice'), created('old'));
  await story.tell(paid('old'));
  await story.clock('2026-01-12T00:00:00Z');
  await story.tell(created('old', await service.codeOf('alice')));
  await story.tell(paid('old', {}, 'pay_again'));
  expect(new Set(await standings())).toEqual(new Set(['rejected existing_customer']));
});

test('a second account of somebody, or a colleague, counts as the file says; a neighbour is held, and gmail is no company', async () => {
  const match = '[email, subnet, fingerprint, instrument]';
  await started('claudexia', `duplicate_account: { match: ${match}, then: deny }\n  email_domain: { then: flag }`);
  const old = { email: 'old@firm.example', ip: '198.51.100.1', fingerprint: 'laptop' };
  await story.tell(
    created('alice'),
    created('gil', undefined, { email: 'gil@gmail.com' }),
    created('old', undefined, old),
  );
  await story.tell(paid('old', { instrument: 'card_old' }));
  const people: [id: string, brings: string, seen: object, said: string, card?: string][] = [
    ['mailbox', 'alice', { email: 'OLD+2@firm.example' }, 'rejected duplicate_account'],
    ['device', 'alice', { fingerprint: 'laptop' }, 'rejected duplicate_account'],
    ['card', 'alice', {}, 'rejected duplicate_account', 'card_old'],
    ['near', 'alice', { ip: '198.51.100.99' }, 'pending held duplicate_account'],
    ['colleague', 'alice', { email: 'c@alice.example' }, 'pending vesting email_domain'],
    ['public', 'gil', { email: 'someone@gmail.com' }, 'pending vesting'],
    ['newcomer', 'alice', { ip: '203.0.113.9', fingerprint: 'phone' }, 'pending vesting', 'card_new'],
  ];
  for (const [id, brings, seen, , instrument] of people) {
    await story.tell(created(id, await service.codeOf(brings), seen));
    await story.tell(paid(id, instrument ? { instrument } : {}));
  }
  const rewards = new Map((await service.rewards()).map((r) => [r.referee_id, r]));
  const said = people.map(([id]) => {
    const { status, reason, flags } = rewards.get(id) as { status: string; reason: string; flags: string[] };
    return [id, [status, reason, ...(status === 'pending' ? flags : [])].join(' ')];
  });
  expect(said).toEqual(people.map(([id, , , expected]) => [id, expected]));
});
