/**
 * Checklists in markdown: what is promised, and under it the tests that show it.
 * Promises: `> something promised`, and under it `- file: test name`, one for each test. Other lines are for people.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const TESTS = path.resolve(import.meta.dirname, '..');

export interface Promised {
  readonly text: string;
  /** `file: test name`; the file under test/. */
  readonly shownBy: string[];
}

/** `folder`: where a file stands that is named without one. */
export function readChecklist(file: string, folder: string): Promised[] {
  const found: Promised[] = [];
  for (const line of readFileSync(path.join(TESTS, file), 'utf8').split('\n')) {
    if (line.startsWith('> ')) found.push({ text: line.slice(2), shownBy: [] });
    else if (line.startsWith('- ')) found.at(-1)?.shownBy.push(whole(line.slice(2), folder));
    else if (/^\s*[-*>]/.test(line)) throw new Error(`${file}: what is this? ${line}`);
  }
  return found;
}

/** A test that stands at the root of test/ is named by its file alone, too. */
function whole(shown: string, folder: string): string {
  const [file = ''] = shown.split(': ');
  return file.includes('/') || existsSync(path.join(TESTS, `${file}.test.ts`)) ? shown : `${folder}/${shown}`;
}

/** Where the test stands that a line names. */
export function fileOf(shown: string): string {
  const [file = ''] = shown.split(': ');
  const plain = path.join(TESTS, `${file}.test.ts`);
  return existsSync(plain) ? plain : path.join(TESTS, `${file}.ts`);
}

export function isThere(shown: string): boolean {
  const [, name = ''] = shown.split(/: (.*)/);
  const file = fileOf(shown);
  if (name === '' || !existsSync(file)) return false;
  const text = readFileSync(file, 'utf8');
  return [`'${name}'`, `"${name}"`, `\`${name}\``].some((quoted) => text.includes(quoted));
}
