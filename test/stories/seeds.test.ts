/**
 * The checklist of the four programs: in seeds/*.md stands each sentence of a program's own text that promises
 * something, and under it the tests that show it. What a sentence says of fraud signals and of the Open Source Fund
 * stands with those. Promises: no sentence without a story, and no story that is not there any more.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { isThere, readChecklist } from '../support/checklist.ts';

test('there is a list for each of the four programs', () => {
  const lists = readdirSync(path.join(import.meta.dirname, 'seeds'));
  expect(lists.sort()).toEqual(['buywhere.md', 'claudexia.md', 'hanzo.md', 'kortix.md']);
});

describe.each(['claudexia', 'hanzo', 'buywhere', 'kortix'])('%s', (name) => {
  const sentences = readChecklist(`stories/seeds/${name}.md`, 'stories');

  test('each sentence has a story', () => {
    expect(sentences.length).toBeGreaterThan(20);
    expect(sentences.filter(({ shownBy }) => shownBy.length === 0)).toEqual([]);
  });

  test('each story is there', () => {
    expect(sentences.flatMap(({ shownBy }) => shownBy).filter((story) => !isThere(story))).toEqual([]);
  });
});
