/**
 * Records to columns as PostgreSQL reads them, and rows back to records.
 * Promises: exact: what was saved is what is loaded. Must never: send a value as part of the SQL text.
 */
import { binaryArray } from '../db/binary-array.ts';
import { type ColumnType, snake, type TableSpec } from './tables.sql.ts';

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

const columnsOf = new WeakMap<TableSpec, [string, string][]>();

/** A row as node-postgres gives it (bigint for int8, Date for timestamptz) as the record it was saved from. */
export function decode<R>(spec: TableSpec, row: Record<string, unknown>): R {
  let columns = columnsOf.get(spec);
  if (!columns) {
    columns = Object.keys(spec.columns).map((field) => [field, snake(field)]);
    columnsOf.set(spec, columns);
  }
  const record: Record<string, unknown> = {};
  for (const [field, column] of columns) record[field] = row[column];
  return record as R;
}
