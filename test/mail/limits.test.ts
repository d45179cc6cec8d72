// How many may be invited in a day: by one member, by all of a program, by none.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Scene, startScene, statuses } from './scene.ts';

const list = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}${i}@friends.example`);

describe('the limits of a day', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene({ invites: 'invites: { per_day: 5, program_per_day: 9 }' });
  });
  afterAll(() => scene.close());

  test('of a member are kept, address by address, and only what is new counts', async () => {
    const ann = await scene.member('ann');
    const first = await ann.invite([...list('a', 3), 'nonsense', 'ann@example.com', 'a0@friends.example']);
    expect(first.body.sent).toBe(3);
    expect(statuses(await ann.invite(list('a', 3)))).toEqual(['already_invited', 'already_invited', 'already_invited']);
    const over = await ann.invite(list('b', 4));
    expect([over.status, statuses(over)]).toEqual([200, ['sent', 'sent', 'limit_reached', 'limit_reached']]);
    const none = await ann.invite(['late@friends.example']);
    expect([none.status, none.body.code]).toEqual([429, 'too_many_requests']);
    expect(Number(none.headers['retry-after'])).toBeGreaterThan(80_000);
    expect((await ann.invite(list('a', 2))).status).toBe(200);
  });

  test('of a program hold for all members together, and cost nobody their own', async () => {
    const [ben, cat] = [await scene.member('ben'), await scene.member('cat')];
    expect((await ben.invite(list('c', 3))).body.sent).toBe(3);
    expect(statuses(await cat.invite(list('d', 3)))).toEqual(['sent', 'limit_reached', 'limit_reached']);
    expect((await cat.invite(['late@friends.example'])).status).toBe(429);
    const { rows } = await scene.http.pools.general.query<{ points: number }>(
      `select points from rate_limits where key like 'invites:%' order by points`,
    );
    expect(rows.map(({ points }) => points)).toEqual([1, 3, 5]);
  });

  test('hold when many ask at the same time', async () => {
    await scene.http.pools.general.query('delete from rate_limits');
    const dan = await scene.member('dan');
    const answers = await Promise.all(list('e', 8).map((email) => dan.invite([email])));
    const sent = answers.filter(({ status }) => status === 200);
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.length).toBeLessThanOrEqual(5);
  });
});

test('a limit of none turns invitations off', async () => {
  const scene = await startScene({ invites: 'invites: { per_day: 0 }' });
  try {
    const { status, body } = await (await scene.member('ann')).invite(['bob@friends.example']);
    expect([status, body.code]).toEqual([404, 'not_found']);
  } finally {
    await scene.close();
  }
});
