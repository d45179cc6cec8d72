// Whose lines a release has, on repositories that git itself made.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { attribute, type RepositoryLines } from '../../src/fund/attribute.ts';
import { readSbom } from '../../src/fund/sbom.ts';
import type { Fund } from '../../src/model/program.ts';
import { ANN, BEN, cycloneDx, linesOf, TestRepository } from '../support/git-repository.ts';

let repository: TestRepository;
let folder: string;

beforeEach(() => {
  repository = new TestRepository();
  folder = mkdtempSync(path.join(os.tmpdir(), 'plusone-fund-'));
});
afterEach(() => {
  repository.remove();
  rmSync(folder, { recursive: true, force: true });
});

function fundOf(changes: Partial<Fund> = {}): Fund {
  return {
    share: 250_000n,
    minimumPayout: 5000n,
    currency: 'usd',
    keepUnregistered: 1,
    since: undefined,
    sbom: undefined,
    repositories: [{ name: 'app', path: repository.folder, package: 'app', revision: 'HEAD' }],
    components: [
      { name: 'core', weight: 2000n, files: ['app/src/**'] },
      { name: 'rest', weight: 1000n, files: ['app/**'] },
    ],
    exclude: { authors: [], files: [], bulkFiles: 5 },
    sink: { kind: 'csv' },
    ...changes,
  };
}

async function attributed(changes: Partial<Fund> = {}): Promise<RepositoryLines> {
  const sbom = await readSbom('sbom.json', cycloneDx({ app: '1.0.0' }));
  const [found] = await attribute(fundOf(changes), sbom, { folder, atOnce: 2 });
  return found as RepositoryLines;
}

/** `component address` → lines. */
function lines({ counted }: RepositoryLines): Record<string, number> {
  return Object.fromEntries(counted.map((each) => [`${each.component} ${each.address}`, each.lines]));
}

const leftOut = ({ leftOut: out }: RepositoryLines) => Object.fromEntries(out.map((each) => [each.why, each.lines]));

test('lines are whose they are in the release, by component', async () => {
  repository.commit(ANN, { 'src/a.ts': linesOf('a', 10), 'docs/a.md': linesOf('doc', 4) });
  repository.commit(BEN, { 'src/a.ts': linesOf('a', 6) + linesOf('b', 3) });
  expect(lines(await attributed())).toEqual({
    'core ann@dev.example': 6,
    'core ben@dev.example': 3,
    'rest ann@dev.example': 4,
  });
});

test('who moves or copies lines does not become their author', async () => {
  repository.commit(ANN, { 'src/a.ts': linesOf('a', 30), 'src/other.ts': linesOf('other', 10) });
  repository.move(BEN, 'src/a.ts', 'src/deep/b.ts');
  const other = linesOf('other', 10);
  repository.commit(BEN, { 'src/other.ts': linesOf('new', 1), 'src/copied.ts': linesOf('mine', 2) + other });
  expect(lines(await attributed())).toEqual({ 'core ann@dev.example': 40, 'core ben@dev.example': 3 });
});

test('.mailmap joins the addresses of one person, also when it comes after the lines were read', async () => {
  repository.commit(ANN, { 'src/a.ts': linesOf('a', 5) });
  repository.commit('Ann <1+ann@users.noreply.github.com>', { 'src/b.ts': linesOf('b', 7) });
  expect(lines(await attributed())).toEqual({
    'core 1+ann@users.noreply.github.com': 7,
    'core ann@dev.example': 5,
  });
  repository.commit(ANN, { '.mailmap': 'Ann Author <ann@dev.example> <1+ann@users.noreply.github.com>\n' });
  expect(lines(await attributed())).toEqual({ 'core ann@dev.example': 12, 'rest ann@dev.example': 1 });
});

test('machines are left out, visibly; who is only called like one is not', async () => {
  repository.commit(ANN, { 'src/a.ts': linesOf('a', 5) });
  repository.commit('dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>', {
    'src/b.ts': linesOf('b', 3),
  });
  repository.commit('Release <ci@dev.example>', { 'src/c.ts': linesOf('c', 2) });
  repository.commit('Abbot Costello <abbot@dev.example>', { 'src/d.ts': linesOf('d', 4) });
  repository.commit('Imported <old@vendor.example>', { 'src/e.ts': linesOf('e', 8) });
  const found = await attributed({ exclude: { authors: ['*<*@vendor.example>'], files: [], bulkFiles: 5 } });
  expect(lines(found)).toEqual({ 'core abbot@dev.example': 4, 'core ann@dev.example': 5 });
  expect(found.leftOut).toEqual([
    { why: 'machine', what: 'Imported', files: 0, lines: 8 },
    { why: 'machine', what: 'dependabot[bot]', files: 0, lines: 3 },
    { why: 'machine', what: 'Release', files: 0, lines: 2 },
  ]);
});

test('a name replaced in many files at once is nobody’s merit, and stays visible', async () => {
  const files = (word: string) =>
    Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`src/f${n}.ts`, `${linesOf(`f${n}`, 5)}${word}(${n});\n`]));
  repository.commit(ANN, files('callTheOldName'));
  const bulk = repository.commit(BEN, files('callTheNewName'));
  const found = await attributed();
  expect(lines(found)).toEqual({ 'core ann@dev.example': 36 });
  expect(found.leftOut).toEqual([{ why: 'bulk_rename', what: bulk, files: 0, lines: 0 }]);
});

test('an import of many files is its author’s', async () => {
  repository.commit(ANN, Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`src/${n}.ts`, linesOf(`f${n}`, 2)])));
  expect(lines(await attributed())).toEqual({ 'core ann@dev.example': 18 });
});

