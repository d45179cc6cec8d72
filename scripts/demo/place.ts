/**
 * Where the demo lives: a folder and a port of its own, so that it runs beside `npm start`.
 * Promises: nothing of the operator's settings leads out of this machine. Must never: touch the data of `npm start`.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { ConfigError, type Env, readEnv } from '../../src/config/env.ts';
import { ensureDataDir } from '../../src/config/secrets.ts';
import { startEmbedded } from '../../src/db/embedded.ts';

export const DATABASE = 'plusone_demo';
const PORTS_TRIED = 20;

/** As `npm start` has it, with what a demo needs: its own place, a clock to set, billing here, and no mail server. */
export async function demoEnv({ raw, dataDir, port, host }: Env, billingUrl: string): Promise<Env> {
  const demoHost = host ?? '127.0.0.1';
  // Made first, so that both are open to the user that PostgreSQL runs as.
  ensureDataDir(dataDir);
  return readEnv({
    ...raw,
    DATA_DIR: path.join(dataDir, 'demo'),
    HOST: demoHost,
    PORT: String(await freePort(port, demoHost)),
    PUBLIC_URL: '',
    DATABASE_URL: '',
    DATABASE_DIRECT_URL: '',
    PROGRAMS_DIR: '',
    SMTP_URL: '',
    TEST_CLOCK: '1',
    EGRESS_ALLOW: '127.0.0.0/8',
    LOG_LEVEL: raw.LOG_LEVEL || 'error',
    CLAUDEXIA_BILLING_URL: billingUrl,
  });
}

/** A second month cannot be played over the first: the clock does not go back. */
export async function clearLastMonth({ dataDir }: Env, log: (line: string) => void): Promise<void> {
  const embedded = await startEmbedded(dataDir, { log });
  await embedded.dropDatabase(DATABASE).finally(() => embedded.stop());
  rmSync(path.join(dataDir, 'outbox'), { recursive: true, force: true });
}

/** The port that is set, or the next that nobody listens on. */
async function freePort(wanted: number, host: string): Promise<number> {
  for (let port = wanted; port < wanted + PORTS_TRIED; port++) if (await isFree(port, host)) return port;
  throw new ConfigError(`PORT: ${wanted} and the ${PORTS_TRIED - 1} ports after it are in use`);
}

async function isFree(port: number, host: string): Promise<boolean> {
  const probe = createServer();
  return await new Promise((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
