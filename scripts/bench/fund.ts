/**
 * How long the fund takes to find out whose lines a release has: cold, with what it kept, and on this project itself.
 * Promises: memory is that of the process and of every git that it runs at the time, added up. Must never: count the
 * making of the repository.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Child, startChild } from './child.ts';
import type { Attributed } from './fund-run.ts';
import { type HistorySize, makeHistory } from './history.ts';

export interface FundFigure extends Attributed {
  readonly what: string;
  readonly peakMiB: number;
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const LOOK_MS = 50;

export interface FundBench {
  readonly size: HistorySize;
  /** Also this project's own repository. */
  readonly own: boolean;
  readonly machine: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
  readonly problems: string[];
}

export async function attributionRate({ size, own, machine, say, problems }: FundBench): Promise<FundFigure[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'plusone-bench-fund-'));
  try {
    const generated = path.join(folder, 'repository');
    const start = performance.now();
    const lines = await makeHistory(generated, path.join(ROOT, 'node_modules'), size);
    say(`made ${size.files} files in ${size.commits} commits in ${Math.round((performance.now() - start) / 1000)} s`);
    const figures: FundFigure[] = [];
    const repositories = [
      { what: 'generated history', repository: generated },
      // A copy without its history has nothing to tell.
      ...(own && existsSync(path.join(ROOT, '.git')) ? [{ what: 'this project', repository: ROOT }] : []),
    ];
    for (const { what, repository } of repositories) {
      for (const how of ['cold', 'warm']) {
        const figure = await measure(`${what}, ${how}`, repository, path.join(folder, what), machine);
        say(`${figure.what}: ${figure.seconds.toFixed(1)} s, ${Math.round(figure.peakMiB)} MiB`);
        figures.push(figure);
      }
    }
    const [cold, warm, ...others] = figures;
    if (cold?.lines !== lines) problems.push(`${cold?.lines} lines of ${lines} were attributed`);
    for (const [a, b] of [[cold, warm], others]) {
      if (a?.lines !== b?.lines) problems.push(`${a?.what} and ${b?.what} tell of other lines`);
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(
  what: string,
  repository: string,
  folder: string,
  environment: FundBench['machine'],
): Promise<FundFigure> {
  const logFile = `${folder}.log`;
  const child = startChild({ command: ['scripts/bench/fund-run.ts', repository, folder], environment, logFile });
  const memory = watch(child);
  const told = new Promise<Attributed | undefined>((resolve) => {
    child.process.once('message', (message) => resolve(message as Attributed));
    child.process.once('exit', () => resolve(undefined));
  });
  const attributed = await told;
  const peakMiB = memory.stop();
  await child.stop();
  if (!attributed) throw new Error(`${what} ended early: ${readFileSync(logFile, 'utf8').slice(-2_000)}`);
  return { what, peakMiB, ...attributed };
}

/** The process and all that it has started, looked at twenty times a second. */
function watch(child: Child): { stop(): number } {
  let peak = 0;
  const look = () => {
    const parents = processes();
    const own = new Set([child.pid]);
    // A child's number may be smaller than its parent's, but its parent is there: twice is enough for git's own children.
    for (let round = 0; round < 2; round++) for (const { pid, parent } of parents) if (own.has(parent)) own.add(pid);
    peak = Math.max(
      peak,
      parents.reduce((sum, { pid, rssMiB }) => (own.has(pid) ? sum + rssMiB : sum), 0),
    );
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return Math.max(peak, child.peakRssMiB() ?? 0);
    },
  };
}

function processes(): { pid: number; parent: number; rssMiB: number }[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const text = readFileSync(`/proc/${name}/status`, 'utf8');
      const field = (of: string) => Number(new RegExp(`^${of}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
      return [{ pid: Number(name), parent: field('PPid'), rssMiB: field('VmRSS') / 1024 }];
    } catch {
      return [];
    }
  });
}

export function fundLines(figures: readonly FundFigure[]): string[] {
  return figures.map(
    ({ what, seconds, peakMiB, files, commits, lines, authors }) =>
      `Open Source Fund, ${what}: ${seconds.toFixed(1)} s for ${count(files)} files, ${count(commits)} commits, ${count(lines)} lines of ${authors} authors; peak memory with git ${Math.round(peakMiB)} MiB`,
  );
}

const count = (value: number): string => value.toLocaleString('en-US');
