/**
 * Writes clicks and claims: those of all waiting requests go together.
 * Promises: what was told is written in the order in which it came, clicks before the claims that need them; a stop
 * waits for what is under way. Must never: keep an address, a browser's name or a visitor's id: their keyed hashes only.
 */
import type pg from 'pg';
import { isRetryable } from '../../db/transaction.ts';
import type { Keyed } from '../../model/fold.ts';
import type { LoadedProgram } from '../../model/program.ts';
import * as sql from './visits.sql.ts';

/** Where somebody comes from; hashed before it waits. */
export interface From {
  readonly ip: string;
  /** The network of the address. */
  readonly subnet: string | undefined;
  readonly userAgent: string;
}

export interface Click {
  readonly code: string;
  /** undefined: they do not want to be known; only the click counts. */
  readonly visitor: { readonly id: string; readonly from: From } | undefined;
  /** By the link itself, rather than told by the page that it leads to. */
  readonly isLink: boolean;
  readonly at: Date;
}

export interface VisitClaimTold {
  readonly code: string;
  readonly visitorId: string;
  /** As the browser made it of the address. */
  readonly told: string;
  readonly from: From;
  readonly at: Date;
}

export interface Recorder {
  /** Resolves when it is written. */
  click(loaded: LoadedProgram, click: Click): Promise<void>;
  claim(loaded: LoadedProgram, claim: VisitClaimTold): Promise<void>;
  stop(): Promise<void>;
}

export interface RecorderOptions {
  readonly pool: Pick<pg.Pool, 'query'>;
  readonly keyedFor: (loaded: LoadedProgram) => Keyed;
  /** There may be something to fold. */
  readonly onClaims: (programNo: number) => void;
}

/** Different visitors or codes who claim one address, kept of each. */
const CLAIMS_OF_ADDRESS_MAX = 5;
const ROWS_MAX = 500;
const RETRIES = 3;

interface Told {
  readonly loaded: LoadedProgram;
  readonly kind: 'click' | 'claim';
  readonly row: readonly unknown[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function createRecorder({ pool, keyedFor, onClaims }: RecorderOptions): Recorder {
  const waiting: Told[] = [];
  let flushing: Promise<void> | undefined;

  const flush = async () => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, ROWS_MAX);
      for (const [loaded, told] of Map.groupBy(batch, (each) => each.loaded)) {
        await write(pool, loaded, told, 'click');
        await write(pool, loaded, told, 'claim');
        if (told.some(({ kind }) => kind === 'claim')) onClaims(loaded.no);
      }
    }
    flushing = undefined;
  };
  const add = (loaded: LoadedProgram, kind: Told['kind'], row: readonly unknown[]) =>
    new Promise<void>((resolve, reject) => {
      waiting.push({ loaded, kind, row, resolve, reject });
      flushing ??= flush();
    });

  return {
    click: (loaded, { code, visitor, isLink, at }) => {
      const keyed = keyedFor(loaded);
      const device = visitor && keyed.hash('device', `${visitor.from.ip}\n${visitor.from.userAgent}`);
      const id = visitor && keyed.hash('visitor', visitor.id);
      return add(loaded, 'click', [
        id ?? null,
        code.toLowerCase(),
        at,
        device ?? null,
        networkHash(keyed, visitor?.from),
        isLink,
      ]);
    },
    claim: (loaded, { code, visitorId, told, from, at }) => {
      const keyed = keyedFor(loaded);
      const hashes = [keyed.hash('claim', told), keyed.hash('visitor', visitorId)];
      return add(loaded, 'claim', [...hashes, code.toLowerCase(), at, networkHash(keyed, from)]);
    },
    stop: async () => await flushing,
  };
}

/** The same as of a signup's address, so that signals may compare them. */
function networkHash(keyed: Keyed, from: From | undefined): string | null {
  return from?.subnet === undefined ? null : keyed.hash('ip', from.subnet);
}

async function write(
  pool: RecorderOptions['pool'],
  { no, program }: LoadedProgram,
  told: readonly Told[],
  kind: Told['kind'],
): Promise<void> {
  const rows = told.filter((each) => each.kind === kind);
  const [first] = rows;
  if (!first) return;
  const columns = first.row.map((_, index) => rows.map(({ row }) => row[index]));
  const values =
    kind === 'click' ? [no, ...columns] : [no, ...columns, program.attribution.window, CLAIMS_OF_ADDRESS_MAX];
  try {
    await withRetries(() => pool.query(kind === 'click' ? sql.WRITE_CLICKS : sql.WRITE_CLAIMS, values));
    for (const { resolve } of rows) resolve();
  } catch (error) {
    for (const { reject } of rows) reject(error);
  }
}

async function withRetries(run: () => Promise<unknown>): Promise<void> {
  for (let left = RETRIES; ; left--) {
    try {
      await run();
      return;
    } catch (error) {
      if (left === 0 || !isRetryable(error)) throw error;
    }
  }
}
