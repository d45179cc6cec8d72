/**
 * What git blame said of a file, kept in DATA_DIR by all that it depends on; and which commits were bulk renames.
 * Promises: a run that was broken off has kept what it had; a line that is torn or foreign is passed over. Must never:
 * be needed: without it the same comes out, later.
 */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Blame } from './blame.ts';
import type { BulkMemory } from './walk.ts';

export interface BlameCache {
  get(key: string): Blame | undefined;
  put(key: string, blame: Blame): void;
  readonly bulk: BulkMemory;
  /** Writes what is new, and drops what has not been asked for when that is most of it. */
  close(): void;
}

/** Written so many at a time. */
const WAITING_MAX = 200;
/** Kept beside what was asked for: the last releases may be asked again. */
const UNUSED_FACTOR = 4;

/** A line: `<key> <commit> <lines> <commit> <lines> …`, or `bulk <commit>:<files> <0|1>`. */
export function openCache(file: string, bulkFiles: number): BlameCache {
  const entries = readEntries(file);
  const used = new Set<string>();
  let waiting: string[] = [];
  const flush = () => {
    if (waiting.length === 0) return;
    mkdirSync(path.dirname(file), { recursive: true });
    appendFileSync(file, waiting.join(''));
    waiting = [];
  };
  const keep = (key: string, text: string) => {
    entries.set(key, text);
    waiting.push(`${key} ${text}\n`);
    if (waiting.length >= WAITING_MAX) flush();
  };
  const read = (key: string) => {
    used.add(key);
    return entries.get(key);
  };
  const bulkKey = (commit: string) => `bulk:${commit}:${bulkFiles}`;
  return {
    get: (key) => parse(read(key)),
    put: (key, blame) => keep(key, Array.from(blame, ([commit, lines]) => `${commit} ${lines}`).join(' ')),
    bulk: {
      get: (commit) => {
        const text = read(bulkKey(commit));
        return text === undefined ? undefined : text === '1';
      },
      set: (commit, bulk) => {
        if (entries.get(bulkKey(commit)) !== (bulk ? '1' : '0')) keep(bulkKey(commit), bulk ? '1' : '0');
      },
    },
    close: () => {
      flush();
      if (entries.size > used.size * UNUSED_FACTOR) rewrite(file, entries, used);
    },
  };
}

function readEntries(file: string): Map<string, string> {
  const entries = new Map<string, string>();
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  for (const line of text.split('\n')) {
    const at = line.indexOf(' ');
    if (at > 0) entries.set(line.slice(0, at), line.slice(at + 1));
  }
  return entries;
}

function parse(text: string | undefined): Blame | undefined {
  if (text === undefined || !/^([0-9a-f]{40,64} \d+( |$))+$/.test(text)) return undefined;
  const blame = new Map<string, number>();
  const parts = text.split(' ');
  for (let at = 0; at + 1 < parts.length; at += 2) blame.set(parts[at] ?? '', Number(parts[at + 1]));
  return blame;
}

function rewrite(file: string, entries: ReadonlyMap<string, string>, used: ReadonlySet<string>): void {
  const kept = [...entries].filter(([key]) => used.has(key)).map(([key, text]) => `${key} ${text}\n`);
  writeFileSync(`${file}.new`, kept.join(''));
  renameSync(`${file}.new`, file);
}
