/**
 * What the bundled examples need to start with nothing set: secrets that are made once, and no sink.
 * Promises: DATA_DIR/examples.env (0600) loses nothing; of two processes that make one secret, both use the line that
 * came first; an owner's secret takes the place of ours whole or not at all. Must never: be used for programs of the
 * operator's own, where a missing variable stops the start.
 */
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { MissingVariable, OnMissing } from './program-env.ts';
import { ensureDataDir } from './secrets.ts';

export interface ExampleSecrets {
  readonly missing: OnMissing;
  /** Names of what was made at this start. */
  readonly made: readonly string[];
  readonly file: string;
}

export function exampleSecrets(dataDir: string): ExampleSecrets {
  const file = fileIn(dataDir);
  const made: string[] = [];
  const missing: OnMissing = ({ name, usedFor, scheme }) => {
    if (usedFor === 'sink_url') return { sink: 'ledger' };
    if (usedFor !== 'secret') return undefined;
    const known = readSecrets(file).get(name);
    if (known !== undefined) return { value: known };
    ensureDataDir(dataDir);
    appendFileSync(file, `${name}=${makeSecret(scheme)}\n`, { mode: 0o600 });
    chmodSync(file, 0o600);
    made.push(name);
    const value = readSecrets(file).get(name);
    if (value === undefined) throw new Error(`${file} does not keep what is written to it`);
    return { value };
  };
  return { missing, made, file };
}

const fileIn = (dataDir: string): string => path.join(dataDir, 'examples.env');

export const keepsSecret = (dataDir: string, name: string): boolean => readSecrets(fileIn(dataDir)).has(name);

/** `value` has no white space. */
export function replaceSecret(dataDir: string, name: string, value: string): void {
  const file = fileIn(dataDir);
  const others = textOf(file)
    .split('\n')
    .filter((line) => line !== '' && !line.trim().startsWith(`${name}=`));
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    const text = [...others, `${name}=${value}`, ''].join('\n');
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** The form in which the scheme's verifier takes it. */
function makeSecret(scheme: MissingVariable['scheme']): string {
  const bytes = randomBytes(32);
  switch (scheme) {
    case 'stripe':
      return `whsec_${bytes.toString('hex')}`;
    case 'paddle':
      return `pdl_ntfset_${bytes.toString('hex')}`;
    case 'jwt':
      return bytes.toString('hex');
    default:
      return `whsec_${bytes.toString('base64')}`;
  }
}

/** The first line of a name holds. */
function readSecrets(file: string): ReadonlyMap<string, string> {
  const secrets = new Map<string, string>();
  for (const line of textOf(file).split('\n')) {
    const [, name, value] = /^([A-Za-z_]\w*)=(\S+)$/.exec(line.trim()) ?? [];
    if (name && value && !secrets.has(name)) secrets.set(name, value);
  }
  return secrets;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
