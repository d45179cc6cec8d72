/**
 * One walk over the history of a commit: who wrote each commit, which commits touched each file, which were bulk renames.
 * Promises: authors as .mailmap of the revision says; the key of a file changes with whatever could change who wrote its
 * lines, and with nothing else, so that a kept answer is the answer. Must never: believe a cache about what it can see.
 */
import { hash } from 'node:crypto';
import { git, splitter, stream } from './git.ts';

export interface Author {
  readonly name: string;
  readonly address: string;
}

export interface Ignored {
  readonly commit: string;
  readonly why: 'bulk_rename' | 'ignore_revs';
}

export interface History {
  readonly commits: number;
  readonly authors: ReadonlyMap<string, Author>;
  readonly ignored: readonly Ignored[];
  /** For a file that is in the tree: all that its lines' authorship depends on. */
  readonly keyOf: (path: string, blob: string) => string;
}

/** What was found out about a commit once is true for ever; `bulk` and `known` are kept between runs. */
export interface BulkMemory {
  get(commit: string): boolean | undefined;
  set(commit: string, bulk: boolean): void;
}

interface Touched {
  chain: string;
  /** Where in the walk it was touched last. */
  readonly newest: number;
}

/** Raise it when blame is asked otherwise: what was kept is then asked anew. */
const METHOD = 'blame -M -C 1';

export async function walk(
  at: readonly string[],
  commit: string,
  tree: ReadonlySet<string>,
  { bulkFiles, memory }: { readonly bulkFiles: number; readonly memory: BulkMemory },
): Promise<History> {
  const order: string[] = [];
  const authors = new Map<string, Author>();
  const wide: string[] = [];
  const touches: [path: string, index: number][] = [];
  await readLog(at, commit, {
    commit: (id, author) => {
      order.push(id);
      authors.set(id, author);
    },
    touched: (path) => void (tree.has(path) && touches.push([path, order.length - 1])),
    changed: (files, rewritten) => {
      if (files >= bulkFiles && rewritten) wide.push(order.at(-1) ?? '');
    },
  });
  const ignored = await findIgnored(at, commit, { order, wide, bulkFiles, memory });
  const marks = new Set(ignored.map((each) => each.commit));
  const touched = new Map<string, Touched>();
  for (const [path, index] of touches) {
    const id = order[index] ?? '';
    const known = touched.get(path);
    const chain = digest(`${known?.chain ?? ''}${id}${marks.has(id) ? '!' : ''}`);
    if (known) known.chain = chain;
    else touched.set(path, { chain, newest: index });
  }
  const older = ignoredFrom(order, marks);
  return {
    commits: order.length,
    authors,
    ignored,
    keyOf: (path, blob) => {
      const { chain, newest } = touched.get(path) ?? { chain: '', newest: 0 };
      return digest([METHOD, path, blob, chain, older(newest)].join('\n'));
    },
  };
}

const digest = (text: string): string => hash('sha256', text, 'base64url');

interface LogReader {
  commit(id: string, author: Author): void;
  touched(path: string): void;
  /** After the files of a commit. `rewritten`: it changed or moved some; it is no mere import. */
  changed(files: number, rewritten: boolean): void;
}

/** Newest first. Of a merge only what differs from all its parents counts as touched. */
async function readLog(at: readonly string[], commit: string, reader: LogReader): Promise<void> {
  let files = 0;
  let rewritten = false;
  let raw = false;
  const finish = () => {
    if (files > 0) reader.changed(files, rewritten);
    files = 0;
    rewritten = false;
  };
  const entry = splitter((token) => {
    if (raw) {
      raw = false;
      reader.touched(token);
      return;
    }
    const text = token.startsWith('\n') ? token.slice(1) : token;
    if (text.startsWith(':')) {
      raw = true;
      files += 1;
      rewritten ||= !text.endsWith('A');
      return;
    }
    const [id = '', address = '', name = ''] = text.split('\x1f');
    if (id === '') return;
    finish();
    reader.commit(id, { address, name });
  });
  const format = '--format=%H%x1f%aE%x1f%aN';
  const shape = ['--raw', '-z', '-c', '--root', '--no-renames', '--no-abbrev', '--no-notes', '--no-show-signature'];
  await stream([...at, '-c', `mailmap.blob=${commit}:.mailmap`], ['log', ...shape, format, commit], entry);
  finish();
}

interface Candidates {
  readonly order: readonly string[];
  readonly wide: readonly string[];
  readonly bulkFiles: number;
  readonly memory: BulkMemory;
}

async function findIgnored(at: readonly string[], commit: string, given: Candidates): Promise<Ignored[]> {
  const { order, wide, bulkFiles, memory } = given;
  const there = new Set(order);
  const ignored = new Map<string, Ignored>();
  for (const id of await readIgnoreRevs(at, commit)) {
    if (there.has(id)) ignored.set(id, { commit: id, why: 'ignore_revs' });
  }
  for (const id of wide) {
    const bulk = memory.get(id) ?? (await isBulkRename(at, id, bulkFiles));
    memory.set(id, bulk);
    if (bulk && !ignored.has(id)) ignored.set(id, { commit: id, why: 'bulk_rename' });
  }
  return [...ignored.values()];
}

async function readIgnoreRevs(at: readonly string[], commit: string): Promise<string[]> {
  const text = await git(at, ['cat-file', 'blob', `${commit}:.git-blame-ignore-revs`], { alsoFine: [128] });
  return text.split('\n').flatMap((line) => /^\s*([0-9a-f]{40,64})\b/.exec(line)?.[1] ?? []);
}

/** Nine files in ten have as many lines added as taken away: moved, or a name replaced throughout. */
const EVEN_PERCENT = 90;

async function isBulkRename(at: readonly string[], commit: string, bulkFiles: number): Promise<boolean> {
  const stats = await git(at, ['diff-tree', '-r', '--numstat', '-M', '--root', '--no-commit-id', commit]);
  const files = stats.split('\n').flatMap((line) => {
    const [, added, taken] = /^(\d+|-)\t(\d+|-)\t/.exec(line) ?? [];
    return added === undefined ? [] : [added === taken];
  });
  const even = files.filter(Boolean).length;
  return files.length >= bulkFiles && even * 100 >= files.length * EVEN_PERCENT;
}

/** A hash of the ignored commits at `index` of the walk and behind it: those that a file touched there may come to. */
function ignoredFrom(order: readonly string[], marks: ReadonlySet<string>): (index: number) => string {
  const at: number[] = [];
  const hashes: string[] = [];
  for (let index = order.length - 1; index >= 0; index--) {
    const id = order[index] ?? '';
    if (!marks.has(id)) continue;
    at.push(index);
    hashes.push(digest(`${hashes.at(-1) ?? ''}${id}`));
  }
  return (index) => hashes[at.findLastIndex((each) => each >= index)] ?? '';
}
