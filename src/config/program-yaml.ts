/**
 * Program files as YAML: values, and where each stands.
 * Promises: numbers come as they are written (what a float cannot hold comes as text), every path leads to a line and
 * column. Must never: follow anchors or tags (they only serve to make a file that is not what it looks like), or take
 * one of two keys with the same name.
 */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import { type Path, type Position, Problems } from './program-problems.ts';

export interface ScalarAt {
  readonly path: Path;
  readonly text: string;
  /** From the start of its quotes to their end. */
  readonly range: readonly [start: number, end: number];
  readonly set: (value: string) => void;
}

export interface YamlFile {
  /** Of the key that the path ends with, or of the item of a list; of the nearest thing above when it is not there. */
  readonly locate: (path: Path) => Position;
  /** Every text in the file that is a value. */
  readonly texts: readonly ScalarAt[];
  readonly value: () => unknown;
}

/** Throws ProgramError for what is no YAML, or YAML with more to it than values. */
export function readYaml(text: string, fileName: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: false });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const problems = new Problems(fileName, () => ({ line: 1, column: 1 }));
  addSyntaxProblems(document, text, at, problems);
  problems.throwIfAny();
  addForeignProblems(document, at, problems);
  problems.throwIfAny();
  return {
    locate: (path) => at(offsetOf(document.contents, path)),
    texts: [...textsIn(document.contents, [])],
    value: () => plain(document.contents),
  };
}

function addSyntaxProblems(
  document: Document,
  text: string,
  at: (offset: number) => Position,
  problems: Problems,
): void {
  const doubles = document.errors.filter(({ code }) => code === 'DUPLICATE_KEY');
  const [other] = document.errors.filter(({ code }) => code !== 'DUPLICATE_KEY');
  for (const { pos } of doubles) {
    const key = /^["']?([^"':\s]*)/.exec(text.slice(pos[0]))?.[1];
    problems.addAt(at(pos[0]), `the key ${key} stands here a second time`);
  }
  // Only the first: the parser takes what follows for more mistakes than there are.
  if (!other) return;
  const where = at(other.pos[0]);
  const line = text.split('\n')[where.line - 1] ?? '';
  const hint = /[\s,[]\$\{/.test(line) ? ` (put "\${NAME}" in quotes)` : '';
  const reason =
    other.code === 'MULTIPLE_DOCS'
      ? 'a file holds one program; put this one in a file of its own'
      : withoutSource(other.message);
  problems.addAt(where, `${reason}${hint}`);
}

/** The parser quotes what it stumbled over, which may be a piece of a secret. */
function withoutSource(message: string): string {
  return message.replace(/: ".*$/s, '');
}

function addForeignProblems(document: Document, at: (offset: number) => Position, problems: Problems): void {
  const refuse = (node: Node, reason: string) => problems.addAt(at(node.range?.[0] ?? 0), reason);
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node) || node.anchor) refuse(node, 'anchors and aliases are not for program files: write it out');
      else if (node.tag) refuse(node, 'tags are not for program files');
    },
    Pair: (_key, { key }) => {
      const isText = isScalar(key) && (typeof key.value === 'string' || key.source !== undefined) && key.value !== null;
      if (isNode(key) && !(isText && String(key.value) !== '__proto__')) refuse(key, 'is no key');
    },
  });
}

function offsetOf(contents: Node | null, path: Path): number {
  let node: unknown = contents;
  let offset = contents?.range?.[0] ?? 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (!pair) return offset;
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      if (!isNode(node)) return offset;
      offset = node.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}

function* textsIn(node: unknown, path: Path): Generator<ScalarAt> {
  if (isMap(node)) {
    for (const item of node.items) {
      if (isPair(item) && isScalar(item.key)) yield* textsIn(item.value, [...path, String(item.key.value)]);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) yield* textsIn(item, [...path, index]);
  } else if (isScalar(node) && typeof node.value === 'string') {
    const [start, end] = node.range ?? [0, 0];
    const set = (value: string): void => {
      node.value = value;
    };
    yield { path, text: node.value, range: [start, end], set };
  }
}

function plain(node: unknown): unknown {
  if (isMap(node)) {
    return Object.fromEntries(
      node.items.map(({ key, value }) => [String(isScalar(key) ? key.value : key), plain(value)]),
    );
  }
  if (isSeq(node)) return node.items.map(plain);
  if (!isScalar(node)) return null;
  return typeof node.value === 'number' ? exact(node as Scalar<number>) : node.value;
}

/** 0.1 and 20000.00 are numbers; 12345678901234567.89 would not be what it says, and stays text. */
function exact({ value, source = '' }: Scalar<number>): number | string {
  const decimal = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(source);
  if (!decimal) return value;
  const [, sign, digits = '', decimals = ''] = decimal;
  const [whole, fraction] = [digits.replace(/^0+(?=\d)/, ''), decimals.replace(/(?<!0)0+$/, '')];
  const written = `${sign === '-' ? '-' : ''}${whole}${fraction ? `.${fraction}` : ''}`;
  return written === String(value) ? value : source;
}
