/**
 * Proves the seals: every one is computed again from the ledger, from the first, until one does not agree.
 * Promises: names the first transaction, in the order of the chain, that was changed, added or removed after it was
 * sealed; bounded memory. Must never: be taken for more than it is: whoever may write everything can also cut the end
 * off ledger and chain together, or make a new chain, which only a head that was noted elsewhere shows (`expected`).
 */
import type pg from 'pg';
import { withTransaction } from '../db/transaction.ts';
import { PLAN_BY_INDEX } from '../engine/lock.sql.ts';
import * as sql from './seal.sql.ts';

/** The hash of one seal, as it was noted outside the database. */
export interface Head {
  readonly seq: bigint;
  readonly hash: string;
}

interface OfProgram {
  readonly programNo: number;
  readonly program: string;
}

export interface Intact extends OfProgram {
  readonly ok: true;
  readonly sealedTo: bigint | null;
  /** The last seal: worth noting where the database's owner cannot write. */
  readonly head: Head | null;
  /** Transactions behind the last seal, about which the chain says nothing yet. */
  readonly unsealed: bigint;
}

export interface Broken extends OfProgram {
  readonly ok: false;
  readonly seq: bigint;
  /** undefined when the seal itself is what was changed. */
  readonly transactionId?: bigint;
  readonly what: string;
}

export type SealReport = Intact | Broken;

interface CheckRow {
  readonly seq: bigint;
  readonly to_id: bigint;
  readonly head: string;
  readonly follows: boolean;
  readonly proven: boolean;
  readonly intact: boolean;
  readonly orphan_id: bigint | null;
}

/** Where the check stands in the chain. */
interface Place {
  readonly seq: bigint;
  readonly sealedTo: bigint | null;
  readonly hash: string | null;
}

/** One report a program: of the one that is named, or of all there are. `expected`: heads noted earlier, by program. */
export async function verifySeals(
  pool: pg.Pool,
  programNo?: number,
  expected: ReadonlyMap<number, Head> = new Map(),
): Promise<SealReport[]> {
  const { rows } = await pool.query(sql.SEALED_PROGRAMS, [programNo ?? null]);
  const reports: SealReport[] = [];
  for (const { no, name } of rows as { no: number; name: string }[]) {
    reports.push(await verifyProgram(pool, { programNo: no, program: name }, expected.get(no)));
  }
  return reports;
}

async function verifyProgram(pool: pg.Pool, of: OfProgram, expected: Head | undefined): Promise<SealReport> {
  let place: Place = { seq: 0n, sealedTo: null, hash: null };
  for (;;) {
    const row = await checkNext(pool, of.programNo, place);
    if (!row) break;
    const broken = await judge(pool, of.programNo, place, row);
    if (broken) return { ...of, ok: false, ...broken };
    if (row.seq === expected?.seq && row.head !== expected.hash) {
      return {
        ...of,
        ok: false,
        seq: row.seq,
        what: 'this seal is not the one that was noted: the chain was written anew',
      };
    }
    place = { seq: row.seq, sealedTo: row.to_id, hash: row.head };
  }
  if (expected && expected.seq > place.seq) {
    return {
      ...of,
      ok: false,
      seq: expected.seq,
      what: 'this seal was noted and is gone: the end of the chain was cut off',
    };
  }
  const { rows } = await pool.query(sql.COUNT_UNSEALED, [of.programNo, place.sealedTo ?? 0n]);
  const head = place.hash === null ? null : { seq: place.seq, hash: place.hash };
  return { ...of, ok: true, sealedTo: place.sealedTo, head, unsealed: rows[0].count as bigint };
}

async function checkNext(pool: pg.Pool, programNo: number, place: Place): Promise<CheckRow | undefined> {
  return await withTransaction(pool, async (client) => {
    await client.query(PLAN_BY_INDEX);
    const { rows } = await client.query(sql.CHECK_NEXT, [programNo, place.seq, place.sealedTo, place.hash]);
    return rows[0] as CheckRow | undefined;
  });
}

type Finding = Pick<Broken, 'seq' | 'transactionId' | 'what'>;

/** The earliest thing that is wrong with this seal's part of the ledger. */
async function judge(pool: pg.Pool, programNo: number, place: Place, row: CheckRow): Promise<Finding | undefined> {
  const wanted = place.seq + 1n;
  if (row.seq !== wanted) return { seq: wanted, what: 'this seal is missing' };
  const changed = row.proven ? undefined : await firstDifference(pool, programNo, place, row.seq);
  const orphan = row.orphan_id;
  if (orphan !== null && (!changed || orphan < changed.transactionId)) {
    return { seq: row.seq, transactionId: orphan, what: 'there are entries of a transaction that does not exist' };
  }
  if (changed) return { seq: row.seq, ...changed };
  return row.intact && row.follows ? undefined : { seq: row.seq, what: 'this seal itself was changed' };
}

async function firstDifference(
  pool: pg.Pool,
  programNo: number,
  place: Place,
  seq: bigint,
): Promise<{ transactionId: bigint; what: string } | undefined> {
  return await withTransaction(pool, async (client) => {
    const { rows } = await client.query(sql.COMPARE, [programNo, seq, place.sealedTo]);
    const [row] = rows as { id: bigint; was: boolean; is: boolean }[];
    if (!row) return undefined;
    const what = !row.was
      ? 'this transaction was added after its neighbours were sealed'
      : !row.is
        ? 'this transaction was sealed and is gone'
        : 'this transaction or its entries were changed after it was sealed';
    return { transactionId: row.id, what };
  });
}
