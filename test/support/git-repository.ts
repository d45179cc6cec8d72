// Git repositories made for a test: who committed what, in order, and the SBOM of its release.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const ANN = 'Ann Author <ann@dev.example>';
export const BEN = 'Ben Builder <ben@dev.example>';

export class TestRepository {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'plusone-repository-'));
  #commits = 0;

  constructor() {
    this.git('init', '--quiet', '--initial-branch=main');
  }

  git(...args: string[]): string {
    const at = new Date(Date.UTC(2026, 0, 1) + this.#commits * 60_000).toISOString();
    const env = {
      PATH: process.env.PATH,
      HOME: this.folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_COMMITTER_NAME: 'Committer',
      GIT_COMMITTER_EMAIL: 'committer@dev.example',
      GIT_AUTHOR_DATE: at,
      GIT_COMMITTER_DATE: at,
    };
    return execFileSync('git', ['-C', this.folder, ...args], { env, encoding: 'utf8' }).trim();
  }

  /** null takes a file away. Returns the commit. */
  commit(author: string, files: Readonly<Record<string, string | Buffer | null>>): string {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(this.folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      if (content === null) rmSync(file);
      else writeFileSync(file, content);
    }
    return this.#commitAll(author);
  }

  move(author: string, from: string, to: string): string {
    const target = path.join(this.folder, to);
    mkdirSync(path.dirname(target), { recursive: true });
    renameSync(path.join(this.folder, from), target);
    return this.#commitAll(author);
  }

  #commitAll(author: string): string {
    this.#commits += 1;
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', `--author=${author}`, `--message=commit ${this.#commits}`);
    return this.git('rev-parse', 'HEAD');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Lines that nobody else has written, long enough that git takes a move for one. */
export function linesOf(name: string, count: number): string {
  return Array.from({ length: count }, (_, line) => `${name}: this is line ${line} of what ${name} has to say\n`).join(
    '',
  );
}

export function cycloneDx(packages: Readonly<Record<string, string>>): string {
  const components = Object.entries(packages).map(([name, version]) => ({
    type: 'library',
    name,
    version,
    'bom-ref': `${name}@${version}`,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
  }));
  return JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, components });
}
