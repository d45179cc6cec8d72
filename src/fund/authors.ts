/**
 * Whose lines count: people's, not machines'; pure.
 * Promises: a rule that can be read, and every author whom it leaves out is shown with their lines. Must never: leave
 * somebody out for a name that only looks like a machine's to a fuzzy eye.
 */
import type { Fund } from '../model/program.ts';
import { matches } from './files.ts';
import type { Author } from './walk.ts';

/** Whole names, in lower case. */
const BOTS: ReadonlySet<string> = new Set([
  'dependabot',
  'dependabot-preview',
  'renovate',
  'renovate bot',
  'greenkeeper',
  'github actions',
  'github-actions',
  'github action',
  'gitlab ci',
  'gitlab-ci',
  'jenkins',
  'travis ci',
  'travis',
  'circleci',
  'circle ci',
  'buildkite',
  'snyk-bot',
  'imgbot',
  'allcontributors',
  'semantic-release-bot',
  'release-please',
  'pre-commit-ci',
  'mergify',
  'web-flow',
  'continuous integration',
]);
/** `[bot]` is how GitHub marks them; a name or an address that ends in -bot or bot@ says so itself. */
const BOT_NAME = /\[bot\]|(^|[\s_-])bot$/i;
const BOT_ADDRESS = /\[bot\]@|(^|[+._-])bot@|^(ci|jenkins|travis|action|actions|github-actions|gitlab-ci)@/i;

export function isMachine(author: Author, exclude: Pick<Fund['exclude'], 'authors'>): boolean {
  const name = author.name.trim().toLowerCase();
  if (BOTS.has(name) || BOT_NAME.test(name) || BOT_ADDRESS.test(author.address)) return true;
  // A slash has a meaning in a glob and none in a name.
  const whole = `${author.name} <${author.address}>`.toLowerCase().replaceAll('/', '\u00b7');
  return exclude.authors.some((glob) => matches(whole, glob.toLowerCase().replaceAll('/', '\u00b7')));
}

/** An address as it is matched: the case does not count. Nothing else is taken to be the same; .mailmap says what is. */
export function identityOf(author: Author): string {
  return author.address.trim().toLowerCase();
}
