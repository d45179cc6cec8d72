// A sink that is away, and a sink that settles later: the breaker, and the sink's own word.
import { describe, expect, test } from 'vitest';
import { MINUTE_MS, until, useScene } from './scene.ts';

const scene = useScene();

describe('the breaker', () => {
  async function opened(): Promise<void> {
    scene.sink.mode = 'error';
    for (let i = 0; i < 10; i++) await scene.harness.plan();
    await scene.run();
    const posts = scene.sink.posts();
    const id = await scene.harness.plan();
    await scene.run();
    expect(scene.sink.posts()).toBe(posts);
    expect(await scene.harness.row(id)).toMatchObject({ state: 'waiting', outcome: 'not_sent', first_try_at: null });
    expect(await scene.harness.told(id)).toEqual(['unknown']);
    const [row] = await scene.harness.sql('select outcome, detail from delivery_attempts where delivery_id = $1', [id]);
    expect(row).toEqual({ outcome: 'not_sent', detail: 'breaker_open' });
  }

  test('opens after ten failures in a row, visibly, and Approve passes it', async () => {
    await opened();
    const id = await scene.harness.plan();
    await scene.run();
    scene.sink.mode = 'ok';
    await scene.harness.approve(id);
    await scene.run();
    expect((await scene.harness.row(id)).state).toBe('confirmed');
    await scene.harness.plan();
    await scene.run();
    expect(
      await scene.harness.sql(
        'select failures, open_until, opened_at, last_error from sink_breakers where program_no = $1',
        [scene.harness.no],
      ),
    ).toEqual([{ failures: 0, open_until: null, opened_at: null, last_error: null }]);
  });

  test('is not asked in a step of the test clock', async () => {
    await opened();
    scene.sink.mode = 'ok';
    const id = await scene.harness.plan();
    await scene.run({ once: true });
    expect((await scene.harness.row(id)).state).toBe('confirmed');
  });

  test('half open sends one ahead, and the rest only when that one was answered', async () => {
    await opened();
    await scene.harness.sql(`update sink_breakers set open_until = now() - interval '1 second' where program_no = $1`, [
      scene.harness.no,
    ]);
    for (let i = 0; i < 5; i++) await scene.harness.plan({ triedOnce: false });
    const before = scene.sink.posts();
    await scene.run({ rewardId: undefined });
    expect(scene.sink.posts()).toBe(before + 3);
    scene.sink.mode = 'ok';
    await scene.harness.sql(`update sink_breakers set open_until = now() - interval '1 second' where program_no = $1`, [
      scene.harness.no,
    ]);
    scene.harness.later(MINUTE_MS);
    await scene.run();
    const [{ left }] = (await scene.harness.sql(
      `select count(*) as left from deliveries where program_no = $1 and state <> 'confirmed'`,
      [scene.harness.no],
    )) as [{ left: bigint }];
    expect(left).toBe(0n);
  });

  test('stays closed for a sink that says no', async () => {
    scene.sink.mode = 'refuse';
    for (let i = 0; i < 12; i++) await scene.harness.plan();
    await scene.run();
    expect(scene.sink.posts()).toBe(12);
    expect(await scene.harness.sql('select * from sink_breakers where program_no = $1', [scene.harness.no])).toEqual(
      [],
    );
  });
});

describe('a credit that the sink settles later', () => {
  const settle = (word: 'confirm' | 'refuse', reference?: string, idempotencyKey = 'k') =>
    scene.harness.deliverer.settleAccepted(scene.harness.no, { idempotencyKey, word, reference });

  test('stays open until the sink says so, and is told once however often it does', async () => {
    scene.sink.mode = 'accepted';
    const id = await scene.harness.plan({ key: 'k' });
    await scene.run();
    expect(await scene.harness.row(id)).toMatchObject({ state: 'accepted', settled_at: null, next_try_at: null });
    expect(await scene.harness.told(id)).toEqual([]);
    expect(await settle('confirm', 'inv_9')).toBe('found');
    expect(await settle('confirm')).toBe('found');
    expect(await scene.harness.row(id)).toMatchObject({
      state: 'confirmed',
      reference: 'inv_9',
      settled_at: scene.harness.now,
    });
    expect(await scene.harness.told(id)).toEqual(['confirmed']);
    expect(await settle('refuse')).toBe('conflict');
  });

  test('may be refused, and approved after that', async () => {
    scene.sink.next = ['accepted'];
    const id = await scene.harness.plan({ key: 'k' });
    await scene.run();
    expect(await settle('refuse')).toBe('found');
    expect(await settle('refuse')).toBe('found');
    expect(await settle('confirm')).toBe('conflict');
    expect(await scene.harness.row(id)).toMatchObject({ state: 'refused', outcome: 'refused', settled_at: null });
    expect(await scene.harness.told(id)).toEqual(['refused']);
    await scene.harness.approve(id);
    await scene.run();
    expect((await scene.harness.row(id)).state).toBe('confirmed');
  });

  test('may be confirmed before its own 202 has come', async () => {
    scene.sink.next = ['slow'];
    const id = await scene.harness.plan({ key: 'k' });
    const running = scene.run();
    await until(() => scene.sink.posts() === 1);
    expect(await settle('confirm', 'first')).toBe('found');
    await running;
    expect(await scene.harness.row(id)).toMatchObject({ state: 'confirmed', reference: 'first' });
    expect(await scene.harness.told(id)).toEqual(['confirmed']);
  });

  test('is unknown or impossible under a key that was never sent', async () => {
    await scene.harness.plan({ key: 'k' });
    expect(await settle('confirm', undefined, 'nowhere')).toBe('unknown_key');
    expect(await settle('confirm')).toBe('conflict');
    await scene.harness.sql(`update deliveries set state = 'waiting' where program_no = $1`, [scene.harness.no]);
    expect(await settle('confirm')).toBe('conflict');
  });

  test('with the reference of another stands, without the reference', async () => {
    scene.sink.mode = 'accepted';
    await scene.harness.plan({ key: 'k' });
    await scene.harness.plan({ key: 'k2' });
    await scene.run();
    expect(await settle('confirm', 'same')).toBe('found');
    expect(await settle('confirm', 'same', 'k2')).toBe('found');
  });
});
