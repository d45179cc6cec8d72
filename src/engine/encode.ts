/**
 * Records to the array literals that PostgreSQL reads, one a column, and rows back to records.
 * Promises: exact: bigints as digits, times in full, text with its quotes and backslashes kept. Must never: send a
 * value as part of the SQL text.
 */
import { type ColumnType, snake, type TableSpec } from './tables.sql.ts';

const NEEDS_ESCAPE = /["\\]/g;

/** Most texts are ids and words: looking first is cheaper than replacing nothing. */
function quote(text: string): string {
  if (!text.includes('"') && !text.includes('\\')) return `"${text}"`;
  return `"${text.replace(NEEDS_ESCAPE, '\\$&')}"`;
}

/** bigints inside explain and evidence become plain numbers: they are shown, never computed with. */
const plain = (_key: string, inner: unknown): unknown => (typeof inner === 'bigint' ? Number(inner) : inner);

/** JSON has no control characters, so a JSON string of it is an element of an array as PostgreSQL reads it. */
function document(value: unknown): string {
  return JSON.stringify(JSON.stringify(value, plain));
}

function element(type: ColumnType, value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  switch (type) {
    case 'bigint':
    case 'integer':
    case 'smallint':
    case 'boolean':
      return String(value);
    case 'timestamptz':
      return `"${(value as Date).toISOString()}"`;
    case 'text':
      return quote(value as string);
    case 'text[]':
      return quote(`{${(value as string[]).map(quote).join(',')}}`);
    case 'json':
      return document(value);
  }
}

export function encode(spec: TableSpec, records: readonly object[]): string[] {
  return Object.entries(spec.columns).map(([field, type]) => {
    let literal = '{';
    for (let i = 0; i < records.length; i++) {
      if (i > 0) literal += ',';
      literal += element(type, (records[i] as Record<string, unknown>)[field]);
    }
    return `${literal}}`;
  });
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
