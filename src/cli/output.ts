/**
 * Results for people as tables, and for machines (--json) as JSON.
 * Promises: --json prints one document and nothing else, bigints as numbers where they are exact and as text where not;
 * control characters of what others wrote (an event id, a note) never reach the terminal. Must never: wrap JSON.
 */
import Table from 'cli-table3';

type Cell = string | number | bigint | boolean | Date | null | undefined;

export interface Output {
  /** `json` is printed with --json, else what `human` prints. */
  show(json: unknown, human: (paper: Paper) => void): void;
  /** For people, beside the result. */
  note(line: string): void;
}

export interface Paper {
  line(text?: string): void;
  table(head: readonly string[], rows: readonly (readonly Cell[])[]): void;
  /** Names and values in two columns; what has no value is left out. */
  fields(given: Readonly<Record<string, Cell>>): void;
}

type Write = (text: string) => void;

export function createOutput(isJson: () => boolean, write: { readonly out: Write; readonly err: Write }): Output {
  const paper: Paper = {
    line: (text = '') => write.out(`${printable(text)}\n`),
    table: (head, rows) => {
      if (rows.length === 0) return;
      // Without colours: they would stand in a file or a mail as escape codes.
      const table = new Table({
        head: [...head],
        chars: PLAIN,
        style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
      });
      for (const row of rows) table.push(row.map(cell));
      write.out(`${table.toString().replace(/(?<! ) +$/gm, '')}\n`);
    },
    fields: (given) => {
      const present = Object.entries(given).filter(
        ([, value]) => value !== null && value !== undefined && value !== '',
      );
      const width = Math.max(0, ...present.map(([name]) => name.length));
      for (const [name, value] of present) write.out(`${name.padEnd(width)}  ${cell(value)}\n`);
    },
  };
  return {
    show: (json, human) => (isJson() ? write.out(`${JSON.stringify(json, plain, 2)}\n`) : human(paper)),
    note: (line) => write.err(`${printable(line)}\n`),
  };
}

const EDGES = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
  'middle',
] as const;
const PLAIN = Object.fromEntries(EDGES.map((edge) => [edge, '']));

function cell(value: Cell): string {
  if (value === null || value === undefined) return '';
  return printable(value instanceof Date ? value.toISOString() : String(value));
}

function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are meant
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\u00b7');
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}
