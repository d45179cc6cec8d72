/**
 * What people say of codes that they saw misused.
 * Promises: newest first. Must never: be taken for proof; an admin decides what follows.
 */
import * as z from 'zod';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { pageOf, time } from '../forms.ts';
import { readQuery, text, writeId } from '../input.ts';
import { page, pageShape, readPage } from '../pages.ts';
import type { Route } from '../routes.ts';
import { listReports, type ReportRow } from './appeals.sql.ts';
import { programFilter } from './program-filter.ts';

const listQuery = z.strictObject({
  program: text(100).optional(),
  code: text(200).optional(),
  member: text(255).optional(),
  ...pageShape,
});

const adminReport = z
  .strictObject({
    id: z.string(),
    program: z.string(),
    code: z.string(),
    member_id: z.string().describe('whose code it is'),
    suspended: z.boolean().describe('they are suspended now'),
    reason: z.string().nullable(),
    message: z.string().nullable(),
    created_at: time,
  })
  .meta({ id: 'AdminReport' });
const adminReportPage = pageOf('AdminReportPage', adminReport);

export function reportRoutes(deps: Pick<Deps, 'pools' | 'programs' | 'codeKeys'>): Route[] {
  return [
    {
      method: 'get',
      path: '/reports',
      credential: 'admin:read',
      summary: 'Reports of misused codes, the newest first',
      asks: { query: listQuery },
      answers: adminReportPage,
      refuses: ['unknown_program'],
      handle: async (req, res) => {
        const { program, code, member, ...query } = readQuery(req, listQuery);
        const request = readPage(query);
        const no = programFilter(deps, program);
        const codes =
          code === undefined ? undefined : no === undefined ? [code.toLowerCase()] : deps.codeKeys(no, code);
        const filter = { programNo: no, codes, member };
        const rows = await listReports(deps.pools.knex, filter, request);
        const show = (row: ReportRow) => ({ ...row, id: writeId('rp', row.id) });
        answer(
          res,
          adminReportPage,
          page(rows, request, (row) => ({ at: row.created_at, id: row.id }), show),
        );
      },
    },
  ];
}
