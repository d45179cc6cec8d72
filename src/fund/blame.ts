/**
 * Whose lines a file has at a commit: `git blame`, in as many processes at once as there are processors.
 * Promises: moved and copied lines stay whose they were; the lines of a file add up to its length, or the run stops.
 * Must never: trust a kept answer that does not add up.
 */
import type { BlameCache } from './cache.ts';
import { FundFault } from './fault.ts';
import { inParallel, stream } from './git.ts';

/** Commit → how many lines of the file are its. */
export type Blame = ReadonlyMap<string, number>;

export interface Wanted {
  readonly path: string;
  readonly lines: number;
  readonly key: string;
}

export interface BlameOptions {
  readonly at: readonly string[];
  readonly commit: string;
  /** A file that lists commits to look through. */
  readonly ignoreFile: string;
  readonly cache: BlameCache;
  readonly atOnce: number;
  readonly onDone: () => void;
}

/** Calls `take` for each file, in no order. */
export async function blameAll(
  wanted: readonly Wanted[],
  options: BlameOptions,
  take: (file: Wanted, blame: Blame) => void,
): Promise<void> {
  const { cache, atOnce, onDone } = options;
  const unknown: Wanted[] = [];
  for (const file of wanted) {
    const kept = cache.get(file.key);
    if (!kept || total(kept) !== file.lines) {
      unknown.push(file);
      continue;
    }
    take(file, kept);
    onDone();
  }
  // The longest first: at the end no processor waits for one that began late with much.
  const order = unknown.toSorted((a, b) => b.lines - a.lines);
  await inParallel(order, atOnce, async (file) => {
    const blame = await blameFile(file, options);
    if (total(blame) !== file.lines)
      throw new FundFault(`${file.path}: git blame tells of ${total(blame)} lines, and it has ${file.lines}`);
    cache.put(file.key, blame);
    take(file, blame);
    onDone();
  });
}

async function blameFile({ path }: Wanted, { at, commit, ignoreFile }: BlameOptions): Promise<Blame> {
  const reader = blameReader();
  const args = ['blame', '--incremental', '-M', '-C', `--ignore-revs-file=${ignoreFile}`, commit, '--', path];
  await stream(at, args, reader.chunk);
  return reader.end();
}

/** Of `--incremental` only the lines `<commit> <from> <to> <count>` are looked at; no other begins like them. */
export function blameReader(): { chunk(chunk: Buffer): void; end(): Blame } {
  const blame = new Map<string, number>();
  let rest = '';
  const read = (text: string) => {
    for (const [, commit = '', count] of text.matchAll(/^([0-9a-f]{40,64}) \d+ \d+ (\d+)$/gm))
      blame.set(commit, (blame.get(commit) ?? 0) + Number(count));
  };
  return {
    chunk: (chunk) => {
      const text = rest + chunk.toString('latin1');
      const end = text.lastIndexOf('\n') + 1;
      read(text.slice(0, end));
      rest = text.slice(end);
    },
    end: () => {
      read(rest);
      return blame;
    },
  };
}

function total(blame: Blame): number {
  let lines = 0;
  for (const count of blame.values()) lines += count;
  return lines;
}
