/**
 * Lists as CSV (RFC 4180), up to ten thousand rows at once.
 * Promises: a value that a spreadsheet would take for a formula is told to be text. Must never: hold the whole list in
 * memory.
 */
import type { Response } from 'express';

const ROWS_MAX = 10_000;

type Row = Readonly<Record<string, unknown>>;

/** `next` reads a page after a cursor. */
export async function sendCsv(
  res: Response,
  name: string,
  next: (cursor: string | undefined) => Promise<{ readonly data: readonly Row[]; readonly next_cursor: string | null }>,
): Promise<void> {
  res.setHeader('Content-Type', 'text/csv; charset=utf-8');
  res.setHeader('Content-Disposition', `attachment; filename="${name}.csv"`);
  let cursor: string | undefined;
  let rows = 0;
  let columns: string[] | undefined;
  do {
    const { data, next_cursor: after } = await next(cursor);
    const [first] = data;
    if (!columns && first) {
      columns = Object.keys(first);
      res.write(`${columns.join(',')}\r\n`);
    }
    const lines = data.map((row) => (columns ?? []).map((column) => cell(row[column])).join(','));
    if (lines.length > 0) res.write(`${lines.join('\r\n')}\r\n`);
    rows += data.length;
    cursor = after ?? undefined;
  } while (cursor !== undefined && rows < ROWS_MAX);
  res.end();
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text =
    value instanceof Date ? value.toISOString() : typeof value === 'object' ? JSON.stringify(value) : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
