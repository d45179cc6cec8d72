/** Random histories of credit: earned, refunded, restored, spent, given back, expired, forfeited, in any order. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Tier } from '../../src/model/program.ts';
import { DAY, Scene } from '../ledger/scene.ts';
import { paid } from '../support/pure.ts';

/** Small, so that histories run into them. */
const tier = (name: string, maxBalance: bigint | undefined, expiresAfter: Tier['expiresAfter']): Tier => ({
  name,
  from: 0n,
  maxBalance,
  expiresAfter,
  credit: undefined,
  share: undefined,
});
const TIERS = [tier('low', 1_000n, 5 * DAY), tier('middle', 1_500n, 9 * DAY), tier('free', undefined, 'never')];

const payment = fc.nat(4).map((n) => `pay_${n}`);
const cents = fc.integer({ min: 1, max: 900 });
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('earn' as const), id: payment, cents, rank: fc.nat(6) }) },
  fc.record({
    do: fc.constant('refund' as const),
    id: payment,
    cents,
    status: fc.constantFrom('succeeded' as const, 'failed' as const),
  }),
  fc.record({
    do: fc.constant('dispute' as const),
    id: payment,
    cents,
    status: fc.constantFrom('open' as const, 'won' as const, 'lost' as const),
  }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('spend' as const), key: fc.nat(12), cents }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('void' as const), n: fc.nat(8) }) },
  fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 4 }), looks: fc.boolean() }),
  fc.record({ do: fc.constant('tier' as const), name: fc.constantFrom('low', 'middle', 'free') }),
  fc.record({ do: fc.constant('reverse' as const), id: payment }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function play(scene: Scene, s: Step): void {
  const [spent] = s.do === 'void' ? Array.from(scene.world.spends.all()).slice(s.n, s.n + 1) : [];
  const rewardId = String(s.do === 'reverse' ? (scene.reward(s.id)?.id ?? 0n) : 0n);
  // A higher rank corrects the figures of a payment that is known.
  if (s.do === 'earn') scene.tell(paid(s.id, 'bob', s.cents * 20, { rank: s.rank }));
  if (s.do === 'refund') scene.refund(s.id, s.cents, s.status);
  if (s.do === 'dispute') scene.dispute(s.id, s.status, s.cents);
  if (s.do === 'spend') scene.spend(s.cents, { key: `key_${s.key}` });
  if (spent) scene.void(spent);
  if (s.do === 'wait') scene.now = new Date(scene.now.getTime() + s.days * DAY);
  if (s.do === 'wait' && s.looks) scene.look();
  if (s.do === 'tier') scene.setTier(s.name);
  if (s.do === 'reverse') scene.command({ command: 'reward.reverse', rewardId, actor: 'admin', note: 'test' });
}

const histories = (holds: (scene: Scene, s: Step) => void, numRuns = 400): void =>
  fc.assert(
    fc.property(fc.array(step, { minLength: 25, maxLength: 80 }), (steps) => {
      const scene = new Scene({ tiers: TIERS });
      for (const s of steps) holds(scene, s);
    }),
    { numRuns },
  );

const available = (scene: Scene) => scene.balance('alice', 'available');
const posted = (scene: Scene) => Array.from(scene.world.transactions.all()).length;

test('the ledger balances, and lots, spends, debts and rewards agree with it', () =>
  histories((scene, s) => {
    play(scene, s);
    scene.check();
    for (const reward of scene.rewards())
      expect(reward.postedAmount).toBe(
        reward.status === 'rejected' ? 0n : reward.amount - reward.reversedAmount - reward.forfeitedAmount,
      );
    const debts = Array.from(scene.world.debts.all()).reduce((sum, debt) => sum + debt.remaining, 0n);
    expect(scene.balance('alice', 'debt')).toBe(-debts);
    const live = Array.from(scene.world.spends.all()).filter((spent) => spent.voidedAt === null);
    expect(BigInt(scene.sums().spent ?? 0)).toBe(live.reduce((sum, spent) => sum + spent.amount, 0n));
  }));

test('no credit lifts a balance above the cap of the tier', () =>
  histories((scene, s) => {
    const before = available(scene);
    play(scene, s);
    if (s.do === 'void' || s.do === 'tier') return;
    const person = scene.world.persons.get(scene.rewards()[0]?.personId ?? 0n);
    const most = TIERS.find((each) => each.name === (person?.tier ?? 'low'))?.maxBalance;
    if (most !== undefined && available(scene) > most) expect(available(scene)).toBeLessThanOrEqual(before);
  }));

test('told again, nothing is posted again', () =>
  histories((scene, s) => {
    play(scene, s);
    const after = posted(scene);
    for (const each of scene.world.payments.all())
      if (each.figures) scene.tell(paid(each.sourcePaymentId, 'bob', Number(each.figures.gross), { rank: 0 }));
    if (s.do === 'refund' || s.do === 'dispute' || s.do === 'spend' || s.do === 'void') play(scene, s);
    expect(posted(scene)).toBe(after);
  }));

test('a spend and its void leave everything as it was', () =>
  histories((scene, s) => {
    play(scene, s);
    if (s.do !== 'wait') return;
    scene.look();
    const state = () =>
      JSON.stringify([scene.sums(), Array.from(scene.world.lots.all())], (_key, value) =>
        typeof value === 'bigint' ? String(value) : value,
      );
    const before = state();
    const spent = scene.spend(s.days * 50);
    if (typeof spent === 'string') return;
    scene.void(spent);
    expect(state()).toBe(before);
  }));

test('a refund that fails leaves everything as it was, where there is room', () =>
  histories((scene, s) => {
    play(scene, s);
    if (s.do !== 'earn') return;
    const before = scene.reward(s.id);
    const objects = [{ id: s.id, nameRank: 0 }];
    const of = {
      provider: 'standard',
      account: 'app',
      objects,
      amount: BigInt(s.cents * 7),
      refundId: `again_${posted(scene)}`,
    };
    scene.tell({ fact: 'refund', ...of, status: 'succeeded' });
    scene.setTier('free');
    scene.tell({ fact: 'refund', ...of, status: 'failed' });
    const after = scene.reward(s.id);
    expect([after?.postedAmount, after?.forfeitedAmount, after?.status]).toEqual([
      before?.postedAmount,
      before?.forfeitedAmount,
      before?.status,
    ]);
    expect(scene.balance('alice', 'debt') <= 0n).toBe(true);
  }));
