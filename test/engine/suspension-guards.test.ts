/** What the database refuses about suspensions, whatever the code does. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestProgram } from '../support/core.ts';

let program: TestProgram;
let rewardId: bigint;

beforeAll(async () => {
  program = await TestProgram.start({ program: { signals: [] } });
  await program.referees(1);
  const patch = { command: 'member.patch', memberId: 'alice', actor: 'admin', suspended: true } as const;
  await program.first.core.engine.submit(1, patch);
  const paid = { payment_id: 'pay_1', member_id: 'alice_r0', amount: 10_000, currency: 'usd' };
  await program.put('payment.succeeded', paid);
  await program.drain();
  const [reward] = await program.rows('select id, status, reason, forfeited_amount from rewards');
  expect(reward).toMatchObject({ status: 'rejected', reason: 'forfeited', forfeited_amount: 500n });
  rewardId = reward?.id as bigint;
});
afterAll(async () => {
  expect(program.errors).toEqual([]);
  expect(await program.drift()).toEqual([]);
  await program.stop();
});

const refused = async (text: string, values: unknown[] = []) => {
  const failed = await program.rows(text, values).then(
    () => 'was let through',
    (error: Error) => error.message,
  );
  return failed;
};

test('a forfeited reward stands again only in the transaction that gives its forfeit back', async () => {
  const revive = `update rewards set status = 'pending', reason = 'held' where id = $1`;
  expect(await refused(revive, [rewardId])).toBe('a rejected reward stays rejected');
  expect(
    await refused(`insert into forfeits (program_no, id, person_id, reward_id, unit, amount, at)
    select program_no, 1, person_id, reward_id, unit, amount, at from forfeits`),
  ).toContain('forfeits_live_key');
});

test('what is written of a suspension stays written, and one person has one at a time', async () => {
  expect(await refused('update forfeits set amount = 1')).toContain('permission denied');
  expect(await refused('delete from forfeits')).toContain('permission denied');
  expect(await refused('delete from suspensions')).toContain('permission denied');
  expect(await refused(`update suspensions set reason = 'x'`)).toContain('permission denied');
  expect(await refused('update reports set reason = null')).toContain('permission denied');
  expect(
    await refused(`insert into suspensions (program_no, id, person_id, by, evidence, at)
    select program_no, 1, person_id, 'x', '[]', at from suspensions`),
  ).toContain('suspensions_live_key');
});

test('given back once and decided once, and never a second time', async () => {
  const { submit } = program.first.core.engine;
  const send: typeof submit = (...args) => submit.apply(program.first.core.engine, args);
  const [suspension] = await program.rows('select id from suspensions');
  const suspensionId = String(suspension?.id);
  await send(1, { command: 'appeal.make', suspensionId, memberId: 'alice', message: 'please' });
  const [appeal] = await program.rows('select id from appeals');
  const grant = { command: 'appeal.grant', appealId: String(appeal?.id), actor: 'admin', note: null } as const;
  const both = await Promise.all([send(1, grant), send(1, grant), send(1, { ...grant, command: 'appeal.refuse' })]);
  expect(both.filter(({ ok }) => ok)).toHaveLength(1);
  expect(await program.rows('select status, posted_amount from rewards')).toEqual([
    { status: 'credited', posted_amount: 500n },
  ]);
  expect(await refused('update forfeits set restored_at = now()')).toBe('a forfeit that was given back stays so');
  expect(await refused('update forfeits set restored_at = null')).toBe('a forfeit that was given back stays so');
  expect(await refused(`update appeals set state = 'refused'`)).toBe('an appeal is decided once');
});
