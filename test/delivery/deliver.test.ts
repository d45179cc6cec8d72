// Tries, claims, leases and results on a real database.
import { describe, expect, test } from 'vitest';
import type { WebhookSink } from '../../src/model/program.ts';
import { MINUTE_MS, until, useScene } from './scene.ts';

const scene = useScene();

describe('tries', () => {
  test('come quickly at first, each on record, and then by the schedule', async () => {
    scene.sink.mode = 'error';
    const id = await scene.harness.plan();
    await scene.run();
    expect(await scene.harness.attempts(id)).toEqual(['send unknown', 'send unknown', 'send unknown']);
    expect(await scene.harness.row(id)).toMatchObject({ state: 'waiting', attempts: 3, retries: 1, lease_until: null });
    scene.harness.later(MINUTE_MS - 1);
    expect(await scene.run()).toBe(0);
    scene.harness.later(1);
    expect(await scene.run()).toBe(1);
    expect(await scene.harness.attempts(id)).toHaveLength(6);
  });

  test('are single ones under Prefer: wait, and in a step of the test clock', async () => {
    scene.sink.mode = 'error';
    const [preferred, stepped] = [await scene.harness.plan({ triedOnce: true }), await scene.harness.plan()];
    await scene.run({ once: true });
    expect(await scene.harness.attempts(preferred)).toHaveLength(1);
    expect(await scene.harness.attempts(stepped)).toHaveLength(1);
    scene.harness.later(MINUTE_MS);
    await scene.run();
    expect(await scene.harness.attempts(preferred)).toHaveLength(2);
  });

  test('see the time of their step as now', async () => {
    const at = new Date('2026-05-20T12:00:00Z');
    const id = await scene.harness.plan();
    await scene.run({ at });
    expect(await scene.harness.row(id)).toMatchObject({ first_try_at: at, settled_at: at });
  });

  test('obey Retry-After and leave the schedule alone', async () => {
    Object.assign(scene.sink, { mode: 'too_many', retryAfter: '7' });
    const id = await scene.harness.plan();
    await scene.run();
    expect(await scene.harness.attempts(id)).toEqual(['send retry_after']);
    expect(await scene.harness.row(id)).toMatchObject({ state: 'waiting', outcome: 'not_sent', retries: 0 });
    expect((await scene.harness.row(id)).next_try_at).toEqual(new Date(scene.harness.now.getTime() + 7_000));
  });

  test('that never left us are on record as not sent', async () => {
    scene.harness.sink = scene.configured({ url: 'http://10.0.0.1/credits' });
    const id = await scene.harness.plan();
    await scene.run();
    const [row] = await scene.harness.sql('select outcome, detail from delivery_attempts where delivery_id = $1', [id]);
    expect(row).toEqual({ outcome: 'not_sent', detail: 'egress_refused' });
  });

  test('hold no more than the limit, and as many as asked', async () => {
    for (let i = 0; i < 5; i++) await scene.harness.plan();
    expect(await scene.run({ limit: 2 })).toBe(2);
    expect(await scene.run()).toBe(3);
    expect(scene.sink.posts()).toBe(5);
  });

  test('of one reward leave the others waiting', async () => {
    const [first, second] = [await scene.harness.plan(), await scene.harness.plan()];
    expect(await scene.run({ rewardId: second + 1_000_000n })).toBe(1);
    expect((await scene.harness.row(first)).state).toBe('planned');
    expect((await scene.harness.row(second)).state).toBe('confirmed');
  });

  test('with a program whose sink has changed wait for a person', async () => {
    const id = await scene.harness.plan();
    await scene.toStripe();
    await scene.run();
    expect(await scene.harness.row(id)).toMatchObject({ state: 'parked' });
    expect(await scene.harness.told(id)).toEqual(['unknown']);
    expect(scene.sink.posts()).toBe(0);
  });
});

