/**
 * Lists in pages: newest first, by (time, id) or by id, with a cursor that says where the last page ended.
 * Promises: never more than `limit` rows; `next_cursor` is null at the end; a row added meanwhile shifts nothing. Must
 * never: skip by counting, or show what is in a cursor as something to build oneself.
 */
import * as z from 'zod';
import { Problem } from './problems.ts';

export interface Place {
  readonly at: Date;
  readonly id: bigint;
}

export interface PageRequest {
  readonly limit: number;
  readonly after: Place | undefined;
}

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 100;

/** Above the most that a page holds, the most is given. */
export const pageShape = {
  limit: z.coerce
    .number('must be a whole number of at least 1')
    .int()
    .min(1)
    .default(LIMIT_DEFAULT)
    .transform((n) => Math.min(n, LIMIT_MAX)),
  cursor: z.string().max(200).optional(),
};

export function readPage(query: { readonly limit: number; readonly cursor?: string | undefined }): PageRequest {
  return { limit: query.limit, after: query.cursor === undefined ? undefined : readCursor(query.cursor) };
}

export function writeCursor({ at, id }: Place): string {
  return Buffer.from(`${at.getTime()}.${id}`).toString('base64url');
}

function readCursor(cursor: string): Place {
  const [, time, id] = /^(-?\d{1,15})\.(\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  const at = new Date(Number(time));
  if (id !== undefined && !Number.isNaN(at.getTime())) return { at, id: BigInt(id) };
  const error = { field: 'cursor', reason: 'is none of ours' };
  throw new Problem('invalid_request', { detail: `${error.field}: ${error.reason}`, errors: [error] });
}

/** `rows` were read with one more than the limit, which tells whether there is a next page. */
export function page<R, J>(
  rows: readonly R[],
  request: PageRequest,
  placeOf: (row: R) => Place,
  show: (row: R) => J,
): { data: J[]; next_cursor: string | null } {
  const shown = rows.slice(0, request.limit);
  const last = shown.at(-1);
  return {
    data: shown.map(show),
    next_cursor: last !== undefined && rows.length > request.limit ? writeCursor(placeOf(last)) : null,
  };
}
