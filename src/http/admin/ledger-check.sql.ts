/**
 * The ledger added up again, from its entries.
 * Promises: every difference between what is stored and what the entries say, whoever made it; each check is one
 * statement over the whole ledger. Must never: repair anything.
 */
import type { Knex } from 'knex';
import { select } from '../query.sql.ts';

export interface Difference {
  program: string;
  check: 'transaction' | 'balance' | 'reward' | 'lots' | 'spend';
  /** The transaction, the account, the reward, or the spend. */
  what: string;
  unit: string;
  stored: bigint;
  entries: bigint;
}

/** More would not be read, and the count says how many there are. */
export const DIFFERENCES_SHOWN_MAX = 100;

/** A transaction's lines sum to zero per unit. */
const TRANSACTIONS = `
  select e.program_no, 'transaction' as "check", 'tx_' || e.transaction_id as what, e.unit, 0::bigint as stored, sum(e.amount)::bigint as entries
    from ledger_entries e group by e.program_no, e.transaction_id, e.unit having sum(e.amount) <> 0`;

/** A stored balance is the sum of its account's entries. */
const BALANCES = `
  select coalesce(b.program_no, s.program_no), 'balance', coalesce(b.person_id, s.person_id) || '/' || coalesce(b.account, s.account),
         coalesce(b.unit, s.unit), coalesce(b.balance, 0), coalesce(s.total, 0)
    from balances b
    full join (
      select e.program_no, e.person_id, e.account, e.unit, sum(e.amount)::bigint as total
        from ledger_entries e group by e.program_no, e.person_id, e.account, e.unit) s
      on s.program_no = b.program_no and s.person_id = b.person_id and s.account = b.account and s.unit = b.unit
   where coalesce(b.balance, 0) <> coalesce(s.total, 0)`;

/** What of a reward stands in the ledger is what the program's account gave for it, and was not forfeited. */
const REWARDS = `
  select coalesce(r.program_no, s.program_no), 'reward', 'rw_' || coalesce(r.id, s.reward_id), coalesce(r.unit, s.unit),
         coalesce(r.posted_amount, 0), coalesce(s.total, 0)
    from rewards r
    full join (
      select t.program_no, t.reward_id, e.unit, -sum(e.amount)::bigint as total
        from ledger_transactions t
        join ledger_entries e on e.program_no = t.program_no and e.transaction_id = t.id
       where t.reward_id is not null and e.person_id = 0 and e.account in ('rewards', 'forfeited')
       group by t.program_no, t.reward_id, e.unit) s
      on s.program_no = r.program_no and s.reward_id = r.id and s.unit = r.unit
   where coalesce(r.posted_amount, 0) <> coalesce(s.total, 0)`;

/** What a person has available lies in their lots. */
const LOTS = `
  select coalesce(l.program_no, b.program_no), 'lots', coalesce(l.person_id, b.person_id) || '/available', coalesce(l.unit, b.unit),
         coalesce(l.total, 0), coalesce(b.balance, 0)
    from (select program_no, person_id, unit, sum(remaining)::bigint as total from lots group by program_no, person_id, unit) l
    full join (select * from balances where account = 'available') b
      on b.program_no = l.program_no and b.person_id = l.person_id and b.unit = l.unit
   where coalesce(l.total, 0) <> coalesce(b.balance, 0)`;

/** What a spend took of lots is what the ledger says was spent; nothing, once it is void. */
const SPENDS = `
  select s.program_no, 'spend', 'sp_' || s.id, s.unit, case when s.voided_at is null then s.amount else 0 end, e.total
    from spends s
    cross join lateral (
      select coalesce(sum(e.amount), 0)::bigint as total
        from ledger_transactions t
        join ledger_entries e on e.program_no = t.program_no and e.transaction_id = t.id
       where t.program_no = s.program_no and t.spend_id = s.id and e.account = 'spent') e
    cross join lateral (
      select sum(l.amount)::bigint as total from spend_lots l where l.program_no = s.program_no and l.spend_id = s.id) l
   where e.total <> case when s.voided_at is null then s.amount else 0 end or l.total is distinct from s.amount`;

export async function findDifferences(knex: Knex): Promise<{ count: number; shown: Difference[] }> {
  const text = `
    with differences as (${TRANSACTIONS} union all ${BALANCES} union all ${REWARDS} union all ${LOTS} union all ${SPENDS})
    select count(*) over ()::int as count, g.name as program, d."check", d.what, d.unit, d.stored, d.entries
      from differences d join programs g on g.no = d.program_no
     order by g.name, d."check", d.what, d.unit limit ${DIFFERENCES_SHOWN_MAX}`;
  const rows = await select<Difference & { count: number }>(knex, text);
  return { count: rows[0]?.count ?? 0, shown: rows.map(({ count: _count, ...row }) => row) };
}

export interface Sealed {
  program: string;
  /** The last ledger transaction of the program; null: it has none. */
  last: bigint | null;
  sealed_to: bigint | null;
}

export async function readSeals(knex: Knex): Promise<Sealed[]> {
  const text = `
    select g.name as program,
           (select max(t.id) from ledger_transactions t where t.program_no = g.no) as last,
           (select s.to_id from seals s where s.program_no = g.no and s.chain = 'ledger' order by s.seq desc limit 1) as sealed_to
      from programs g order by g.name`;
  return select(knex, text);
}
