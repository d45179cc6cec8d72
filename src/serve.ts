/**
 * A process from start to end: database, parts, HTTP, signals.
 * Promises: a wrong setting ends the start with one line; SIGTERM and SIGINT drain: no new requests, those under way
 * are answered, the batch under way commits. Must never: exit before what was acknowledged is committed.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { compose, type Service } from './compose.ts';
import { dataDirProblem } from './config/data-dir.ts';
import { ConfigError, type Env, readEnv } from './config/env.ts';
import { ProgramError } from './config/program-problems.ts';
import { watchFolder } from './config/watch-folder.ts';
import { type Embedded, startEmbedded } from './db/embedded.ts';
import { migrate } from './db/migrate.ts';
import { reach } from './db/reach.ts';
import { createApp } from './http/app.ts';
import { startSchedule } from './jobs/schedule.ts';
import { pages } from './pages/index.ts';

export interface Running {
  readonly service: Service;
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export interface ServeOptions {
  readonly env: Env;
  readonly role: 'all' | 'web' | 'worker';
  /** Name of the database on the embedded server. */
  readonly database?: string;
  readonly crashPoint?: (name: string) => void;
}

const DRAIN_MS = 10_000;
/** How soon a changed program file is noticed; it is read when it has been still as long. */
const LOOK_EVERY_MS = 2_000;
const note = (line: string): void => void process.stdout.write(`${line}\n`);

interface Database {
  readonly url: string;
  readonly directUrl: string | undefined;
  readonly embedded: Embedded | undefined;
}

export async function serve(options: ServeOptions): Promise<Running> {
  const { env, role } = options;
  const opened: (() => Promise<void> | void)[] = [];
  // The last that was opened is closed first, also when the next one cannot be opened.
  const stop = once(async () => {
    for (const close of opened.toReversed()) await close();
  });
  try {
    // Told before anything is opened: whoever started us twice reads one line.
    if (role !== 'worker') await close(await bind(http.createServer(), env));
    const database = await openDatabase(options);
    opened.push(async () => await database.embedded?.stop());
    const service = await compose({
      env,
      role,
      databaseUrl: database.url,
      embedded: database.embedded !== undefined,
      crashPoint: options.crashPoint,
    });
    opened.push(service.stop);
    if (role !== 'web') opened.push((await startWork(service, database)).stop);
    const server = role === 'worker' ? undefined : await listen(service);
    if (server) opened.push(async () => await close(server));
    opened.push(watchFolder(service.programsDir, LOOK_EVERY_MS, service.programs.reload).stop);
    return { service, url: server ? urlOf(server) : '', stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The embedded server is migrated at every start; another database by `npm run migrate`, or here in one-process mode. */
async function openDatabase({ env, role, database = 'plusone' }: ServeOptions): Promise<Database> {
  if (env.databaseUrl) {
    await reach('DATABASE_URL', env.databaseUrl);
    if (role === 'all') {
      if (env.databaseDirectUrl) await reach('DATABASE_DIRECT_URL', env.databaseDirectUrl);
      await migrate({ ownerUrl: env.databaseDirectUrl ?? env.databaseUrl, appUrl: env.databaseUrl, log: note });
    }
    return { url: env.databaseUrl, directUrl: env.databaseDirectUrl, embedded: undefined };
  }
  if (role !== 'all')
    throw new ConfigError(
      'DATABASE_URL is not set: `npm run web` and `npm run worker` need one; `npm start` brings its own',
    );
  const embedded = await startEmbedded(env.dataDir, { log: note });
  try {
    await embedded.ensureDatabase(database);
    const [ownerUrl, url] = [embedded.ownerUrl(database), embedded.appUrl(database)];
    await migrate({ ownerUrl, appUrl: url, appRole: embedded.appRole, log: note });
    return { url, directUrl: url, embedded };
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

async function startWork(service: Service, database: Database): Promise<{ stop: () => Promise<void> }> {
  service.startWork();
  return await startSchedule({
    url: database.url,
    directUrl: database.directUrl,
    pools: service.pools,
    programs: service.programs.all,
    runDue: service.runDue,
    nextDue: service.nextDue,
    sweepErasures: service.sweepErasures,
    catchUp: service.catchUp,
    wakeQueued: service.wakeQueued,
    clock: service.deps.clock,
    log: service.log,
  });
}

async function listen(service: Service): Promise<http.Server> {
  const server = http.createServer(createApp(service.deps, pages));
  // A sender may keep a connection idle for long; longer than the proxy before us, so that it closes first.
  server.keepAliveTimeout = 65_000;
  return await bind(server, service.env);
}

async function bind(server: http.Server, { port, host }: Pick<Env, 'port' | 'host'>): Promise<http.Server> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, port, host)));
    server.listen(port, host, resolve);
  });
  return server;
}

function cannotListen({ code = '', message }: NodeJS.ErrnoException, port: number, host = ''): ConfigError {
  if (code === 'EADDRINUSE') return new ConfigError(`PORT: ${port} is in use`);
  if (code === 'EACCES') return new ConfigError(`PORT: ${port} may not be listened on by this user`);
  return new ConfigError(`HOST: cannot listen on ${host || 'all interfaces'}: ${message}`);
}

function urlOf(server: http.Server): string {
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

/** Connections between requests close at once, those with a request when it is answered. */
async function close(server: http.Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(late);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

/** The whole life of an entry point. `started` says what a person should see. */
export async function run(
  role: ServeOptions['role'],
  started: (running: Running) => void,
  options: Partial<ServeOptions> = {},
): Promise<void> {
  let env: Env | undefined;
  try {
    env = readEnv();
    const running = await serve({ env, role, ...options });
    started(running);
    // A repeated signal is no order to give up: the launcher and the terminal may both send one.
    const end = () => void running.stop().then(() => process.exit(0), fail);
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
  } catch (error) {
    fail(dataDirProblem(error, env?.dataDir) ?? error);
  }
}

function fail(error: unknown): never {
  const known = error instanceof ConfigError || error instanceof ProgramError;
  process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}
