/**
 * What the tests of the protocol share: a fake sink and a program of its own for each test.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { RunOptions } from '../../src/delivery/deliver.ts';
import type { WebhookSink } from '../../src/model/program.ts';
import { type FakeSink, startFakeSink } from '../support/fake-sink.ts';
import { type FakeStripe, startFakeStripe } from '../support/fake-stripe.ts';
import { type Base, type Harness, startBase, startHarness } from './harness.ts';

export const MINUTE_MS = 60_000;

export interface Scene {
  sink: FakeSink;
  harness: Harness;
  configured(own?: Partial<WebhookSink>): WebhookSink;
  /** From here on the program delivers to a fake Stripe. */
  toStripe(): Promise<FakeStripe>;
  run(options?: RunOptions): Promise<number>;
}

export function useScene(): Scene {
  let base: Base;
  let stripe: FakeStripe | undefined;
  const scene: Scene = {
    sink: undefined as unknown as FakeSink,
    harness: undefined as unknown as Harness,
    configured: (own = {}) => {
      const { url, secret } = scene.sink;
      return { kind: 'webhook', url, secrets: [secret], idempotent: true, lookup: false, ...own };
    },
    toStripe: async () => {
      stripe = await startFakeStripe();
      scene.harness.sink = { kind: 'stripe_balance', apiKey: 'sk_test_x', source: 'stripe', apiBase: stripe.apiBase };
      return stripe;
    },
    run: (options = {}) => scene.harness.deliverer.runDue(scene.harness.no, options),
  };
  beforeAll(async () => {
    base = await startBase();
  });
  afterAll(() => base.drop());
  beforeEach(async () => {
    scene.sink = await startFakeSink({ slowMs: 250 });
    scene.harness = await startHarness(base, scene.configured());
  });
  afterEach(async () => {
    await scene.harness.deliverer.stop();
    expect(scene.sink.faults).toEqual([]);
    await scene.sink.close();
    await stripe?.close();
    stripe = undefined;
  });
  return scene;
}

export async function until(done: () => Promise<boolean> | boolean): Promise<void> {
  for (let left = 400; left > 0; left--) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it never came');
}
