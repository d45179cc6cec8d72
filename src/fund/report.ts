/**
 * A run as people read it: by contributor, by repository, by component, and the lines behind all three; pure.
 * Promises: the lines of each table add up to the same; the shares to what was distributed. Must never: show an
 * address; who has not registered is seen masked.
 */
import { maskEmail } from '../model/email.ts';
import type { Explain, LineRow, RunRows, ShareRow } from './report.sql.ts';

export interface ContributorRow {
  readonly contributor: string;
  readonly contributorId: bigint | null;
  readonly registered: boolean;
  readonly lines: number;
  /** Lines times weight, in thousandths. */
  readonly score: bigint;
  readonly share: bigint;
  /** Of the share: what is still kept for who has not registered, and what has gone back to the fund. */
  readonly kept: bigint;
  readonly returned: bigint;
  readonly keepUntil: Date | null;
  readonly payout: { readonly id: bigint; readonly amount: bigint; readonly state: string } | null;
}

export interface Counted {
  readonly lines: number;
  readonly score: bigint;
  readonly contributors: number;
}

export interface Report {
  readonly program: string;
  readonly month: string;
  readonly currency: string;
  readonly createdAt: Date;
  readonly base: bigint;
  readonly granted: bigint;
  readonly carried: bigint;
  readonly returned: bigint;
  readonly distributed: bigint;
  readonly sbomHash: string;
  readonly explain: Explain;
  readonly contributors: readonly ContributorRow[];
  readonly repositories: readonly (Counted & { readonly repository: string })[];
  readonly components: readonly (Counted & { readonly component: string })[];
  readonly lines: readonly {
    readonly contributor: string;
    readonly contributorId: bigint | null;
    readonly repository: string;
    readonly component: string;
    readonly weight: bigint;
    readonly lines: number;
  }[];
}

/** Opens the address of somebody who has not registered, to be masked. */
export type OpenAddress = (keyVersion: number, sealed: Buffer) => string;

export function reportOf(program: string, { run, lines, shares, payouts }: RunRows, open: OpenAddress): Report {
  const names = new Map<string, string>();
  const nameOf = (row: LineRow | ShareRow): string => {
    const known = names.get(row.identity) ?? row.github_username ?? maskedOf(row, open);
    names.set(row.identity, known);
    return known;
  };
  const keyOf = (row: LineRow | ShareRow) => (row.contributor_id === null ? row.identity : String(row.contributor_id));
  const linesOf = Map.groupBy(lines, keyOf);
  const contributors = Array.from(Map.groupBy(shares, keyOf), ([key, theirs]): ContributorRow => {
    const [first] = theirs as [ShareRow];
    const payout = payouts.find((each) => each.contributor_id === first.contributor_id);
    const waiting = theirs.filter((each) => each.keep_until !== null && each.ended === null);
    return {
      contributor: nameOf(first),
      contributorId: first.contributor_id,
      registered: first.contributor_id !== null,
      lines: countLines(linesOf.get(key) ?? []),
      score: theirs.reduce((sum, { score }) => sum + score, 0n),
      share: amountOf(theirs),
      kept: amountOf(waiting),
      returned: amountOf(theirs.filter(({ ended }) => ended === 'fund_return')),
      keepUntil: waiting[0]?.keep_until ?? null,
      payout: payout ? { id: payout.id, amount: payout.amount, state: payout.state } : null,
    };
  });
  const { month, unit: currency, base, granted, carried, returned, distributed, explain } = run;
  return {
    ...{ program, month, currency, base, granted, carried, returned, distributed, explain },
    createdAt: run.created_at,
    sbomHash: run.sbom_hash,
    contributors: contributors.sort((a, b) => (a.score === b.score ? 0 : a.score > b.score ? -1 : 1)),
    repositories: Array.from(
      Map.groupBy(lines, (row) => row.repository),
      ([repository, theirs]) => ({
        repository,
        ...countedOf(theirs, keyOf),
      }),
    ),
    components: Array.from(
      Map.groupBy(lines, (row) => row.component),
      ([component, theirs]) => ({
        component,
        ...countedOf(theirs, keyOf),
      }),
    ),
    lines: lines.map((row) => ({
      contributor: nameOf(row),
      contributorId: row.contributor_id,
      repository: row.repository,
      component: row.component,
      weight: row.weight,
      lines: Number(row.lines),
    })),
  };
}

function maskedOf({ key_version: version, address }: LineRow | ShareRow, open: OpenAddress): string {
  return address === null ? '***' : maskEmail(open(version, address));
}

const countLines = (rows: readonly LineRow[]): number => rows.reduce((sum, { lines }) => sum + Number(lines), 0);
const amountOf = (rows: readonly ShareRow[]): bigint => rows.reduce((sum, { amount }) => sum + amount, 0n);

function countedOf(rows: readonly LineRow[], keyOf: (row: LineRow) => string): Counted {
  return {
    lines: countLines(rows),
    score: rows.reduce((sum, { weight, lines }) => sum + weight * lines, 0n),
    contributors: new Set(rows.map(keyOf)).size,
  };
}
