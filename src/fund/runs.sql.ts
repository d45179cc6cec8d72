/**
 * What a run reads and writes, beside the ledger.
 * Promises: what it writes, it writes once; the primary keys refuse a second run of a month and a second share of
 * anybody. Must never: read before the program's lock is held.
 */

export const START = `insert into fund_starts (program_no, since, created_at) values ($1, $2, $3) on conflict do nothing`;

export const READ_START = `
  select s.since, r.month as last, r.unit from fund_starts s
    left join lateral (select month, unit from fund_runs where program_no = $1 order by month desc limit 1) r on true
   where s.program_no = $1`;

export const READ_RUN = `
  select r.*, (select count(*) from fund_shares s where s.program_no = r.program_no and s.month = r.month) as shares
    from fund_runs r where r.program_no = $1 and r.month = $2`;

export const COUNTED = `select coalesce(sum(base), 0)::bigint as counted from fund_runs where program_no = $1`;

/** Of whom is known already, only what is missing; nothing of who was erased. Sorted by identity, so that two that add the same never wait for each other in a circle. */
export const ADD_IDENTITIES = `
  insert into fund_identities (program_no, identity, key_version, address, name, first_seen_at)
  select $1, n.identity, $2, n.address, n.name, $3
    from unnest($4::text[], $5::bytea[], $6::bytea[]) as n(identity, address, name) order by n.identity
  on conflict (program_no, identity) do update
     set key_version = excluded.key_version, address = excluded.address, name = excluded.name
   where fund_identities.address is null and fund_identities.contributor_id is null`;

export const KNOWN_IDENTITIES =
  'select identity, contributor_id from fund_identities where program_no = $1 and identity = any($2::text[])';

/** Kept shares that nobody has come for by $2: neither claimed nor returned. */
export const EXPIRED = `
  select s.id, s.amount from fund_shares s
   where s.program_no = $1 and s.keep_until <= $2 and s.amount > 0 and not exists (
     select from ledger_transactions t
      where t.program_no = s.program_no and t.fund_id = s.id and t.kind in ('fund_claim', 'fund_return'))
   order by s.id`;

/** What is kept for an address, in the currency of its run. */
export const KEPT_FOR = `
  select s.id, s.amount, r.unit from fund_shares s join fund_runs r on r.program_no = s.program_no and r.month = s.month
   where s.program_no = $1 and s.identity = $2 and s.keep_until is not null and s.amount > 0 and not exists (
     select from ledger_transactions t
      where t.program_no = s.program_no and t.fund_id = s.id and t.kind in ('fund_claim', 'fund_return'))
   order by s.id`;

export const ADD_RUN = `
  insert into fund_runs (program_no, month, id, program_version, unit, total, base, rate, granted, carried, returned, distributed, sbom_hash, explain, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`;

export const ADD_LINES = `
  insert into fund_lines (program_no, month, repository, component, identity, weight, lines)
  select $1, $2, n.* from unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[]) as n(repository, component, identity, weight, lines)`;

export const ADD_SHARES = `
  insert into fund_shares (program_no, month, id, identity, contributor_id, score, amount, keep_until)
  select $1, $2, n.* from unnest($3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::timestamptz[])
    as n(id, identity, contributor_id, score, amount, keep_until)`;

export const PAYABLE = `
  select c.id, c.github_username, c.key_version, c.details,
         exists (select from fund_payouts p where p.program_no = c.program_no and p.contributor_id = c.id and p.settled_at is null) as has_open
    from fund_contributors c where c.program_no = $1 and c.proved_at is not null order by c.id`;

export const ADD_PAYOUTS = `
  insert into fund_payouts (program_no, month, unit, sink, created_at, state, id, contributor_id, amount, idempotency_key, key_version, request, next_try_at)
  select $1, $2, $3, $4, $5, 'planned', n.*, case when $4 = 'webhook' then $5::timestamptz end
    from unnest($6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::int[], $11::bytea[])
      as n(id, contributor_id, amount, idempotency_key, key_version, request)`;
