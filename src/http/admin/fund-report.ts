/**
 * A month of the Open Source Fund, whole, as JSON and as CSV. Must never: change anything; the command line settles by hand.
 */
import type { Request } from 'express';
import { reportCsv, reportJson } from '../../fund/report-forms.ts';
import { NOBODY } from '../../fund/report-link.ts';
import type { LoadedProgram } from '../../model/program.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { reportUrl, reportWanted, sendCsv } from '../fund/report.ts';
import { adminCsvQuery, adminQuery, report as form } from '../fund/schemas.ts';
import { readQuery } from '../input.ts';
import { Problem } from '../problems.ts';
import type { Route } from '../routes.ts';

type Needs = Pick<Deps, 'fund' | 'env' | 'pools' | 'programs'>;

export function fundReportRoutes(deps: Needs): Route[] {
  const at = {
    method: 'get',
    credential: 'admin:read',
    refuses: ['unknown_program', 'no_fund', 'unknown_month'],
  } as const;
  return [
    {
      ...at,
      path: '/fund/report',
      summary: 'A month’s run: by contributor, repository and component, with every line behind it',
      asks: { query: adminQuery },
      answers: form,
      handle: async (req, res) => {
        const { program, month } = readQuery(req, adminQuery);
        const loaded = named(deps, program);
        const { report } = await reportWanted(deps, loaded, month);
        answer(res, form, { ...reportJson(report), page_url: reportUrl(deps, loaded, NOBODY) });
      },
    },
    {
      ...at,
      path: '/fund/report/csv',
      summary: 'A table of the same as CSV',
      asks: { query: adminCsvQuery },
      answers: 'text/csv',
      handle: async (req: Request, res) => {
        const { program, month, table } = readQuery(req, adminCsvQuery);
        const { report } = await reportWanted(deps, named(deps, program), month);
        sendCsv(res, `${report.program}-${report.month}-${table}.csv`, reportCsv(report, table));
      },
    },
  ];
}

function named({ programs }: Needs, name: string): LoadedProgram {
  const loaded = programs.byName(name);
  if (!loaded) throw new Problem('unknown_program');
  return loaded;
}
