// The project's own source as syntax trees, for tests about the code itself.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export type SourceFile = {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
};

export function sourceFiles(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => path.posix.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => {
        const text = readFileSync(file, 'utf8');
        return { path: file, text, tree: ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true) };
      }),
  );
}

export function everyNode(tree: ts.Node, visit: (node: ts.Node) => void): void {
  const walk = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, walk);
  };
  walk(tree);
}

export function lineOf(file: SourceFile, node: ts.Node): string {
  return `${file.path}:${file.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

/** What a file imports, re-exports or loads: a path from the root for ours, a package's or module's name otherwise. */
export function importsOf(file: SourceFile): { readonly from: string; readonly node: ts.Node }[] {
  const found: { from: string; node: ts.Node }[] = [];
  everyNode(file.tree, (node) => {
    const literal =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : undefined;
    if (!literal || !ts.isStringLiteralLike(literal)) return;
    const ours = literal.text.startsWith('.');
    found.push({ from: ours ? path.posix.join(path.posix.dirname(file.path), literal.text) : literal.text, node });
  });
  return found;
}
