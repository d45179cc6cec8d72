// Every sink, whatever its protocol, keeps the promise: once, and never a guess. A new sink joins by a line in SINKS.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HOUR_MS } from '../../src/delivery/backoff.ts';
import { SINKS as REGISTERED } from '../../src/delivery/sinks/index.ts';
import type { SinkConfig } from '../../src/model/program.ts';
import { type FakePaddle, startFakePaddle } from '../support/fake-paddle.ts';
import { type FakeSink, startFakeSink } from '../support/fake-sink.ts';
import { type FakeStripe, startFakeStripe } from '../support/fake-stripe.ts';
import { type Base, type Harness, startBase, startHarness } from './harness.ts';

type Fault = 'error' | 'error_after' | 'reset_after' | 'stall_after' | 'refuse' | 'too_many';

interface Subject {
  readonly config: SinkConfig;
  /** The coming calls, then as it should be. */
  fail(...faults: Fault[]): void;
  /** Every call. */
  down(fault: Fault | 'ok'): void;
  /** Minor units in the customer's favour, over all calls. */
  credited(key: string): number;
  sends(): number;
  faults(): string[];
  close(): Promise<void>;
}

function ofWebhook(sink: FakeSink, lookup: boolean): Subject {
  return {
    config: { kind: 'webhook', url: sink.url, secrets: [sink.secret], idempotent: true, lookup },
    fail: (...faults) => sink.next.push(...faults),
    down: (fault) => {
      sink.mode = fault;
    },
    credited: (key) => sink.applied(key) * 500,
    sends: sink.posts,
    faults: () => sink.faults,
    close: sink.close,
  };
}

function ofStripe(stripe: FakeStripe): Subject {
  return {
    config: { kind: 'stripe_balance', apiKey: 'sk_test_x', source: 'stripe', apiBase: stripe.apiBase },
    fail: (...faults) => stripe.next.push(...faults),
    down: (fault) => {
      stripe.mode = fault;
    },
    credited: (key) => {
      const own = stripe.transactions.filter(
        ({ metadata }) => metadata.plusone_key === key && metadata.program === 'acme',
      );
      return -own.reduce((sum, { amount }) => sum + amount, 0);
    },
    sends: () => stripe.requests.filter(({ method }) => method === 'POST').length,
    faults: () => [],
    close: stripe.close,
  };
}

function ofCreditGrants(stripe: FakeStripe): Subject {
  const own = (key: string) => stripe.grants.filter(({ metadata }) => metadata.plusone_key === key);
  const taken = (key: string) => stripe.grants.filter(({ metadata }) => metadata.taken_by === key);
  return {
    ...ofStripe(stripe),
    config: { kind: 'stripe_credit_grant', apiKey: 'sk_test_x', source: 'stripe', apiBase: stripe.apiBase },
    credited: (key) =>
      own(key).reduce((sum, { amount }) => sum + amount.monetary.value, 0) -
      taken(key).reduce((sum, grant) => sum + (grant.voided_at === null ? 0 : Number(grant.metadata.taken)), 0),
  };
}

function ofPaddle(paddle: FakePaddle): Subject {
  return {
    config: { kind: 'paddle_discount', apiKey: 'pdl_sdbx_apikey_x', source: 'paddle', apiBase: paddle.apiBase },
    fail: (...faults) => paddle.next.push(...faults),
    down: (fault) => {
      paddle.mode = fault;
    },
    credited: (key) => {
      const granted = paddle.discounts.filter(({ custom_data: data }) => data?.plusone_key === key);
      const taken = paddle.discounts.map(
        ({ custom_data: data }) => (data?.taken as Record<string, string> | undefined)?.[key] ?? 0,
      );
      return (
        granted.reduce((sum, { amount }) => sum + Number(amount), 0) - taken.reduce<number>((a, b) => a + Number(b), 0)
      );
    },
    sends: () => paddle.requests.filter(({ method }) => method !== 'GET').length,
    faults: () => paddle.faults,
    close: paddle.close,
  };
}

const SINKS: readonly [string, () => Promise<Subject>][] = [
  ['webhook', async () => ofWebhook(await startFakeSink(), false)],
  ['webhook with lookup', async () => ofWebhook(await startFakeSink(), true)],
  ['stripe_balance', async () => ofStripe(await startFakeStripe())],
  ['stripe_credit_grant', async () => ofCreditGrants(await startFakeStripe())],
  ['paddle_discount', async () => ofPaddle(await startFakePaddle())],
];

