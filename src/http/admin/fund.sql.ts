/**
 * The lists of a fund for admins: runs and payouts. Must never: open an address, or write.
 */
import type { Knex } from 'knex';
import type { PageRequest } from '../pages.ts';
import { conditions, select } from '../query.sql.ts';

export interface FundRunRow {
  readonly month: string;
  readonly unit: string;
  readonly base: bigint;
  readonly rate: bigint;
  readonly granted: bigint;
  readonly carried: bigint;
  readonly returned: bigint;
  readonly distributed: bigint;
  readonly created_at: Date;
  readonly contributors: number;
  readonly payouts: number;
  readonly paid_out: bigint;
}

/** One a month: there is no need for pages. */
export async function listRuns(knex: Knex, programNo: number): Promise<FundRunRow[]> {
  const whole = `
    select r.month, r.unit, r.base, r.rate, r.granted, r.carried, r.returned, r.distributed, r.created_at,
           s.contributors, p.payouts, p.paid_out
      from fund_runs r
      cross join lateral (
        select count(distinct coalesce(s.contributor_id::text, s.identity))::int as contributors from fund_shares s
         where s.program_no = r.program_no and s.month = r.month) s
      cross join lateral (
        select count(*)::int as payouts, coalesce(sum(p.amount) filter (where p.state = 'confirmed'), 0)::bigint as paid_out
          from fund_payouts p where p.program_no = r.program_no and p.month = r.month) p
     where r.program_no = ? order by r.month desc`;
  return select(knex, whole, [programNo]);
}

export interface FundPayoutRow {
  readonly id: bigint;
  readonly contributor_id: bigint;
  readonly github_username: string;
  readonly month: string;
  readonly amount: bigint;
  readonly unit: string;
  readonly sink: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly attempts: number;
  readonly next_try_at: Date | null;
  readonly first_try_at: Date | null;
  readonly reference: string | null;
  readonly detail: string | null;
  readonly created_at: Date;
  readonly settled_at: Date | null;
}

export interface PayoutFilter {
  readonly programNo: number;
  readonly month: string | undefined;
  readonly contributor: bigint | undefined;
  readonly status: string | undefined;
  readonly id?: bigint | undefined;
}

export async function listPayouts(
  knex: Knex,
  { programNo, month, contributor, status, id }: PayoutFilter,
  page: PageRequest,
): Promise<FundPayoutRow[]> {
  const { text, values } = conditions([
    ['p.month = ?', month],
    ['p.contributor_id = ?', contributor],
    ['p.state = ?', status],
    ['p.id = ?', id],
    ['(p.created_at, p.id) < (?, ?)', page.after && [page.after.at, page.after.id]],
  ]);
  const whole = `
    select p.id, p.contributor_id, c.github_username, p.month, p.amount, p.unit, p.sink, p.state, p.outcome, p.attempts,
           p.next_try_at, p.first_try_at, p.reference, p.detail, p.created_at, p.settled_at
      from fund_payouts p join fund_contributors c on c.program_no = p.program_no and c.id = p.contributor_id
     where p.program_no = ?${text} order by p.created_at desc, p.id desc limit ?`;
  return select(knex, whole, [programNo, ...values, page.limit + 1]);
}
