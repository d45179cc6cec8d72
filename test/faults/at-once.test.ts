/** K3, K4, K6 to K8: what four processes do at once to one referrer ends as if one had done it. */
import { afterEach, expect, test } from 'vitest';
import { TELL_EXPIRIES } from '../../src/jobs/due.sql.ts';
import type { Command } from '../../src/model/commands.ts';
import type { Program, Rule } from '../../src/model/program.ts';
import { DAY, TIERS } from '../ledger/scene.ts';
import { TestProgram } from '../support/core.ts';
import { claudexia } from '../support/programs.ts';
import { again, LONG, sized } from '../support/sized.ts';

let program: TestProgram;
afterEach(async () => {
  expect(await program.drift()).toEqual([]);
  expect(program.errors).toEqual([]);
  expect(await program.rows(`select reason from inbox_events where outcome = 'parked'`)).toEqual([]);
  await program.stop();
});

const PROCESSES = 4;
const start = async (changes: Partial<Program>) => {
  program = await TestProgram.start({ processes: PROCESSES, program: { signals: [], ...changes } });
};
const base = { to: 'referrer', vestsAfter: undefined, lifetimeCap: undefined } as const;
const perSignup = (amount: bigint, more: Partial<Rule> = {}) =>
  ({ ...base, name: 'bonus', label: 'bonus', when: 'signup', amount: { kind: 'fixed', amount }, ...more }) as Rule;
const anyAmount = claudexia().rules.map((rule) => ({ ...rule, minimumPayment: 0n }));
const nth = (i: number) => program.processes[i % PROCESSES] as (typeof program.processes)[number];
const signUp = (id: string, code?: string) => ({
  member_id: id,
  email: `${id}@${id}.example`,
  ...(code && { referral_code: code }),
});

/** So many workers, each with the next piece of work as soon as it is done with one. */
async function workers(count: number, jobs: (() => Promise<unknown>)[]): Promise<void> {
  const work = async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) await job();
  };
  await Promise.all(Array.from({ length: count }, work));
}

test('a lifetime cap of $100 is filled to the cent by 32 workers, with one part', again(4), async () => {
  await start({ rules: [perSignup(30n, { lifetimeCap: 10_000n })] });
  await program.put('member.created', signUp('alice'));
  await program.drain();
  const code = await program.codeOf('alice');
  const jobs = Array.from(
    { length: 400 },
    (_, i) => () => program.put('member.created', signUp(`r${i}`, code), { process: nth(i) }),
  );
  await workers(32, jobs);
  await program.drain();
  const text = `select status, (amount - forfeited_amount)::int as given, count(*)::int as n from rewards
    where status = 'credited' group by 1, 2 order by 2 desc`;
  expect(await program.rows(text)).toEqual([
    { status: 'credited', given: 30, n: 333 },
    { status: 'credited', given: 10, n: 1 },
  ]);
  expect(await program.rows(`select sum(balance)::int as sum from balances where account = 'available'`)).toEqual([
    { sum: 10_000 },
  ]);
});

test(
  'spend, void, expiry, refund and grant on one account at once: never below zero, never a cent apart',
  async () => {
    await start({ tiers: TIERS, rules: anyAmount });
    await program.referees(4);
    const paid = (id: string, i: number) => ({
      payment_id: id,
      member_id: `alice_r${i % 4}`,
      amount: 4_000,
      currency: 'usd',
    });
    const commands = (round: number, i: number): Command => {
      const content = { unit: 'usd', amount: String(90 + i), idempotencyKey: `k${round}_${i}`, reason: null };
      return { command: 'credit.spend', memberId: 'alice', ...content };
    };
    for (let round = 0; round < sized(6, 40); round++) {
      const spends = await program.rows('select id from spends order by id desc limit 8');
      const jobs = Array.from({ length: 16 }, (_, i) => [
        () => program.put('payment.succeeded', paid(`p${round}_${i}`, i), { process: nth(i) }),
        () => nth(i).core.engine.submit(1, commands(round, i)),
        () => {
          const refund = { refund_id: `re${round}_${i}`, payment_id: `p${Math.max(0, round - 1)}_${i}`, amount: 1_000 };
          return program.put('payment.refunded', refund, { process: nth(i) });
        },
      ]).flat();
      const voids = spends.map(
        ({ id }, i) =>
          () =>
            nth(i).core.engine.submit(1, { command: 'credit.void', spendId: String(id) }),
      );
      const expiries = [1, 2].map(() => () => program.first.pools.general.query(TELL_EXPIRIES, [1, program.now, true]));
      await workers(16, [...jobs, ...voids, ...expiries]);
      program.now = new Date(program.now.getTime() + 25 * DAY);
    }
    await program.drain();
    expect(await program.rows('select account, unit from balances where balance < 0 and person_id <> 0')).toEqual([]);
    const text = `select sum(l.remaining)::int as left,
    (select sum(balance)::int from balances where account = 'available') as available from lots l`;
    const [sums] = await program.rows(text);
    expect(sums?.left).toBe(sums?.available);
  },
  LONG ? 300_000 : 60_000,
);

