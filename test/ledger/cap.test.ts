/** The balance cap: what is credited above it is forfeited, to the cent, and nothing of that ever becomes a debt. */
import { describe, expect, test } from 'vitest';
import { paid } from '../support/pure.ts';
import { DAY, Scene } from './scene.ts';

/** Starter, $19,990 of at most $20,000, earns $20. */
function forfeited(): Scene {
  const scene = new Scene();
  scene.earn('first', 1_999_000);
  scene.earn('second', 2_000);
  return scene;
}

describe('a Starter at $19,990 who earns $20', () => {
  test('gets $10 and forfeits $10, both in the ledger', () => {
    const scene = forfeited();
    expect(scene.reward('second')).toMatchObject({
      status: 'credited',
      reason: null,
      amount: 2_000n,
      forfeitedAmount: 1_000n,
      reversedAmount: 0n,
      postedAmount: 1_000n,
    });
    expect(scene.sums()).toEqual({ available: 2_000_000, rewards: -2_001_000, forfeited: 1_000 });
    expect(scene.kinds()).toEqual(['credit', 'credit', 'forfeit']);
  });

  test('and is never above the cap, not even between two transactions', () => {
    const scene = forfeited();
    let available = 0n;
    for (const { entries } of scene.world.transactions.all()) {
      for (const entry of entries) if (entry.account === 'available') available += entry.amount;
      expect(available).toBeLessThanOrEqual(2_000_000n);
    }
  });

  test('and then earns $20 again has it rejected as forfeited', () => {
    const scene = forfeited();
    scene.earn('third', 2_000);
    expect(scene.reward('third')).toMatchObject({
      status: 'rejected',
      reason: 'forfeited',
      amount: 2_000n,
      forfeitedAmount: 2_000n,
      reversedAmount: 0n,
      postedAmount: 0n,
      creditedAt: null,
      expiresAt: null,
    });
    expect(scene.sums()).toEqual({ available: 2_000_000, rewards: -2_003_000, forfeited: 3_000 });
    expect(scene.kinds().slice(3)).toEqual(['earn', 'forfeit']);
    scene.spend(5_000);
    scene.earn('third', 2_000);
    expect(scene.sums()).toMatchObject({ available: 1_995_000, forfeited: 3_000 });
  });

  test('loses the $10 with a refund of the whole, and owes nothing', () => {
    const scene = forfeited();
    scene.refund('second', 2_000);
    expect(scene.reward('second')).toMatchObject({
      status: 'reversed',
      reason: 'refunded',
      forfeitedAmount: 1_000n,
      reversedAmount: 1_000n,
    });
    expect(scene.sums()).toEqual({ available: 1_999_000, rewards: -2_000_000, forfeited: 1_000 });
  });

  test('owes no more than the $10 when they were spent before the refund', () => {
    const scene = forfeited();
    scene.spend(2_000_000);
    scene.refund('second', 2_000);
    expect(scene.sums()).toMatchObject({ debt: -1_000, spent: 2_000_000 });
    expect(scene.world.debts.get(scene.reward('second')?.id ?? 0n)).toMatchObject({ remaining: 1_000n });
  });

  test('loses nothing with a refund of half: what was forfeited counts as taken back', () => {
    const scene = forfeited();
    scene.spend(2_000_000);
    scene.refund('second', 1_000);
    expect(scene.reward('second')).toMatchObject({ status: 'credited', reversedAmount: 0n, forfeitedAmount: 1_000n });
    expect(scene.balance('alice', 'debt')).toBe(0n);
    scene.check();
  });

  test('has the $10 back and no cent more when the refund fails, though there is room by then', () => {
    const scene = forfeited();
    scene.refund('second', 2_000);
    scene.spend(500_000);
    scene.refund('second', 2_000, 'failed');
    expect(scene.reward('second')).toMatchObject({ status: 'credited', forfeitedAmount: 1_000n, reversedAmount: 0n });
    expect(scene.sums()).toMatchObject({ available: 1_500_000, forfeited: 1_000 });
  });

  test('has back only what there is room for when the refund fails after the balance filled up', () => {
    const scene = forfeited();
    scene.refund('second', 2_000);
    scene.earn('third', 600);
    scene.refund('second', 2_000, 'failed');
    expect(scene.reward('second')).toMatchObject({ status: 'credited', forfeitedAmount: 1_600n, postedAmount: 400n });
    expect(scene.sums()).toEqual({ available: 2_000_000, rewards: -2_001_600, forfeited: 1_600 });
    scene.earn('second', 2_000);
    expect(scene.sums()).toEqual({ available: 2_000_000, rewards: -2_001_600, forfeited: 1_600 });
  });

  test('and whose payment turns out to be of $8 has forfeited nothing', () => {
    const scene = forfeited();
    scene.tell(paid('second', 'bob', 16_000, { rank: 5 }));
    expect(scene.reward('second')).toMatchObject({ amount: 800n, forfeitedAmount: 0n, postedAmount: 800n });
    expect(scene.sums()).toEqual({ available: 1_999_800, rewards: -1_999_800 });
  });
});

