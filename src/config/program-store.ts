/**
 * The programs this service runs, each with its number and version.
 * Promises: every version that ever decided a reward is kept with its text; starting twice adds nothing. Must never:
 * store a secret; the file is kept as written, with its ${NAMES}.
 */
import type pg from 'pg';
import type { LoadedProgram, Program } from '../model/program.ts';
import * as sql from './program-store.sql.ts';

export interface ProgramSource {
  readonly program: Program;
  readonly hash: string;
  readonly text: string;
}

export async function storePrograms(
  pool: pg.Pool,
  sources: readonly ProgramSource[],
  now: Date,
): Promise<LoadedProgram[]> {
  const loaded: LoadedProgram[] = [];
  for (const { program, hash, text } of sources) {
    const { rows } = await pool.query(sql.ENSURE_PROGRAM, [program.program, now]);
    // A racing start may have made it after this statement's snapshot.
    const no = (rows[0] ?? (await pool.query(sql.ENSURE_PROGRAM, [program.program, now])).rows[0]).no as number;
    loaded.push({ no, version: await versionOf(pool, no, { hash, text, now }), program });
  }
  return loaded;
}

async function versionOf(pool: pg.Pool, no: number, file: { hash: string; text: string; now: Date }): Promise<number> {
  const known = await pool.query(sql.FIND_VERSION, [no, file.hash]);
  if (known.rows[0]) return known.rows[0].version as number;
  await pool.query(sql.ADD_VERSION, [no, file.hash, file.text, file.now]);
  return (await pool.query(sql.FIND_VERSION, [no, file.hash])).rows[0].version as number;
}
