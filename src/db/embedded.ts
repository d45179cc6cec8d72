// The embedded PostgreSQL: what `npm start`, the demo and the tests use where no DATABASE_URL is given. A real server
// with real durability, made at the first start, found again after a crash, started again when it dies under us.
// One service at a time owns it; a second one is refused in one line. Commands may share it (`share: true`): they use
// the owner's server when there is one. Passwords are random, in DATA_DIR, 0600; nothing listens beyond the machine.
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ConfigError } from '../config/env.ts';
import { randomName, secretFile } from '../config/secrets.ts';
import * as sql from './embedded.sql.ts';
import { findPlace, type Place } from './embedded-place.ts';
import { ensureServer, type RunningServer, signalServer, stopServer } from './embedded-server.ts';

export type Embedded = {
  /** The superuser that owns the schema: for migrations only. */
  readonly ownerUrl: (database: string) => string;
  /** What the service logs in with. */
  readonly appUrl: (database: string) => string;
  readonly appRole: string;
  /** Where the data really is. */
  readonly folder: string;
  /** True when it was made just now; a template's content is copied. */
  readonly ensureDatabase: (name: string, options?: { readonly template?: string }) => Promise<boolean>;
  readonly dropDatabase: (name: string) => Promise<void>;
  /** Shuts the server down, if it is ours. Close pools first: what still runs is cut off. */
  readonly stop: () => Promise<void>;
};

export type EmbeddedOptions = {
  readonly log: (line: string) => void;
  readonly share?: boolean;
  /** Server settings on top of ours, for tests. */
  readonly settings?: Readonly<Record<string, string>>;
};

type Passwords = { readonly owner: string; readonly app: string };

/** Everything that changes while it runs. */
type Holding = {
  readonly place: Place;
  readonly passwords: Passwords;
  readonly options: EmbeddedOptions;
  server: RunningServer;
  /** The connection that holds the service lock; undefined when the server is another process's. */
  lock: pg.Client | undefined;
  /** The restart under way, if the server died. */
  returning?: Promise<void>;
  stopping: boolean;
};

/** A process that died a moment ago may still seem to hold the lock. */
const LOCK_PATIENCE_MS = 2_000;
const ATTACH_PATIENCE_MS = 5_000;
const RESTART_DELAY_MS_MAX = 5_000;

const NOT_RUNNING: RunningServer = { pid: 0, address: { host: '', port: 0 } };

export async function startEmbedded(dataDir: string, options: EmbeddedOptions): Promise<Embedded> {
  const place = findPlace(path.resolve(dataDir), options.log);
  const passwords = {
    owner: secretFile(place.dataDir, 'postgres-owner-password', randomName),
    app: secretFile(place.dataDir, 'postgres-app-password', randomName),
  };
  const holding: Holding = { place, passwords, options, server: NOT_RUNNING, lock: undefined, stopping: false };
  await attach(holding, Date.now() + ATTACH_PATIENCE_MS);
  if (holding.lock) {
    await withOwner(holding, async (owner) => {
      const { rowCount } = await owner.query(sql.ROLE_EXISTS, [sql.APP_ROLE]);
      if (rowCount === 0) await owner.query(sql.createAppRole(sql.APP_ROLE, passwords.app));
    });
  }
  // An exit that nobody drained for: the server gets its signal and finishes by itself.
  const onExit = () => {
    if (holding.lock) signalServer(place, holding.server.pid);
  };
  process.once('exit', onExit);
  return {
    ownerUrl: (database) => url(holding, sql.OWNER_ROLE, database),
    appUrl: (database) => url(holding, sql.APP_ROLE, database),
    appRole: sql.APP_ROLE,
    folder: place.folder,
    ensureDatabase: (name, { template } = {}) => ensureDatabase(holding, name, template),
    dropDatabase: (name) => withOwner(holding, async (owner) => void (await owner.query(sql.dropDatabase(name)))),
    stop: async () => {
      holding.stopping = true;
      process.removeListener('exit', onExit);
      if (!holding.lock) return;
      await holding.lock.end().catch(() => {});
      await holding.returning; // it may be on its way back: what we start must not stay
      await stopServer(place, holding.server.pid);
    },
  };
}

