// The rules of the house that a machine can hold, so that nobody has to remember them: who may import whom, what pure
// files must not touch, where SQL and process.env may stand, how long a file may be. Each message names the way out.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { everyNode, importsOf, lineOf, type SourceFile, sourceFiles } from './support/source.ts';

const src = sourceFiles('src');
const tests = sourceFiles('test');
const scripts = sourceFiles('scripts');

/** In the order an event meets them; none of them knows another. What joins them is the engine's. */
const STAGES = [
  'providers',
  'inbox',
  'payments',
  'attribution',
  'rewards',
  'fraud',
  'ledger',
  'delivery',
  'mail',
  'accounts',
];

/** Folder → what it may import besides itself. Entry points (src/*.ts) may import everything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  config: ['model', 'providers', 'rewards', 'fraud', 'delivery', 'mail'],
  db: ['config'],
  ...Object.fromEntries(STAGES.map((stage) => [stage, ['model', 'db']])),
  engine: ['model', 'db', 'config', ...STAGES],
  jobs: ['model', 'db', 'config', ...STAGES, 'engine'],
  web: ['model', 'db', 'config', ...STAGES, 'engine'],
  http: ['model', 'db', 'config', ...STAGES, 'engine', 'web'],
  cli: ['model', 'db', 'config', ...STAGES, 'engine', 'jobs', 'http'],
};

/** Files that decide: the same input gives the same answer, on any day. */
const PURE = [
  /^src\/(model|providers|payments|attribution|rewards|fraud|ledger|accounts)\//,
  /^src\/engine\/(handle|steps|evaluate)/,
  /^src\/mail\/(templates\/|html|smtp-url|verdict|unsubscribe-token)/,
];
const IMPURE_IMPORTS =
  /^(express|knex|pg|undici|p-retry|nodemailer|graphile-worker|(node:)?(fs|net|http|https|http2|dns|tls|child_process|timers|worker_threads)(\/.*)?)$/;

/** How a statement begins; a sentence for people that begins with "select" has no "from" or "(" where SQL has one. */
const SQL = new RegExp(
  `^\\s*(${[
    'select\\s+[\\w.]+\\(',
    'select\\s+(?!(an?|the|your)\\s).*\\sfrom\\s',
    'insert\\s+into\\s',
    'update\\s+[\\w."]+\\s.*\\bset\\s',
    'delete\\s+from\\s',
    'with\\s+(recursive\\s+)?\\w+.*\\bas\\s+(materialized\\s+)?\\(',
    '(create|alter|drop)\\s+(or\\s+replace\\s+)?(unique\\s+)?(table|index|role|database|function|trigger|view|schema|type)\\s',
    '(grant|revoke)\\s.*\\s(to|from)\\s',
    'set\\s+local\\s',
    '(lock|truncate)\\s+table\\s',
    'copy\\s+\\w+.*\\sfrom\\s',
    '(listen|notify|truncate)\\s+\\w+$',
  ].join('|')})`,
  'is',
);

/** Prints a schema as text for people, and runs nothing of it. */
const PRINTS_SQL = ['src/db/schema-dump.ts'];

const LINES_MAX = 400;
const TEST_LINES_MAX = 600;

function folderOf(file: string): string | undefined {
  return /^src\/([^/]+)\//.exec(file)?.[1];
}

function isPure(file: SourceFile): boolean {
  return PURE.some((pattern) => pattern.test(file.path)) && !file.path.endsWith('.sql.ts');
}

test('every folder of src has its line in the table of imports', () => {
  const folders = new Set(src.flatMap((file) => folderOf(file.path) ?? []));
  expect([...folders].filter((folder) => !(folder in MAY_IMPORT))).toEqual([]);
});

test('imports point one way: model ← stages ← engine ← http, jobs ← entry points', () => {
  const breaches = src.flatMap((file) => {
    const folder = folderOf(file.path);
    if (!folder) return [];
    const allowed = [folder, ...(MAY_IMPORT[folder] ?? [])];
    return importsOf(file)
      .filter(({ from }) => from.startsWith('src/') && !allowed.includes(folderOf(from) ?? 'an entry point'))
      .map(({ from, node }) => {
        const wayOut = STAGES.includes(folder)
          ? 'put what both need into model, or join them in engine'
          : 'turn it round';
        return `${lineOf(file, node)}: ${folder} must not import ${from}: ${wayOut}`;
      });
  });
  expect(breaches).toEqual([]);
});

test('src imports nothing of test or scripts', () => {
  const outside = src.flatMap((file) =>
    importsOf(file)
      .filter(({ from }) => /^(\.\.|test\/|scripts\/)/.test(from))
      .map(({ from, node }) => `${lineOf(file, node)}: imports ${from}: move what it needs into src`),
  );
  expect(outside).toEqual([]);
});

test('pure files use no clock, no chance and no outside', () => {
  const breaches = src.filter(isPure).flatMap((file) => [
    ...importsOf(file)
      .filter(({ from }) => IMPURE_IMPORTS.test(from) || from.endsWith('.sql.ts'))
      .map(({ from, node }) => `${lineOf(file, node)}: imports ${from}: let the caller do it and pass the result in`),
    ...impureExpressions(file),
  ]);
  expect(breaches).toEqual([]);
});