describe('several senders', () => {
  test('try each delivery once between them', async () => {
    scene.sink.keepsKeys = false;
    const ids: bigint[] = [];
    for (let i = 0; i < 60; i++) ids.push(await scene.harness.plan({ key: `k${i}` }));
    // Nobody's patience ends here, however busy the machine: a try that was given up is told twice by right.
    const senders = [1, 2, 3].map(() => scene.harness.another({ tryMs: 30_000, quickMs: 30_000 }));
    const tried = await Promise.all(senders.map((sender) => sender.runDue(scene.harness.no)));
    expect(tried.reduce((sum, n) => sum + n, 0)).toBe(60);
    expect(ids.map((_, i) => scene.sink.applied(`k${i}`))).toEqual(ids.map(() => 1));
    const [{ told }] = (await scene.harness.sql(`select count(*) as told from inbox_events where program_no = $1`, [
      scene.harness.no,
    ])) as [{ told: bigint }];
    expect(told).toBe(60n);
  });

  test('a lease that ran out is taken over, and the late result is refused', async () => {
    const slow = scene.harness.another();
    scene.sink.next = ['slow'];
    const id = await scene.harness.plan({ key: 'k' });
    const late = slow.runDue(scene.harness.no);
    await until(() => scene.sink.posts() === 1);
    await scene.harness.sql(`update deliveries set lease_until = now() - interval '1 second' where id = $1`, [id]);
    expect(await scene.run()).toBe(1);
    expect(await scene.harness.row(id)).toMatchObject({ state: 'confirmed', epoch: 2 });
    await late;
    expect(await scene.harness.row(id)).toMatchObject({ state: 'confirmed', epoch: 2, attempts: 1 });
    expect(await scene.harness.told(id)).toEqual(['confirmed']);
    expect(scene.harness.log.join()).toContain('late result refused');
    expect(scene.sink.applied('k')).toBe(1);
  });

  test('a sender that may have lost its lease sends nothing', async () => {
    const id = await scene.harness.plan();
    await scene.harness.another({ leaseMs: 500 }).runDue(scene.harness.no);
    expect(scene.sink.posts()).toBe(0);
    expect(await scene.harness.row(id)).toMatchObject({ state: 'waiting', outcome: 'not_sent' });
  });

  async function died(config: Partial<WebhookSink>): Promise<bigint> {
    scene.harness.sink = scene.configured(config);
    scene.sink.keepsKeys = config.idempotent !== false;
    const id = await scene.harness.plan({ key: 'k' });
    await scene.harness.sql(
      `update deliveries set state = 'sending', epoch = 1, next_try_at = null, first_try_at = created_at, lease_until = now() - interval '1 second' where id = $1`,
      [id],
    );
    return id;
  }

  test('what a dead sender left is sent again under its key', async () => {
    const id = await died({});
    await scene.run();
    expect(await scene.harness.attempts(id)).toEqual(['send confirmed']);
  });

  test('what a dead sender left is looked up first where the sink can', async () => {
    const id = await died({ lookup: true });
    await scene.run();
    expect(await scene.harness.attempts(id)).toEqual(['lookup absent', 'send confirmed']);
  });

  test('what a dead sender left is for a person where the sink can do neither', async () => {
    const id = await died({ idempotent: false });
    await scene.run();
    expect(await scene.harness.row(id)).toMatchObject({ state: 'parked', outcome: 'unknown' });
    expect(await scene.harness.told(id)).toEqual(['unknown']);
    expect(scene.sink.posts()).toBe(0);
    await scene.harness.approve(id);
    await scene.run();
    expect((await scene.harness.row(id)).state).toBe('confirmed');
    expect(scene.sink.posts()).toBe(1);
  });
});

describe('results', () => {
  const DETAIL = 'select detail from delivery_attempts where delivery_id = $1';

  test('with one reference for all credits stand: a product may call them what it likes', async () => {
    scene.sink.reference = 'the same';
    const ids: bigint[] = [];
    for (let i = 0; i < 4; i++) ids.push(await scene.harness.plan());
    await scene.run();
    const rows = await Promise.all(ids.map((id) => scene.harness.row(id)));
    expect(rows.map(({ state }) => state)).toEqual(Array(4).fill('confirmed'));
    expect(rows.map(({ reference }) => reference).sort()).toEqual([null, null, null, 'the same']);
    const without = ids[rows.findIndex(({ reference }) => reference === null)] as bigint;
    expect(await scene.harness.told(without)).toEqual(['confirmed']);
    expect(await scene.harness.sql(DETAIL, [without])).toEqual([{ detail: 'reference_of_another_credit' }]);
  });

  test('with one object of a provider for two credits park the second', async () => {
    const stripe = await scene.toStripe();
    const first = await scene.harness.plan({ key: 'k1' });
    await scene.run();
    stripe.transactions.length = 0; // it counts from one again
    const second = await scene.harness.plan({ key: 'k2' });
    await scene.run();
    expect((await scene.harness.row(first)).state).toBe('confirmed');
    expect(await scene.harness.row(second)).toMatchObject({ state: 'parked', reference: null });
    expect(await scene.harness.told(second)).toEqual(['unknown']);
    expect(await scene.harness.sql(DETAIL, [second])).toEqual([{ detail: 'reference_of_another_credit' }]);
  });

  test('say no more than ids to the engine, and carry on how it was asked', async () => {
    const id = await scene.harness.plan({ triedOnce: true });
    await scene.run();
    const [event] = await scene.harness.sql(
      `select *, sha256(convert_to(body, 'UTF8')) = body_hash as hashed from inbox_events where program_no = $1`,
      [scene.harness.no],
    );
    expect(event).toMatchObject({
      source: 'plusone',
      event_id: `delivery:${id}:1`,
      tried_once: true,
      hashed: true,
      received_at: scene.harness.now,
    });
    expect(JSON.parse(event?.body as string)).toEqual({
      command: 'delivery.result',
      deliveryId: String(id),
      rewardId: String(id + 1_000_000n),
      result: 'confirmed',
    });
  });
});

describe('the background', () => {
  test('runs a program when woken, and drains before it stops', async () => {
    scene.sink.mode = 'slow';
    const id = await scene.harness.plan();
    scene.harness.deliverer.wake(scene.harness.no);
    expect(scene.sink.posts()).toBe(0);
    scene.harness.deliverer.start();
    scene.harness.deliverer.wake(scene.harness.no);
    await until(() => scene.sink.posts() === 1);
    expect(await scene.harness.deliverer.sendingCount(scene.harness.no)).toBe(1);
    await scene.harness.deliverer.stop();
    expect((await scene.harness.row(id)).state).toBe('confirmed');
    expect(await scene.harness.deliverer.sendingCount(scene.harness.no)).toBe(0);
    await scene.harness.plan();
    expect(await scene.run()).toBe(0);
  });

  test('a slow delivery does not hold up the others of its program', async () => {
    scene.sink.next = ['stall'];
    const stalled = await scene.harness.plan({ triedOnce: true });
    const deliverer = scene.harness.another({}, { concurrency: 2 });
    const ids: bigint[] = [];
    for (let i = 0; i < 6; i++) ids.push(await scene.harness.plan());
    const running = deliverer.runDue(scene.harness.no);
    await until(async () => (await scene.harness.row(ids.at(-1) as bigint)).state === 'confirmed');
    expect((await scene.harness.row(stalled)).state).toBe('sending');
    await running;
  });
});
