/**
 * Who did what, when, and why.
 * Promises: newest first, by the order in which it was written. Must never: be changed; the database refuses.
 */
import * as z from 'zod';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { pageOf, time } from '../forms.ts';
import { moment, readQuery, text, writeId } from '../input.ts';
import { page, pageShape, readPage } from '../pages.ts';
import type { Route } from '../routes.ts';
import { listAudit } from './audit.sql.ts';
import { programFilter } from './program-filter.ts';

const listQuery = z.strictObject({
  program: text(100).optional(),
  actor: text(100).optional(),
  action: text(100).optional(),
  target: text(255).optional(),
  from: moment.optional(),
  to: moment.optional(),
  ...pageShape,
});

const auditEntry = z
  .strictObject({
    id: z.string(),
    program: z.string().nullable(),
    at: time,
    actor: z.string().describe('`admin`: the admin token; else a user’s id, or a command of the operator'),
    actor_name: z.string().nullable(),
    action: z.string(),
    target: z.string(),
    reason: z.string().nullable(),
    before: z.unknown(),
    after: z.unknown(),
  })
  .meta({ id: 'AuditEntry' });
export const auditPage = pageOf('AuditPage', auditEntry);

export function auditRoutes(deps: Pick<Deps, 'pools' | 'programs'>): Route[] {
  return [
    {
      method: 'get',
      path: '/audit',
      credential: 'admin:read',
      summary: 'Who did what, when, and why; newest first',
      asks: { query: listQuery },
      answers: auditPage,
      refuses: ['unknown_program'],
      handle: async (req, res) => {
        const { program, actor, action, target, from, to, ...query } = readQuery(req, listQuery);
        const request = readPage(query);
        const filter = { programNo: programFilter(deps, program), actor, action, target, from, to };
        const rows = await listAudit(deps.pools.knex, filter, request);
        const show = (row: (typeof rows)[number]) => ({ ...row, id: writeId('au', row.id) });
        answer(
          res,
          auditPage,
          page(rows, request, (row) => ({ at: row.at, id: row.id }), show),
        );
      },
    },
  ];
}
