// `npm run demo`: a month of signed webhooks for the four example programs, played through the front door of a service
// like that of `npm start`, in a place of its own and under the test clock; the service stays up for whoever wants to
// look. `--seed <n>` plays another month, `--exit` ends after it (1 when a ledger is out of balance).
import { parseArgs } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';
import { ConfigError, readEnv } from '../src/config/env.ts';
import { type Running, serve } from '../src/serve.ts';
import { admin, type Door, type Front } from './demo/front.ts';
import { monthOf, type Turn } from './demo/month.ts';
import { clearLastMonth, DATABASE, demoEnv } from './demo/place.ts';
import { play } from './demo/play.ts';
import { type BillingSink, startBillingSink } from './demo/sink.ts';
import { PROGRAMS, type ProgramName } from './demo/step.ts';
import { summarise } from './demo/summary.ts';

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
  sink = await startBillingSink();
  const env = await demoEnv(own, sink.url);
  if (env.port !== own.port) say(`Port ${own.port} is in use; the demo listens on ${env.port}.`);
  await clearLastMonth(env, say);
  running = await serve({ env, role: 'all', database: DATABASE });
  const front = await frontOf(running, sink);
  const { turns, tours } = monthOf(seed);
  say(
    `Playing a month of ${PROGRAMS.length} programs (seed ${seed}): ${turns.length} steps, from signups to a billing system that goes away.`,
  );
  const seconds = await playWithBar(front, sink, turns);
  say(`Played in ${seconds.toFixed(1)} s.\n`);
  const stage = { front, sink, dataDir: env.dataDir, adminTokenFile: running.service.adminToken.file };
  const { lines, ok } = await summarise(stage, tours);
  for (const line of lines) say(line);
  if (values.exit) await end(ok ? 0 : 1);
  say(
    `\nIt is still up, its console at ${front.url}/admin (Ctrl-C ends it). The clock stands at ${turns.at(-1)?.at.toISOString()}.`,
  );
}

async function frontOf({ service, url }: Running, billing: BillingSink): Promise<Front> {
  const adminToken = service.adminToken.token;
  const doors = {} as Record<ProgramName, Door>;
  for (const name of PROGRAMS) {
    const loaded = service.programs.byName(name);
    if (!loaded) throw new Error(`bug: there is no program ${name}`);
    const { sources, auth, sink: out } = loaded.program;
    if (out.kind === 'webhook') await billing.useSecret(out.secrets[0] ?? '');
    const scopes = ['events:write', 'credits:write', 'members:read', 'members:write'];
    const made = { name: 'the demo', scopes };
    const { key } = await admin<{ key: string }>({ url, adminToken }, 'POST', `/programs/${name}/keys`, made);
    const jwtSecret = auth.jwt?.kind === 'secret' ? auth.jwt.secret : undefined;
    doors[name] = { sources, serverKey: key, jwtSecret };
  }
  return { url, adminToken, programs: doors, registered: new Map() };
}

async function playWithBar(front: Front, billing: BillingSink, turns: readonly Turn[]): Promise<number> {
  const start = performance.now();
  const bar = process.stdout.isTTY
    ? new SingleBar({ format: '{bar} {percentage}% | {day} {program} | {value}/{total}' }, Presets.shades_classic)
    : undefined;
  bar?.start(turns.length, 0, { day: '', program: '' });
  try {
    await play(front, billing, turns, ({ at, program }) =>
      bar?.increment({ day: at.toISOString().slice(0, 10), program: program.padEnd(9) }),
    );
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
