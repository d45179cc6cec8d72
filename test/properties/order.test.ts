/** Promise 3 on the pure core: the same set of events gives the same ledger, in whatever order and however often. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fact } from '../../src/model/facts.ts';
import { claudexia } from '../support/programs.ts';
import { member, PureProgram, paid } from '../support/pure.ts';

const where = { provider: 'standard', account: 'app', objects: [{ id: 'pay_1', nameRank: 0 }] };
const refund = (refundId: string, amount: bigint, status: 'pending' | 'succeeded' | 'failed'): Fact => ({
  fact: 'refund',
  ...where,
  refundId,
  amount,
  status,
});
const dispute = (status: 'open' | 'won' | 'lost'): Fact => ({
  fact: 'dispute',
  ...where,
  disputeId: 'dp_1',
  amount: 10_000n,
  status,
});

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length <= 1) return [[...list]];
  return list.flatMap((first, i) =>
    permutations([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [first, ...rest]),
  );
}

function start(): PureProgram {
  const program = new PureProgram(claudexia());
  program.tell(member('alice', { email: 'alice@example.com' }));
  return program;
}

/** What people see of the end: no ids, no times. */
function state(program: PureProgram): unknown {
  program.check();
  return {
    available: program.balance('alice', 'available'),
    pending: program.balance('alice', 'pending'),
    debt: program.balance('alice', 'debt'),
    rewards: program
      .rewards()
      .map((r) => [r.idempotencyKey, r.status, r.reason, r.amount, r.reversedAmount, r.postedAmount, r.flags]),
  };
}

describe('the order of events', () => {
  test('does not matter for signup, payment, partial refund, failed refund, dispute opened and won', () => {
    const events = (code: string): Fact[] => [
      member('bob', { codes: [{ code, carrier: 'referral_code' }] }),
      paid('pay_1', 'bob', 10_000),
      refund('re_1', 4_000n, 'succeeded'),
      refund('re_2', 1_000n, 'failed'),
      dispute('open'),
      dispute('won'),
    ];
    const ends = new Set<string>();
    for (const order of permutations([0, 1, 2, 3, 4, 5])) {
      const program = start();
      const all = events(program.codeOf('alice'));
      for (const i of order) program.tell(all[i] as Fact);
      ends.add(JSON.stringify(state(program), (_k, v) => (typeof v === 'bigint' ? String(v) : v)));
    }
    expect([...ends]).toHaveLength(1);
    expect(JSON.parse([...ends][0] as string)).toMatchObject({
      available: '300',
      rewards: [['ref:auto:pay_1', 'credited', null, '500', '200', '300', []]],
    });
  });

  test('does not matter when a refund fails after it succeeded and the dispute is lost, however often each is told', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 4, 2], { minLength: 12 }), (order) => {
        const program = start();
        const all: Fact[] = [
          member('bob', { codes: [{ code: program.codeOf('alice'), carrier: 'referral_code' }] }),
          paid('pay_1', 'bob', 10_000, { tax: 1_600n }),
          refund('re_1', 4_000n, 'succeeded'),
          refund('re_1', 4_000n, 'failed'),
          refund('re_2', 2_500n, 'succeeded'),
        ];
        for (const i of order) program.tell(all[i] as Fact);
        // floor(5 % × 84.00 × 75/100) = 3.15
        expect(program.balance('alice', 'available')).toBe(315n);
        program.check();
      }),
    );
  });
});

describe('examples of the program', () => {
  const share = (gross: number) => {
    const program = start();
    program.tell(member('bob', { codes: [{ code: program.codeOf('alice'), carrier: 'referral_code' }] }));
    program.tell(paid('pay_1', 'bob', gross));
    return program;
  };
  test('$50 gives $2.50 and $1,000 gives $50', () => {
    expect(share(5_000).balance('alice', 'available')).toBe(250n);
    expect(share(100_000).balance('alice', 'available')).toBe(5_000n);
  });
  test('$4.99 gives nothing and says why', () => {
    const program = share(499);
    expect(program.rewards()).toEqual([]);
    expect(Array.from(program.world.payments.all())[0]?.reason).toBe('below_minimum');
  });
  test('$100 refunded by $40 falls from $5.00 to $3.00', () => {
    const program = share(10_000);
    program.tell(refund('re_1', 4_000n, 'succeeded'));
    expect(program.balance('alice', 'available')).toBe(300n);
  });
});
