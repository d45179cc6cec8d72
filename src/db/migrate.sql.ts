// The SQL of migrating, apart from the migrations themselves.

export const MIGRATIONS_TABLE = 'schema_migrations';

/** Taken first in the migrating transaction: a second migrator waits, then finds nothing to do. */
export const TAKE_MIGRATION_LOCK = `select pg_advisory_xact_lock(728346, 1)`;

export const SERVER_VERSION = `select current_setting('server_version_num')::int as version`;

export const WHO_AM_I = `select current_user as role`;

export const HAS_MIGRATIONS = `select to_regclass('public.${MIGRATIONS_TABLE}') is not null as there`;

export const APPLIED_MIGRATIONS = `select name from public.${MIGRATIONS_TABLE} order by name`;
