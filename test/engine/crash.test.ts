/** Killed at each step of the way and resumed: the same end. The crash is a throw that nothing handles but the pool. */
import { afterEach, expect, test } from 'vitest';
import { TestProgram } from '../support/core.ts';

let program: TestProgram;
afterEach(async () => await program.stop());

const POINTS = ['loaded', 'folded', 'saved', 'committing'];

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
  // The connection is cut in the middle of the transaction, as it is when a process is killed.
  const dying = program.addProcess(false, (name) => {
    if (name !== point) return;
    for (const client of (
      dying.pools.general as unknown as { _clients: { connection: { stream: { destroy(): void } } }[] }
    )._clients)
      client.connection.stream.destroy();
  });
  await expect(dying.core.engine.drain(1)).rejects.toThrow();
  await program.first.core.engine.drain(1);
  expect(
    await program.rows('select status, count(*)::int as n, sum(posted_amount)::int as total from rewards group by 1'),
  ).toEqual([{ status: 'credited', n: 20, total: 10_000 }]);
  expect(await program.rows('select count(*)::int as n from inbox_queue')).toEqual([{ n: 0 }]);
  expect(await program.rows(`select * from inbox_events where outcome is not null`)).toEqual([]);
  expect(await program.drift()).toEqual([]);
});
