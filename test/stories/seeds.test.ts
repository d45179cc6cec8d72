/**
 * The checklist of the four programs: in seeds/*.md stands each sentence of a program's own text that promises
 * something, and under it the tests that show it. What a sentence says of fraud signals and of the Open Source Fund
 * stands with those. Promises: no sentence without a story, and no story that is not there any more.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const TESTS = path.resolve(import.meta.dirname, '..');
const LISTS = path.join(import.meta.dirname, 'seeds');

interface Sentence {
  readonly text: string;
  /** `file: test name`; the file under test/, or by its bare name under test/stories/. */
  readonly stories: string[];
}

/** `> a sentence`, and under it `- file: test name`, one for each story. */
function readList(name: string): Sentence[] {
  const sentences: Sentence[] = [];
  for (const line of readFileSync(path.join(LISTS, `${name}.md`), 'utf8').split('\n')) {
    if (line.startsWith('> ')) sentences.push({ text: line.slice(2), stories: [] });
    else if (line.startsWith('- ')) sentences.at(-1)?.stories.push(line.slice(2));
    else if (line.trim() !== '' && !line.startsWith('#')) throw new Error(`${name}.md: what is this? ${line}`);
  }
  return sentences;
}

function isThere(story: string): boolean {
  const [file = '', name = ''] = story.split(/: (.*)/);
  const found = path.join(TESTS, `${file.includes('/') ? file : `stories/${file}`}.test.ts`);
  if (name === '' || !existsSync(found)) return false;
  const text = readFileSync(found, 'utf8');
  return [`'${name}'`, `"${name}"`, `\`${name}\``].some((quoted) => text.includes(quoted));
}

test('there is a list for each of the four programs', () => {
  expect(readdirSync(LISTS).sort()).toEqual(['buywhere.md', 'claudexia.md', 'hanzo.md', 'kortix.md']);
});

describe.each(['claudexia', 'hanzo', 'buywhere', 'kortix'])('%s', (name) => {
  const sentences = readList(name);

  test('each sentence has a story', () => {
    expect(sentences.length).toBeGreaterThan(20);
    expect(sentences.filter(({ stories }) => stories.length === 0)).toEqual([]);
  });

  test('each story is there', () => {
    expect(sentences.flatMap(({ stories }) => stories).filter((story) => !isThere(story))).toEqual([]);
  });
});
