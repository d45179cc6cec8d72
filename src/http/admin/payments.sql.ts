/**
 * The reads of payments.
 * Promises: merged rows and bare stubs of a refund are not payments anybody made, and are left out. Must never: write.
 */
import type { Knex } from 'knex';
import type { PageRequest } from '../pages.ts';
import { conditions, select } from '../query.sql.ts';

export interface PaymentFilter {
  readonly programNo: number | undefined;
  readonly earned: boolean | undefined;
  readonly source: string | undefined;
  readonly member: string | undefined;
  readonly reason: string | undefined;
  readonly from: Date | undefined;
  readonly to: Date | undefined;
}

export interface PaymentRow {
  program: string;
  id: bigint;
  source: string;
  source_payment_id: string;
  mode: 'test' | 'live';
  member_id: string | null;
  amount: bigint | null;
  currency: string | null;
  kind: string | null;
  paid_at: Date | null;
  reason: string | null;
  created_at: Date;
}

const COLUMNS = `m.program_no, m.id, m.source, m.source_payment_id, m.mode, m.gross as amount, m.currency, m.kind, m.paid_at, m.reason,
    m.created_at, m.person_id`;
const MADE = 'm.gross is not null and m.merged_into is null';
/** One value for each payment read, so that the index of a person's payments serves. */
const BY_MEMBER = `m.person_id =
  (select n.person_id from person_aliases n where n.program_no = g.no and n.kind = 'member' and n.value = ?)`;

export async function listPayments(knex: Knex, filter: PaymentFilter, page: PageRequest): Promise<PaymentRow[]> {
  const { text, values } = conditions([
    [filter.earned ? 'm.reason is null' : 'm.reason is not null', filter.earned === undefined ? undefined : []],
    ['m.source = ?', filter.source],
    [BY_MEMBER, filter.member],
    ['m.reason = ?', filter.reason],
    ['m.paid_at >= ?', filter.from],
    ['m.paid_at < ?', filter.to],
    ['(m.created_at, m.id) < (?, ?)', page.after && [page.after.at, page.after.id]],
  ]);
  const one = conditions([['g.no = ?', filter.programNo]]);
  const whole = `
    select g.name as program, p.member_id, m.* from programs g cross join lateral (
      select ${COLUMNS} from payments m
       where m.program_no = g.no and ${MADE}${text} order by m.created_at desc, m.id desc limit ?) m
      left join persons p on p.program_no = m.program_no and p.id = m.person_id
     where true${one.text} order by m.created_at desc, m.id desc limit ?`;
  const limit = page.limit + 1;
  return select(knex, whole, [...values, limit, ...one.values, limit]);
}

export type OnePayment = PaymentRow & {
  readonly program_no: number;
  readonly person_id: bigint | null;
  readonly email_hash: string | null;
};

export async function readPayment(knex: Knex, id: bigint): Promise<OnePayment | undefined> {
  const whole = `
    select g.name as program, p.member_id, coalesce(m.email_hash, p.email_hash) as email_hash, ${COLUMNS}
      from payments m
      join programs g on g.no = m.program_no
      left join persons p on p.program_no = m.program_no and p.id = m.person_id
     where m.id = ? and ${MADE}`;
  const [row] = await select<OnePayment>(knex, whole, [id]);
  return row;
}

export async function rewardsOfPayment(knex: Knex, { program_no: no, id }: OnePayment): Promise<bigint[]> {
  const rows = await select<{ id: bigint }>(
    knex,
    'select r.id from rewards r where r.program_no = ? and r.payment_id = ? order by r.id',
    [no, id],
  );
  return rows.map((row) => row.id);
}

/** Codes that came along with somebody and referred nobody. */
export async function lostCodes(
  knex: Knex,
  programNo: number,
  personId: bigint,
): Promise<{ code_key: string; outcome: string; at: Date }[]> {
  const text = `select c.code_key, c.outcome, max(c.at) as at from claims c
    where c.program_no = ? and c.person_id = ? and c.outcome <> 'attributed' group by c.code_key, c.outcome order by at desc limit 20`;
  return select(knex, text, [programNo, personId]);
}

export interface OwnerRow {
  readonly code_key: string | null;
  readonly code: string;
  readonly member_id: string;
  readonly at: Date | null;
}

/** Who has these codes, with the code that they go by now. */
export async function ownersOfCodes(knex: Knex, programNo: number, codeKeys: readonly string[]): Promise<OwnerRow[]> {
  const text = `
    select c.code_key, now.code, p.member_id, null as at
      from codes c
      join persons p on p.program_no = c.program_no and p.id = c.person_id
      join codes now on now.program_no = c.program_no and now.person_id = c.person_id and now.kind = 'primary' and now.revoked_at is null
     where c.program_no = ? and c.code_key = any(?::text[])`;
  return select(knex, text, [programNo, codeKeys]);
}

/** Who invited the address that paid. */
export async function inviterOf(knex: Knex, programNo: number, emailHash: string): Promise<OwnerRow[]> {
  const text = `
    select null as code_key, now.code, p.member_id, m.created_at as at
      from mails m
      join persons p on p.program_no = m.program_no and p.id = m.person_id
      join codes now on now.program_no = m.program_no and now.person_id = m.person_id and now.kind = 'primary' and now.revoked_at is null
     where m.program_no = ? and m.mail_key = ?`;
  return select(knex, text, [programNo, `invitation:${emailHash}`]);
}

export interface NamedObject {
  readonly provider: string;
  readonly account: string;
  readonly objectId: string;
}

/** The payments behind provider objects and behind rewards. */
export async function paymentsNamed(
  knex: Knex,
  programNo: number,
  { objects, rewardIds }: { readonly objects: readonly NamedObject[]; readonly rewardIds: readonly bigint[] },
): Promise<PaymentRow[]> {
  const whole = `
    select g.name as program, p.member_id, ${COLUMNS}
      from payments m
      join programs g on g.no = m.program_no
      left join persons p on p.program_no = m.program_no and p.id = m.person_id
     where m.program_no = ? and m.merged_into is null and m.id in (
       select a.payment_id from unnest(?::text[], ?::text[], ?::text[]) as v(provider, account, object_id)
         join payment_aliases a on a.program_no = ? and a.provider = v.provider and a.account = v.account and a.object_id = v.object_id
       union select r.payment_id from rewards r where r.program_no = ? and r.id = any(?::bigint[]))
     order by m.created_at desc, m.id desc`;
  const columns = [objects.map((o) => o.provider), objects.map((o) => o.account), objects.map((o) => o.objectId)];
  const values: unknown[] = [programNo, ...columns, programNo, programNo, rewardIds];
  return select(knex, whole, values);
}
