/**
 * What the bench asks of the server and its databases.
 */
export const SERVER_SETTINGS = `select name, setting, unit from pg_settings
  where name in ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_compression', 'shared_buffers')`;

export const CHECKPOINT = 'checkpoint';

export const VACUUM = 'vacuum analyze';

export const DATABASE_BYTES = 'select pg_database_size(current_database())::bigint as bytes';

export const CODES_OF_REFERRERS = `select p.member_id, c.code from codes c
  join persons p on p.program_no = c.program_no and p.id = c.person_id
  where c.kind = 'primary' and p.member_id = any($1::text[])`;

/** Ids are handed out in blocks of 65,536 a batch. */
export const LAST_ID = 'select last_value + 65535 as last from ids';

export const WAITING = 'select count(*)::int as waiting from inbox_queue';

export const HAS_WAITING = 'select exists (select from inbox_queue) as waiting';

export const MEMBERS_REFERRED = `select count(*)::int as referred from referrals where status = 'completed'`;

/** How the verification reads it: all of it must fit together. What was there before the payments (the preload) has ids up to $1. */
export const PLUSONE_FIGURES = `select
  (select count(*) from inbox_events where source = 'stripe' and event_id not like 'evt\\_old%') as events,
  (select count(*) from inbox_events where outcome is not null) as not_handled,
  (select count(*) from rewards where id > $1) as rewards,
  (select count(*) from rewards where id > $1 and status = 'pending' and reason = 'held') as held,
  (select coalesce(sum(amount), 0) from rewards where id > $1) as owed,
  (select coalesce(sum(amount), 0) from rewards where id > $1 and status = 'credited') as credited,
  (select coalesce(sum(amount), 0) from ledger_entries where transaction_id > $1 and account = 'available') as available,
  (select coalesce(sum(balance), 0) from balances) as balances_sum,
  (select coalesce(sum(amount), 0) from ledger_entries) as entries_sum,
  (select count(*) from (select person_id, account, unit, sum(amount) as total from ledger_entries group by 1, 2, 3) e
    full join balances b using (person_id, account, unit) where e.total is distinct from b.balance) as drift`;

/** After the usage of members who all passed the highest milestone. */
export const USAGE_FIGURES = `select (select count(*)::int from rewards) as rewards,
  (select count(*)::int from inbox_events where outcome = 'parked') as parked`;
