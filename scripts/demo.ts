// `npm run demo`: a month of signed webhooks for the program Claudexia, played through the front door of a service like
// that of `npm start`, on a database of its own and under the test clock; the service stays up for whoever wants to look.
// `--seed <n>` plays another month, `--exit` ends after it (1 when the ledger is out of balance).
import { parseArgs } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';
import { ConfigError, type Env, readEnv } from '../src/config/env.ts';
import { startEmbedded } from '../src/db/embedded.ts';
import { type Running, serve } from '../src/serve.ts';
import type { Step } from './demo/cast.ts';
import { monthOf } from './demo/month.ts';
import { play } from './demo/play.ts';
import { type Front, PROGRAM } from './demo/send.ts';
import { type BillingSink, startBillingSink } from './demo/sink.ts';
import { summarise } from './demo/summary.ts';

const DATABASE = 'plusone_demo';
const SEED = 20_260_501;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
let running: Running | undefined;
let sink: BillingSink | undefined;
let ending: Promise<never> | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));
try {
  await main();
} catch (error) {
  if (!ending) {
    process.stderr.write(
      `${error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
    );
    await end(1);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { exit: { type: 'boolean', default: false }, seed: { type: 'string', default: String(SEED) } },
  });
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new ConfigError('--seed takes a whole number');
  const own = readEnv();
  await dropLastMonth(own);
  sink = await startBillingSink();
  running = await serve({ env: demoEnv(own, sink.url), role: 'all', database: DATABASE });
  const front = await frontOf(running, sink);
  const steps = monthOf(seed);
  say(
    `Playing a month of Claudexia (seed ${seed}): ${steps.length} steps, from signups to a billing system that goes away.`,
  );
  const seconds = await playWithBar(front, sink, steps);
  say(`Played in ${seconds.toFixed(1)} s.\n`);
  const { file } = running.service.adminToken;
  const { lines, ok } = await summarise(front, sink, file);
  for (const line of lines) say(line);
  if (values.exit) await end(ok ? 0 : 1);
  say(`\nIt is still up: ${front.url} (Ctrl-C ends it). The clock stands at ${steps.at(-1)?.at.toISOString()}.`);
}

/** A second month cannot be played over the first: the clock does not go back. */
async function dropLastMonth({ dataDir }: Env): Promise<void> {
  const embedded = await startEmbedded(dataDir, { log: say });
  await embedded.dropDatabase(DATABASE).finally(() => embedded.stop());
}

/** As `npm start` has it, with what a demo needs: its own database, a clock to set, and billing on this machine. */
function demoEnv({ raw }: Env, billingUrl: string): Env {
  return readEnv({
    ...raw,
    DATABASE_URL: '',
    DATABASE_DIRECT_URL: '',
    PROGRAMS_DIR: '',
    TEST_CLOCK: '1',
    EGRESS_ALLOW: '127.0.0.0/8',
    HOST: raw.HOST || '127.0.0.1',
    LOG_LEVEL: raw.LOG_LEVEL || 'error',
    CLAUDEXIA_BILLING_URL: billingUrl,
  });
}

async function frontOf({ service, url }: Running, billing: BillingSink): Promise<Front> {
  const loaded = service.programs.find(({ program }) => program.program === PROGRAM);
  if (loaded?.program.sink.kind !== 'webhook') throw new Error('bug: the demo plays a program with a webhook sink');
  await billing.useSecret(loaded.program.sink.secrets[0] ?? '');
  return { url, adminToken: service.adminToken.token, sources: loaded.program.sources };
}

async function playWithBar(front: Front, billing: BillingSink, steps: readonly Step[]): Promise<number> {
  const start = performance.now();
  const bar = process.stdout.isTTY
    ? new SingleBar({ format: '{bar} {percentage}% | {day} | {value}/{total}' }, Presets.shades_classic)
    : undefined;
  bar?.start(steps.length, 0, { day: '' });
  try {
    await play(front, billing, steps, (step) => bar?.increment({ day: step.at.toISOString().slice(0, 10) }));
  } finally {
    bar?.stop();
  }
  return (performance.now() - start) / 1000;
}

function end(code: number): Promise<never> {
  ending ??= (async () => {
    await running?.stop().catch((error: Error) => process.stderr.write(`${error.message}\n`));
    sink?.stop();
    process.exit(code);
  })();
  return ending;
}
