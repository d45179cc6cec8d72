/**
 * A local checkout at its released revision, read through a bare repository of our own that borrows its objects.
 * Promises: nothing of the checkout is changed, and what happens to it meanwhile changes nothing here; files, sizes and
 * attributes are those of the revision, not of the working tree. Must never: take a shallow clone, whose lines would
 * all be of its oldest commit.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { FundRepository } from '../model/program.ts';
import { FundFault } from './fault.ts';
import { GitFailed, git, splitter, stream } from './git.ts';

/** A checkout and the revision that was released. */
export interface Released {
  readonly repository: FundRepository;
  readonly version: string | null;
  readonly revision: string;
  readonly commit: string;
  /** Where the checkout keeps its objects. */
  readonly objects: string;
}

export interface TreeFile {
  readonly path: string;
  readonly blob: string;
  /** null: a binary file. */
  readonly lines: number | null;
  /** As .gitattributes says; null: it says nothing. */
  readonly generated: boolean | null;
  readonly vendored: boolean | null;
  /** A line at its head says that it was generated. */
  readonly marked: boolean;
}

/** Looks, and reads nothing yet. Rejects FundFault. */
export async function findRevision(repository: FundRepository, version: string | null): Promise<Released> {
  const { name, path: folder } = repository;
  const at = ['-C', folder];
  if (!existsSync(folder)) throw new FundFault(`${folder}: the checkout of repository ${name} is missing`);
  try {
    const [objects = '', shallow] = (await git(at, ['rev-parse', '--git-path', 'objects', '--is-shallow-repository']))
      .trim()
      .split('\n');
    if (shallow === 'true') {
      const way = `run \`git -C ${folder} fetch --unshallow\``;
      throw new FundFault(`${folder}: is a shallow clone, in which nobody's older lines are their own: ${way}`);
    }
    const revision = revisionOf(repository, version);
    const found = await git(at, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`], {
      alsoFine: [1, 128],
    });
    const commit = found.trim();
    if (!/^[0-9a-f]{40,64}$/.test(commit)) throw new FundFault(`${folder}: has no revision ${revision}`);
    return { repository, version, revision, commit, objects: path.resolve(folder, objects) };
  } catch (error) {
    if (error instanceof GitFailed) throw new FundFault(`${folder}: is no checkout that can be read: ${error.message}`);
    throw error;
  }
}

function revisionOf({ name, revision, package: of }: FundRepository, version: string | null): string {
  if (!revision.includes('{version}')) return revision;
  if (version === null)
    throw new FundFault(`fund.repositories.${name}.revision: the SBOM names no version of ${of} to put for {version}`);
  return revision.replaceAll('{version}', version);
}

/** Makes or renews the bare repository in `folder`. Returns what git is to be told of it. */
export async function borrow({ objects, commit }: Released, folder: string): Promise<readonly string[]> {
  const at = [`--git-dir=${folder}`];
  if (!existsSync(path.join(folder, 'HEAD'))) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(path.dirname(folder), { recursive: true });
    await git([], ['init', '--quiet', '--bare', folder]);
  }
  writeFileSync(path.join(folder, 'objects', 'info', 'alternates'), `${objects}\n`);
  // With it blame asks each commit in a few bytes whether it touched a path, instead of comparing trees.
  await git(at, ['commit-graph', 'write', '--stdin-commits', '--changed-paths', '--no-progress'], {
    input: `${commit}\n`,
  });
  return at;
}

const REGULAR = /^100/;

/** Every regular file of the commit. Symbolic links and submodules are nobody's lines. */
export async function readTree(at: readonly string[], commit: string): Promise<TreeFile[]> {
  const blobs = new Map<string, string>();
  const entry = splitter((token) => {
    const [about = '', name = ''] = [token.slice(0, token.indexOf('\t')), token.slice(token.indexOf('\t') + 1)];
    const [mode = '', , blob = ''] = about.split(' ');
    if (REGULAR.test(mode)) blobs.set(name, blob);
  });
  await stream(at, ['ls-tree', '-r', '-z', commit], entry);
  const [lines, attributes, marked] = await Promise.all([
    countLines(at, commit),
    readAttributes(at, commit, [...blobs.keys()]),
    findMarked(at, commit),
  ]);
  return Array.from(blobs, ([name, blob]) => {
    const { generated = null, vendored = null } = attributes.get(name) ?? {};
    return { path: name, blob, lines: lines.get(name) ?? null, generated, vendored, marked: marked.has(name) };
  });
}

/** Against the empty tree every line is an added one, and a binary file has none. */
async function countLines(at: readonly string[], commit: string): Promise<Map<string, number>> {
  const empty = (await git(at, ['hash-object', '-t', 'tree', '-w', '--stdin'], { input: '' })).trim();
  const lines = new Map<string, number>();
  const entry = splitter((token) => {
    const [, added = '', name = ''] = /^(\d+|-)\t(?:\d+|-)\t(.+)$/s.exec(token) ?? [];
    if (added !== '' && added !== '-') lines.set(name, Number(added));
  });
  await stream(at, ['diff-tree', '-r', '--numstat', '-z', '--no-renames', empty, commit], entry);
  return lines;
}

interface Attributes {
  generated: boolean | null;
  vendored: boolean | null;
}

/** Of the revision's own .gitattributes, by an index that holds the revision. */
async function readAttributes(
  at: readonly string[],
  commit: string,
  paths: readonly string[],
): Promise<Map<string, Attributes>> {
  await git(at, ['read-tree', commit]);
  const found = new Map<string, Attributes>();
  let fields: string[] = [];
  const entry = splitter((token) => {
    fields.push(token);
    if (fields.length < 3) return;
    const [name = '', attribute, value = ''] = fields;
    fields = [];
    if (value === 'unspecified') return;
    const said = found.get(name) ?? { generated: null, vendored: null };
    said[attribute === 'linguist-generated' ? 'generated' : 'vendored'] = value !== 'unset' && value !== 'false';
    found.set(name, said);
  });
  const input = paths.map((each) => `${each}\0`).join('');
  await stream(at, ['check-attr', '--cached', '-z', '--stdin', 'linguist-generated', 'linguist-vendored'], entry, {
    input,
  });
  return found;
}

/** How those who generate code sign it, and within how many lines from the top that counts. */
const MARK = '@generated|DO NOT EDIT|[Cc]ode generated by|[Gg]enerated by `|[Aa]uto-?generated';
const HEAD_LINES = 5;

async function findMarked(at: readonly string[], commit: string): Promise<Set<string>> {
  const text = await git(at, ['grep', '-I', '-n', '-z', '-E', MARK, commit], { alsoFine: [1] });
  const marked = new Set<string>();
  for (const line of text.split('\n')) {
    const [where = '', number = ''] = line.split('\0');
    if (number !== '' && Number(number) <= HEAD_LINES) marked.add(where.slice(commit.length + 1));
  }
  return marked;
}
