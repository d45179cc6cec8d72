/**
 * Contributors and their addresses.
 * Promises: an address is one contributor's for good, and a name is taken only by who has proved an address; the audit
 * log has who changed what. Must never: hold a detail that can be read without the secret.
 */

export const BY_ID = 'select * from fund_contributors where program_no = $1 and id = $2';
export const BY_MEMBER = 'select * from fund_contributors where program_no = $1 and member_id = $2';
export const PROVED_AS = `select * from fund_contributors
  where program_no = $1 and lower(github_username) = lower($2) and proved_at is not null`;
/** Whom the operator registered, and who has not answered yet; never a member's own wish. */
export const WISHED_AS = `select * from fund_contributors
  where program_no = $1 and lower(github_username) = lower($2) and proved_at is null and member_id is null order by id limit 1`;
export const LIST = `
  select c.*, coalesce(i.addresses, 0)::int as addresses, coalesce(b.balance, 0) as owed, coalesce(p.balance, 0) as paid
    from fund_contributors c
    left join lateral (select count(*) as addresses from fund_identities i where i.program_no = c.program_no and i.contributor_id = c.id) i on true
    left join balances b on b.program_no = c.program_no and b.person_id = c.id and b.account = 'fund_owed'
    left join balances p on p.program_no = c.program_no and p.person_id = c.id and p.account = 'fund_paid'
   where c.program_no = $1 and ($2::bigint is null or c.id = $2) order by c.id`;

export const ADD = `
  insert into fund_contributors (program_no, id, github_username, member_id, created_at)
  values ($1, nextval('ids'), $2, $3, $4) returning *`;

/** While no address was proved, a name is only a wish. */
export const RENAME = `update fund_contributors set github_username = $3
  where program_no = $1 and id = $2 and proved_at is null returning *`;

/** The address itself is not kept: only what a commit tells is shown, masked. */
export const ADD_IDENTITY = `
  insert into fund_identities (program_no, identity, key_version, first_seen_at) values ($1, $2, $3, $4)
  on conflict (program_no, identity) do nothing`;

export const OWNER = 'select contributor_id from fund_identities where program_no = $1 and identity = $2';

export const PROVE_IDENTITY = `
  update fund_identities set contributor_id = $3, proved_at = $4
   where program_no = $1 and identity = $2 and contributor_id is null`;

export const PROVE_CONTRIBUTOR = `
  update fund_contributors set proved_at = coalesce(proved_at, $3) where program_no = $1 and id = $2`;

/** $5: who did it. */
export const SET_DETAILS = `
  with changed as (
    update fund_contributors set key_version = $3, details = $4 where program_no = $1 and id = $2 returning id)
  insert into audit_log (id, program_no, at, actor, action, target)
  select nextval('ids'), $1, $6, $5, case when $4::bytea is null then 'contributor.details_removed' else 'contributor.details' end, 'con_' || id
    from changed`;
