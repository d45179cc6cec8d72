/**
 * The outbox of referral codes that are to stand at a provider as a promotion code or discount.
 * Promises: one row for each code and source, so one object there; a claim is nobody else's until its lease runs out.
 */

/** The code is asked for by its member; $2 sources, $4 now. */
export const PLAN = `
  insert into provider_codes (program_no, source, code_key, state, next_try_at, created_at)
  select $1, s.source, c.code_key, 'planned', $4, $4
    from codes c cross join unnest($2::text[]) as s(source)
   where c.program_no = $1 and c.code_key = lower($3) and c.revoked_at is null and c.suspended_at is null
  on conflict do nothing`;

/** A code that is dead: revoked, or its member is gone. */
const IS_DEAD = '(c.revoked_at is not null or m.deleted_at is not null)';

/** What was made for a code that is dead now is to end. */
export const PLAN_ENDS = `
  update provider_codes p set next_try_at = $2, attempts = 0
    from codes c join persons m on m.program_no = c.program_no and m.id = c.person_id
   where p.program_no = $1 and p.state = 'made' and p.next_try_at is null
     and c.program_no = p.program_no and c.code_key = p.code_key and ${IS_DEAD}`;

/** $2 now, $3 how many, $4 milliseconds of lease. The lease goes by the database's own clock. */
export const CLAIM = `
  update provider_codes p set attempts = p.attempts + 1, lease_until = now() + $4::float8 * interval '1 millisecond'
    from (select d.source, d.code_key from provider_codes d
           where d.program_no = $1 and d.next_try_at <= $2 and (d.lease_until is null or d.lease_until < now())
           order by d.next_try_at limit $3 for update skip locked) d,
         codes c join persons m on m.program_no = c.program_no and m.id = c.person_id
   where p.program_no = $1 and p.source = d.source and p.code_key = d.code_key
     and c.program_no = p.program_no and c.code_key = p.code_key
  returning p.source, p.code_key, p.state, p.object_id, p.attempts, c.code, ${IS_DEAD} as dead`;

/** $3 the code's keys, for its member may be erased meanwhile; $4 state, $5 object, $6 reason, $7 next try or null, $8 when it was settled or null. */
export const SETTLE = `
  update provider_codes p
     set state = $4, object_id = coalesce($5, p.object_id), reason = $6, next_try_at = $7, settled_at = $8, lease_until = null
   where p.program_no = $1 and p.source = $2 and p.code_key = any($3::text[])`;
