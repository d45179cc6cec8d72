/**
 * The snippet as it is served: the files beside this one in one function, with the program's own settings before them.
 * Promises: plain script for every browser of today, made once and the same each time; no module of anybody else's.
 * Must never: hold anything that a visitor may not see.
 */
import { readFileSync } from 'node:fs';

export interface SnippetConfig {
  readonly program: string;
  readonly parameter: string;
  readonly days: number;
  readonly touch: 'first' | 'last';
  /** Public: keeps hashes of addresses apart from other programs'. */
  readonly key: string;
  /** The path of the signup page, where forms sign people up. */
  readonly signup: string;
}

/** In this order, each only names what stands in those before it. */
const FILES = ['sha256.js', 'store.js', 'carriers.js', 'forms.js', 'main.js'];

/** Comments, imports and indentation are for us. */
function textOf(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
    .replace(/\/\*\*(?:(?!\*\/)[\s\S])*\*\/ ?/g, '')
    .replace(/(^|\s)\/\/ .*$/gm, '')
    .replace(/^import .*$/gm, '')
    .replace(/^export /gm, '')
    .replace(/^\s+/gm, '');
}

let made: string | undefined;

export function snippetFor(config: SnippetConfig): string {
  made ??= FILES.map(textOf).join('');
  return `(()=>{\n${made}start(${JSON.stringify(config)});\n})();\n`;
}
