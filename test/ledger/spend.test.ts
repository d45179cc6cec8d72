/** Spends: once for each key, out of what expires first, and given back whole. */
import { describe, expect, test } from 'vitest';
import { personOfMember } from '../../src/accounts/persons.ts';
import { drawForUsage } from '../../src/ledger/spend.ts';
import { member, paid } from '../support/pure.ts';
import { DAY, Scene } from './scene.ts';

/** 100 that expire first, 100 later, 100 never; the last is the eldest. */
function threeLots(): Scene {
  const scene = new Scene();
  scene.setTier('partner');
  scene.earn('never', 100);
  scene.setTier('growth');
  scene.earn('later', 100);
  scene.setTier('starter');
  scene.earn('soon', 100);
  return scene;
}
const left = (scene: Scene) =>
  ['soon', 'later', 'never'].map((id) => Number(scene.world.lots.get(scene.reward(id)?.id ?? 0n)?.remaining));

describe('a spend', () => {
  test('uses what expires first, and what never expires last', () => {
    const scene = threeLots();
    expect(scene.spend(150)).toMatchObject({ amount: 150n, balanceAfter: 150n, voidedAt: null });
    expect(left(scene)).toEqual([0, 50, 100]);
    scene.spend(100);
    expect(left(scene)).toEqual([0, 0, 50]);
    expect(scene.sums()).toMatchObject({ available: 50, spent: 250 });
  });

  test('of lots with the same expiry uses the elder first', () => {
    const scene = new Scene();
    scene.earn('first', 100);
    scene.earn('second', 100);
    scene.spend(100);
    expect(scene.world.lots.get(scene.reward('first')?.id ?? 0n)?.remaining).toBe(0n);
  });

  test('under the same key is the same spend, and with other content a conflict', () => {
    const scene = threeLots();
    const first = scene.spend(50, { key: 'k', reason: 'call' });
    expect(scene.spend(50, { key: 'k', reason: 'call' })).toEqual(first);
    for (const other of [scene.spend(51, { key: 'k', reason: 'call' }), scene.spend(50, { key: 'k' })])
      expect(other).toBe('idempotency_conflict');
    expect(scene.spend(50, { key: 'k', reason: 'call', who: 'bob' })).toBe('idempotency_conflict');
    expect(scene.sums()).toMatchObject({ spent: 50 });
  });

  test('of more than there is changes nothing, and may be tried again under its key', () => {
    const scene = threeLots();
    expect(scene.spend(301, { key: 'k' })).toBe('insufficient_credits');
    expect(scene.sums()).toMatchObject({ available: 300 });
    scene.earn('more', 1);
    expect(scene.spend(301, { key: 'k' })).toMatchObject({ amount: 301n, balanceAfter: 0n });
  });

  test('of somebody who is not known, or of nothing', () => {
    const scene = new Scene();
    expect(scene.spend(1, { who: 'nobody' })).toBe('unknown_member');
    expect(scene.spend(1)).toBe('insufficient_credits');
  });

  test('never takes credit whose time has come, though no timer has said so', () => {
    const scene = threeLots();
    scene.now = new Date(scene.now.getTime() + 90 * DAY);
    expect(scene.spend(201)).toBe('insufficient_credits');
    expect(scene.spend(200)).toMatchObject({ balanceAfter: 0n });
    expect(scene.sums()).toMatchObject({ spent: 200, expired: 100 });
  });

  test('passes over credit whose payment is in dispute, until that is over', () => {
    const scene = threeLots();
    scene.dispute('soon', 'open');
    expect(scene.reward('soon')).toMatchObject({ status: 'credited', flags: ['disputed'] });
    expect(scene.spend(201)).toBe('insufficient_credits');
    scene.spend(50);
    expect(left(scene)).toEqual([100, 50, 100]);
    scene.dispute('soon', 'won');
    scene.spend(100);
    expect(left(scene)).toEqual([0, 50, 100]);
  });

  test('is not kept from somebody by a debt: what is available was earned after it', () => {
    const scene = new Scene();
    scene.earn('first', 100);
    scene.spend(100);
    scene.refund('first', 100);
    scene.earn('second', 150);
    expect(scene.spend(50)).toMatchObject({ balanceAfter: 0n });
    expect(scene.sums()).toEqual({ rewards: -150, spent: 150 });
  });
});

