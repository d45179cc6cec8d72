/**
 * The figures as a plain table, with what each means.
 * Promises: a figure that was not measured is left out, never guessed.
 */
import Table from 'cli-table3';
import type { LoadResult } from './load.ts';
import type { Run } from './runs.ts';
import type { Waiting } from './situations.ts';
import type { Usage } from './usage.ts';

export interface Figures {
  readonly plusone: readonly Run[];
  /** The plain handler; and with its statements prepared. */
  readonly plain: readonly Run[];
  readonly prepared: readonly Run[];
  readonly half?: LoadResult & { readonly perSecond: number };
  readonly waiting?: Waiting & { readonly count: number };
  readonly preloaded?: Run & {
    readonly gigabytes: number;
    readonly me: LoadResult;
    readonly rewards: number;
    readonly members: number;
  };
  readonly usage?: Usage;
  readonly ready?: { readonly firstMs: number; readonly againMs: number };
}

type Row = readonly [name: string, plusone: string, plain: string, prepared: string, means: string];

const MEANS_WIDTH = 62;

export function report(figures: Figures): string {
  const table = new Table({
    head: ['', 'Plusone', 'plain handler', 'the same, prepared', 'means'],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [null, null, null, null, MEANS_WIDTH],
  });
  for (const row of rowsOf(figures)) table.push([...row]);
  return table.toString();
}

function rowsOf(figures: Figures): Row[] {
  return [...contest(figures), ...situations(figures)];
}

/** The contenders side by side. */
function contest({ plusone, plain, prepared }: Figures): Row[] {
  const [ours, theirs, best] = [middle(plusone), middle(plain), middle(prepared)];
  if (!ours || !theirs || !best) return [];
  const row = (name: string, of: (run: Run) => string, means: string): Row => [
    name,
    of(ours),
    of(theirs),
    of(best),
    means,
  ];
  const each = (runs: readonly Run[]) => runs.map((run) => count(run.perSecond)).join(' ');
  const ratio = (run: Run) => `${(ours.perSecond / run.perSecond).toFixed(2)} x`;
  const ratios = (runs: readonly Run[]) =>
    runs.map((run, round) => ((plusone[round]?.perSecond ?? 0) / run.perSecond).toFixed(2)).join(' ');
  return [
    row(
      'webhooks/s',
      (run) => count(run.perSecond),
      `credited end to end: first byte sent to last reward in the database; ${runsText(plusone)}`,
    ),
    ['each run', each(plusone), each(plain), each(prepared), 'in the order they ran, by turns'],
    ['Plusone is', '', ratio(theirs), ratio(best), 'as fast, of the medians'],
    [
      'in each round',
      '',
      ratios(plain),
      ratios(prepared),
      'against what ran next to it, should the machine change its pace',
    ],
    row('answer p50 / p99', (run) => times(run.load), 'at full rate, 64 connections each with one request under way'),
    row('peak RSS', (run) => mebibytes(run.peakRssMiB), 'the most memory the Node process ever held in that run'),
    row(
      'generator',
      (run) => `${(run.load.cpu * 100).toFixed(0)} %`,
      'of one core, used by the load generator on the same machine',
    ),
  ];
}

function situations({ plusone, half, waiting, preloaded, usage, ready }: Figures): Row[] {
  const ours = middle(plusone);
  const rows: Row[] = [];
  if (half)
    rows.push([
      'p50 / p99 at half',
      times(half),
      '',
      '',
      `open loop at ${count(half.perSecond)}/s: time from when a request was due, not from when it could be sent`,
    ]);
  if (waiting) {
    rows.push([
      'RSS, web',
      mebibytes(waiting.webMiB),
      '',
      '',
      `npm run web, having taken ${count(waiting.count)} events that wait for a worker`,
    ]);
    rows.push([
      'RSS, worker',
      mebibytes(waiting.workerMiB),
      '',
      '',
      `npm run worker, started then, at its most while it folds them (${count(waiting.drainedPerSecond)}/s, its start included)`,
    ]);
  }
  if (preloaded) {
    const relative = ours ? `, ${((preloaded.perSecond / ours.perSecond) * 100).toFixed(0)} %` : '';
    rows.push([
      'with a history',
      `${count(preloaded.perSecond)}${relative}`,
      '',
      '',
      `webhooks/s with ${count(preloaded.rewards)} rewards and ${count(preloaded.members)} members there before (${preloaded.gigabytes.toFixed(1)} GB), and of the empty database's`,
    ]);
  }
  if (preloaded)
    rows.push([
      'GET /me p50 / p99',
      times(preloaded.me),
      '',
      '',
      `of the member who referred five ninths of them, on that database, 4 connections`,
    ]);
  if (usage)
    rows.push([
      'usage events/s',
      count(usage.perSecond),
      '',
      '',
      `told in batches of 1,000 by POST /events, ${count(usage.events)} in all, to the end of their folding (peak RSS ${mebibytes(usage.peakRssMiB)})`,
    ]);
  if (ready)
    rows.push([
      'time to ready',
      `${seconds(ready.againMs)}`,
      '',
      '',
      `npm start once installed; ${seconds(ready.firstMs)} the first time, when it makes its database`,
    ]);
  return rows;
}

/** The run with the median rate. */
export function middle(runs: readonly Run[]): Run | undefined {
  return [...runs].sort((a, b) => a.perSecond - b.perSecond)[Math.floor((runs.length - 1) / 2)];
}

function runsText(runs: readonly Run[]): string {
  return runs.length === 1 ? 'one run' : `median of ${runs.length} runs`;
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const times = ({ p50Ms, p99Ms }: LoadResult): string => `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)} ms`;
const mebibytes = (value: number | undefined): string =>
  value === undefined ? 'not told here' : `${value.toFixed(0)} MiB`;
