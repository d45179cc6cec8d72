// `npm run bench`: Plusone against the handler one would write instead, on one machine, load generator and PostgreSQL
// included. `--quick`: fewer events, one run, no history. `--only <name>`: one measurement (throughput, half, waiting,
// preloaded, usage, ready; fund and pages: only when they are named). Ends with 1 when a contender lost or doubled an
// event, and always ends what it started.
import { parseArgs } from 'node:util';
import { readEnv } from '../src/config/env.ts';
import { endAll } from './bench/child.ts';
import { type Server, startServer } from './bench/database.ts';
import { attributionRate, fundLines } from './bench/fund.ts';
import { startGenerator } from './bench/generators.ts';
import { loadLine, machineLines } from './bench/machine.ts';
import { pageFigures, pageLines } from './bench/pages.ts';
import { plainHandler } from './bench/plain.ts';
import { plusone } from './bench/plusone.ts';
import { PRELOAD } from './bench/preload.ts';
import { type Figures, middle, report } from './bench/report.ts';
import { type Bench, fixedRate, fullRate, type Run } from './bench/runs.ts';
import { preloadedRate, timeToReady, waitingEvents } from './bench/situations.ts';
import { usageRate } from './bench/usage.ts';

const MEASUREMENTS = ['throughput', 'half', 'waiting', 'preloaded', 'usage', 'ready', 'fund', 'pages'] as const;
type Measurement = (typeof MEASUREMENTS)[number];

const FULL = {
  events: 40_000,
  warmUp: 20_000,
  runs: 3,
  waiting: 50_000,
  halfSeconds: 15,
  usage: 400,
  preload: PRELOAD,
};
const QUICK = { events: 2_000, warmUp: 300, runs: 1, waiting: 2_000, halfSeconds: 3, usage: 40, preload: undefined };
type Plan = Omit<typeof FULL, 'preload'> & { preload: typeof PRELOAD | undefined };

const FUND = { files: 5_000, commits: 20_000 };
const QUICK_FUND = { files: 100, commits: 400 };

const PAGES = { ...PRELOAD, looks: 300, every: 1 };
const QUICK_PAGES = { rewards: 2_000, members: 300, looks: 3, every: 10 };

/** Nothing here takes this long; something hangs. */
const MINUTES_MAX = 45;

const { quick, only } = options();
const env = readEnv();
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const print = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);
let server: Server | undefined;
let ending = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(130));
process.on('uncaughtException', (error) => void fail(error));
setTimeout(() => void fail(new Error(`not done after ${MINUTES_MAX} minutes`)), MINUTES_MAX * 60_000).unref();
await main().then(end, fail);

function options(): { quick: boolean; only: Measurement | undefined } {
  try {
    const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } } });
    const named = MEASUREMENTS.find((name) => name === values.only);
    if (values.only !== undefined && !named) throw new Error(`--only takes one of ${MEASUREMENTS.join(', ')}`);
    return { quick: values.quick, only: named };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
}

/** Neither webhooks nor a database: repositories. */
async function measureFund(machine: Bench['machine']): Promise<number> {
  print([`npm run bench --${quick ? ' --quick' : ''} --only fund`, loadLine()]);
  const problems: string[] = [];
  const figures = await attributionRate({ size: quick ? QUICK_FUND : FUND, own: !quick, machine, say, problems });
  print([...fundLines(figures), ...problems.map((problem) => `WRONG  ${problem}`)]);
  return problems.length === 0 ? 0 : 1;
}