describe('the cap', () => {
  test('is asked of what is owed when a refund came first, and again for what it gives back', () => {
    const scene = new Scene();
    scene.earn('first', 1_999_500);
    scene.refund('second', 800);
    scene.earn('second', 2_000);
    expect(scene.reward('second')).toMatchObject({ reversedAmount: 800n, forfeitedAmount: 700n, postedAmount: 500n });
    scene.spend(300);
    scene.refund('second', 800, 'failed');
    expect(scene.reward('second')).toMatchObject({ reversedAmount: 0n, forfeitedAmount: 1_200n, postedAmount: 800n });
    expect(scene.sums()).toMatchObject({ available: 2_000_000, forfeited: 1_200 });
  });

  test('does not count what repays a debt', () => {
    const scene = new Scene();
    scene.earn('first', 3_000);
    scene.spend(3_000);
    scene.refund('first', 3_000);
    scene.earn('second', 3_000 + 1_999_000);
    expect(scene.sums()).toMatchObject({ available: 1_999_000 });
    scene.spend(1_999_000);
    scene.refund('second', 500);
    scene.earn('third', 2_000_000 + 500 + 7);
    expect(scene.reward('third')).toMatchObject({ forfeitedAmount: 7n, postedAmount: 2_000_500n });
    expect(scene.sums()).toMatchObject({ available: 2_000_000, forfeited: 7 });
  });

  test('is not filled by credit whose time has come, though no timer has said so', () => {
    const scene = new Scene();
    scene.earn('first', 2_000_000);
    scene.now = new Date(scene.now.getTime() + 90 * DAY);
    scene.earn('second', 2_000);
    expect(scene.reward('second')).toMatchObject({ forfeitedAmount: 0n });
    expect(scene.sums()).toMatchObject({ available: 2_000, expired: 2_000_000 });
  });

  test('does not count what is pending', () => {
    const signals = [{ name: 'velocity', then: 'hold' as const, params: { firstPayments: 0, withinMs: DAY } }];
    const scene = new Scene({ signals });
    scene.earn('first', 2_000_000);
    expect(scene.sums()).toEqual({ pending: 2_000_000, rewards: -2_000_000 });
    scene.earn('second', 1_500);
    const approve = (id: string) =>
      scene.command({
        command: 'reward.approve',
        rewardId: String(scene.reward(id)?.id),
        actor: 'admin',
        note: 'fine',
      });
    expect(scene.balance('alice', 'available')).toBe(1_500n);
    approve('first');
    expect(scene.sums()).toEqual({ available: 2_000_000, rewards: -2_001_500, forfeited: 1_500 });
    expect(scene.kinds()).toEqual(['earn', 'credit', 'release', 'forfeit']);
  });

  test('is the tier’s own, and a program without tiers has none', () => {
    const partner = new Scene();
    partner.setTier('partner');
    partner.earn('first', 14_999_999);
    partner.earn('second', 2);
    expect(partner.sums()).toMatchObject({ available: 15_000_000, forfeited: 1 });
    const plain = new Scene({ tiers: [] });
    plain.earn('first', 100_000_000);
    expect(plain.sums()).toMatchObject({ available: 100_000_000 });
  });
});
