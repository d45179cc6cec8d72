/** Suspended and granted at any point of a history: the books balance, and nobody is paid twice or for nothing. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command } from '../../src/model/commands.ts';
import type { SignalConfig, SinkConfig } from '../../src/model/program.ts';
import { DAY, Scene } from '../ledger/scene.ts';
import { claudexia } from '../support/programs.ts';
import { paid } from '../support/pure.ts';

const payment = fc.nat(4).map((n) => `pay_${n}`);
const cents = fc.integer({ min: 1, max: 900 });
const suspended = fc.oneof(
  fc.record({ do: fc.constant('suspend' as const) }),
  fc.record({ do: fc.constantFrom('lift' as const, 'grant' as const, 'refuse' as const, 'appeal' as const) }),
);
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
  { weight: 3, arbitrary: suspended },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 4 }) }) },
  fc.record({ do: fc.constantFrom('approve' as const, 'reject' as const, 'reverse' as const), id: payment }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const patch = (isSuspended: boolean): Command => ({
  command: 'member.patch',
  memberId: 'alice',
  actor: 'admin',
  suspended: isSuspended,
});

class Suspended extends Scene {
  readonly #ids: bigint[] = [];

  play(s: Step): void {
    const reward = 'id' in s ? this.reward(s.id) : undefined;
    const rewardId = String(reward?.id ?? 0n);
    if (s.do === 'earn') this.tell(paid(s.id, 'bob', s.cents * 20, { rank: s.rank }));
    if (s.do === 'refund') this.refund(s.id, s.cents, s.status);
    if (s.do === 'dispute') this.dispute(s.id, s.status, s.cents);
    if (s.do === 'wait') this.wait(s.days * DAY);
    if (s.do === 'suspend') this.command(patch(true));
    if (s.do === 'lift') this.command(patch(false));
    if (s.do === 'appeal') this.appeal();
    if (s.do === 'grant' || s.do === 'refuse') this.decide(s.do);
    if (s.do === 'approve') this.command({ command: 'reward.approve', rewardId, actor: 'admin', note: null });
    if (s.do === 'reject')
      this.command({ command: 'reward.reject', rewardId, actor: 'admin', note: 'no', confirmAbsent: true });
    if (s.do === 'reverse') this.command({ command: 'reward.reverse', rewardId, actor: 'admin', note: 'no' });
  }

  appeal(): void {
    const [standing] = Array.from(this.world.suspensions.all()).filter((each) => each.liftedAt === null);
    if (!standing) return;
    const suspensionId = String(standing.id);
    this.command({ command: 'appeal.make', suspensionId, memberId: 'alice', message: 'no' });
    this.#ids.push(...this.world.appeals.by('suspension', standing.id).map(({ id }) => id));
  }

  decide(how: 'grant' | 'refuse'): void {
    for (const id of this.#ids)
      this.command({ command: `appeal.${how}`, appealId: String(id), actor: 'admin', note: null });
  }

  /** Timers look also at what vests. */
  override look(): void {
    super.look();
    for (const { id, status, vestsAt } of this.rewards())
      if (status === 'pending' && vestsAt && vestsAt <= this.now)
        this.command({ command: 'reward.due', rewardId: String(id) });
  }

  /** A sink that answers at once. */
  deliver(): void {
    for (const { id, rewardId } of Array.from(this.world.deliveries.all())) {
      if (this.world.rewards.get(rewardId)?.inFlight !== id) continue;
      this.showDelivery(id);
      const ids = { deliveryId: String(id), rewardId: String(rewardId) };
      this.command({ command: 'delivery.result', ...ids, result: 'confirmed' });
    }
  }

  get isSuspended(): boolean {
    return Array.from(this.world.persons.all()).some((person) => person.suspendedAt !== null);
  }
}

const HOLDS: SignalConfig = { name: 'velocity', then: 'hold', params: { firstPayments: 1, withinMs: DAY } };
const WEBHOOK: SinkConfig = {
  kind: 'webhook',
  url: 'https://billing.example',
  secrets: ['x'],
  idempotent: true,
  lookup: false,
};

