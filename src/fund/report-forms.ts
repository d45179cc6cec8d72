/**
 * A report as JSON and as CSV; pure.
 * Promises: amounts are integers in minor units in JSON and decimals in CSV, where people read them. Must never: leave
 * out a row.
 */
import { exponentOf, formatDecimal } from '../model/money.ts';
import { csv } from './csv.ts';
import type { Report } from './report.ts';

const THOUSAND = 1000;

export function reportJson(report: Report) {
  const { contributors, repositories, components, lines, explain } = report;
  const weighted = (score: bigint) => Number(score) / THOUSAND;
  return {
    program: report.program,
    month: report.month,
    currency: report.currency,
    created_at: report.createdAt.toISOString(),
    base: Number(report.base),
    share: explain.share,
    of: explain.of,
    granted: Number(report.granted),
    carried: Number(report.carried),
    returned: Number(report.returned),
    fund: Number(report.carried + report.returned + report.granted),
    distributed: Number(report.distributed),
    sbom_sha256: report.sbomHash,
    explain,
    contributors: contributors.map((each) => ({
      contributor: each.contributor,
      registered: each.registered,
      lines: each.lines,
      weighted_lines: weighted(each.score),
      share: Number(each.share),
      kept: Number(each.kept),
      returned: Number(each.returned),
      keep_until: each.keepUntil?.toISOString() ?? null,
      payout: each.payout && {
        id: `po_${each.payout.id}`,
        amount: Number(each.payout.amount),
        status: each.payout.state,
      },
    })),
    repositories: repositories.map(({ score, ...each }) => ({ ...each, weighted_lines: weighted(score) })),
    components: components.map(({ score, ...each }) => ({ ...each, weighted_lines: weighted(score) })),
    lines: lines.map(({ weight, ...each }) => ({ ...each, weight: weighted(weight) })),
  };
}

export const REPORT_TABLES = ['contributors', 'repositories', 'components', 'lines'] as const;
export type ReportTable = (typeof REPORT_TABLES)[number];

export function reportCsv(report: Report, table: ReportTable): string {
  const json = reportJson(report);
  const money = (amount: bigint) => formatDecimal(amount, exponentOf(report.currency));
  switch (table) {
    case 'contributors': {
      const head = [
        'contributor',
        'registered',
        'lines',
        'weighted_lines',
        'share',
        'currency',
        'kept',
        'returned',
        'payout',
      ];
      const rows = report.contributors.map((each, at) => [
        ...[each.contributor, each.registered ? 'yes' : 'no', each.lines, json.contributors[at]?.weighted_lines],
        ...[money(each.share), report.currency, money(each.kept), money(each.returned), each.payout?.state],
      ]);
      return csv(head, rows);
    }
    case 'repositories':
      return csv(
        ['repository', 'lines', 'weighted_lines', 'contributors'],
        json.repositories.map((each) => [each.repository, each.lines, each.weighted_lines, each.contributors]),
      );
    case 'components':
      return csv(
        ['component', 'lines', 'weighted_lines', 'contributors'],
        json.components.map((each) => [each.component, each.lines, each.weighted_lines, each.contributors]),
      );
    case 'lines':
      return csv(
        ['contributor', 'repository', 'component', 'weight', 'lines'],
        json.lines.map((each) => [each.contributor, each.repository, each.component, each.weight, each.lines]),
      );
  }
}