describe('a debt', () => {
  test('is cancelled first when its own reward is restored', () => {
    const scene = new Scene();
    scene.earn('first', 100);
    scene.spend(80);
    scene.refund('first', 100);
    expect(scene.sums()).toEqual({ spent: 80, debt: -80 });
    scene.refund('first', 100, 'failed');
    expect(scene.sums()).toEqual({ available: 20, spent: 80, rewards: -100 });
  });

  test('that a later reward has repaid comes back as credit when its own reward is restored', () => {
    const scene = new Scene();
    scene.earn('first', 100);
    scene.spend(100);
    scene.refund('first', 100);
    scene.earn('second', 60);
    expect(scene.sums()).toEqual({ spent: 100, debt: -40, rewards: -60 });
    scene.refund('first', 100, 'failed');
    expect(scene.sums()).toEqual({ available: 60, spent: 100, rewards: -160 });
  });
});

describe('a void', () => {
  test('gives back to the same lots, once', () => {
    const scene = threeLots();
    const spent = scene.spend(150);
    for (let i = 0; i < 3; i++) expect(scene.void(spent)).toBe('handled');
    expect(left(scene)).toEqual([100, 100, 100]);
    expect(scene.sums()).toEqual({ available: 300, rewards: -300 });
    expect(scene.kinds().slice(3)).toEqual(['spend', 'unspend']);
  });

  test('of a spend whose credit has expired meanwhile lets it expire when the timer next looks', () => {
    const scene = threeLots();
    const spent = scene.spend(150);
    scene.wait(90 * DAY);
    scene.void(spent);
    expect(scene.sums()).toMatchObject({ available: 300 });
    expect(scene.spend(201)).toBe('insufficient_credits');
    scene.look();
    expect(scene.sums()).toMatchObject({ available: 200, expired: 100 });
  });

  test('of a spend whose reward was taken back leaves nothing owed and nothing gained', () => {
    const scene = new Scene();
    scene.earn('first', 100);
    const spent = scene.spend(100);
    scene.refund('first', 60);
    expect(scene.sums()).toMatchObject({ debt: -60 });
    scene.void(spent);
    expect(scene.sums()).toEqual({ available: 40, rewards: -40 });
  });

  test('gives back what is the member’s own, though the balance passes the cap by it', () => {
    const scene = new Scene();
    scene.earn('first', 2_000_000);
    const spent = scene.spend(1_000);
    scene.earn('second', 1_000);
    scene.void(spent);
    expect(scene.sums()).toMatchObject({ available: 2_001_000 });
    scene.earn('third', 5);
    expect(scene.reward('third')).toMatchObject({ status: 'rejected', reason: 'forfeited' });
  });

  test('of a spend that never was', () => {
    expect(new Scene().command({ command: 'credit.void', spendId: '12' })).toBe('unknown_spend');
  });
});

test('with a balance that is kept elsewhere nothing is spent here', () => {
  const sink = { kind: 'webhook' as const, url: 'https://billing.example', secrets: ['whsec_x'] };
  const scene = new Scene({ tiers: [], sink: { ...sink, idempotent: true, lookup: false } });
  expect(scene.spend(1)).toBe('not_our_balance');
  expect(scene.command({ command: 'credit.void', spendId: '1' })).toBe('not_our_balance');
});

