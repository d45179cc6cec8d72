// Secrets: the versioned SECRET_KEY, the keys derived from it (one per purpose, so that none serves two), and the
// files in DATA_DIR that hold what was generated. A secret file is 0600, appears whole or not at all, and is never
// replaced: of two processes that make it at the same time, both end up with the same content.
import { hkdfSync, randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The same key length as SHA-256's output: nothing shorter is worth deriving from. */
const KEY_BYTES_MIN = 32;

export type SecretKeys = {
  /** The version that new values are made with: the highest. */
  readonly current: number;
  /** All versions, newest first: what was made with an older one must still be readable. */
  readonly versions: readonly number[];
  /** 32 bytes for one purpose ("email-index", "portal-session", …). Throws for a version that is not configured. */
  readonly deriveKey: (purpose: string, version?: number) => Buffer;
};

/** `1:base64,2:base64`, or a bare string, which is version 1. */
export function parseSecretKey(text: string): SecretKeys | { readonly problem: string } {
  const keys = new Map<number, Buffer>();
  const versioned = /^\d+:/.test(text);
  for (const part of versioned ? text.split(',') : [`1:${text}`]) {
    const [, number, value = ''] = /^\s*(\d{1,9}):(.*?)\s*$/.exec(part) ?? [];
    const key = versioned ? fromBase64(value) : Buffer.from(value, 'utf8');
    const version = Number(number);
    if (!(version > 0) || !key) return { problem: 'must be <version>:<base64>, several of them separated by commas' };
    if (keys.has(version)) return { problem: `names version ${version} twice` };
    if (key.length < KEY_BYTES_MIN) return { problem: `is too short: version ${version} needs ${KEY_BYTES_MIN} bytes` };
    keys.set(version, key);
  }
  const versions = [...keys.keys()].sort((a, b) => b - a);
  const current = versions[0] ?? 0;
  return { current, versions, deriveKey: derivation(keys, current) };
}

function derivation(keys: ReadonlyMap<number, Buffer>, current: number): SecretKeys['deriveKey'] {
  const derived = new Map<string, Buffer>();
  return (purpose, version = current) => {
    const name = `${version}/${purpose}`;
    const known = derived.get(name);
    if (known) return known;
    const key = keys.get(version);
    if (!key) throw new Error(`SECRET_KEY has no version ${version}`);
    const made = Buffer.from(hkdfSync('sha256', key, '', `plusone/${purpose}`, 32));
    derived.set(name, made);
    return made;
  };
}

function fromBase64(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/** The keys to work with: SECRET_KEY, or what DATA_DIR keeps (the caller has checked that this is allowed). */
export function secretKeys(env: { readonly secretKey?: string; readonly dataDir: string }): SecretKeys {
  const text = env.secretKey ?? secretFile(env.dataDir, 'secret-key', () => `1:${randomBytes(32).toString('base64')}`);
  const parsed = parseSecretKey(text);
  if ('problem' in parsed) throw new Error(`${path.join(env.dataDir, 'secret-key')} ${parsed.problem}`);
  return parsed;
}

export type AdminToken = {
  readonly token: string;
  /** Where to find it, for the terminal; undefined when ADMIN_TOKEN gave it. */
  readonly file?: string;
  /** True when this start made it: then it is shown once, if somebody is watching. */
  readonly fresh: boolean;
};

/** ADMIN_TOKEN wins; else DATA_DIR/admin-token, made at the first start. */
export function adminToken(env: { readonly adminToken?: string; readonly dataDir: string }): AdminToken {
  if (env.adminToken) return { token: env.adminToken, fresh: false };
  let fresh = false;
  const token = secretFile(env.dataDir, 'admin-token', () => {
    fresh = true;
    return `plusone_admin_${randomBytes(24).toString('base64url')}`;
  });
  return { token, file: path.join(env.dataDir, 'admin-token'), fresh };
}

/** DATA_DIR/<name>, made with `make` when it is not there yet. Its content never has white space at its ends. */
export function secretFile(dataDir: string, name: string, make: () => string): string {
  const file = path.join(dataDir, name);
  const existing = readIfThere(file);
  if (existing) return existing;
  ensureDataDir(dataDir);
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(temporary, `${make()}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  const content = readIfThere(file);
  if (!content) throw new Error(`${file} is empty: delete it, and a new one is made`);
  return content;
}

/**
 * Others may pass through the folder but not list it: the embedded server runs as another user when we are root, and
 * its own folder lies inside. What is secret in it is 0600.
 */
export function ensureDataDir(dataDir: string): void {
  if (madeFolder(dataDir)) chmodSync(dataDir, 0o711);
}

/** With the folders above it. Node's own `recursive` never returns below /proc, where nothing can be made. */
function madeFolder(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o711 });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return false;
    if (code !== 'ENOENT' || path.dirname(folder) === folder) throw error;
  }
  madeFolder(path.dirname(folder));
  mkdirSync(folder, { mode: 0o711 });
  return true;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** For names and passwords that no human types: 144 bits, letters, digits, - and _. */
export function randomName(): string {
  return randomBytes(18).toString('base64url');
}
