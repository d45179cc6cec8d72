/**
 * A month of the fund as a page: one's own lines first, then everybody's, by contributor, component and repository; pure.
 * Promises: one HTML file with its own style and no script; what is left out stands there with its reason, and so does
 * the command that counts the lines again. Must never: put text of a repository into the page unescaped.
 */
import type { Report } from '../../fund/report.ts';
import { type Html, html } from '../../mail/html.ts';
import { exponentOf, formatDecimal } from '../../model/money.ts';
import type { Program } from '../../model/program.ts';
import { plainPage, policyFor } from '../plain-page.ts';

export interface ReportPage {
  readonly program: Program;
  readonly report: Report;
  readonly months: readonly string[];
  /** Whose link it is. */
  readonly contributor: bigint | undefined;
}

const STYLE = `
body { margin: 0; background: #f3f4f6; color: #1f2937; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 2rem auto; padding: 2rem; background: #fff; border-radius: 8px; }
h1 { margin: 0 0 1rem; font-size: 1.75rem; line-height: 1.25; }
h2 { margin: 2rem 0 .5rem; font-size: 1.125rem; }
.product { margin: 0 0 1rem; font-weight: 700; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .375rem .75rem; border-bottom: 1px solid #e5e7eb; text-align: left; white-space: nowrap; }
th { color: #4b5563; font-weight: 600; }
.number { text-align: right; }
code { overflow-wrap: anywhere; font-size: .875rem; }
a { color: inherit; }
a:focus-visible { outline: 3px solid #1f2937; outline-offset: 3px; }
@media (max-width: 60rem) { main { margin: 0; border-radius: 0; padding: 1rem; } }
`;

export const REPORT_POLICY = policyFor(STYLE, "'none'");

export function reportPage({ program, report, months, contributor }: ReportPage): string {
  const title = `The Open Source Fund of ${program.name}, ${report.month}`;
  const body = html`${monthLinks(report, months)}
${contributor !== undefined && ownPart(report, contributor)}
${fundPart(report)}
${tablesPart(report)}
${checkPart(report)}`;
  return plainPage(program, { title, body }, STYLE);
}

/** A column of numbers is headed by an object. */
type Head = string | { readonly of: string };
type Cell = string | number;

function table(caption: string, heads: readonly Head[], rows: readonly (readonly Cell[])[]): Html {
  const cell = (value: Cell, at: number) =>
    typeof heads[at] === 'string' ? html`<td>${value}</td>` : html`<td class="number">${value}</td>`;
  return html`<h2>${caption}</h2>
<div class="wide" role="region" aria-label="${caption}" tabindex="0"><table>
<thead><tr>${heads.map((head) =>
    typeof head === 'string'
      ? html`<th scope="col">${head}</th>`
      : html`<th scope="col" class="number">${head.of}</th>`,
  )}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>\n`)}</tbody>
</table></div>`;
}

const LINES = { of: 'Lines' };
const WEIGHTED = { of: 'Weighted' };
const weighted = (score: bigint): number => Number(score) / 1000;

function money({ currency }: Report, amount: bigint): string {
  return `${formatDecimal(amount, exponentOf(currency))} ${currency.toUpperCase()}`;
}

function monthLinks({ month }: Report, months: readonly string[]): Html {
  const others = months.filter((each) => each !== month);
  if (others.length === 0) return html``;
  return html`<p>Other months: ${others.map((each) => html` <a href="?month=${each}">${each}</a>`)}</p>`;
}

function ownPart(report: Report, contributor: bigint): Html {
  const own = report.contributors.find(({ contributorId }) => contributorId === contributor);
  if (!own) return html`<p>None of your lines are in this month’s release.</p>`;
  const rows = report.lines.filter(({ contributorId }) => contributorId === contributor);
  const paid = own.payout
    ? html`The payout of ${money(report, own.payout.amount)} is ${own.payout.state}.`
    : html`Nothing was paid out in this month: what is owed is below the minimum of
${money(report, BigInt(report.explain.minimum_payout))}, an earlier payout is open, or it is not known where to pay.`;
  return html`<p><strong>${own.contributor}: ${own.lines} lines, ${money(report, own.share)}.</strong> ${paid}</p>
${table(
  'Your lines',
  ['Repository', 'Component', { of: 'Weight' }, LINES],
  rows.map((row) => [row.repository, row.component, weighted(row.weight), row.lines]),
)}`;
}

function fundPart(report: Report): Html {
  const { base, explain, granted, carried, returned, distributed } = report;
  return html`<h2>The fund</h2>
<p>Referred members paid ${money(report, base)} net that was not counted before; ${explain.share} of it is
${money(report, granted)}.${carried > 0n && ` ${money(report, carried)} were left from before.`}${
    returned > 0n && ` ${money(report, returned)} came back from shares that nobody claimed.`
  } ${money(report, distributed)} were given out, by lines times weight.</p>`;
}

function tablesPart(report: Report): Html {
  const { contributors, components, repositories, explain } = report;
  const weightOf = (component: string) => explain.components.find(({ name }) => name === component)?.weight ?? '';
  const released = (name: string) => explain.repositories.find((each) => each.name === name);
  return html`${table(
    'By contributor',
    ['Contributor', LINES, WEIGHTED, { of: 'Share' }],
    contributors.map((each) => [each.contributor, each.lines, weighted(each.score), money(report, each.share)]),
  )}
<p>Who has not registered is shown by a masked address; their share is kept for a while.</p>
${table(
  'By component',
  ['Component', { of: 'Weight' }, LINES, WEIGHTED, { of: 'Contributors' }],
  components.map((each) => [
    ...[each.component, weightOf(each.component), each.lines, weighted(each.score), each.contributors],
  ]),
)}
${table(
  'By repository',
  ['Repository', 'Revision', 'Commit', LINES, { of: 'Contributors' }],
  repositories.map(({ repository, lines, contributors: people }) => {
    const { revision = '', commit = '' } = released(repository) ?? {};
    return [repository, revision, commit.slice(0, 12), lines, people];
  }),
)}`;
}

function checkPart({ explain }: Report): Html {
  const rows = explain.repositories.flatMap(({ name, left_out: leftOut }) =>
    leftOut.map((each) => [name, each.why.replaceAll('_', ' '), each.what ?? '', each.files || '', each.lines]),
  );
  return html`${rows.length > 0 && table('Left out', ['Repository', 'Because', 'What', { of: 'Files' }, LINES], rows)}
<h2>Count your lines yourself</h2>
<p>In a checkout of the repository, for a file that counts:</p>
<p><code>git blame -M -C --line-porcelain COMMIT -- FILE | grep -c "^author-mail &lt;you@example.com&gt;"</code></p>
<p>Commits that are left out above as a bulk rename or by <code>.git-blame-ignore-revs</code> are looked through, with
<code>--ignore-rev</code>; <code>.mailmap</code> joins the addresses of one person.</p>`;
}
