/**
 * Records to columns as PostgreSQL reads them.
 * Promises: exact: what was saved is what is loaded. Must never: send a value as part of the SQL text.
 */
import { binaryArray } from '../db/binary-array.ts';
import type { ColumnType, TableSpec } from './tables.sql.ts';

const NEEDS_ESCAPE = /["\\]/g;

function quote(text: string): string {
  return `"${text.replace(NEEDS_ESCAPE, '\\$&')}"`;
}

/** bigints inside explain and evidence become plain numbers: they are shown, never computed with. */
const plain = (_key: string, inner: unknown): unknown => (typeof inner === 'bigint' ? Number(inner) : inner);

/** unnest cannot make an array of arrays: lists travel as their literal, documents as text. */
function column(type: ColumnType, values: readonly unknown[]): Buffer {
  if (type === 'json') {
    return binaryArray(
      'text',
      values.map((value) => (value === null ? null : JSON.stringify(value, plain))),
    );
  }
  if (type === 'text[]') {
    return binaryArray(
      'text',
      values.map((value) => `{${(value as string[]).map(quote).join(',')}}`),
    );
  }
  return binaryArray(type, values);
}

export function encode(spec: TableSpec, records: readonly object[]): Buffer[] {
  return Object.entries(spec.columns).map(([field, type]) =>
    column(
      type,
      records.map((record) => (record as Record<string, unknown>)[field]),
    ),
  );
}
