/**
 * The reports as pages and CSV, behind a link that needs no login; and what every route of a report shares.
 * Promises: a contributor sees their own lines first, and all that is needed to count them again. Must never: show an
 * address, or how somebody else was paid.
 */
import type { Request, Response } from 'express';
import { findById } from '../../fund/contributors.ts';
import { readMonths, readRun } from '../../fund/report.sql.ts';
import { type Report, reportOf } from '../../fund/report.ts';
import { reportCsv } from '../../fund/report-forms.ts';
import { readReportLink, writeReportLink } from '../../fund/report-link.ts';
import type { Fund, LoadedProgram } from '../../model/program.ts';
import { translatorOf } from '../../texts/translator.ts';
import type { Deps } from '../deps.ts';
import { readQuery } from '../input.ts';
import { VARY } from '../plain-page.ts';
import { Problem } from '../problems.ts';
import { param, programOf, type Route } from '../routes.ts';
import { REPORT_POLICY, reportPage } from './report-page.ts';
import { csvQuery, monthQuery } from './schemas.ts';

type Needs = Pick<Deps, 'fund' | 'pools'>;

export function reportPageRoutes(deps: Needs): Route[] {
  const at = { method: 'get', credential: 'signature', refuses: ['no_fund', 'unknown_month'] } as const;
  return [
    {
      ...at,
      path: '/fund/report/:token',
      summary: 'A page with a month’s lines and shares, and how to count them again',
      asks: { query: monthQuery },
      answers: 'text/html',
      handle: (req, res) => showPage(deps, req, res),
    },
    {
      ...at,
      path: '/fund/report/:token/csv',
      summary: 'A table of the same as CSV',
      asks: { query: csvQuery },
      answers: 'text/csv',
      handle: async (req, res) => {
        const { month, table } = readQuery(req, csvQuery);
        await opened(deps, req, res);
        const { report } = await reportWanted(deps, programOf(res), month);
        sendCsv(res, `${report.program}-${report.month}-${table}.csv`, reportCsv(report, table));
      },
    },
  ];
}

async function showPage(deps: Needs, req: Request, res: Response): Promise<void> {
  const { month } = readQuery(req, monthQuery);
  const contributor = await opened(deps, req, res);
  const { report, months } = await reportWanted(deps, programOf(res), month);
  res.setHeader('Content-Security-Policy', REPORT_POLICY);
  res.setHeader('Vary', VARY);
  res
    .type('html')
    .send(reportPage({ t: translatorOf(req), program: programOf(res).program, report, months, contributor }));
}

/** Whose link it is; undefined: the operator's. */
async function opened({ fund }: Needs, req: Request, res: Response): Promise<bigint | undefined> {
  const loaded = programOf(res);
  const id = readReportLink(fund.ports.keys.reportKey(loaded), param(req, 'token'));
  if (id === undefined) throw new Problem('not_found');
  if (id === 0n) return undefined;
  if (!(await findById(fund.ports.pool, loaded.no, id))) throw new Problem('not_found');
  return id;
}

export function sendCsv(res: Response, name: string, text: string): void {
  res.setHeader('Content-Disposition', `attachment; filename="${name}"`);
  res.type('text/csv').send(text);
}

export function fundOf({ program }: LoadedProgram): Fund {
  if (!program.fund) throw new Problem('no_fund');
  return program.fund;
}

export function reportUrl({ fund, env }: Pick<Deps, 'fund' | 'env'>, loaded: LoadedProgram, id: bigint): string {
  const token = writeReportLink(fund.ports.keys.reportKey(loaded), id);
  return `${env.publicUrl}/p/${loaded.program.program}/fund/report/${token}`;
}

/** Without a month the last that was run. */
export async function reportWanted(
  { fund, pools }: Needs,
  loaded: LoadedProgram,
  wanted: string | undefined,
): Promise<{ readonly report: Report; readonly months: readonly string[] }> {
  fundOf(loaded);
  const months = await readMonths(pools.general, loaded.no);
  const month = wanted ?? months[0];
  const rows = month === undefined ? undefined : await readRun(pools.general, loaded.no, month);
  if (!rows) throw new Problem('unknown_month');
  const open = (version: number, sealed: Buffer) => fund.ports.keys.unseal(loaded.no, version, sealed);
  return { report: reportOf(loaded.program.program, rows, open), months };
}
