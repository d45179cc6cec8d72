/**
 * A report as JSON and as CSV; pure.
 * Promises: amounts are integers in minor units in JSON and decimals in CSV, where people read them. Must never: leave
 * out a row.
 */
import { exponentOf, formatDecimal } from '../model/money.ts';
import { csv } from './csv.ts';
import type { Report } from './report.ts';

const THOUSAND = 1000;
const weighted = (score: bigint): number => Number(score) / THOUSAND;

export function reportJson(report: Report) {
  const { contributors, repositories, components, lines, explain } = report;
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
      payout: payoutJson(each.payout),
    })),
    repositories: repositories.map(({ score, ...each }) => ({ ...each, weighted_lines: weighted(score) })),
    components: components.map(({ score, ...each }) => ({ ...each, weighted_lines: weighted(score) })),
    lines: lines.map(({ weight, contributorId: _id, ...each }) => ({ ...each, weight: weighted(weight) })),
  };
}

/** What of a report is one contributor's. */
export function ownJson(report: Report, contributorId: bigint) {
  const own = report.contributors.find((each) => each.contributorId === contributorId);
  const all = report.contributors.reduce((sum, { score }) => sum + score, 0n);
  return {
    month: report.month,
    currency: report.currency,
    lines: own?.lines ?? 0,
    weighted_lines: weighted(own?.score ?? 0n),
    all_weighted_lines: weighted(all),
    distributed: Number(report.distributed),
    share: Number(own?.share ?? 0n),
    payout: payoutJson(own?.payout ?? null),
    by_component: report.lines
      .filter((each) => each.contributorId === contributorId)
      .map(({ repository, component, weight, lines }) => ({ repository, component, weight: weighted(weight), lines })),
  };
}

function payoutJson(payout: Report['contributors'][number]['payout']) {
  return payout && { id: `po_${payout.id}`, amount: Number(payout.amount), status: payout.state };
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
