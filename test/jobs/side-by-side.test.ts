import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { forEach, oneAtATime } from '../../src/jobs/side-by-side.ts';

test('never more than the width at a time, everyone has a turn, and the failures are told at the end', async () => {
  let [now, most] = [0, 0];
  const done: number[] = [];
  const work = async (item: number) => {
    most = Math.max(most, ++now);
    await sleep(2);
    now--;
    if (item % 3 === 0) throw new Error(`no ${item}`);
    done.push(item);
  };
  await expect(forEach([1, 2, 3, 4, 5, 6, 7], 2, work)).rejects.toThrow('Error: no 3; Error: no 6');
  expect(most).toBe(2);
  expect(done).toEqual([1, 2, 4, 5, 7]);
  await expect(forEach([3], 2, work)).rejects.toThrow('no 3');
});

test('what is asked for while it runs is done once more, and not side by side', async () => {
  const log: string[] = [];
  let runs = 0;
  const look = oneAtATime(async (no) => {
    const mine = ++runs;
    log.push(`begin ${no} ${mine}`);
    await sleep(5);
    log.push(`end ${no} ${mine}`);
    if (mine === 1) throw new Error('the first fails');
  });
  const asked = [look(1), look(1), look(1), look(1)];
  const results = await Promise.allSettled(asked);
  expect(results.map((each) => each.status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
  expect(log).toEqual(['begin 1 1', 'end 1 1', 'begin 1 2', 'end 1 2']);
  await look(1);
  expect(runs).toBe(3);
});

test('one program does not wait for another', async () => {
  const look = oneAtATime((no) => (no === 1 ? sleep(1000) : Promise.resolve()));
  const slow = look(1);
  const began = performance.now();
  await look(2);
  expect(performance.now() - began).toBeLessThan(500);
  void slow;
});
