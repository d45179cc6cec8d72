/** Expiry: by the tier in force when a credit was awarded, what is left of it, each time once. */
import { describe, expect, test } from 'vitest';
import { DAY, Scene } from './scene.ts';

const at = (scene: Scene, id: string) => scene.reward(id)?.expiresAt?.toISOString() ?? null;

describe('a credit expires', () => {
  test('after 90 days for a Starter, 180 for Growth, never for a Partner, whatever tier they have later', () => {
    const scene = new Scene();
    scene.earn('first', 100);
    scene.setTier('growth');
    scene.earn('second', 100);
    scene.setTier('partner');
    scene.earn('third', 100);
    expect([at(scene, 'first'), at(scene, 'second'), at(scene, 'third')]).toEqual([
      '2026-07-30T12:00:00.000Z',
      '2026-10-28T12:00:00.000Z',
      null,
    ]);
    scene.wait(90 * DAY - 1);
    expect(scene.balance('alice', 'available')).toBe(300n);
    scene.wait(1);
    expect(scene.sums()).toMatchObject({ available: 200, expired: 100 });
    scene.wait(1_000 * DAY);
    expect(scene.sums()).toMatchObject({ available: 100, expired: 200 });
  });

  test('measured from the day it is credited, not from the payment or from the hold', () => {
    const signals = [{ name: 'velocity', then: 'hold' as const, params: { firstPayments: 0, withinMs: DAY } }];
    const scene = new Scene({ signals });
    scene.earn('first', 100);
    expect(at(scene, 'first')).toBeNull();
    scene.wait(10 * DAY);
    const rewardId = String(scene.reward('first')?.id);
    scene.command({ command: 'reward.approve', rewardId, actor: 'admin', note: 'fine' });
    expect(at(scene, 'first')).toBe('2026-08-09T12:00:00.000Z');
  });

  test('without what was spent of it, once, however often the timer looks', () => {
    const scene = new Scene();
    scene.earn('first', 100);
    scene.spend(30);
    scene.wait(90 * DAY);
    scene.look();
    const lot = String(scene.reward('first')?.id);
    for (let i = 0; i < 3; i++) scene.command({ command: 'lot.expire', lot });
    expect(scene.sums()).toEqual({ rewards: -100, spent: 30, expired: 70 });
    expect(scene.kinds()).toEqual(['credit', 'spend', 'expire']);
  });

  test('never in a program without tiers', () => {
    const scene = new Scene({ tiers: [] });
    scene.earn('first', 100);
    scene.wait(10_000 * DAY);
    expect(scene.sums()).toMatchObject({ available: 100 });
  });
});

describe('a refund of an expired credit', () => {
  test('counts what has expired as taken back and makes a debt of what was spent only', () => {
    const scene = new Scene();
    scene.earn('first', 100);
    scene.spend(30);
    scene.wait(90 * DAY);
    scene.refund('first', 100);
    expect(scene.sums()).toEqual({ spent: 30, debt: -30 });
  });

  test('that fails gives back what then expires again', () => {
    const scene = new Scene();
    scene.earn('first', 100);
    scene.wait(90 * DAY);
    scene.refund('first', 100);
    scene.refund('first', 100, 'failed');
    scene.look();
    expect(scene.sums()).toEqual({ rewards: -100, expired: 100 });
    expect(scene.world.lots.get(scene.reward('first')?.id ?? 0n)).toMatchObject({ expiries: 2 });
  });
});
