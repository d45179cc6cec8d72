/**
 * Whose code is in the release: lines by component and author, of every repository.
 * Promises: all faults of the input are told before the first file is read; what is left out is told with its reason;
 * the same revisions give the same lines, with a cache or without. Must never: know anything of money.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Fund, FundComponent } from '../model/program.ts';
import { identityOf, isMachine } from './authors.ts';
import { type Blame, blameAll, type Wanted } from './blame.ts';
import { type BlameCache, openCache } from './cache.ts';
import { FundFault, refuse } from './fault.ts';
import { placeOf, type WhyNot } from './files.ts';
import { borrow, findRevision, type Released, readTree } from './repository.ts';
import { type Sbom, versionIn } from './sbom.ts';
import { type Author, type History, type Ignored, walk } from './walk.ts';

export interface Lines {
  readonly component: string;
  /** In thousandths. */
  readonly weight: bigint;
  readonly address: string;
  readonly name: string;
  readonly lines: number;
}

export interface LeftOut {
  readonly why: WhyNot | 'machine' | Ignored['why'];
  /** The name under which a machine commits; the commit of a bulk rename. */
  readonly what: string | null;
  readonly files: number;
  readonly lines: number;
}

export interface RepositoryLines {
  readonly name: string;
  readonly package: string;
  readonly version: string | null;
  readonly revision: string;
  readonly commit: string;
  readonly commits: number;
  readonly files: number;
  readonly lines: number;
  readonly counted: readonly Lines[];
  readonly leftOut: readonly LeftOut[];
}

export interface AttributeOptions {
  /** DATA_DIR/fund: bare repositories and what blame said. */
  readonly folder: string;
  readonly atOnce?: number;
  readonly onProgress?: (done: number, total: number, repository: string) => void;
}

export async function attribute(fund: Fund, sbom: Sbom, options: AttributeOptions): Promise<RepositoryLines[]> {
  const released = await findAll(fund, sbom);
  const found: RepositoryLines[] = [];
  for (const each of released) found.push(await attributeOne(fund, each, options));
  return found;
}

async function findAll(fund: Fund, sbom: Sbom): Promise<Released[]> {
  if (fund.repositories.length === 0)
    throw new FundFault('fund.repositories: names none, so nobody has written a line');
  const faults: string[] = [];
  const released: Released[] = [];
  for (const repository of fund.repositories) {
    try {
      released.push(await findRevision(repository, versionIn(sbom, repository)));
    } catch (error) {
      if (!(error instanceof FundFault)) throw error;
      faults.push(error.message);
    }
  }
  refuse(faults);
  return released;
}

async function attributeOne(fund: Fund, released: Released, options: AttributeOptions): Promise<RepositoryLines> {
  const { repository, version, revision, commit } = released;
  const { folder, atOnce = availableParallelism(), onProgress = () => {} } = options;
  const { bulkFiles } = fund.exclude;
  const cache = openCache(path.join(folder, `${repository.name}.blame`), bulkFiles);
  try {
    const at = await borrow(released, path.join(folder, `${repository.name}.git`));
    const tree = await readTree(at, commit);
    const history = await walk(at, commit, new Set(tree.map((file) => file.path)), { bulkFiles, memory: cache.bulk });
    const tally = new Tally(fund, history);
    const wanted: (Wanted & { readonly component: FundComponent })[] = [];
    for (const file of tree) {
      const place = placeOf(fund, repository.name, file);
      if (!place.counts) tally.leaveOut(place.why, null, 1, file.lines ?? 0);
      else if (place.lines > 0) wanted.push({ ...place, path: file.path, key: history.keyOf(file.path, file.blob) });
    }
    const components = new Map(wanted.map((file) => [file.path, file.component]));
    let done = 0;
    await blameAll(
      wanted,
      {
        ...blameOptions(history, at, released, { folder, atOnce, cache }),
        onDone: () => onProgress(++done, wanted.length, repository.name),
      },
      (file, blame) => tally.add(components.get(file.path) as FundComponent, blame),
    );
    const { name, package: of } = repository;
    return { name, package: of, version, revision, commit, commits: history.commits, ...tally.result() };
  } finally {
    cache.close();
  }
}

function blameOptions(
  { ignored }: History,
  at: readonly string[],
  { commit, repository }: Released,
  { folder, atOnce, cache }: { readonly folder: string; readonly atOnce: number; readonly cache: BlameCache },
) {
  const ignoreFile = path.join(folder, `${repository.name}.ignore-revs`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(ignoreFile, ignored.map((each) => `${each.commit}\n`).join(''));
  return { at, commit, ignoreFile, cache, atOnce };
}

/** Adds up, by component and author as git has them now: an entry of .mailmap needs no new blame. */
class Tally {
  readonly #fund: Fund;
  readonly #history: History;
  readonly #ignored: ReadonlyMap<string, Ignored>;
  readonly #counted = new Map<string, Lines>();
  readonly #leftOut = new Map<string, LeftOut>();
  #files = 0;
  #lines = 0;

  constructor(fund: Fund, history: History) {
    this.#fund = fund;
    this.#history = history;
    this.#ignored = new Map(history.ignored.map((each) => [each.commit, each]));
    for (const { commit, why } of history.ignored) this.leaveOut(why, commit, 0, 0);
  }

  leaveOut(why: LeftOut['why'], what: string | null, files: number, lines: number): void {
    const key = `${why}\n${what}`;
    const known = this.#leftOut.get(key) ?? { why, what, files: 0, lines: 0 };
    this.#leftOut.set(key, { ...known, files: known.files + files, lines: known.lines + lines });
  }

  add(component: FundComponent, blame: Blame): void {
    this.#files += 1;
    for (const [commit, lines] of blame) {
      const ignored = this.#ignored.get(commit);
      const author = this.#authorOf(commit);
      if (ignored) this.leaveOut(ignored.why, commit, 0, lines);
      else if (isMachine(author, this.#fund.exclude)) this.leaveOut('machine', author.name, 0, lines);
      else this.#count(component, author, lines);
    }
  }

  #authorOf(commit: string): Author {
    const author = this.#history.authors.get(commit);
    if (!author) throw new FundFault(`commit ${commit} is not in the history of the revision that names it`);
    return author;
  }

  #count({ name: component, weight }: FundComponent, author: Author, lines: number): void {
    const address = identityOf(author);
    const key = `${component}\n${address}`;
    const known = this.#counted.get(key);
    // Of several names of one address the first in the alphabet, so that a run is what the last one was.
    const name = known && known.name < author.name ? known.name : author.name;
    this.#counted.set(key, { component, weight, address, name, lines: (known?.lines ?? 0) + lines });
    this.#lines += lines;
  }

  result(): Pick<RepositoryLines, 'files' | 'lines' | 'counted' | 'leftOut'> {
    return {
      files: this.#files,
      lines: this.#lines,
      counted: [...this.#counted.values()].sort((a, b) => b.lines - a.lines || order(keyOf(a), keyOf(b))),
      leftOut: [...this.#leftOut.values()].sort(
        (a, b) => order(a.why, b.why) || b.lines - a.lines || order(a.what, b.what),
      ),
    };
  }
}

const keyOf = ({ component, address }: Lines): string => `${component}\n${address}`;

/** Files are read in no order; what is told of them has one. */
function order(a: string | null, b: string | null): number {
  return (a ?? '') < (b ?? '') ? -1 : a === b ? 0 : 1;
}
