/**
 * A member's pages: rewards, referrals, ledger.
 * Promises: each walks an index of the person's own rows backwards and stops with the page. Must never: read what is
 * encrypted; `openSecrets` does.
 */
import type { Knex } from 'knex';
import type { PageRequest } from '../pages.ts';
import { conditions, select } from '../query.sql.ts';

/** As reward_counts() of the database has it. */
const EARNED = `(r.status = 'credited' or (r.status = 'pending' and r.reason = 'vesting'))`;
const NET = '(r.amount - r.reversed_amount - r.forfeited_amount)';

export interface RewardRow {
  id: bigint;
  rule: string;
  beneficiary: 'referrer' | 'referee';
  status: 'pending' | 'credited' | 'failed' | 'reversed' | 'rejected';
  reason: string | null;
  amount: bigint;
  reversed_amount: bigint;
  forfeited_amount: bigint;
  unit: string;
  base_amount: bigint | null;
  base_currency: string | null;
  rate: bigint | null;
  created_at: Date;
  credited_at: Date | null;
  vests_at: Date | null;
  expires_at: Date | null;
  vouchers: string[];
}

/** What the member redeems themselves; other sinks' references are the owner's alone. */
const VOUCHERS = `array(
  select d.reference from deliveries d
   where d.program_no = r.program_no and d.reward_id = r.id and d.sink = 'paddle_discount' and d.kind <> 'reverse'
     and d.state = 'confirmed' and d.reference is not null and r.status = 'credited' order by d.id)`;

/** One row more than the page's limit, here and below. */
export async function listRewards(
  knex: Knex,
  programNo: number,
  personId: bigint,
  page: PageRequest,
): Promise<RewardRow[]> {
  const after = conditions([['(r.created_at, r.id) < (?, ?)', page.after && [page.after.at, page.after.id]]]);
  const text = `
    select r.id, r.rule, r.beneficiary, r.status, r.reason, r.amount, r.reversed_amount, r.forfeited_amount, r.unit,
           r.base_amount, r.base_currency, r.rate, r.created_at, r.credited_at, r.vests_at, r.expires_at,
           ${VOUCHERS} as vouchers
      from rewards r where r.program_no = ? and r.person_id = ?${after.text}
     order by r.created_at desc, r.id desc limit ?`;
  return select(knex, text, [programNo, personId, ...after.values, page.limit + 1]);
}

export interface ReferralRow {
  id: bigint;
  referee_id: bigint;
  status: 'pending' | 'completed' | 'denied' | 'void';
  reason: string | null;
  code: string;
  channel: string | null;
  campaign: string | null;
  created_at: Date;
  completed_at: Date | null;
  first_paid_at: Date | null;
  /** The referee's organization. */
  org_id: string | null;
  earned: { unit: string; amount: string }[] | null;
}

/** Where two people turned out to be one, the referral that was given up is not shown beside the one that stays. */
export async function listReferrals(
  knex: Knex,
  programNo: number,
  personId: bigint,
  page: PageRequest,
): Promise<ReferralRow[]> {
  const after = conditions([['(r.created_at, r.id) < (?, ?)', page.after && [page.after.at, page.after.id]]]);
  const text = `
    select f.id, f.referee_id, f.status, f.reason, coalesce(c.code, f.code_key) as code, c.channel, c.campaign,
           f.created_at, f.completed_at, p.first_paid_at, p.org_id, e.earned
      from (select r.* from referrals r
             where r.program_no = ? and r.referrer_id = ? and r.reason is distinct from 'joined'${after.text}
             order by r.created_at desc, r.id desc limit ?) f
      join persons p on p.program_no = f.program_no and p.id = f.referee_id
      left join codes c on c.program_no = f.program_no and c.code_key = f.code_key
      left join lateral (
        select json_agg(json_build_object('unit', u.unit, 'amount', u.amount::text) order by u.unit) as earned
          from (select r.unit, sum(${NET}) as amount from rewards r
                 where r.program_no = f.program_no and r.referee_id = f.referee_id and r.person_id = f.referrer_id and ${EARNED}
                 group by r.unit) u) e on true
     order by f.created_at desc, f.id desc`;
  return select(knex, text, [programNo, personId, ...after.values, page.limit + 1]);
}

export interface LedgerRow {
  id: bigint;
  kind: string;
  at: Date;
  reward_id: bigint | null;
  rule: string | null;
  spend_id: bigint | null;
  spent_for: string | null;
  entries: { account: 'pending' | 'available' | 'delivered' | 'debt'; unit: string; amount: string }[];
}

/** Ids of transactions rise with their time: both are given under the program's lock. */
export async function listLedger(
  knex: Knex,
  programNo: number,
  personId: bigint,
  page: PageRequest,
): Promise<LedgerRow[]> {
  const after = conditions([['e.transaction_id < ?', page.after?.id]]);
  const text = `
    select t.id, t.kind, t.at, t.reward_id, r.rule, t.spend_id, s.reason as spent_for, l.entries
      from (select distinct e.transaction_id from ledger_entries e
             where e.program_no = ? and e.person_id = ? and e.person_id > 0${after.text}
             order by e.transaction_id desc limit ?) f
      join ledger_transactions t on t.program_no = ? and t.id = f.transaction_id
      left join rewards r on r.program_no = t.program_no and r.id = t.reward_id
      left join spends s on s.program_no = t.program_no and s.id = t.spend_id
      join lateral (
        select json_agg(json_build_object('account', e.account, 'unit', e.unit, 'amount', e.amount::text) order by e.line) as entries
          from ledger_entries e where e.program_no = t.program_no and e.transaction_id = t.id and e.person_id = ?) l on true
     order by t.id desc`;
  return select(knex, text, [programNo, personId, ...after.values, page.limit + 1, programNo, personId]);
}
