/**
 * All programs of a deployment: the *.yaml and *.yml files of one folder.
 * Promises: all of them or none, with every problem of every file in one ProgramError; no two programs share a name or
 * a host. Must never: write to the folder.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Program } from '../model/program.ts';
import type { Variables } from './program-env.ts';
import { exampleSecrets } from './program-examples.ts';
import { type ReadProgram, readProgram } from './program-file.ts';
import { type Path, ProgramError } from './program-problems.ts';
import type { Kinds, Providers } from './program-resolving.ts';

/** What PROGRAMS_DIR is by default. */
export const EXAMPLES_DIR = fileURLToPath(new URL('./examples', import.meta.url));

export interface LoadOptions {
  readonly env: Variables;
  readonly providers: Providers;
  readonly kinds: Kinds;
  /** PUBLIC_URL's host, where the admin console is; no program may have it. */
  readonly ownHost?: string;
  /** Only for the bundled examples on the embedded database: DATA_DIR, where missing secrets are made. */
  readonly generateIn?: string;
}

export interface ProgramVersion {
  readonly program: Program;
  readonly file: string;
  /** What is stored as the version, without secrets. */
  readonly text: string;
  readonly hash: string;
}

export interface LoadedPrograms {
  /** By file name. */
  readonly programs: readonly ProgramVersion[];
  /** For the log of the start, a line each. */
  readonly notices: readonly string[];
}

/** Throws ProgramError. */
export function loadPrograms(dir: string, options: LoadOptions): LoadedPrograms {
  const generated = options.generateIn === undefined ? undefined : exampleSecrets(options.generateIn);
  const problems: string[] = [];
  const read: (ReadProgram & { readonly file: string })[] = [];
  for (const file of programFiles(dir)) {
    const { env, providers, kinds } = options;
    try {
      const text = textOf(file);
      read.push({ file, ...readProgram(text, { fileName: file, env, providers, kinds, missing: generated?.missing }) });
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      problems.push(...error.problems);
    }
  }
  problems.push(...sharedNames(read, options.ownHost));
  if (problems.length > 0) throw new ProgramError(problems);
  const made = generated?.made.length ? [`made ${generated.made.join(', ')}: see ${generated.file}`] : [];
  return {
    programs: read.map(({ program, file, text, hash }) => ({ program, file, text, hash })),
    notices: [...read.flatMap(({ notices }) => notices), ...made],
  };
}

/** In the order of their names; throws ProgramError. */
export function programFiles(dir: string): string[] {
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch (error) {
    throw new ProgramError([`${dir}: cannot be read: ${(error as NodeJS.ErrnoException).code}`]);
  }
  const files = names.filter((name) => /^[^.].*\.ya?ml$/i.test(name)).sort();
  if (files.length === 0) throw new ProgramError([`${dir}: has no program file (*.yaml)`]);
  return files.map((name) => path.join(dir, name));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ProgramError([`${file}: cannot be read: ${(error as NodeJS.ErrnoException).code}`]);
  }
}

/** Names and hosts decide by URL whose money it is, so each stands once. */
function sharedNames(
  read: readonly (ReadProgram & { readonly file: string })[],
  ownHost: string | undefined,
): string[] {
  const problems: string[] = [];
  const seen = new Map<string, string>();
  if (ownHost !== undefined) seen.set(`host ${ownHost}`, 'PUBLIC_URL');
  const claim = (name: string, file: string, where: ReadProgram['locate'], at: Path): void => {
    const holder = seen.get(name);
    const { line, column } = where(at);
    if (holder === undefined) seen.set(name, file);
    else problems.push(`${file}:${line}:${column}: ${at.join('.')}: ${name} stands in ${holder} already`);
  };
  for (const { program, file, locate } of read) {
    claim(`program ${program.program}`, file, locate, ['program']);
    for (const [index, host] of program.hosts.entries()) claim(`host ${host}`, file, locate, ['hosts', index]);
  }
  return problems;
}