describe('somebody who is joined into another', () => {
  /** A customer's person with credit of its own: it referred before anybody knew whose it was. */
  function joined(refunded = false): { scene: Scene; spent: ReturnType<Scene['spend']> } {
    const scene = new Scene();
    scene.tell({ fact: 'customer', provider: 'standard', account: 'app', customerId: 'c1', memberIds: [], codes: [] });
    const codes = [{ code: scene.codeOf('app:c1'), carrier: 'referral_code' }];
    scene.tell(member('carol', { email: 'carol@work.example', codes }));
    scene.tell(member('dave', { email: 'dave@example.com' }));
    scene.tell(paid('pay_c', 'carol', 20_000));
    const spent = scene.spend(300, { who: 'app:c1', key: 'of the customer' });
    if (refunded) scene.refund('pay_c', 1_000);
    const hint = [{ by: 'member_id', memberId: 'dave' }];
    scene.tell({
      fact: 'customer',
      provider: 'standard',
      account: 'app',
      customerId: 'c1',
      memberIds: hint,
      codes: [],
    });
    return { scene, spent };
  }

  test('takes along credit with its expiry, and what was spent', () => {
    const { scene, spent } = joined();
    scene.check();
    expect(scene.balance('dave', 'available')).toBe(700n);
    expect(scene.kinds().at(-1)).toBe('join');
    expect(scene.spend(300, { who: 'dave', key: 'of the customer' })).toMatchObject({ amount: 300n });
    expect(scene.spend(700, { who: 'dave' })).toMatchObject({ balanceAfter: 0n });
    scene.void(spent);
    expect(scene.balance('dave', 'available')).toBe(300n);
    scene.wait(90 * DAY);
    expect(scene.balance('dave', 'available')).toBe(0n);
    scene.check();
  });

  test('takes along debts, which later rewards repay', () => {
    const { scene } = joined(true);
    expect(scene.balance('dave', 'debt')).toBe(-300n);
    const codes = [{ code: scene.codeOf('dave'), carrier: 'referral_code' }];
    scene.tell(member('erin', { email: 'erin@work.example', codes }));
    scene.tell(paid('pay_e', 'erin', 20_000));
    expect([scene.balance('dave', 'debt'), scene.balance('dave', 'available')]).toEqual([0n, 700n]);
    scene.check();
  });
});

describe('usage that draws credit', () => {
  const drawing = (changes = {}) => new Scene({ spend: { on: 'usage', per: 3n }, ...changes });
  const draw = (scene: Scene, usageId: string, quantity: bigint) => {
    const person = personOfMember(scene.world, 'alice');
    if (!person) throw new Error('no alice');
    const cause = { id: 1n, at: scene.now, triedOnce: false, actor: null, note: null };
    return drawForUsage(scene.world, scene.context(), person, usageId, quantity, cause);
  };

  test('takes what each unit costs, once for each usage id', () => {
    const scene = drawing();
    scene.earn('first', 100);
    const drawn = draw(scene, 'u1', 10n);
    expect(drawn).toMatchObject({ amount: 30n, idempotencyKey: 'usage:u1', reason: 'usage', balanceAfter: 70n });
    expect(draw(scene, 'u1', 10n)).toEqual(drawn);
    expect(scene.sums()).toEqual({ available: 70, spent: 30, rewards: -100 });
  });

  test('takes as much as there is, and nothing of what is in dispute or has expired', () => {
    const scene = drawing();
    scene.earn('first', 100);
    scene.dispute('first', 'open');
    expect(draw(scene, 'u1', 10n)).toBeUndefined();
    scene.dispute('first', 'won');
    expect(draw(scene, 'u2', 50n)).toMatchObject({ amount: 100n, balanceAfter: 0n });
    scene.earn('second', 100);
    scene.now = new Date(scene.now.getTime() + 90 * DAY);
    expect(draw(scene, 'u3', 1n)).toBeUndefined();
    scene.check();
  });

  test('draws nothing where the program does not say so', () => {
    const scene = drawing({ spend: undefined });
    scene.earn('first', 100);
    expect(draw(scene, 'u1', 1n)).toBeUndefined();
  });
});
