// What may have arrived is never sent again on a guess; what a person asks for is tried.
import { describe, expect, test } from 'vitest';
import { HOUR_MS } from '../../src/delivery/backoff.ts';
import { MINUTE_MS, until, useScene } from './scene.ts';

const scene = useScene();

describe('an outcome that is not certain', () => {
  test('is looked up before anything is sent again', async () => {
    scene.harness.sink = scene.configured({ lookup: true });
    scene.sink.next = ['error_after'];
    const id = await scene.harness.plan({ key: 'k' });
    await scene.run();
    expect(await scene.harness.attempts(id)).toEqual(['send unknown', 'lookup found']);
    expect(await scene.harness.row(id)).toMatchObject({ state: 'confirmed', reference: 'ref k' });
    expect(scene.sink.posts()).toBe(1);
  });

  test('with a sink that keeps no keys is never followed by a second try', async () => {
    scene.harness.sink = scene.configured({ idempotent: false });
    scene.sink.keepsKeys = false;
    scene.sink.mode = 'reset_after';
    const id = await scene.harness.plan({ key: 'k' });
    await scene.run();
    scene.harness.later(100 * HOUR_MS);
    expect(await scene.run()).toBe(0);
    expect(await scene.harness.row(id)).toMatchObject({ state: 'parked', outcome: 'unknown' });
    expect(scene.sink.applied('k')).toBe(1);
  });

  test('with a sink that keeps no keys but can be asked settles itself', async () => {
    scene.harness.sink = scene.configured({ idempotent: false, lookup: true });
    scene.sink.keepsKeys = false;
    Object.assign(scene.sink, { next: ['reset', 'stall_after'], lookupMode: 'error' });
    const id = await scene.harness.plan({ key: 'k' });
    await scene.run();
    expect(await scene.harness.row(id)).toMatchObject({ state: 'waiting', outcome: 'unknown' });
    scene.sink.lookupMode = 'ok';
    scene.harness.later(MINUTE_MS);
    await scene.run();
    expect((await scene.harness.row(id)).state).toBe('confirmed');
    expect(await scene.harness.attempts(id)).toEqual([
      'send unknown',
      'lookup cannot',
      'lookup absent',
      'send unknown',
      'lookup found',
    ]);
    expect(scene.sink.applied('k')).toBe(1);
  });

  test('is not taken for refused because a later try is', async () => {
    scene.sink.next = ['reset_after', 'refuse'];
    const id = await scene.harness.plan({ key: 'k' });
    await scene.run();
    expect(await scene.harness.row(id)).toMatchObject({ state: 'parked', outcome: 'unknown' });
    expect(await scene.harness.told(id)).toEqual(['unknown']);
  });

  test('followed by a refusal is asked about once more, and stays open while nobody can tell', async () => {
    scene.harness.sink = scene.configured({ lookup: true });
    Object.assign(scene.sink, { next: ['error_after', 'refuse'], lookupMode: 'error' });
    const id = await scene.harness.plan();
    await scene.run();
    expect(await scene.harness.attempts(id)).toEqual([
      'send unknown',
      'lookup cannot',
      'send refused',
      'lookup cannot',
    ]);
    expect(await scene.harness.row(id)).toMatchObject({ state: 'parked', outcome: 'unknown' });
  });

  test('followed by a refusal is settled by a lookup where the sink can', async () => {
    scene.harness.sink = scene.configured({ lookup: true });
    Object.assign(scene.sink, { next: ['error', 'refuse'] });
    const id = await scene.harness.plan();
    await scene.run();
    expect(await scene.harness.attempts(id)).toEqual(['send unknown', 'lookup absent', 'send refused']);
    expect(await scene.harness.row(id)).toMatchObject({ state: 'refused', outcome: 'refused' });
  });
});