/**
 * A server that runs, and the lock on it. A server killed a moment ago may still look alive, and refuse connections:
 * until `patience` such errors are tried again; what the operator has to mend is not.
 */
async function attach(holding: Holding, patience: number): Promise<void> {
  const { place, passwords, options } = holding;
  for (;;) {
    try {
      const port = holding.server.address.port || undefined;
      holding.server = await ensureServer(place, { ownerPassword: passwords.owner, port, settings: options.settings });
      return await takeOver(holding);
    } catch (error) {
      if (error instanceof ConfigError || Date.now() > patience) throw error;
      await sleep(50);
    }
  }
}

/** Makes the server ours, or, when it may be shared, leaves it to whoever has it. */
async function takeOver(holding: Holding): Promise<void> {
  const patience = Date.now() + LOCK_PATIENCE_MS;
  const lock = client(holding, `plusone ${process.pid}`);
  try {
    await lock.connect();
    for (;;) {
      const { rows } = await lock.query<{ taken: boolean }>(sql.TAKE_SERVICE_LOCK);
      if (rows[0]?.taken) break;
      const holder = await lock.query<{ name: string }>(sql.SERVICE_LOCK_HOLDER);
      const pid = Number(holder.rows[0]?.name.split(' ')[1]);
      if (holding.options.share) return await lock.end();
      if (alive(pid) || Date.now() > patience)
        throw new ConfigError(`another Plusone (process ${pid}) already runs on ${holding.place.dataDir}`);
      await sleep(50);
    }
  } catch (error) {
    await lock.end().catch(() => {});
    throw error;
  }
  holding.lock = lock;
  lock.once('end', () => {
    holding.returning = bringBack(holding);
  });
}

/** The lock's connection ended without our doing: the server died or was stopped. The service goes on without a word. */
async function bringBack(holding: Holding): Promise<void> {
  for (let delay = 100; !holding.stopping; delay = Math.min(delay * 2, RESTART_DELAY_MS_MAX)) {
    holding.options.log('the embedded PostgreSQL went away; starting it again');
    try {
      return await attach(holding, Date.now() + ATTACH_PATIENCE_MS);
    } catch (error) {
      holding.options.log(`it did not come back: ${(error as Error).message}`);
      await sleep(delay);
    }
  }
}

async function ensureDatabase(holding: Holding, name: string, template: string | undefined): Promise<boolean> {
  return withOwner(holding, async (owner) => {
    const { rowCount } = await owner.query(sql.DATABASE_EXISTS, [name]);
    if (rowCount !== 0) return false;
    await owner.query(sql.createDatabase(name, template));
    await owner.query(sql.limitDatabase(name, sql.APP_ROLE));
    return true;
  });
}

async function withOwner<T>(holding: Holding, work: (owner: pg.Client) => Promise<T>): Promise<T> {
  const owner = client(holding, 'plusone setup');
  try {
    await owner.connect();
    return await work(owner);
  } finally {
    await owner.end().catch(() => {});
  }
}

function client(holding: Holding, name: string): pg.Client {
  const made = new pg.Client({
    connectionString: url(holding, sql.OWNER_ROLE, 'postgres'),
    application_name: name,
    keepAlive: true,
  });
  made.on('error', () => {}); // 'end' follows; without a listener the process would die
  return made;
}

/** libpq's form: a socket's folder stands percent-encoded where the host name would. */
function url({ server, passwords }: Holding, role: string, database: string): string {
  const { host, port } = server.address;
  const password = role === sql.OWNER_ROLE ? passwords.owner : passwords.app;
  return `postgresql://${role}:${password}@${encodeURIComponent(host)}:${port}/${encodeURIComponent(database)}`;
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
