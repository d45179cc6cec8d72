/**
 * `program check`, `program schema`, and how a command names a program.
 * Promises: a file is read exactly as the start reads it, without a database. Must never: print a value of the
 * environment.
 */
import { readFileSync, statSync } from 'node:fs';
import { ConfigError, type Env } from '../config/env.ts';
import { readProgram } from '../config/program-file.ts';
import { ProgramError } from '../config/program-problems.ts';
import type { Kinds } from '../config/program-resolving.ts';
import { programJsonSchema } from '../config/program-schema.ts';
import { EXAMPLES_DIR, loadPrograms } from '../config/programs.ts';
import { PROVIDERS } from '../providers/index.ts';
import { listPrograms, type ProgramRow } from './cli.sql.ts';
import { type Cli, Failed, type OpenDatabase } from './command.ts';

interface Checked {
  readonly file: string;
  readonly program: string;
}

/** Files, folders, or nothing: what the start would load. */
export function checkPrograms(
  { env, output }: Pick<Cli, 'env' | 'output'>,
  paths: readonly string[],
  kinds: Kinds,
): void {
  const checked: Checked[] = [];
  const [problems, notices]: [string[], string[]] = [[], []];
  for (const path of paths.length > 0 ? paths : [undefined]) {
    try {
      const read =
        path !== undefined && !isFolder(path) ? checkFile(env(), path, kinds) : checkFolder(env(), path, kinds);
      checked.push(...read.checked);
      notices.push(...read.notices);
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      problems.push(...error.problems);
    }
  }
  output.show({ ok: problems.length === 0, checked, problems, notices }, (paper) => {
    for (const line of problems) paper.line(line);
    for (const line of notices) paper.line(`note: ${line}`);
    for (const { file, program } of checked) paper.line(`${file}: program ${program} is fine`);
  });
  if (problems.length > 0) throw new Failed();
}

type Read = { readonly checked: readonly Checked[]; readonly notices: readonly string[] };

function checkFile(env: Env, path: string, kinds: Kinds): Read {
  const text = textOf(path);
  const { program, notices } = readProgram(text, { fileName: path, env: env.raw, providers: PROVIDERS, kinds });
  return { checked: [{ file: path, program: program.program }], notices };
}

function checkFolder(env: Env, path: string | undefined, kinds: Kinds): Read {
  const folder = path ?? env.programsDir ?? EXAMPLES_DIR;
  // As the start does: only the bundled examples, on the embedded database, get secrets of their own.
  const generateIn = folder === EXAMPLES_DIR && env.databaseUrl === undefined ? env.dataDir : undefined;
  const { programs, notices } = loadPrograms(folder, { env: env.raw, providers: PROVIDERS, kinds, generateIn });
  return { checked: programs.map(({ file, program }) => ({ file, program: program.program })), notices };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ProgramError([`${path}: cannot be read: ${(error as NodeJS.ErrnoException).code}`]);
  }
}

/** Always JSON: that is what it is. */
export function printSchema(write: (text: string) => void): void {
  write(`${JSON.stringify(programJsonSchema(), null, 2)}\n`);
}

/** Programs are in the database once a service has started with their files. */
export async function programNamed({ knex }: Pick<OpenDatabase, 'knex'>, name: string): Promise<ProgramRow> {
  const programs = await listPrograms(knex);
  const found = programs.find((each) => each.name === name);
  if (found) return found;
  const known =
    programs.length > 0
      ? `there are ${programs.map((each) => each.name).join(', ')}`
      : 'start the service once, it stores them';
  throw new ConfigError(`there is no program ${name} in the database; ${known}`);
}
