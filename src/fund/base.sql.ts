/**
 * The payments of referred members, with what of each has gone back; a page at a time, by id.
 * Promises: a payment counts once, under its own month, and only if its referral stands. Must never: convert or round.
 */
import type pg from 'pg';

/**
 * $1 program, $2 mode, $3 from, $4 before, $5 after this id, $6 how many. What went back is [amount, tax or null] each; of
 * an object that several payments share, this payment's part.
 */
const READ = `
  select p.id, p.currency, p.gross, coalesce(p.tax, 0) as tax, p.settled_currency, p.settled_gross,
         (coalesce(own.list, '[]') || coalesce(shared.list, '[]')) as gone
    from payments p
    join referrals r on r.program_no = p.program_no and r.referee_id = p.person_id
    left join lateral (
      select jsonb_agg(jsonb_build_array(d.amount::text, d.tax::text)) as list
        from payment_aliases a
        join deductions d on d.program_no = a.program_no and d.provider = a.provider and d.account = a.account and d.object_id = a.object_id
       where a.program_no = p.program_no and a.payment_id = p.id and d.status in ('succeeded', 'lost')) own on true
    left join lateral (
      select jsonb_agg(jsonb_build_array(div(d.amount::numeric * l.amount_paid, all_links.total)::text,
               div(d.tax::numeric * l.amount_paid, all_links.total)::text)) as list
        from payment_links l
        join payment_aliases a on a.program_no = l.program_no and a.provider = l.provider and a.account = l.account
          and a.object_id = l.object_id and a.payment_id is null
        cross join lateral (
          select sum(o.amount_paid) as total from payment_links o
           where o.program_no = l.program_no and o.provider = l.provider and o.account = l.account and o.object_id = l.object_id) all_links
        join deductions d on d.program_no = l.program_no and d.provider = l.provider and d.account = l.account and d.object_id = l.object_id
       where l.program_no = p.program_no and l.payment_id = p.id and all_links.total > 0 and d.status in ('succeeded', 'lost')) shared on true
   where p.program_no = $1 and p.mode = $2 and p.merged_into is null and p.match_until is null and p.gross > 0
     and coalesce(p.paid_at, p.created_at) >= $3 and coalesce(p.paid_at, p.created_at) < $4
     and r.status = 'completed' and not r.held and p.id > $5
   order by p.id limit $6`;

export interface PaidRow {
  readonly id: bigint;
  readonly currency: string;
  readonly gross: bigint;
  readonly tax: bigint;
  readonly settled_currency: string | null;
  readonly settled_gross: bigint | null;
  readonly gone: readonly (readonly [string, string | null])[];
}

const PAGE = 5000;

export async function* readPaid(
  client: pg.ClientBase,
  programNo: number,
  { mode, from, before }: { readonly mode: string; readonly from: Date; readonly before: Date },
): AsyncGenerator<PaidRow> {
  let after = 0n;
  for (;;) {
    const { rows } = await client.query<PaidRow>(READ, [programNo, mode, from, before, after, PAGE]);
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.id;
  }
}