function impureExpressions(file: SourceFile): string[] {
  const found: string[] = [];
  everyNode(file.tree, (node) => {
    const text = ts.isPropertyAccessExpression(node) ? node.getText() : '';
    const say = (what: string, wayOut: string) => found.push(`${lineOf(file, node)}: ${what}: ${wayOut}`);
    if (text === 'Date.now' || text === 'performance.now') say(text, 'take `now` as an argument');
    if (text === 'Math.random') say(text, 'take the random value, or ids, as an argument');
    if (text === 'crypto.randomUUID' || text === 'crypto.randomBytes')
      say(text, 'take the random value as an argument');
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length)
      say('new Date()', 'take `now` as an argument');
    if (ts.isCallExpression(node) && node.expression.getText() === 'Date') say('Date()', 'take `now` as an argument');
    if (ts.isCallExpression(node) && node.expression.getText() === 'fetch')
      say('fetch', 'the network belongs to delivery/sinks or to the engine');
  });
  return found;
}

test('SQL stands in *.sql.ts files and migrations only', () => {
  const breaches = [...src, ...scripts]
    .filter((file) => !file.path.endsWith('.sql.ts') && !PRINTS_SQL.includes(file.path))
    .flatMap((file) => {
      const found: string[] = [];
      everyNode(file.tree, (node) => {
        const text = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) ? node.text : '';
        if (SQL.test(text))
          found.push(`${lineOf(file, node)}: SQL: move it to ${file.path.replace(/\.ts$/, '.sql.ts')}`);
      });
      return found;
    });
  expect(breaches).toEqual([]);
});

test('process.env is read in src/config/env.ts only', () => {
  const breaches = [...src, ...scripts]
    .filter((file) => file.path !== 'src/config/env.ts')
    .flatMap((file) => {
      const found: string[] = [];
      everyNode(file.tree, (node) => {
        if (ts.isPropertyAccessExpression(node) && node.getText() === 'process.env')
          found.push(`${lineOf(file, node)}: process.env: add the variable to src/config/env.ts and take Env`);
      });
      return found;
    });
  expect(breaches).toEqual([]);
});

test('a file of src opens with what it promises', () => {
  const silent = src.filter((file) => !/^(#!.*\n)?\s*(\/\/|\/\*)/.test(file.text)).map((file) => file.path);
  expect(silent.map((file) => `${file}: open with 2 to 6 lines: what it promises and must never do`)).toEqual([]);
});

test('files stay short', () => {
  const long = [...src, ...scripts, ...tests].flatMap((file) => {
    const lines = file.text.trimEnd().split('\n').length;
    const most = file.path.startsWith('test/') ? TEST_LINES_MAX : LINES_MAX;
    return lines > most
      ? [`${file.path}: ${lines} lines, and ${most} are the most: split it by what changes together`]
      : [];
  });
  expect(long).toEqual([]);
});

test('no drawer folders', () => {
  const drawers = readdirSync('src', { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() && /^(utils?|common|helpers?|services|lib|types|shared|misc)$/.test(entry.name),
    )
    .map((entry) => `${path.posix.join(entry.parentPath, entry.name)}: name it for what it is about`);
  expect(drawers).toEqual([]);
});

test.each(['src/fraud/signals', 'src/rewards/rules', 'src/delivery/sinks'])(
  '%s: the registry lists its folder',
  (folder) => {
    const above = path.posix.dirname(folder);
    const registries = src.filter((file) => [`${folder}/index.ts`, `${above}/index.ts`].includes(file.path));
    if (registries.length === 0) return; // one rule needs no list yet
    const listed = registries.flatMap(importsOf).map(({ from }) => from);
    const missing = src
      .filter(
        (file) => path.posix.dirname(file.path) === folder && !registries.includes(file) && !listed.includes(file.path),
      )
      .map((file) => `${file.path}: add its line to ${folder}/index.ts, or move it out of the folder`);
    expect(missing).toEqual([]);
  },
);

test('no test runs alone, and none has the name of another in its file', () => {
  expect(tests.flatMap(testNameProblems)).toEqual([]);
});

function testNameProblems(file: SourceFile): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  const walk = (node: ts.Node, inside: string): void => {
    let within = inside;
    if (ts.isCallExpression(node)) {
      const [title] = node.arguments;
      const callee = node.expression.getText();
      if (/^(test|it|describe)(\.\w+)*\.only\b/.test(callee)) problems.push(`${lineOf(file, node)}: remove .only`);
      const kind = /^(test|it|describe)\b/.exec(callee)?.[1];
      if (kind && title && ts.isStringLiteralLike(title)) {
        const name = `${inside} > ${title.text}`;
        if (kind !== 'describe' && seen.has(name))
          problems.push(`${lineOf(file, node)}: a second test named "${title.text}"`);
        seen.add(name);
        within = name;
      }
    }
    ts.forEachChild(node, (child) => walk(child, within));
  };
  walk(file.tree, '');
  return problems;
}

test('nothing is left to do', () => {
  const words = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);
  const left = [...src, ...scripts, ...tests].flatMap((file) =>
    file.text
      .split('\n')
      .flatMap((line, index) => (words.test(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [])),
  );
  expect(left).toEqual([]);
});
