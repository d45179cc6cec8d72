/**
 * A program file, from its text to the program that the engine runs.
 * Promises: either a whole program or one ProgramError that names every problem with file, line and column; pure but
 * for what `missing` does, so that a running service can try a new text and keep its last good version. Must never:
 * read a file, or fill a variable before the YAML is parsed.
 */
import { createHash } from 'node:crypto';
import type { Program } from '../model/program.ts';
import { doubtSecret } from '../model/secret-doubts.ts';
import { fillVariables, type OnMissing, type Variables } from './program-env.ts';
import { type Path, type Position, Problems, wording } from './program-problems.ts';
import { resolveProgram } from './program-resolve.ts';
import type { Kinds, Providers } from './program-resolving.ts';
import { programSchema } from './program-schema.ts';
import { readYaml } from './program-yaml.ts';

export interface ParseOptions {
  /** As it stands in messages. */
  readonly fileName: string;
  readonly env: Variables;
  readonly providers: Providers;
  readonly kinds: Kinds;
  readonly missing?: OnMissing;
}

export interface ReadProgram {
  readonly program: Program;
  /** What is stored as the version: the text without secrets, and what its other variables were. */
  readonly text: string;
  /** sha256 of `text`, in hex: the version's identity. A secret that is replaced makes no new version. */
  readonly hash: string;
  readonly notices: readonly string[];
  readonly locate: (path: Path) => Position;
}

const JWT_SECRET_BYTES_MIN = 32; // RFC 7518 §3.2

/** Throws ProgramError. */
export function parseProgram(yamlText: string, options: ParseOptions): Program {
  return readProgram(yamlText, options).program;
}

/** Throws ProgramError. */
export function readProgram(yamlText: string, options: ParseOptions): ReadProgram {
  const file = readYaml(yamlText, options.fileName);
  const problems = new Problems(options.fileName, file.locate);
  const filled = fillVariables(file, yamlText, { env: options.env, missing: options.missing, problems });
  const checked = programSchema.safeParse(filled.value, { error: wording });
  if (checked.error) problems.addIssues(checked.error.issues, filled.value);
  problems.throwIfAny();
  if (!checked.data) throw new Error('bug: a program file without problems was refused');
  const program = resolveProgram(checked.data, { providers: options.providers, kinds: options.kinds, problems });
  problems.throwIfAny();
  return {
    program,
    text: filled.canonical,
    hash: createHash('sha256').update(filled.canonical).digest('hex'),
    notices: [...filled.notices, ...weaknesses(program, options.providers)].map(
      (notice) => `${options.fileName}: ${notice}`,
    ),
    locate: file.locate,
  };
}

/** What works but should be better. */
function weaknesses({ auth, sources }: Program, providers: ParseOptions['providers']): string[] {
  const isShort = auth.jwt?.kind === 'secret' && Buffer.byteLength(auth.jwt.secret) < JWT_SECRET_BYTES_MIN;
  const doubts = sources.flatMap(({ name, kind, secrets }) =>
    secrets.flatMap((secret) => {
      const doubt = doubtSecret(secret, providers.get(kind)?.secretPrefixes);
      return doubt === undefined ? [] : [`the secret of source ${name} ${doubt}`];
    }),
  );
  return [
    ...(isShort ? [`auth.jwt.secret is shorter than ${JWT_SECRET_BYTES_MIN} bytes and could be guessed`] : []),
    ...doubts,
  ];
}
