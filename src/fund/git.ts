/**
 * The way to git: one command at a time, as a process of its own.
 * Promises: no configuration of whoever runs the service changes a result; a failure is git's own first sentence. Must
 * never: use a shell, the network or a prompt.
 */
import { type ChildProcess, spawn } from 'node:child_process';

export class GitFailed extends Error {
  override name = 'GitFailed';
  readonly status: number | null;

  constructor(command: string, status: number | null, said: string) {
    super(`git ${command}: ${said === '' ? `ended with ${status}` : said}`);
    this.status = status;
  }
}

export interface GitOptions {
  readonly input?: string;
  /** Exit codes that are an answer, not a failure. */
  readonly alsoFine?: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

const OURS = [
  '--no-pager',
  '--no-replace-objects',
  ...[
    'core.quotePath=false',
    'core.attributesFile=',
    'mailmap.file=',
    'blame.ignoreRevsFile=',
    'diff.renames=false',
  ].flatMap((each) => ['-c', each]),
];

/** Enough for the sentence that says what was wrong. */
const STDERR_CHARS_MAX = 2000;

/** `at` says which repository: `-C <folder>` or `--git-dir=<folder>`. */
export async function git(at: readonly string[], args: readonly string[], options: GitOptions = {}): Promise<string> {
  const chunks: Buffer[] = [];
  await stream(at, args, (chunk) => void chunks.push(chunk), options);
  return Buffer.concat(chunks).toString('utf8');
}

/** The same, piece by piece, for what would be much at once. */
export async function stream(
  at: readonly string[],
  args: readonly string[],
  onChunk: (chunk: Buffer) => void,
  { input, alsoFine = [], signal }: GitOptions = {},
): Promise<void> {
  const child = spawn('git', [...OURS, ...at, ...args], {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    signal,
  });
  const stderr = collect(child);
  child.stdout?.on('data', onChunk);
  // git may have read enough, or failed, before it has read all.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (status === 0 || (status !== null && alsoFine.includes(status))) return;
  const [said = ''] = stderr()
    .split('\n')
    .filter((line) => /^(fatal|error):/.test(line));
  throw new GitFailed(args[0] ?? '', status, said.replace(/^(fatal|error): /, ''));
}

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (chunk: string) => {
    if (text.length < STDERR_CHARS_MAX) text += chunk;
  });
  return () => text;
}

/** What lies between NUL bytes, one after another, from output that comes in pieces. */
export function splitter(onToken: (token: string) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const all = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let from = 0;
    for (let end = all.indexOf(0); end >= 0; end = all.indexOf(0, from)) {
      onToken(all.toString('utf8', from, end));
      from = end + 1;
    }
    rest = all.subarray(from);
  };
}

/** Runs `work` on each, so many at a time; the first failure ends it. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
}