describe('trap: Stripe forgets keys after a day, and then pays twice: a Stripe key', () => {
  test('that keeps replaying a 500 is settled by what the list says', async () => {
    const fake = await scene.toStripe();
    fake.next = ['error_after'];
    const id = await scene.harness.plan({ key: 'k' });
    await scene.run();
    expect(await scene.harness.attempts(id)).toEqual(['send unknown', 'lookup found']);
    expect(await scene.harness.row(id)).toMatchObject({ state: 'confirmed', reference: 'cbtxn_1' });
    expect(fake.requests[0]?.key).toBe('acme:k');
  });

  test('older than 23 hours is never sent again unless a lookup said absent', async () => {
    const fake = await scene.toStripe();
    fake.listFails = true;
    fake.next = ['stall_after'];
    const id = await scene.harness.plan({ key: 'k' });
    await scene.run({ once: true });
    expect((await scene.harness.row(id)).state).toBe('waiting');
    fake.forgetKeys();
    scene.harness.later(23 * HOUR_MS);
    await scene.run();
    expect(await scene.harness.row(id)).toMatchObject({ state: 'parked', outcome: 'unknown' });
    expect(await scene.harness.told(id)).toEqual(['unknown', 'given_up']);
    expect(fake.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    fake.listFails = false;
    await scene.harness.approve(id);
    await scene.run();
    expect(await scene.harness.row(id)).toMatchObject({ state: 'confirmed', reference: 'cbtxn_1' });
    expect(fake.transactions).toHaveLength(1);
  });

  test('older than 23 hours is sent again once the list says that nothing is there', async () => {
    const fake = await scene.toStripe();
    fake.next = ['refuse'];
    const id = await scene.harness.plan({ key: 'k' });
    await scene.run();
    scene.harness.later(30 * HOUR_MS);
    await scene.harness.approve(id);
    await scene.run();
    expect(await scene.harness.attempts(id)).toEqual(['send refused', 'lookup absent', 'send confirmed']);
  });

  test('goes out once a try: the client does not try again by itself', async () => {
    const fake = await scene.toStripe();
    fake.mode = 'reset_after';
    await scene.harness.plan();
    await scene.run({ once: true });
    expect(fake.requests).toHaveLength(1);
  });

  test('of another program is another credit', async () => {
    const fake = await scene.toStripe();
    fake.next = ['error'];
    const metadata = { plusone_key: 'k', program: 'another' };
    const other = { customer: 'cus_1', object: 'customer_balance_transaction', amount: -1, currency: 'usd' } as const;
    fake.transactions.push({ ...other, id: 'cbtxn_other', metadata });
    const id = await scene.harness.plan({ key: 'k' });
    await scene.run({ once: true });
    fake.forgetKeys();
    scene.harness.later(MINUTE_MS);
    await scene.run();
    expect(await scene.harness.row(id)).toMatchObject({ state: 'confirmed', reference: 'cbtxn_2' });
  });

  test('is found behind more transactions than one page holds', async () => {
    const fake = await scene.toStripe();
    fake.next = ['stall_after'];
    const id = await scene.harness.plan({ key: 'k' });
    await scene.run({ once: true });
    const [ours] = fake.transactions;
    for (let i = 0; i < 250; i++)
      fake.transactions.push({ ...(ours as (typeof fake.transactions)[0]), id: `cbtxn_x${i}`, metadata: {} });
    scene.harness.later(MINUTE_MS);
    await scene.run();
    expect(await scene.harness.row(id)).toMatchObject({ state: 'confirmed', reference: 'cbtxn_1' });
  });

  test('is refused with Stripe’s own code and no name in it', async () => {
    const fake = await scene.toStripe();
    fake.mode = 'refuse';
    const id = await scene.harness.plan();
    await scene.run();
    const [row] = await scene.harness.sql('select status, detail from delivery_attempts where delivery_id = $1', [id]);
    expect(row).toEqual({ status: 400, detail: 'resource_missing' });
  });
});

describe('Approve', () => {
  test('while it is being sent is not forgotten', async () => {
    scene.sink.next = ['stall'];
    const id = await scene.harness.plan({ triedOnce: true });
    const running = scene.run();
    await until(() => scene.sink.posts() === 1);
    await scene.harness.approve(id);
    expect(await scene.run({ rewardId: id + 1_000_000n })).toBe(1);
    await running;
    expect((await scene.harness.row(id)).state).toBe('confirmed');
  });

  test('tries what the queue has given up, once, under the same key', async () => {
    scene.sink.mode = 'error';
    const id = await scene.harness.plan({ key: 'k' });
    await scene.harness.sql(
      `update deliveries set retries = 6, outcome = 'unknown', first_try_at = created_at where id = $1`,
      [id],
    );
    scene.harness.later(20 * HOUR_MS);
    await scene.run({ once: true });
    expect((await scene.harness.row(id)).state).toBe('parked');
    await scene.harness.approve(id);
    await scene.run();
    expect(await scene.harness.row(id)).toMatchObject({ state: 'parked', next_try_at: null });
    scene.sink.mode = 'ok';
    await scene.harness.approve(id);
    await scene.run();
    expect(await scene.harness.row(id)).toMatchObject({ state: 'confirmed' });
    expect(new Set(scene.sink.requests.map(({ key }) => key))).toEqual(new Set(['k']));
  });
});
