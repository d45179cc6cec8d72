/**
 * A month of the fund as a page: one's own lines first, then everybody's, by contributor, component and repository; pure.
 * Promises: one HTML file with its own style and no script; what is left out stands there with its reason, and so does
 * the command that counts the lines again. Must never: put text of a repository into the page unescaped.
 */
import type { Report } from '../../fund/report.ts';
import { exponentOf, formatDecimal } from '../../model/money.ts';
import type { Program } from '../../model/program.ts';
import { numberFormat } from '../../texts/amounts.ts';
import { type Html, html, NOTHING } from '../../texts/html.ts';
import type { Translator } from '../../texts/translator.ts';
import { plainPage, policyFor } from '../plain-page.ts';

export interface ReportPage {
  readonly t: Translator;
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

export function reportPage({ t, program, report, months, contributor }: ReportPage): string {
  const seen: Seen = { t, figure: figuresIn(t), report };
  const title = t('report.title', { product: program.name, month: monthOf(t, report.month) });
  const body = html`${monthLinks(seen, months)}
${contributor !== undefined && ownPart(seen, contributor)}
${fundPart(seen)}
${tablesPart(seen)}
${checkPart(seen)}`;
  return plainPage({ t, program }, { title, body }, STYLE);
}

interface Seen {
  readonly t: Translator;
  /** A number as it stands in a table. */
  readonly figure: (value: number | Intl.StringNumericLiteral, decimals?: number) => string;
  readonly report: Report;
}

/** Without marks between thousands, so that they can be copied into a sum. */
function figuresIn({ language }: Translator): Seen['figure'] {
  return (value, decimals) =>
    numberFormat(language, {
      useGrouping: false,
      ...(decimals === undefined
        ? { maximumFractionDigits: 3 }
        : { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
    }).format(value);
}

/** `2026-05` in English, as the API writes it. */
const monthOf = (t: Translator, month: string): string => (t.language === 'en' ? month : t.month(month));

/** A column of numbers is headed by an object. */
type Head = string | { readonly of: string };
type Cell = string;

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

const weighted = ({ figure }: Seen, score: bigint): string => figure(Number(score) / 1000);

function money({ figure, report: { currency } }: Seen, amount: bigint): string {
  const decimals = exponentOf(currency);
  const written = figure(formatDecimal(amount, decimals) as Intl.StringNumericLiteral, decimals);
  return `${written} ${currency.toUpperCase()}`;
}

function monthLinks({ t, report }: Seen, all: readonly string[]): Html {
  const others = all.filter((each) => each !== report.month);
  if (others.length === 0) return NOTHING;
  const months = html`${others.map((each) => html` <a href="?month=${each}">${monthOf(t, each)}</a>`)}`;
  return html`<p>${t('report.months', { months })}</p>`;
}

function ownPart(seen: Seen, contributor: bigint): Html {
  const { t, figure, report } = seen;
  const own = report.contributors.find(({ contributorId }) => contributorId === contributor);
  if (!own) return html`<p>${t('report.noneOwn')}</p>`;
  const rows = report.lines.filter(({ contributorId }) => contributorId === contributor);
  const paid = own.payout
    ? t('report.payout', { amount: money(seen, own.payout.amount), state: t.word(own.payout.state) })
    : t('report.noPayout', { minimum: money(seen, BigInt(report.explain.minimum_payout)) });
  const said = t('report.own', { name: own.contributor, n: figure(own.lines), share: money(seen, own.share) });
  return html`<p><strong>${said}</strong> ${paid}</p>
${table(
  t('report.ownLines'),
  [t('report.repository'), t('report.component'), { of: t('report.weight') }, { of: t('report.lines') }],
  rows.map((row) => [row.repository, row.component, weighted(seen, row.weight), figure(row.lines)]),
)}`;
}

function fundPart(seen: Seen): Html {
  const { t } = seen;
  const { base, explain, granted, carried, returned, distributed } = seen.report;
  const said = [
    t('report.paid', { base: money(seen, base), rate: t.rate(explain.share), granted: money(seen, granted) }),
    carried > 0n && t('report.carried', { amount: money(seen, carried) }),
    returned > 0n && t('report.returned', { amount: money(seen, returned) }),
    t('report.distributed', { amount: money(seen, distributed) }),
  ].filter((each) => each !== false);
  return html`<h2>${t('report.fund')}</h2>
<p>${said.join(' ')}</p>`;
}

function tablesPart(seen: Seen): Html {
  const { t, figure } = seen;
  const { contributors, components, repositories, explain } = seen.report;
  const [lines, score, people] = [
    { of: t('report.lines') },
    { of: t('report.weighted') },
    { of: t('report.contributors') },
  ];
  const weightOf = (component: string) => {
    const weight = explain.components.find(({ name }) => name === component)?.weight;
    return weight === undefined ? '' : figure(weight);
  };
  const released = (name: string) => explain.repositories.find((each) => each.name === name);
  return html`${table(
    t('report.byContributor'),
    [t('report.contributor'), lines, score, { of: t('report.share') }],
    contributors.map((each) => [
      ...[each.contributor, figure(each.lines), weighted(seen, each.score), money(seen, each.share)],
    ]),
  )}
<p>${t('report.masked')}</p>
${table(
  t('report.byComponent'),
  [t('report.component'), { of: t('report.weight') }, lines, score, people],
  components.map((each) => [
    ...[each.component, weightOf(each.component), figure(each.lines)],
    ...[weighted(seen, each.score), figure(each.contributors)],
  ]),
)}
${table(
  t('report.byRepository'),
  [t('report.repository'), t('report.revision'), t('report.commit'), lines, people],
  repositories.map((each) => {
    const { revision = '', commit = '' } = released(each.repository) ?? {};
    return [each.repository, revision, commit.slice(0, 12), figure(each.lines), figure(each.contributors)];
  }),
)}`;
}

function checkPart({ t, figure, report: { explain } }: Seen): Html {
  const rows = explain.repositories.flatMap(({ name, left_out: leftOut }) =>
    leftOut.map((each) => [
      ...[name, t.word(each.why), each.what ?? '', each.files ? figure(each.files) : '', figure(each.lines)],
    ]),
  );
  const heads = [t('report.repository'), t('report.because'), t('report.what')];
  return html`${rows.length > 0 && table(t('report.leftOut'), [...heads, { of: t('report.files') }, { of: t('report.lines') }], rows)}
<h2>${t('report.count')}</h2>
<p>${t('report.countLead')}</p>
<p><code>git blame -M -C --line-porcelain COMMIT -- FILE | grep -c "^author-mail &lt;you@example.com&gt;"</code></p>
<p>${t('report.countMore', {
    ignored: html`<code>.git-blame-ignore-revs</code>`,
    option: html`<code>--ignore-rev</code>`,
    mailmap: html`<code>.mailmap</code>`,
  })}</p>`;
}