test('commits of .git-blame-ignore-revs are looked through', async () => {
  repository.commit(ANN, { 'src/a.ts': 'first( one,two );\nsecond( one,two );\n' });
  const formatted = repository.commit(BEN, { 'src/a.ts': 'first(one, two);\nsecond(one, two);\n' });
  expect(lines(await attributed())).toEqual({ 'core ben@dev.example': 2 });
  repository.commit(ANN, { '.git-blame-ignore-revs': `# formatting\n${formatted}\n` });
  expect(lines(await attributed())).toEqual({ 'core ann@dev.example': 2, 'rest ann@dev.example': 2 });
});

test('generated, vendored and binary files do not count; .gitattributes has the last word', async () => {
  repository.commit(ANN, {
    'package-lock.json': linesOf('lock', 50),
    'src/made.ts': `// Code generated by a tool. DO NOT EDIT.\n${linesOf('made', 9)}`,
    'src/vendor/lib.js': linesOf('lib', 20),
    'src/picture.png': Buffer.from([137, 80, 78, 71, 0, 1, 2, 3]),
    'src/table.ts': linesOf('table', 11),
    'src/kept.min.js': linesOf('kept', 3),
    'src/a.ts': linesOf('a', 5),
    '.gitattributes': 'src/table.ts linguist-generated\nsrc/kept.min.js -linguist-generated\n',
  });
  const found = await attributed({ exclude: { authors: [], files: ['app/.gitattributes'], bulkFiles: 5 } });
  expect(lines(found)).toEqual({ 'core ann@dev.example': 8 });
  expect(leftOut(found)).toEqual({ generated: 71, vendored: 20, binary: 0, excluded: 2 });
});

test('what was kept gives the same lines, and a release asks git only of what has changed', async () => {
  repository.commit(ANN, { 'src/a.ts': linesOf('a', 5), 'src/b.ts': linesOf('b', 5) });
  const cold = await attributed();
  expect(await attributed()).toEqual(cold);
  const file = path.join(folder, 'app.blame');
  const before = readFileSync(file, 'utf8').split('\n').length;
  repository.commit(BEN, { 'src/b.ts': linesOf('b', 5) + linesOf('more', 1) });
  expect(lines(await attributed())).toEqual({ 'core ann@dev.example': 10, 'core ben@dev.example': 1 });
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(before + 1);
});

test('lines that were changed and changed back are the second author’s, with a cache or without', async () => {
  repository.commit(ANN, { 'src/a.ts': linesOf('a', 5) });
  await attributed();
  repository.commit(BEN, { 'src/a.ts': linesOf('z', 5) });
  repository.commit(BEN, { 'src/a.ts': linesOf('a', 5) });
  const warm = await attributed();
  rmSync(folder, { recursive: true });
  expect(lines(warm)).toEqual({ 'core ben@dev.example': 5 });
  expect(await attributed()).toEqual(warm);
});

test('a cache that lies is not believed', async () => {
  repository.commit(ANN, { 'src/a.ts': linesOf('a', 5) });
  const cold = await attributed();
  const file = path.join(folder, 'app.blame');
  const text = readFileSync(file, 'utf8');
  for (const lie of [text.replace(/ 5\n/, ' 4\n'), text.slice(0, 60), 'nothing at all\n']) {
    writeFileSync(file, lie);
    expect(await attributed()).toEqual(cold);
  }
});

test('the checkout stays as it was, whatever lies in its working tree', async () => {
  repository.commit(ANN, { 'src/a.ts': linesOf('a', 5) });
  const released = repository.git('rev-parse', 'HEAD');
  repository.git('tag', 'v1.0.0');
  repository.commit(BEN, { 'src/a.ts': linesOf('later', 9) });
  writeFileSync(path.join(repository.folder, 'src/a.ts'), 'not committed\n');
  const before = readdirSync(path.join(repository.folder, '.git'), { recursive: true }).sort();
  const repositories = [{ name: 'app', path: repository.folder, package: 'app', revision: 'v{version}' }];
  const found = await attributed({ repositories });
  expect(found).toMatchObject({ revision: 'v1.0.0', commit: released, version: '1.0.0' });
  expect(lines(found)).toEqual({ 'core ann@dev.example': 5 });
  expect(readdirSync(path.join(repository.folder, '.git'), { recursive: true }).sort()).toEqual(before);
});

test('every fault of the input is told, with file and reason, before a line is read', async () => {
  repository.commit(ANN, { 'src/a.ts': linesOf('a', 5) });
  const shallow = new TestRepository();
  shallow.remove();
  repository.commit(ANN, { 'src/a.ts': linesOf('a', 6) });
  repository.git('clone', '--quiet', '--depth=1', `file://${repository.folder}`, shallow.folder);
  const bad = (name: string, changes: object) => ({
    ...{ name, path: repository.folder, package: 'app', revision: 'HEAD' },
    ...changes,
  });
  const repositories = [
    bad('one', { path: '/nowhere/at-all' }),
    bad('two', { package: 'other' }),
    bad('three', { revision: 'v9' }),
    bad('four', { path: shallow.folder }),
    bad('five', { path: folder }),
  ];
  const refused = await attributed({ repositories }).catch((error: Error) => error.message.split('\n'));
  shallow.remove();
  expect(refused).toEqual([
    '/nowhere/at-all: the checkout of repository one is missing',
    'sbom.json: has no component other, which fund.repositories.two.package names',
    `${repository.folder}: has no revision v9`,
    expect.stringMatching(/is a shallow clone/),
    expect.stringMatching(/is no checkout that can be read: git rev-parse: not a git repository/),
  ]);
});
