// Payments that nobody is known to have referred: who may have, and an admin's word that somebody did.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestService } from '../support/service.ts';

let service: TestService;
beforeEach(async () => {
  service = await TestService.start();
  await service.tell('member.created', { member_id: 'alice', email: 'alice@example.com', ip: '192.0.2.1' });
  await service.tell('member.created', { member_id: 'bob', email: 'bob@work.example', ip: '192.0.2.2' });
});
afterEach(async () => {
  expect(await service.isBalanced()).toBe(true);
  await service.stop();
});

const pay = (payment_id: string, more: object = { member_id: 'bob' }) =>
  service.tell('payment.succeeded', { payment_id, amount: 10_000, currency: 'usd', ...more });
async function waiting(): Promise<{ id: string; reason: string }[]> {
  const { body } = await service.admin('GET', '/payments?program=claudexia&earned=false');
  return body.data;
}
const attach = (id: string | undefined, body: object) =>
  service.admin('POST', `/payments/${id}/attach`, { reason: 'she wrote to us', ...body });

test('an admin names the referrer, the payment earns, and the audit log has who and why', async () => {
  await pay('pay_1');
  const [payment] = await waiting();
  const { status, body } = await attach(payment?.id, { referrer: 'alice' });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    reason: null,
    rewards: [{ member_id: 'alice', referee_id: 'bob', amount: 500, status: 'credited' }],
  });
  const { body: log } = await service.admin('GET', '/audit?program=claudexia');
  expect(log.data[0]).toMatchObject({
    action: 'payment.attach',
    target: payment?.id,
    reason: 'she wrote to us',
    actor: 'admin',
  });
});

test('the same again changes nothing; another referrer is refused', async () => {
  await service.tell('member.created', { member_id: 'carol', email: 'carol@example.org', ip: '192.0.2.3' });
  await pay('pay_1');
  const [payment] = await waiting();
  const code = await service.codeOf('alice');
  for (let i = 0; i < 2; i++) expect((await attach(payment?.id, { code })).status).toBe(200);
  expect(await service.rewards()).toHaveLength(1);
  expect((await attach(payment?.id, { referrer: 'carol' })).body.code).toBe('already_referred');
});

test('somebody who is known by nothing but the payment is known by it from then on', async () => {
  await pay('pay_1', { email: 'guest@else.example' });
  const [payment] = await waiting();
  expect((await attach(payment?.id, { referrer: 'alice' })).body.rewards).toMatchObject([
    { referee_id: 'app:pay_1', amount: 500 },
  ]);
});

test('it reaches a payment that waited too long, and no other of its age', async () => {
  await pay('pay_1');
  await pay('pay_2');
  await service.admin('POST', '/test-clock', { now: '2026-07-01T00:00:00Z' });
  const [, first] = await waiting();
  expect((await attach(first?.id, { referrer: 'alice' })).body.rewards).toHaveLength(1);
  expect(await waiting()).toMatchObject([{ reason: 'too_late' }]);
});

test('the signals are asked, and nobody is attached to themselves', async () => {
  await service.tell('member.created', { member_id: 'alice2', email: 'alice+2@example.com', ip: '192.0.2.9' });
  await pay('pay_1', { member_id: 'alice2' });
  await pay('pay_2', { member_id: 'alice' });
  const payments = await waiting();
  expect((await attach(payments[0]?.id, { referrer: 'alice' })).body.code).toBe('self_referral');
  expect((await attach(payments[1]?.id, { referrer: 'alice' })).body.rewards).toMatchObject([
    { status: 'rejected', reason: 'self_referral' },
  ]);
});

test('nobody is referred any more who was erased', async () => {
  await pay('pay_1');
  const [payment] = await waiting();
  await service.admin('POST', '/members/bob/erase?program=claudexia', { reason: 'asked' });
  expect((await attach(payment?.id, { referrer: 'alice' })).body.code).toBe('member_erased');
  expect(await service.rewards()).toEqual([]);
});

test('what lacks no referrer is not attached', async () => {
  await service.refer('dora', 'alice', '192.0.2.7');
  await pay('pay_1', { member_id: 'dora', amount: 100 });
  const [payment] = await waiting();
  expect((await attach(payment?.id, { referrer: 'alice' })).body.code).toBe('not_attachable');
  expect((await attach(payment?.id, { code: 'NOSUCH' })).body.code).toBe('unknown_code');
  expect((await attach(payment?.id, { referrer: 'nobody' })).body.code).toBe('unknown_member');
  expect((await attach('pm_1', { referrer: 'alice' })).status).toBe(404);
});

test('likely referrers are named: whose code was mistyped, and whose code was dead', async () => {
  const code = await service.codeOf('alice');
  const slip = `${code.slice(0, -1)}${code.endsWith('A') ? 'C' : 'A'}`;
  await pay('pay_1', { member_id: 'eve', referral_code: slip });
  const bobs = await service.codeOf('bob');
  await service.admin('PATCH', `/codes/${bobs}?program=claudexia`, { suspended: true });
  await pay('pay_2', { member_id: 'eve', referral_code: bobs });
  const [payment] = await waiting();
  const { body } = await service.admin('GET', `/payments/${payment?.id}`);
  expect(body.candidates).toHaveLength(2);
  expect(body.candidates).toContainEqual(
    expect.objectContaining({ member_id: 'alice', code, why: 'similar_code', saw: slip.toLowerCase() }),
  );
  expect(body.candidates).toContainEqual(expect.objectContaining({ member_id: 'bob', why: 'code_suspended' }));
});
