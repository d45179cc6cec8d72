/**
 * What the reports read: a run, its lines, its shares and its payouts, as they were written.
 * Promises: reads, all of it. Must never: open an address.
 */
import type pg from 'pg';
import { READ_RUN } from './runs.sql.ts';

export interface RunRow {
  readonly month: string;
  readonly unit: string;
  readonly total: bigint;
  readonly base: bigint;
  readonly rate: bigint;
  readonly granted: bigint;
  readonly carried: bigint;
  readonly returned: bigint;
  readonly distributed: bigint;
  readonly sbom_hash: string;
  readonly explain: Explain;
  readonly created_at: Date;
}

/** As run.ts writes it. */
export interface Explain {
  readonly sbom: string;
  readonly share: string;
  readonly of: string;
  readonly minimum_payout: number;
  readonly payments: number;
  readonly payments_without_rate: number;
  readonly components: readonly { readonly name: string; readonly weight: number }[];
  readonly repositories: readonly {
    readonly name: string;
    readonly package: string;
    readonly version: string | null;
    readonly revision: string;
    readonly commit: string;
    readonly commits: number;
    readonly files: number;
    readonly lines: number;
    readonly left_out: readonly {
      readonly why: string;
      readonly what: string | null;
      readonly files: number;
      readonly lines: number;
    }[];
  }[];
}

interface Who {
  readonly identity: string;
  readonly key_version: number;
  readonly address: Buffer | null;
  readonly contributor_id: bigint | null;
  readonly github_username: string | null;
}

export interface LineRow extends Who {
  readonly repository: string;
  readonly component: string;
  readonly weight: bigint;
  readonly lines: bigint;
}

export interface ShareRow extends Who {
  readonly score: bigint;
  readonly amount: bigint;
  readonly keep_until: Date | null;
  /** fund_claim or fund_return, where it was kept and is no more. */
  readonly ended: string | null;
}

export interface PayoutRow {
  readonly id: bigint;
  readonly contributor_id: bigint;
  readonly github_username: string;
  readonly month: string;
  readonly amount: bigint;
  readonly unit: string;
  readonly state: string;
  readonly detail: string | null;
  readonly created_at: Date;
  readonly settled_at: Date | null;
}

const WHO = 'i.identity, i.key_version, i.address, i.contributor_id, c.github_username';
const JOIN_WHO = `
  join fund_identities i on i.program_no = s.program_no and i.identity = s.identity
  left join fund_contributors c on c.program_no = i.program_no and c.id = i.contributor_id`;

const LINES = `
  select s.repository, s.component, s.weight, s.lines, ${WHO} from fund_lines s ${JOIN_WHO}
   where s.program_no = $1 and s.month = $2 order by s.lines desc, s.repository, s.component, s.identity`;

const SHARES = `
  select s.score, s.amount, s.keep_until, ${WHO},
         (select t.kind from ledger_transactions t
           where t.program_no = s.program_no and t.fund_id = s.id and t.kind in ('fund_claim', 'fund_return')) as ended
    from fund_shares s ${JOIN_WHO}
   where s.program_no = $1 and s.month = $2 order by s.score desc, s.identity`;

const PAYOUTS = `
  select p.id, p.contributor_id, c.github_username, p.month, p.amount, p.unit, p.state, p.detail, p.created_at, p.settled_at
    from fund_payouts p join fund_contributors c on c.program_no = p.program_no and c.id = p.contributor_id
   where p.program_no = $1 and ($2::text is null or p.month = $2) and ($3::bigint is null or p.contributor_id = $3)
   order by p.id`;

const MONTHS = 'select month from fund_runs where program_no = $1 order by month desc';

type Database = Pick<pg.Pool, 'query'> | Pick<pg.ClientBase, 'query'>;

export async function readMonths(database: Database, programNo: number): Promise<string[]> {
  const { rows } = await (database as pg.ClientBase).query<{ month: string }>(MONTHS, [programNo]);
  return rows.map(({ month }) => month);
}

export interface RunRows {
  readonly run: RunRow;
  readonly lines: readonly LineRow[];
  readonly shares: readonly ShareRow[];
  readonly payouts: readonly PayoutRow[];
}

export async function readRun(database: Database, programNo: number, month: string): Promise<RunRows | undefined> {
  const client = database as pg.ClientBase;
  const { rows } = await client.query<RunRow>(READ_RUN, [programNo, month]);
  const [run] = rows;
  if (!run) return undefined;
  const lines = await client.query<LineRow>(LINES, [programNo, month]);
  const shares = await client.query<ShareRow>(SHARES, [programNo, month]);
  return { run, lines: lines.rows, shares: shares.rows, payouts: await readPayouts(database, programNo, { month }) };
}

export async function readPayouts(
  database: Database,
  programNo: number,
  { month = null, contributorId = null }: { readonly month?: string | null; readonly contributorId?: bigint | null },
): Promise<PayoutRow[]> {
  return (await (database as pg.ClientBase).query<PayoutRow>(PAYOUTS, [programNo, month, contributorId])).rows;
}
