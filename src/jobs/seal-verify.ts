/**
 * Proves the seals: every one is computed again from what it seals, from the first, until one does not agree.
 * Promises: names the first row of each chain, in its order, that was changed, added or removed after it was
 * sealed; bounded memory. Must never: be taken for more than it is: whoever may write everything can also cut the end
 * off ledger and chain together, or make a new chain, which only a head that was noted elsewhere shows (`expected`).
 */
import type pg from 'pg';
import { withTransaction } from '../db/transaction.ts';
import { PLAN_BY_INDEX } from '../engine/lock.sql.ts';
import * as sql from './seal.sql.ts';
import { AUDIT } from './seal.ts';

/** The hash of one seal, as it was noted outside the database. */
export interface Head {
  readonly seq: bigint;
  readonly hash: string;
}

interface OfProgram {
  readonly chain: sql.Chain;
  readonly programNo: number;
  readonly program: string;
}

export interface Intact extends OfProgram {
  readonly ok: true;
  readonly sealedTo: bigint | null;
  /** The last seal: worth noting where the database's owner cannot write. */
  readonly head: Head | null;
  /** Rows behind the last seal, about which the chain says nothing yet. */
  readonly unsealed: bigint;
}

export interface Broken extends OfProgram {
  readonly ok: false;
  readonly seq: bigint;
  /** undefined when the seal itself is what was changed. */
  readonly rowId?: bigint;
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
  readonly wrong_id: bigint | null;
}

/** Where the check stands in the chain. */
interface Place {
  readonly seq: bigint;
  readonly sealedTo: bigint | null;
  readonly hash: string | null;
}

/** How a noted head is found: by chain and program. */
export const headKey = (chain: sql.Chain, programNo: number): string => `${chain}/${programNo}`;

/**
 * A report for each chain: of the program that is named, or of all there are and of the audit. `expected`: heads noted
 * earlier, by headKey.
 */
export async function verifySeals(
  pool: pg.Pool,
  programNo?: number,
  expected: ReadonlyMap<string, Head> = new Map(),
): Promise<SealReport[]> {
  const { rows } = await pool.query(sql.SEALED_PROGRAMS, [programNo ?? null]);
  const reports: SealReport[] = [];
  const chains: OfProgram[] = (rows as { no: number; name: string }[]).flatMap(({ no, name }) => [
    { chain: 'ledger', programNo: no, program: name },
    { chain: 'decisions', programNo: no, program: name },
  ]);
  if (programNo === undefined) chains.push({ chain: 'audit', programNo: AUDIT, program: '' });
  for (const of of chains) reports.push(await verifyChain(pool, of, expected.get(headKey(of.chain, of.programNo))));
  return reports;
}

async function verifyChain(pool: pg.Pool, of: OfProgram, expected: Head | undefined): Promise<SealReport> {
  let place: Place = { seq: 0n, sealedTo: null, hash: null };
  for (;;) {
    const row = await checkNext(pool, of, place);
    if (!row) break;
    const broken = await judge(pool, of, place, row);
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
  const { rows } = await pool.query(sql.SQL[of.chain].countUnsealed, [of.programNo, place.sealedTo ?? 0n]);
  const head = place.hash === null ? null : { seq: place.seq, hash: place.hash };
  return { ...of, ok: true, sealedTo: place.sealedTo, head, unsealed: rows[0].count as bigint };
}

async function checkNext(pool: pg.Pool, { chain, programNo }: OfProgram, place: Place): Promise<CheckRow | undefined> {
  return await withTransaction(pool, async (client) => {
    await client.query(PLAN_BY_INDEX);
    const { rows } = await client.query(sql.SQL[chain].checkNext, [programNo, place.seq, place.sealedTo, place.hash]);
    return rows[0] as CheckRow | undefined;
  });
}

type Finding = Pick<Broken, 'seq' | 'rowId' | 'what'>;

/** In the words of each chain. */
const WORDS: Readonly<Record<sql.Chain, { row: string; changed: string; wrong: string }>> = {
  ledger: {
    row: 'this transaction',
    changed: 'this transaction or its entries were changed after it was sealed',
    wrong: 'there are entries of a transaction that does not exist',
  },
  decisions: {
    row: 'this decision',
    changed: 'this decision was changed after it was sealed',
    wrong: 'the note of this decision was changed, or is gone though nobody was erased',
  },
  audit: {
    row: 'this entry of the audit',
    changed: 'this entry of the audit was changed after it was sealed',
    wrong: 'what stands in this entry of the audit was changed, or is gone though nobody was erased',
  },
};

/** The earliest thing that is wrong with what this seal is about. */
async function judge(pool: pg.Pool, of: OfProgram, place: Place, row: CheckRow): Promise<Finding | undefined> {
  const wanted = place.seq + 1n;
  if (row.seq !== wanted) return { seq: wanted, what: 'this seal is missing' };
  const changed = row.proven ? undefined : await firstDifference(pool, of, place, row.seq);
  const wrong = row.wrong_id;
  if (wrong !== null && (!changed || wrong < changed.rowId)) {
    return { seq: row.seq, rowId: wrong, what: WORDS[of.chain].wrong };
  }
  if (changed) return { seq: row.seq, ...changed };
  return row.intact && row.follows ? undefined : { seq: row.seq, what: 'this seal itself was changed' };
}

async function firstDifference(
  pool: pg.Pool,
  { chain, programNo }: OfProgram,
  place: Place,
  seq: bigint,
): Promise<{ rowId: bigint; what: string } | undefined> {
  return await withTransaction(pool, async (client) => {
    const { rows } = await client.query(sql.SQL[chain].compare, [programNo, seq, place.sealedTo]);
    const [row] = rows as { id: bigint; was: boolean; is: boolean }[];
    if (!row) return undefined;
    const words = WORDS[chain];
    const what = !row.was
      ? `${words.row} was added after its neighbours were sealed`
      : !row.is
        ? `${words.row} was sealed and is gone`
        : words.changed;
    return { rowId: row.id, what };
  });
}
