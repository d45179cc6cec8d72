/**
 * What is wrong with a program file, in sentences for whoever wrote it.
 * Promises: one line for each problem, `file:line:column: path: reason`, in the order of the file. Must never: print
 * a value that may be a secret; a reason says what was expected, and at most repeats an amount.
 */
import type * as z from 'zod';
import { ConfigError } from './env.ts';
import { ruleKindsThatKnow } from './program-schema-rewards.ts';
import { sinksThatKnow } from './program-schema-sources.ts';

export type Path = readonly (string | number)[];

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** `message` has a line for each problem. */
export class ProgramError extends ConfigError {
  override name = 'ProgramError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Collects problems, so that all of a file are told at once. */
export class Problems {
  readonly #found: (Position & { readonly text: string; readonly path: string })[] = [];
  readonly #fileName: string;
  readonly #locate: (path: Path) => Position;

  constructor(fileName: string, locate: (path: Path) => Position) {
    this.#fileName = fileName;
    this.#locate = locate;
  }

  add(path: Path, reason: string): void {
    this.addAt(this.#locate(path), reason, path);
  }

  addAt(position: Position, reason: string, path: Path = []): void {
    const name = path.join('.');
    const { line, column } = position;
    const text = `${this.#fileName}:${line}:${column}: ${name ? `${name}: ` : ''}${reason}`;
    // A key or an amount is repeated as written, and may hold a line break.
    this.#found.push({ line, column, text: text.replace(/\p{Cc}+/gu, ' '), path: name });
  }

  /** What the schema says of `value`. */
  addIssues(issues: readonly z.core.$ZodIssue[], value: unknown, above: Path = []): void {
    const before = new Set(this.#found.map(({ path }) => path));
    for (const issue of issues) {
      const path = [...above, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
      // A variable that is missing there explains all that follows from it.
      if (before.has(path.join('.'))) continue;
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) this.add([...path, key], unknownKey(path, key, issue.message));
      } else if (issue.code === 'invalid_union' && issue.errors.length > 0 && issue.message === NO_BRANCH) {
        this.addIssues(closestBranch(issue.errors), value, path);
      } else if (issue.code === 'invalid_key') {
        this.add(path, issue.issues[0]?.message ?? issue.message);
      } else this.add(path, isThere(value, path) ? issue.message : required(issue.message));
    }
  }

  throwIfAny(): void {
    if (this.#found.length === 0) return;
    const sorted = this.#found.toSorted((a, b) => a.line - b.line || a.column - b.column);
    throw new ProgramError(sorted.map(({ text }) => text));
  }
}

function isThere(value: unknown, path: Path): boolean {
  let inner = value;
  for (const part of path) {
    if (typeof inner !== 'object' || inner === null) return false;
    inner = (inner as Readonly<Record<string, unknown>>)[part];
  }
  return inner !== undefined;
}

function required(reason: string): string {
  return reason === REQUIRED ? REQUIRED : `${REQUIRED} and ${reason}`;
}

const REQUIRED = 'is required';
const NO_BRANCH = 'none of the forms';

const NAMES: Readonly<Record<string, string>> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'text (put it in quotes)',
  number: 'a number',
  int: 'a whole number',
};

/** The words for zod's issues; undefined where a schema has words of its own. */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return REQUIRED;
      return issue.input === null ? 'must not be empty' : `must be ${NAMES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'invalid_union':
      return Array.isArray(issue.options) ? oneOf(issue.options) : NO_BRANCH;
    case 'unrecognized_keys':
      return knownKeys(issue);
    case 'too_big':
      return issue.origin === 'string' ? `must be at most ${issue.maximum} characters long` : undefined;
    default:
      return undefined;
  }
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? `must be ${values[0]}` : `must be one of ${values.join(', ')}`;
}

function knownKeys(issue: z.core.$ZodRawIssue): string {
  const definition = (issue.inst as { readonly _zod?: { readonly def?: { readonly shape?: object } } } | undefined)
    ?._zod?.def;
  return definition?.shape ? Object.keys(definition.shape).join(', ') : '';
}

/** `known` are the keys that the place has, as `knownKeys` listed them. */
function unknownKey(path: Path, key: string, known: string): string {
  const kinds = path[0] === 'rewards' ? ruleKindsThatKnow(key) : path[0] === 'delivery' ? sinksThatKnow(key) : [];
  if (kinds.length > 0) {
    return `is not for this ${path[0] === 'rewards' ? 'when' : 'sink'}, only for ${kinds.join(', ')}`;
  }
  return path[0] === 'fraud' && path.length === 1 ? 'unknown signal' : `unknown key; known here: ${known}`;
}

/** Of several possible forms, the one that was probably meant: of the right type, then with the fewest problems. */
function closestBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] {
  const isOtherType = (issue: z.core.$ZodIssue) =>
    issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
  const sameType = branches.filter((issues) => !issues.some(isOtherType));
  const [closest = []] = (sameType.length > 0 ? sameType : branches).toSorted((a, b) => a.length - b.length);
  return closest;
}