/** Of a service that has credited until today; no webhook comes meanwhile. */
async function measurePages(given: Server, machine: Bench['machine']): Promise<number> {
  const { looks, every, ...size } = quick ? QUICK_PAGES : PAGES;
  const problems: string[] = [];
  const bench = { server: given, machine, say, problems };
  const figures = await pageFigures(bench, { ...size, until: new Date() }, { looks, every });
  print([
    `${size.rewards.toLocaleString('en-US')} rewards and ${size.members.toLocaleString('en-US')} members in the database; ${looks} looks at each page, one after another`,
    ...pageLines(figures),
    ...problems.map((problem) => `WRONG  ${problem}`),
  ]);
  return problems.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const machine = { PATH: env.raw.PATH, HOME: env.raw.HOME, LANG: env.raw.LANG };
  if (only === 'fund') return await measureFund(machine);
  server = await startServer(env.dataDir);
  const plan: Plan = quick ? QUICK : FULL;
  const lines = [
    `npm run bench${quick || only ? ' --' : ''}${quick ? ' --quick' : ''}${only ? ` --only ${only}` : ''}`,
    ...machineLines(await server.settings()),
    loadLine(),
  ];
  print(lines);
  if (only === 'pages') return await measurePages(server, machine);
  const generator = startGenerator(server.folder, machine);
  const bench: Bench = { server, generator, machine, size: plan, say, problems: [] };
  const figures = await measure(bench, plan);
  await generator.stop();
  const { bodyBytes } = figures.plusone[0] ?? {};
  const posted = `${plan.events} distinct Stripe-signed checkout sessions${bodyBytes ? ` of ${bodyBytes} bytes` : ''} a run, after ${plan.warmUp} to warm up`;
  print([posted, report(figures), ...bench.problems.map((problem) => `WRONG  ${problem}`)]);
  if (bench.problems.length === 0)
    print(['Every event that was answered with 200 was credited or held once, and every ledger is in balance.']);
  return bench.problems.length === 0 ? 0 : 1;
}

async function measure(bench: Bench, plan: Plan): Promise<Figures> {
  const wanted = (name: Measurement) => only === undefined || only === name;
  const ours = plusone(bench.server, bench.machine);
  const contenders = {
    plusone: ours,
    plain: plainHandler(bench.server, bench.machine, { prepared: false }),
    prepared: plainHandler(bench.server, bench.machine, { prepared: true }),
  };
  const rates: Record<keyof typeof contenders, Run[]> = { plusone: [], plain: [], prepared: [] };
  // Without runs of all there is nothing to compare with, but half of a rate needs one.
  const runs = wanted('throughput') ? plan.runs : wanted('half') ? 1 : 0;
  // A new server touches its memory for the first time, which whoever comes first would pay for (ours: a tenth), and
  // stops each commit while it fills a new log segment with zeros. One run that is not counted, so that no contender does.
  if (!quick && runs > 0) await fullRate(bench, ours, 'new');
  for (let run = 1; run <= runs; run++) {
    for (const name of ['plusone', 'plain', 'prepared'] as const) {
      if (name !== 'plusone' && !wanted('throughput')) continue;
      const result = await fullRate(bench, contenders[name], `${name}${run}`);
      bench.say(`${contenders[name].name}, run ${run}: ${Math.round(result.perSecond)} webhooks/s`);
      rates[name].push(result);
    }
  }
  const top = middle(rates.plusone)?.perSecond ?? 0;
  const half = wanted('half') && { perSecond: top / 2, ...(await fixedRate(bench, ours, top / 2, plan.halfSeconds)) };
  const waiting = wanted('waiting') && { count: plan.waiting, ...(await waitingEvents(bench, plan.waiting)) };
  const preloaded = wanted('preloaded') &&
    plan.preload && { ...plan.preload, ...(await preloadedRate(bench, plan.preload)) };
  const usage = wanted('usage') && (await usageRate(bench, plan.usage));
  const ready = wanted('ready') && (await timeToReady(bench));
  return {
    ...rates,
    half: half || undefined,
    waiting: waiting || undefined,
    preloaded: preloaded || undefined,
    usage: usage || undefined,
    ready: ready || undefined,
  };
}

function fail(error: unknown): Promise<void> {
  say(ending ? '' : error instanceof Error ? (error.stack ?? error.message) : String(error));
  return end(1);
}

async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  endAll();
  await server?.stop().catch((error: Error) => say(error.message));
  process.exit(code);
}
