/**
 * `${NAME}` in program files: filled from the environment into scalars that are parsed already.
 * Promises: a variable's text never becomes YAML, and a missing one is named with file and line. Must never: read
 * process.env, or let a secret into the text that is stored as the program's version.
 */
import { createHash } from 'node:crypto';
import type { Path, Problems } from './program-problems.ts';
import { isSecretPath } from './program-schema-sources.ts';
import type { ScalarAt, YamlFile } from './program-yaml.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

export interface MissingVariable {
  readonly name: string;
  readonly usedFor: 'secret' | 'api_key' | 'sink_url' | 'other';
  /** For a secret, whose form it must have: a source's kind, `webhook` for a sink, or `jwt`. */
  readonly scheme: string;
}

/** What to do instead of refusing the file; undefined refuses it. */
export type OnMissing = (
  variable: MissingVariable,
) => { readonly value: string } | { readonly sink: 'ledger' } | undefined;

export interface Filled {
  readonly value: unknown;
  readonly notices: readonly string[];
  /** The file's text without secrets, and what its other variables were: the same text is the same program. */
  readonly canonical: string;
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const IS_ONE_VARIABLE = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/;

/** Fills the file's texts in place. Problems are collected; the sink's URL is looked at first, for without it there is no sink. */
export function fillVariables(
  file: YamlFile,
  text: string,
  options: { readonly env: Variables; readonly missing?: OnMissing; readonly problems: Problems },
): Filled {
  const schemes = schemesOf(file.value());
  const notices: string[] = [];
  const used = new Map<string, string>();
  const sinkUrl = file.texts.find((scalar) => usedFor(scalar.path) === 'sink_url');
  const withoutSink = sinkUrl !== undefined && missingSink(sinkUrl, options);
  if (withoutSink) notices.push(`${withoutSink} is not set: credits stay in the ledger here (sink: ledger)`);
  for (const scalar of file.texts) {
    if (withoutSink && scalar.path[0] === 'delivery') continue;
    const filled = fill(scalar, schemes(scalar.path), options);
    for (const [name, value] of filled.used) if (!isSecretPath(scalar.path)) used.set(name, recorded(scalar, value));
    scalar.set(filled.text);
  }
  const value = file.value();
  return {
    value: withoutSink ? { ...(value as object), delivery: { sink: 'ledger' } } : value,
    notices,
    canonical: canonicalText(text, file.texts, used),
  };
}

function usedFor(path: Path): MissingVariable['usedFor'] {
  if (isSecretPath(path)) return path.includes('api_key') ? 'api_key' : 'secret';
  return path.join('.') === 'delivery.url' ? 'sink_url' : 'other';
}

/** The name of the variable for want of which there is no sink, when that is allowed. */
function missingSink(
  scalar: ScalarAt,
  options: { readonly env: Variables; readonly missing?: OnMissing },
): string | undefined {
  const names = Array.from(scalar.text.matchAll(VARIABLE), ([, name = '']) => name);
  return names.find((name) => {
    if (options.env[name]?.trim()) return false;
    const instead = options.missing?.({ name, usedFor: 'sink_url', scheme: 'webhook' });
    return instead !== undefined && 'sink' in instead;
  });
}

function fill(
  { path, text }: ScalarAt,
  scheme: string,
  options: { readonly env: Variables; readonly missing?: OnMissing; readonly problems: Problems },
): { text: string; used: Map<string, string> } {
  const used = new Map<string, string>();
  const filled = text.replace(VARIABLE, (whole, name: string) => {
    const given = options.env[name]?.trim();
    const instead = given ? undefined : options.missing?.({ name, usedFor: usedFor(path), scheme });
    const value = given || (instead && 'value' in instead ? instead.value : undefined);
    if (value === undefined) {
      const state = options.env[name] === undefined ? 'is not set' : 'is set, but empty';
      options.problems.add(path, `the variable ${name} ${state}`);
      return whole;
    }
    used.set(name, value);
    return value;
  });
  if (text.replace(VARIABLE, '').includes('${'))
    options.problems.add(path, `a variable is written \${NAME}, with nothing else inside`);
  return { text: filled, used };
}

/** A sink's URL may carry a token, so only its digest is kept. */
function recorded({ path }: ScalarAt, value: string): string {
  return usedFor(path) === 'sink_url' ? `sha256:${createHash('sha256').update(value).digest('hex')}` : value;
}

function canonicalText(text: string, scalars: readonly ScalarAt[], used: ReadonlyMap<string, string>): string {
  const literal = scalars.filter((scalar) => isSecretPath(scalar.path) && !IS_ONE_VARIABLE.test(scalar.text));
  let masked = text;
  for (const { range } of literal.toReversed()) masked = `${masked.slice(0, range[0])}"***"${masked.slice(range[1])}`;
  const lines = Array.from(used, ([name, value]) => `# ${name}=${JSON.stringify(value)}\n`).sort();
  return `${masked.replaceAll('\r\n', '\n').trimEnd()}\n${lines.join('')}`;
}

function schemesOf(value: unknown): (path: Path) => string {
  const sources = (value as { readonly sources?: Readonly<Record<string, { readonly kind?: unknown } | null>> } | null)
    ?.sources;
  return ([place, name]) => {
    if (place === 'sources') return String(sources?.[String(name)]?.kind ?? '');
    return place === 'auth' ? 'jwt' : 'webhook';
  };
}
