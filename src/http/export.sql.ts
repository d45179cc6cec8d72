/**
 * The reads behind the export of one person: every table that has something of theirs.
 * Promises: one statement a section, by the person's id, oldest first. Must never: read what is about somebody else:
 * whom they brought appears without an id or a name.
 */
import type { Knex } from 'knex';
import { select } from './query.sql.ts';

type Row = Record<string, unknown>;

/** Each is given program and person, in this order. */
const SECTIONS = {
  identifiers: `select a.kind, a.value from person_aliases a where a.program_no = ? and a.person_id = ? order by a.kind, a.value`,
  codes: `
    select c.code, c.kind, c.channel, c.campaign, c.uses, c.created_at, c.revoked_at
      from codes c where c.program_no = ? and c.person_id = ? order by c.created_at, c.code_key`,
  referred_by: `
    select r.code_key as code, r.carrier, r.status, r.created_at
      from referrals r where r.program_no = ? and r.referee_id = ?`,
  referrals: `
    select r.code_key as code, r.status, r.created_at, r.qualified_at
      from referrals r where r.program_no = ? and r.referrer_id = ? order by r.id`,
  payments: `
    select p.source, p.source_payment_id, p.gross as amount, p.tax, p.currency, p.kind, p.paid_at, p.created_at
      from payments p where p.program_no = ? and p.person_id = ? and p.merged_into is null order by p.id`,
  rewards: `
    select 'rw_' || r.id as id, r.rule, r.beneficiary as "to", r.status, r.amount, r.reversed_amount, r.forfeited_amount, r.unit,
           r.created_at, r.credited_at, r.vests_at, r.expires_at
      from rewards r where r.program_no = ? and r.person_id = ? order by r.id`,
  ledger: `
    select 'tx_' || t.id as transaction_id, t.kind, t.at, e.account, e.unit, e.amount,
           case when t.reward_id is not null then 'rw_' || t.reward_id end as reward_id
      from ledger_entries e join ledger_transactions t on t.program_no = e.program_no and t.id = e.transaction_id
     where e.program_no = ? and e.person_id = ? order by t.id, e.line`,
  balances: `select b.account, b.unit, b.balance from balances b where b.program_no = ? and b.person_id = ? order by b.unit, b.account`,
  spends: `
    select 'sp_' || s.id as id, s.unit, s.amount, s.reason, s.created_at, s.voided_at
      from spends s where s.program_no = ? and s.person_id = ? order by s.id`,
  usage: `select u.quantity, u.billable, u.last_at from usage_totals u where u.program_no = ? and u.person_id = ?`,
  mails: `
    select m.kind, m.state, m.key_version, m.recipient, m.subject, m.text, m.created_at, m.sent_at
      from mails m where m.program_no = ? and m.person_id = ? order by m.id`,
  keys: `
    select k.name, k.scopes, k.created_at, k.last_used_at, k.revoked_at
      from member_keys k where k.program_no = ? and k.person_id = ? order by k.created_at`,
  suspensions: `select s.reason, s.at, s.lifted_at from suspensions s where s.program_no = ? and s.person_id = ? order by s.at`,
  appeals: `
    select a.message, a.state, a.created_at, a.due_at, a.decided_at
      from appeals a where a.program_no = ? and a.person_id = ? order by a.id`,
  /** Kept as keyed hashes only; when they were seen is all that there is to show. */
  seen: `select f.kind, f.seen_at from person_facts f where f.program_no = ? and f.person_id = ? order by f.seen_at, f.kind`,
} as const;

export type Section = keyof typeof SECTIONS;

export async function readSections(knex: Knex, programNo: number, personId: bigint): Promise<Record<Section, Row[]>> {
  const found: [string, Row[]][] = [];
  for (const [name, text] of Object.entries(SECTIONS))
    found.push([name, await select(knex, text, [programNo, personId])]);
  return Object.fromEntries(found) as Record<Section, Row[]>;
}

export interface BodyRow {
  id: bigint;
  source: string;
  event_id: string;
  type: string;
  received_at: Date;
  occurred_at: Date | null;
  body: string;
}

/** So many events back bodies are looked through, and so many are handed over: somebody waits for it. */
const LOOKED_THROUGH = 20_000;
const BODIES_MAX = 500;

/** What came from outside and has one of these in its body, in lower case; newest first. */
export async function findBodies(knex: Knex, programNo: number, texts: readonly string[]): Promise<BodyRow[]> {
  const text = `
    select e.id, e.source, e.event_id, e.type, e.received_at, e.occurred_at, e.body
      from (select * from inbox_events where program_no = ? and id > 0 order by id desc limit ${LOOKED_THROUGH}) e
     where e.source <> 'plusone' and e.body is not null
       and exists (select from (select lower(e.body) as text offset 0) b, unnest(?::text[]) n where strpos(b.text, n) > 0)
     order by e.id desc limit ${BODIES_MAX}`;
  return await select<BodyRow>(knex, text, [programNo, texts]);
}

export interface ProfileRow {
  id: bigint;
  member_id: string;
  email_verified: boolean | null;
  org_id: string | null;
  tier: string | null;
  created_at: Date;
  signed_up_at: Date | null;
  first_paid_at: Date | null;
  erased_at: Date | null;
}

export async function readProfile(knex: Knex, programNo: number, memberId: string): Promise<ProfileRow | undefined> {
  const text = `
    select p.id, p.member_id, p.email_verified, p.org_id, p.tier, p.created_at, p.signed_up_at, p.first_paid_at, p.erased_at
      from person_aliases n join persons p on p.program_no = n.program_no and p.id = n.person_id
     where n.program_no = ? and n.kind = 'member' and n.value = ?`;
  return (await select<ProfileRow>(knex, text, [programNo, memberId]))[0];
}
