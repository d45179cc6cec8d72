/**
 * Payments, above all those that earned nothing, each with its reason.
 * Promises: every payment that was ever told is in one of the two lists, earned or not. Must never: hide one because
 * nobody is known to have made it.
 */
import * as z from 'zod';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { integer, moment, readQuery, text, writeId } from '../input.ts';
import { page, pageShape, readPage } from '../pages.ts';
import type { Route } from '../routes.ts';
import { listPayments, type PaymentRow } from './payments.sql.ts';
import { programFilter } from './program-filter.ts';
import { paymentPage } from './schemas.ts';

const listQuery = z.strictObject({
  program: text(100).optional(),
  earned: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional(),
  source: text(100).optional(),
  member: text(255).optional(),
  reason: text(100).optional(),
  from: moment.optional(),
  to: moment.optional(),
  ...pageShape,
});

export function paymentRoutes(deps: Pick<Deps, 'pools' | 'programs'>): Route[] {
  return [
    {
      method: 'get',
      path: '/payments',
      credential: 'admin:read',
      summary: 'Payments, and why those that earned nothing did not',
      asks: { query: listQuery },
      answers: paymentPage,
      refuses: ['unknown_program'],
      handle: async (req, res) => {
        const { program, limit, cursor, ...filter } = readQuery(req, listQuery);
        const request = readPage({ limit, cursor });
        const { earned, source, member, reason, from, to } = filter;
        const rows = await listPayments(
          deps.pools.knex,
          { programNo: programFilter(deps, program), earned, source, member, reason, from, to },
          request,
        );
        const place = (row: PaymentRow) => ({ at: row.created_at, id: row.id });
        answer(res, paymentPage, page(rows, request, place, paymentJson));
      },
    },
  ];
}

/** `amount` is null while only a refund or dispute has named the payment. */
export function paymentJson(row: PaymentRow) {
  return {
    id: writeId('pm', row.id),
    program: row.program,
    source: row.source,
    source_payment_id: row.source_payment_id,
    member_id: row.member_id,
    amount: row.amount === null ? null : integer(row.amount),
    currency: row.currency,
    kind: row.kind,
    mode: row.mode,
    paid_at: row.paid_at,
    reason: row.reason,
    created_at: row.created_at,
  };
}