let base: Base;
beforeAll(async () => {
  base = await startBase();
});
afterAll(() => base.drop());

test('every registered sink is held to this', () => {
  for (const kind of REGISTERED.keys()) expect(SINKS.map(([name]) => name)).toContain(kind);
});

describe.each(SINKS)('%s', (_name, start) => {
  let subject: Subject;
  let harness: Harness;

  beforeEach(async () => {
    subject = await start();
    harness = await startHarness(base, subject.config);
  });
  afterEach(async () => {
    expect(subject.faults()).toEqual([]);
    await subject.close();
  });

  const run = () => harness.deliverer.runDue(harness.no);

  test('a credit arrives once and the engine is told', async () => {
    const id = await harness.plan({ key: 'k' });
    expect(await run()).toBe(1);
    expect(await harness.row(id)).toMatchObject({ state: 'confirmed', settled_at: harness.now, next_try_at: null });
    expect((await harness.row(id)).reference).toBeTruthy();
    expect(await harness.told(id)).toEqual(['confirmed']);
    expect(harness.woken).toEqual([harness.no]);
    expect(subject.credited('k')).toBe(500);
    expect(await run()).toBe(0);
  });

  test.each<Fault>(['error_after', 'reset_after', 'stall_after'])(
    '%s: applied although it failed, and credited once',
    async (fault) => {
      const id = await harness.plan({ key: 'k' });
      subject.fail(fault);
      await run();
      expect((await harness.row(id)).state).toBe('confirmed');
      expect(await harness.told(id)).toEqual(['confirmed']);
      expect(subject.credited('k')).toBe(500);
    },
  );

  test('down for hours: failed is told once, the first success makes it whole', async () => {
    const id = await harness.plan({ key: 'k' });
    subject.down('reset_after');
    await run();
    // What a lookup finds is there, however its own call ended; a sink without one learns by sending again.
    const settled = (await harness.row(id)).state === 'confirmed';
    if (!settled) {
      expect(await harness.told(id)).toEqual(['unknown']);
      harness.later(60_000);
      await run();
      harness.later(5 * 60_000);
      subject.down('ok');
      await run();
    }
    expect((await harness.row(id)).state).toBe('confirmed');
    expect(await harness.told(id)).toEqual(settled ? ['confirmed'] : ['unknown', 'confirmed']);
    expect(subject.credited('k')).toBe(500);
  });

  test('refused: fails at once, and only Approve tries again', async () => {
    const id = await harness.plan({ key: 'k' });
    subject.fail('refuse');
    await run();
    expect(await harness.row(id)).toMatchObject({
      state: 'refused',
      outcome: 'refused',
      next_try_at: null,
      settled_at: null,
    });
    expect(await harness.told(id)).toEqual(['refused']);
    harness.later(48 * HOUR_MS);
    expect(await run()).toBe(0);
    expect(subject.sends()).toBe(1);
    await harness.approve(id);
    await run();
    expect((await harness.row(id)).state).toBe('confirmed');
    expect(subject.credited('k')).toBe(500);
  });

  test('a reversal takes back what was given', async () => {
    await harness.plan({ key: 'k' });
    await run();
    const id = await harness.plan({ key: 'k', kind: 'reverse' });
    await run();
    expect((await harness.row(id)).state).toBe('confirmed');
    expect(subject.credited('k:reverse:1')).toBe(subject.config.kind === 'webhook' ? 500 : -500);
  });

  test('a key that was never answered for a day is parked for a person', async () => {
    const id = await harness.plan({ key: 'k' });
    subject.down('error');
    for (const minutes of [0, 1, 5, 30, 120, 360, 720]) {
      harness.later(minutes * 60_000);
      expect(await run()).toBe(1);
    }
    expect(await harness.row(id)).toMatchObject({ state: 'parked', outcome: 'unknown', next_try_at: null });
    expect(await harness.told(id)).toEqual(['unknown', 'given_up']);
    harness.later(100 * HOUR_MS);
    expect(await run()).toBe(0);
  });
});
