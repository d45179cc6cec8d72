/** Promise 3 for referrals: what they earn does not depend on the order in which signup, usage and verification are told. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fact } from '../../src/model/facts.ts';
import type { Program, Rule, Tier } from '../../src/model/program.ts';
import { claudexia } from '../support/programs.ts';
import { member, PureProgram } from '../support/pure.ts';

const DAY = 86_400_000;
const START = new Date('2026-05-01T12:00:00Z');
const day = (n: number) => new Date(START.getTime() + n * DAY);
const base = { label: '', vestsAfter: undefined, lifetimeCap: undefined };
const fixed = (amount: bigint) => ({ kind: 'fixed', amount }) as const;

const RULES: Rule[] = [
  { ...base, name: 'welcome', to: 'referee', when: 'signup', amount: fixed(1000n) },
  { ...base, name: 'referral', to: 'referrer', when: 'qualified', amount: fixed(2000n) },
  { ...base, name: 'tenth', to: 'referrer', when: 'usage', count: 10n, billable: false, amount: fixed(500n) },
];

function program(changes: Partial<Program> = {}): Program {
  const qualify = { when: 'usage', count: 2n, billable: true, within: 30 * DAY } as const;
  return claudexia({ rules: RULES, signals: [], qualify, ...changes });
}

function start(changes: Partial<Program> = {}): PureProgram {
  const pure = new PureProgram(program(changes));
  pure.now = START;
  pure.tell(member('alice', { createdAt: START }));
  pure.now = day(29);
  return pure;
}

const used = (usageId: string, at: Date, billable = true, quantity = 1n): Fact => ({
  fact: 'usage',
  usageId,
  memberId: 'bob',
  quantity,
  billable,
  at,
});

function state(pure: PureProgram): unknown {
  pure.check();
  return pure
    .rewards()
    .map((r) => [r.idempotencyKey, r.status, r.reason, r.amount])
    .sort();
}

describe('the order of events', () => {
  test('does not matter for signup, verification and usage, however often each is told', () => {
    const first = start();
    const facts = (code: string): Fact[] => [
      member('bob', { createdAt: day(1), emailVerified: false, codes: [{ code, carrier: 'referral_code' }] }),
      { fact: 'member', change: 'updated', memberId: 'bob', emailVerified: true, codes: [] },
      used('u1', day(2)),
      used('u2', day(3)),
      used('u3', day(4), false, 8n),
    ];
    for (const fact of facts(first.codeOf('alice'))) first.tell(fact);
    const wanted = state(first);
    expect(wanted).toHaveLength(3);
    const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 0, 1, 2, 3, 4], { minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(order, (indexes) => {
        const pure = start();
        const all = facts(pure.codeOf('alice'));
        for (const index of indexes) pure.tell(all[index] as Fact);
        expect(state(pure)).toEqual(wanted);
      }),
    );
  });

  test('does not matter for uses: those of the earliest times qualify', () => {
    const order = fc.shuffledSubarray([1, 2, 29, 31, 35, 40], { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(order, fc.constantFrom(1n, 2n, 3n, 4n), (days, count) => {
        const qualify = { when: 'usage', count, billable: true, within: 30 * DAY } as const;
        const pure = start({ qualify, rules: RULES.slice(1, 2) });
        pure.now = day(50);
        for (const n of days) pure.tell(used(`u${n}`, day(n)));
        pure.tell(
          member('bob', { createdAt: START, codes: [{ code: pure.codeOf('alice'), carrier: 'referral_code' }] }),
        );
        // Three of them lie within 30 days of the signup.
        expect(pure.rewards()[0]?.status).toBe(count <= 3n ? 'credited' : 'rejected');
      }),
    );
  });
});

test('a use after the time, told before anybody has looked whether it is over, does not qualify', () => {
  const pure = start({ qualify: { when: 'usage', count: 1n, billable: true, within: 30 * DAY } });
  pure.now = day(0);
  pure.tell(member('bob', { createdAt: START, codes: [{ code: pure.codeOf('alice'), carrier: 'referral_code' }] }));
  pure.now = day(31);
  pure.tell(used('late', day(31)));
  expect(pure.rewards().find((r) => r.rule === 'referral')).toMatchObject({
    status: 'rejected',
    reason: 'not_qualified',
  });
});

describe('a cap', () => {
  test('is never passed by what counts against it, whatever is told, reversed or rejected', () => {
    const rules: Rule[] = [
      { ...base, name: 'r', to: 'referrer', when: 'signup', amount: fixed(300n), lifetimeCap: 1000n },
    ];
    const step = fc.oneof(fc.record({ signup: fc.nat(9) }), fc.record({ reverse: fc.nat(9) }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const pure = start({ rules, qualify: undefined });
        const codes = [{ code: pure.codeOf('alice'), carrier: 'referral_code' }];
        for (const each of steps) {
          if ('signup' in each) pure.tell(member(`m${each.signup}`, { codes }));
          const reward = 'reverse' in each ? pure.rewards()[each.reverse] : undefined;
          if (reward) pure.command({ command: 'reward.reverse', rewardId: `${reward.id}`, actor: 'admin', note: 'x' });
          const counted = pure.rewards().filter((r) => r.status !== 'rejected');
          expect(counted.reduce((sum, r) => sum + (r.allowance ?? 0n), 0n)).toBeLessThanOrEqual(1000n);
          expect(counted.every((r) => r.amount <= (r.allowance ?? 0n))).toBe(true);
          pure.check();
        }
      }),
    );
  });
});

test('a tier is never lost, and each referral earns by the tier it lifted its referrer to', () => {
  const tier = (name: string, from: bigint, credit: bigint): Tier => {
    return { name, from, credit, share: undefined, maxBalance: undefined, expiresAfter: 'never' };
  };
  const rules: Rule[] = [{ ...base, name: 'r', to: 'referrer', when: 'qualified', amount: { kind: 'tier_credit' } }];
  const tiers = [tier('a', 0n, 1n), tier('b', 3n, 10n), tier('c', 5n, 100n)];
  const pure = start({ rules, tiers, qualify: { when: 'signup', count: 1n, billable: false, within: undefined } });
  const codes = [{ code: pure.codeOf('alice'), carrier: 'referral_code' }];
  for (let n = 1; n <= 6; n++) pure.tell(member(`m${n}`, { codes }));
  expect(pure.rewards().map((r) => r.amount)).toEqual([1n, 1n, 10n, 10n, 100n, 100n]);
});