function histories(
  holds: (scene: Suspended, s: Step) => void,
  vestsAfter: number | undefined,
  sink?: SinkConfig,
): void {
  const rules = claudexia().rules.map((rule) => ({ ...rule, minimumPayment: 0n, vestsAfter }));
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
      const scene = new Suspended({ tiers: [], rules, signals: [HOLDS], ...(sink && { sink }) });
      for (const s of steps) holds(scene, s);
    }),
    { numRuns: 300 },
  );
}

const live = (scene: Suspended) =>
  Array.from(scene.world.forfeits.all()).filter(({ restoredAt }) => restoredAt === null);

function isSound(scene: Suspended): void {
  scene.check();
  for (const { id, status, postedAmount, amount, reversedAmount, forfeitedAmount } of scene.rewards()) {
    const isOwed = status !== 'rejected';
    expect(postedAmount).toBe(isOwed ? amount - reversedAmount - forfeitedAmount : 0n);
    expect(live(scene).filter(({ rewardId }) => rewardId === id).length).toBeLessThanOrEqual(isOwed ? 0 : 1);
  }
  const forfeited = live(scene).reduce((sum, each) => sum + each.amount, 0n);
  expect(BigInt(scene.sums().forfeited ?? 0)).toBe(forfeited);
}

test.each([
  ['at once', undefined],
  ['after three days', 3 * DAY],
])(
  'credited %s: the books balance, nothing of a suspended member waits, and only what is live is forfeited',
  (_when, vests) =>
    histories((scene, s) => {
      scene.play(s);
      isSound(scene);
      if (!scene.isSuspended) expect(live(scene)).toEqual([]);
      else expect(scene.balance('alice', 'pending')).toBe(0n);
    }, vests),
);

test('in the end everything stands as if nobody had been suspended', () => {
  const rules = claudexia().rules.map((rule) => ({ ...rule, minimumPayment: 0n, vestsAfter: 3 * DAY }));
  const isAboutIt = ({ do: what }: Step) => ['suspend', 'lift', 'appeal', 'grant', 'refuse'].includes(what);
  // What an admin decides about a reward depends on how it stands just then, and so does whether somebody came first.
  const isDecision = ({ do: what }: Step) => ['approve', 'reject', 'reverse'].includes(what);
  // An open dispute holds what is not credited yet, and only marks what is.
  const holds = (s: Step) => s.do === 'dispute' && s.status === 'open';
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (given) => {
      const steps = given.filter((s) => !isDecision(s) && !holds(s));
      const [scene, other] = [1, 2].map(() => new Suspended({ tiers: [], rules, signals: [] })) as [
        Suspended,
        Suspended,
      ];
      for (const s of steps) scene.play(s);
      for (const s of steps.filter((each) => !isAboutIt(each))) other.play(s);
      scene.command(patch(false));
      for (const each of [scene, other]) each.wait(5 * DAY);
      const stand = (of: Suspended) =>
        of
          .rewards()
          .map(({ sourcePaymentId, status, postedAmount, reversedAmount, forfeitedAmount }) => [
            sourcePaymentId,
            status === 'reversed' && postedAmount === 0n ? 'gone' : status,
            postedAmount,
            reversedAmount,
            forfeitedAmount,
          ]);
      expect(stand(scene)).toEqual(stand(other));
      expect(scene.balance('alice', 'available')).toBe(other.balance('alice', 'available'));
    }),
    { numRuns: 300 },
  );
});

test('with a sink that keeps the credit: no key is sent twice, and the ledger follows what was confirmed', () =>
  histories(
    (scene, s) => {
      scene.play(s);
      scene.deliver();
      scene.check();
      const keys = Array.from(scene.world.deliveries.all(), (delivery) => delivery.idempotencyKey);
      expect(new Set(keys).size).toBe(keys.length);
    },
    3 * DAY,
    WEBHOOK,
  ));
