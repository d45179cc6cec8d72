/**
 * The fund's transactions in the ledger, beside those of the engine.
 * Promises: written under the program's lock, so that ids rise with commits; the entries of all come in one statement,
 * and the ledger's own triggers judge them. Must never: touch an account of a member's.
 */
import type pg from 'pg';
import { LOCK, NEXT_IDS, WAIT_AT_MOST } from '../engine/lock.sql.ts';
import type { Posting } from './postings.ts';

const ADD_TRANSACTIONS = `
  insert into ledger_transactions (program_no, id, kind, fund_id, at)
  select $1, n.id, n.kind, n.fund_id, $2 from unnest($3::bigint[], $4::text[], $5::bigint[]) as n(id, kind, fund_id)`;

const ADD_ENTRIES = `
  insert into ledger_entries (program_no, transaction_id, line, person_id, account, unit, amount)
  select $1, n.transaction_id, n.line, n.person_id, n.account, $2, n.amount
    from unnest($3::bigint[], $4::smallint[], $5::bigint[], $6::text[], $7::bigint[]) as n(transaction_id, line, person_id, account, amount)`;

const READ_BALANCES = `
  select person_id, account, balance from balances
   where program_no = $1 and unit = $2 and account in ('fund', 'fund_kept', 'fund_owed', 'fund_paid')`;

const IDS_PER_BLOCK = 65_536n;

/** Everything that writes the fund begins with it. */
export async function lockProgram(client: pg.ClientBase, programNo: number): Promise<void> {
  await client.query(WAIT_AT_MOST);
  await client.query(LOCK, [programNo]);
}

/** At least so many ids, rising; only under the lock. */
export async function takeIds(client: pg.ClientBase, count: number): Promise<() => bigint> {
  const blocks: bigint[] = [];
  for (let have = 0n; have < BigInt(count); have += IDS_PER_BLOCK) {
    const { rows } = await client.query<{ first: bigint }>(NEXT_IDS);
    blocks.push(rows[0]?.first as bigint);
  }
  let used = 0n;
  return () => {
    const block = blocks[Number(used / IDS_PER_BLOCK)];
    if (block === undefined) throw new Error('bug: the fund used up its ids');
    return block + (used++ % IDS_PER_BLOCK);
  };
}

export async function addPostings(
  client: pg.ClientBase,
  programNo: number,
  unit: string,
  postings: readonly Posting[],
  at: Date,
): Promise<void> {
  const all = postings.filter(({ moves }) => moves.length > 0);
  if (all.length === 0) return;
  const columns = [all.map(({ id }) => id), all.map(({ kind }) => kind), all.map(({ fundId }) => fundId)];
  await client.query(ADD_TRANSACTIONS, [programNo, at, ...columns]);
  const lines = all.flatMap(({ id, moves }) => moves.map((move, line) => ({ id, line, ...move })));
  await client.query(ADD_ENTRIES, [
    programNo,
    unit,
    lines.map(({ id }) => id),
    lines.map(({ line }) => line),
    lines.map(({ personId }) => personId),
    lines.map(({ account }) => account),
    lines.map(({ amount }) => amount),
  ]);
}

export interface FundBalances {
  /** In the fund, given to nobody. */
  readonly fund: bigint;
  /** Kept for who has not registered. */
  readonly kept: bigint;
  /** By contributor. */
  readonly owed: ReadonlyMap<bigint, bigint>;
  readonly paid: ReadonlyMap<bigint, bigint>;
}

export async function readBalances(client: pg.ClientBase, programNo: number, unit: string): Promise<FundBalances> {
  const { rows } = await client.query<{ person_id: bigint; account: string; balance: bigint }>(READ_BALANCES, [
    programNo,
    unit,
  ]);
  const own = (account: string) => rows.find((row) => row.account === account)?.balance ?? 0n;
  const theirs = (account: string) =>
    new Map(rows.filter((row) => row.account === account).map((row) => [row.person_id, row.balance]));
  return { fund: own('fund'), kept: own('fund_kept'), owed: theirs('fund_owed'), paid: theirs('fund_paid') };
}