test('two codes claimed by one referee at once: one referral, and the other claim is recorded', again(4), async () => {
  await start({ rules: [perSignup(100n)] });
  for (const who of ['alice', 'bea']) await program.put('member.created', signUp(who));
  await program.drain();
  const codes = [await program.codeOf('alice'), await program.codeOf('bea')];
  const people = Array.from({ length: 10 }, (_, i) => `r${i}`);
  for (const id of people) await program.put('member.created', signUp(id));
  await program.drain();
  await Promise.all(
    people.flatMap((memberId) =>
      codes.map((code, i) => nth(i).core.engine.submit(1, { command: 'claim.make', memberId, code: code as string })),
    ),
  );
  const text = `select (select count(*)::int from referrals) as referrals, (select count(*)::int from claims) as claims,
    (select count(*)::int from rewards) as rewards`;
  expect(await program.rows(text)).toEqual([{ referrals: 10, claims: 20, rewards: 10 }]);
});

test(
  '200 payments at once across a tier’s line: the tier is reached once, and each earns by the tier it lifted to',
  again(4),
  async () => {
    const tier = (name: string, from: bigint, credit: bigint) => ({
      ...(TIERS[0] as (typeof TIERS)[number]),
      name,
      from,
      credit,
      maxBalance: undefined,
      expiresAfter: 'never' as const,
    });
    await start({
      tiers: [tier('starter', 0n, 20n), tier('growth', 100n, 30n)],
      qualify: { when: 'payment', count: 1n, billable: false, within: undefined },
      rules: [perSignup(0n, { when: 'qualified', amount: { kind: 'tier_credit' } })],
    });
    await program.referees(200);
    const paid = (i: number) => ({ payment_id: `p${i}`, member_id: `alice_r${i}`, amount: 10_000, currency: 'usd' });
    const jobs = Array.from(
      { length: 200 },
      (_, i) => () => program.put('payment.succeeded', paid(i), { process: nth(i) }),
    );
    await workers(20, jobs);
    await program.drain();
    expect(
      await program.rows('select amount::int as amount, count(*)::int as n from rewards group by 1 order by 1'),
    ).toEqual([
      { amount: 20, n: 99 },
      { amount: 30, n: 101 },
    ]);
    expect(await program.rows(`select tier from persons where member_id = 'alice'`)).toEqual([{ tier: 'growth' }]);
  },
);

test(
  'many people in any order from all processes: no deadlock reaches anybody',
  async () => {
    await start({ rules: [...anyAmount, perSignup(100n)] });
    await program.referees(12);
    const numbers = Array.from({ length: sized(120, 2_000) }, (_, i) => i);
    const order = numbers.toSorted((a, b) => ((a * 7_919) % 1_009) - ((b * 7_919) % 1_009));
    await workers(
      16,
      order.flatMap((n, i) => [
        () =>
          program.put(
            'payment.succeeded',
            { payment_id: `p${n}`, member_id: `alice_r${n % 12}`, amount: 10_000, currency: 'usd' },
            { process: nth(i) },
          ),
        () => program.put('member.updated', { member_id: `alice_r${(n * 5) % 12}` }, { process: nth(i + 1) }),
        () =>
          nth(i + 2).core.engine.submit(1, {
            command: 'member.patch',
            memberId: `alice_r${(n * 3) % 12}`,
            actor: 'admin',
            note: `note ${n}`,
          }),
      ]),
    );
    await program.drain();
    const text = `select count(*)::int as n, sum(posted_amount)::int as sum from rewards where payment_id is not null`;
    expect(await program.rows(text)).toEqual([{ n: numbers.length, sum: numbers.length * 500 }]);
  },
  LONG ? 300_000 : 60_000,
);
