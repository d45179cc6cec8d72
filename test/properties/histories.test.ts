/** Random histories on the pure core: whatever happens, the ledger balances and nothing is rewarded twice. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fact } from '../../src/model/facts.ts';
import type { Program } from '../../src/model/program.ts';
import { claudexia } from '../support/programs.ts';
import { member, PureProgram, paid } from '../support/pure.ts';

const MEMBERS = ['alice', 'bob', 'carol', 'dave'];
const step = fc.oneof(
  fc.record({
    kind: fc.constant('signup' as const),
    who: fc.constantFrom(...MEMBERS),
    by: fc.constantFrom(...MEMBERS),
  }),
  fc.record({
    kind: fc.constant('pay' as const),
    who: fc.constantFrom(...MEMBERS),
    n: fc.nat(5),
    amount: fc.integer({ min: 0, max: 50_000 }),
    tax: fc.integer({ min: 0, max: 40 }),
    hour: fc.nat(50),
  }),
  fc.record({
    kind: fc.constant('refund' as const),
    n: fc.nat(5),
    re: fc.nat(3),
    amount: fc.integer({ min: 1, max: 60_000 }),
    status: fc.constantFrom('pending' as const, 'succeeded' as const, 'failed' as const),
  }),
  fc.record({
    kind: fc.constant('dispute' as const),
    n: fc.nat(5),
    amount: fc.integer({ min: 1, max: 60_000 }),
    status: fc.constantFrom('open' as const, 'won' as const, 'lost' as const, 'warning' as const),
  }),
  fc.record({ kind: fc.constant('approve' as const), n: fc.nat(8) }),
  fc.record({ kind: fc.constant('reject' as const), n: fc.nat(8) }),
  fc.record({ kind: fc.constant('reverse' as const), n: fc.nat(8) }),
  fc.record({
    kind: fc.constant('rate' as const),
    who: fc.constantFrom(...MEMBERS),
    rate: fc.constantFrom('7.5%', '0%', '33.3333%', null),
  }),
  fc.record({
    kind: fc.constant('sink' as const),
    n: fc.nat(8),
    result: fc.constantFrom('confirmed' as const, 'refused' as const, 'unknown' as const, 'given_up' as const),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function play(program: PureProgram, s: Step): void {
  const where =
    'n' in s ? { provider: 'standard', account: 'app', objects: [{ id: `pay_${s.n}`, nameRank: 0 }] } : undefined;
  const reward = 'n' in s ? program.rewards()[s.n] : undefined;
  const admin = { rewardId: String(reward?.id ?? 0), actor: 'admin', note: 'test' };
  switch (s.kind) {
    case 'signup':
      return void program.tell(
        member(s.who, {
          email: `${s.who}@example.com`,
          codes: [{ code: safeCode(program, s.by), carrier: 'referral_code' }],
        }),
      );
    case 'pay':
      return void program.tell(
        paid(`pay_${s.n}`, s.who, s.amount, {
          tax: BigInt(Math.floor((s.amount * s.tax) / 100)),
          paidAt: new Date(Date.UTC(2026, 4, 1, s.hour)),
        }),
      );
    case 'refund':
      return void program.tell({
        fact: 'refund',
        ...where,
        refundId: `re_${s.n}_${s.re}`,
        amount: BigInt(s.amount),
        status: s.status,
      } as Fact);
    case 'dispute':
      return void program.tell({
        fact: 'dispute',
        ...where,
        disputeId: `dp_${s.n}`,
        amount: BigInt(s.amount),
        status: s.status,
      } as Fact);
    case 'approve':
      return void program.command({ command: 'reward.approve', ...admin });
    case 'reject':
      return void program.command({ command: 'reward.reject', ...admin, confirmAbsent: false });
    case 'reverse':
      return void program.command({ command: 'reward.reverse', ...admin });
    case 'rate':
      return void program.command({ command: 'member.patch', memberId: s.who, actor: 'admin', rate: s.rate });
    case 'sink':
      if (reward?.inFlight == null) return;
      program.showDelivery(reward.inFlight);
      return void program.command({
        command: 'delivery.result',
        deliveryId: String(reward.inFlight),
        rewardId: String(reward.id),
        result: s.result,
      });
  }
}

function safeCode(program: PureProgram, memberId: string): string {
  try {
    return program.codeOf(memberId);
  } catch {
    return 'nobody';
  }
}

function holds(config: Partial<Program>): void {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const program = new PureProgram(claudexia(config));
      for (const s of steps) {
        play(program, s);
        program.check();
        const seen = program.rewards().map((r) => `${r.paymentId} ${r.rule} ${r.personId}`);
        expect(new Set(seen).size).toBe(seen.length);
        for (const r of program.rewards()) {
          expect(r.reversedAmount >= 0n && r.reversedAmount + r.forfeitedAmount <= r.amount).toBe(true);
          if (r.status === 'rejected') expect(r.postedAmount).toBe(0n);
          if (r.status === 'credited' && config.sink === undefined)
            expect(r.postedAmount).toBe(r.amount - r.reversedAmount);
        }
      }
    }),
    { numRuns: 300 },
  );
}

test('entries sum to zero, balances are the sum of entries and no payment is rewarded twice, whatever happens', () =>
  holds({}));

test('the same holds with an outside sink that confirms, refuses and vanishes', () =>
  holds({
    sink: { kind: 'webhook', url: 'https://billing.example', secrets: ['whsec_x'], idempotent: true, lookup: false },
  }));

test('a reward that was credited never becomes pending without having been taken back whole', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const program = new PureProgram(claudexia());
      for (const s of steps) {
        const before = new Map(program.rewards().map((r) => [r.id, r.status]));
        play(program, s);
        for (const r of program.rewards())
          if (before.get(r.id) === 'credited') expect(['credited', 'reversed']).toContain(r.status);
      }
    }),
    { numRuns: 200 },
  );
});
