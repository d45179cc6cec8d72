/** I5: no pattern that we own takes longer than its text does, whatever the text. */
import vm from 'node:vm';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { sized } from '../support/sized.ts';
import { everyNode, lineOf, sourceFiles } from '../support/source.ts';

/** So long is a text, and so long may it take: what grows with the square of it takes longer. */
const LENGTH = sized(20_000, 100_000);
const WITHIN_MS = sized(150, 500);

interface Pattern {
  readonly where: string;
  readonly literal: string;
}

const patterns: Pattern[] = sourceFiles('src').flatMap((file) => {
  const found: Pattern[] = [];
  everyNode(file.tree, (node) => {
    if (ts.isRegularExpressionLiteral(node)) found.push({ where: lineOf(file, node), literal: node.getText() });
  });
  return found;
});

/** Repeated pieces of what the pattern speaks of, ended by what it does not want; and nothing but pieces. */
function attacks(literal: string): string[] {
  const words = literal.match(/[a-z]{2,}|[^\\\w\s[\](){}^$|*+?]/gi) ?? [];
  const pieces = new Set([
    'a',
    'A',
    '0',
    ' ',
    '\t',
    '\n',
    '-',
    '_',
    '.',
    '@',
    '/',
    ',',
    '"',
    '=',
    'a ',
    'a.',
    '0,',
    ...words,
  ]);
  return [...pieces].flatMap((piece) => {
    const long = piece.repeat(Math.ceil(LENGTH / piece.length));
    return [`${long}\0`, `x${long}!`, long];
  });
}

test('every pattern is linear', () => {
  expect(patterns.length).toBeGreaterThan(100);
  const slow = patterns.flatMap(({ where, literal }) => {
    const context = vm.createContext({ texts: attacks(literal) });
    // Of an interrupted pattern nothing is left running: the timeout ends it.
    const script = new vm.Script(`for (const text of texts) { ${literal}.test(text); }`);
    const run = () => {
      const began = performance.now();
      script.runInContext(context, { timeout: WITHIN_MS * 20 });
      return performance.now() - began;
    };
    try {
      // Another process may have had the machine for a moment.
      for (let tries = 0, took = run(); took > WITHIN_MS; tries++, took = run())
        if (tries === 3) return [`${where}: ${literal} took ${Math.round(took)} ms`];
      return [];
    } catch {
      return [`${where}: ${literal} did not end`];
    }
  });
  expect(slow).toEqual([]);
}, 120_000);
