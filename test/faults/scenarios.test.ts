/**
 * The checklist of what breaks systems like this one: scenarios.md names each scenario and the tests that show it.
 * Promises: no scenario without a test, and no test that is not there any more.
 */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fileOf, isThere, readChecklist } from '../support/checklist.ts';

const scenarios = readChecklist('faults/scenarios.md', 'faults');
const upTo = (letter: string, last: number) => Array.from({ length: last }, (_, i) => `${letter}${i + 1}`);

test('every scenario stands in the list once, with a test', () => {
  const names = scenarios.map(({ text }) => text.split(' ')[0]);
  const all = [upTo('F', 9), upTo('K', 8), ['M9'], upTo('A', 7), upTo('I', 6), upTo('P', 4)].flat();
  expect(names).toEqual(all);
  expect(scenarios.filter(({ shownBy }) => shownBy.length === 0)).toEqual([]);
});

test('each test of the list is there', () => {
  expect(scenarios.flatMap(({ shownBy }) => shownBy).filter((shown) => !isThere(shown))).toEqual([]);
});

test('each test in this folder shows one of them', () => {
  const shown = new Set(scenarios.flatMap(({ shownBy }) => shownBy).map(fileOf));
  const here = readdirSync(import.meta.dirname).filter((name) => /\.(test|long)\.ts$/.test(name));
  const beside = here.filter((name) => name !== 'scenarios.test.ts' && !shown.has(`${import.meta.dirname}/${name}`));
  expect(beside).toEqual([]);
});
