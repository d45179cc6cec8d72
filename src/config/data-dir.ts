/**
 * What the disk said about DATA_DIR, for whoever set it.
 * Promises: a folder that cannot be made or written is told in one line that names the variable. Must never: take an
 * error about another place for one about this.
 */
import path from 'node:path';
import { ConfigError } from './env.ts';

/** undefined: the error is about something else. */
export function dataDirProblem(error: unknown, dataDir: string | undefined): ConfigError | undefined {
  if (!(error instanceof Error) || dataDir === undefined) return undefined;
  const { code, path: place } = error as NodeJS.ErrnoException;
  if (code === undefined || place === undefined || !isOneBelowOther(place, dataDir)) return undefined;
  return new ConfigError(`DATA_DIR: ${dataDir} cannot be used: ${error.message}`);
}

function isOneBelowOther(one: string, other: string): boolean {
  const isBelow = (inner: string, outer: string) => `${path.resolve(inner)}/`.startsWith(`${path.resolve(outer)}/`);
  return isBelow(one, other) || isBelow(other, one);
}
