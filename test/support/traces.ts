/** Where a text still stands: every column of every table, bytes as what they would read as, the log, and DATA_DIR. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import type { HttpTest } from './http.ts';

/** Runs a statement as the owner of the database, who sees every table. */
export async function asOwner(http: HttpTest, text: string, values: unknown[] = []) {
  const connection = new pg.Client({ connectionString: http.database.ownerUrl });
  await connection.connect();
  try {
    return (await connection.query(text, values)).rows;
  } finally {
    await connection.end();
  }
}

/** Columns, lines of the log and files that have one of these in them, in any case; `open`: what bytes read as. */
export async function tracesOf(
  http: HttpTest,
  canaries: readonly string[],
  open: (bytes: Buffer) => string = (bytes) => bytes.toString('latin1'),
): Promise<string[]> {
  const has = (text: string) => canaries.some((each) => text.toLowerCase().includes(each.toLowerCase()));
  const columns = await asOwner(
    http,
    `select quote_ident(c.table_schema) || '.' || quote_ident(c.table_name) as name, c.column_name as column
       from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
      where t.table_type = 'BASE TABLE' and c.table_schema not in ('pg_catalog', 'information_schema') order by 1, c.ordinal_position`,
  );
  const tables = Map.groupBy(columns, ({ name }) => name as string);
  const found: string[] = [];
  for (const [table, of] of tables) {
    const rows = await asOwner(http, `select * from ${table}`);
    for (const { column } of of)
      if (rows.some((row) => has(readable(row[column], open)))) found.push(`${table}.${column}`);
  }
  return [...found, ...[...http.lines, ...filesOf(http.folder)].filter(has)];
}

function readable(value: unknown, open: (bytes: Buffer) => string): string {
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return open(value);
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each)) ?? '';
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'));
