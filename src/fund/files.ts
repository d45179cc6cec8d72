/**
 * Which files count, and as which component; pure.
 * Promises: every file that does not count has a reason that is shown; .gitattributes has the last word on what is
 * generated or vendored. Must never: count a file twice.
 */
import { matchesGlob } from 'node:path/posix';
import type { Fund, FundComponent } from '../model/program.ts';
import type { TreeFile } from './repository.ts';

export type WhyNot = 'binary' | 'generated' | 'vendored' | 'excluded' | 'no_component';

export type Place =
  | { readonly counts: true; readonly component: FundComponent; readonly lines: number }
  | { readonly counts: false; readonly why: WhyNot };

/** What tools write and nobody does; by name. Globs over the path inside the repository. */
const GENERATED: readonly RegExp[] = [
  /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|deno\.lock)$/,
  /(^|\/)(Cargo\.lock|poetry\.lock|uv\.lock|Pipfile\.lock|Gemfile\.lock|composer\.lock|go\.sum|flake\.lock|mix\.lock)$/,
  /\.(min\.(js|mjs|cjs|css)|js\.map|css\.map|mjs\.map|snap|tsbuildinfo)$/,
  /(\.pb\.go|_pb2(_grpc)?\.pyi?|_pb\.(js|d\.ts)|\.pb\.(cc|h)|\.g\.dart|\.designer\.cs)$/,
  /(^|\/)(dist|__generated__|__snapshots__|generated)\//,
];

/** Others' code that was copied in. */
const VENDORED: readonly RegExp[] = [
  /(^|\/)(node_modules|bower_components|vendor|vendors|third[_-]party|Godeps|\.yarn\/releases|\.yarn\/plugins)\//,
];

export function placeOf(fund: Pick<Fund, 'components' | 'exclude'>, repository: string, file: TreeFile): Place {
  const no = (why: WhyNot): Place => ({ counts: false, why });
  if (file.lines === null) return no('binary');
  if (file.vendored ?? VENDORED.some((each) => each.test(file.path))) return no('vendored');
  if (file.generated ?? (file.marked || GENERATED.some((each) => each.test(file.path)))) return no('generated');
  const whole = `${repository}/${file.path}`;
  if (fund.exclude.files.some((glob) => matches(whole, glob))) return no('excluded');
  const component = fund.components.find(({ files }) => files.some((glob) => matches(whole, glob)));
  return component ? { counts: true, component, lines: file.lines } : no('no_component');
}

/** Names that begin with a dot are files like others: `a/**` has `a/.ci/run`. */
export function matches(path: string, glob: string): boolean {
  const plain = (text: string) => text.replace(/(^|\/)\.(?=[^./])/g, '$1\u00b7');
  return matchesGlob(plain(path), plain(glob));
}
