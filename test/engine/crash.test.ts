/** Killed at each step of the way and resumed: the same end. The crash is a throw that nothing handles but the pool. */
import { afterEach, expect, test } from 'vitest';
import { type Process, TestProgram } from '../support/core.ts';

let program: TestProgram;
afterEach(async () => await program.stop());

const POINTS = ['loaded', 'folded', 'saved', 'committing'];

/** A process whose connection is cut in the middle of the transaction, as it is when it is killed. */
function dyingProcess(point: string): Process {
  const dying: Process = program.addProcess(false, (name) => {
    if (name !== point) return;
    const { _clients: clients } = dying.pools.general as unknown as {
      _clients: { connection: { stream: { destroy(): void } } }[];
    };
    for (const client of clients) client.connection.stream.destroy();
  });
  return dying;
}

test.each(POINTS)('a process that dies when its batch is %s loses and doubles nothing', async (point) => {
  program = await TestProgram.start({ folds: false });
  await program.referees(20);
  for (let i = 0; i < 20; i++) {
    const data = {
      payment_id: `pay_${i}`,
      member_id: `alice_r${i}`,
      amount: 10_000,
      currency: 'usd',
      paid_at: new Date(Date.UTC(2026, 3, 1 + i)).toISOString(),
    };
    await program.put('payment.succeeded', data);
  }
  const dying = dyingProcess(point);
  await expect(dying.core.engine.drain(1)).rejects.toThrow();
  await program.first.core.engine.drain(1);
  expect(
    await program.rows('select status, count(*)::int as n, sum(posted_amount)::int as total from rewards group by 1'),
  ).toEqual([{ status: 'credited', n: 20, total: 10_000 }]);
  expect(await program.rows('select count(*)::int as n from inbox_queue')).toEqual([{ n: 0 }]);
  expect(await program.rows(`select * from inbox_events where outcome is not null`)).toEqual([]);
  expect(await program.drift()).toEqual([]);
});

test('one event that two processes died over is handled, and one that three did is parked and held up nothing', async () => {
  program = await TestProgram.start({ folds: false });
  const die = async (times: number) => {
    for (let n = 0; n < times; n++) await expect(dyingProcess('folded').core.engine.drain(1)).rejects.toThrow();
  };
  const outcomes = () => program.rows('select event_id, outcome, reason from inbox_events order by id');
  await program.put('member.created', { member_id: 'ann', email: 'ann@example.com' }, { id: 'innocent' });
  await die(2);
  await program.first.core.engine.drain(1);
  expect(await outcomes()).toEqual([{ event_id: 'innocent', outcome: null, reason: null }]);
  await program.put('member.created', { member_id: 'ben', email: 'ben@example.com' }, { id: 'deadly' });
  await die(3);
  await program.put('member.created', { member_id: 'cas', email: 'cas@example.com' }, { id: 'next' });
  await program.first.core.engine.drain(1);
  const reason = 'the process died while handling it, three times';
  expect((await outcomes()).slice(1)).toEqual([
    { event_id: 'deadly', outcome: 'parked', reason },
    { event_id: 'next', outcome: null, reason: null },
  ]);
});
