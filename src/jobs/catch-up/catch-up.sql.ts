/**
 * What a catch-up asks of our own database, and the row that it leaves.
 * Promises: one question for a whole lot. Must never: put anything into the inbox; the door does.
 */

/**
 * Where the last run without an error left off, and a day before that: some lists show what happened only a while after.
 * Before the first, when the program began.
 */
export const SINCE = `
  select coalesce(
    (select max(c.until) - interval '1 day' from catch_ups c where c.program_no = $1 and c.source = $2 and c.ended_at is not null and c.error is null),
    g.created_at) as since, g.created_at as began
    from programs g where g.no = $1`;

export const BEGIN = `
  insert into catch_ups (program_no, source, since, until, started_at) values ($1, $2, $3, $4, $5) returning id`;

export const END = `
  update catch_ups c set ended_at = $3, listed = $4, missing = $5, missing_types = $6::jsonb, error = $7
   where c.program_no = $1 and c.id = $2`;

/**
 * Which of what is told is known: of a refund as much of it, for some are told as a running sum. A payment that waits for its invoice, or that only a refund has named, is not; a member
 * is once they have signed up.
 */
export const KNOWN = `
  select t.n from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[])
      as t(n, kind, provider, account, id, status, amount)
   where case t.kind
     when 'payment' then exists (
       select from payment_aliases a left join payments p on p.program_no = a.program_no and p.id = a.payment_id
        where a.program_no = $1 and a.provider = t.provider and a.account = t.account and a.object_id = t.id
          and (a.payment_id is null or (p.gross is not null and p.match_until is null)))
     when 'member' then exists (
       select from person_aliases a join persons p on p.program_no = a.program_no and p.id = a.person_id
        where a.program_no = $1 and a.kind = 'member' and a.value = t.id
          and (p.signed_up_at is not null or p.deleted_at is not null or p.erased_at is not null))
     else exists (
       select from deductions d
        where d.program_no = $1 and d.provider = t.provider and d.account = t.account and d.kind = t.kind
          and d.deduction_id = t.id and d.status = t.status and d.amount >= t.amount) end`;
