// The SQL of the embedded server's own affairs: its two roles, its databases, and the lock that says which process it
// belongs to. Names and passwords are made by us or checked by the caller, and quoted all the same.
import pg from 'pg';

export const OWNER_ROLE = 'plusone_owner';
export const APP_ROLE = 'plusone_app';

const { escapeIdentifier, escapeLiteral } = pg;

export const ROLE_EXISTS = `select 1 from pg_roles where rolname = $1`;

/** The role that the service logs in as: it owns nothing, creates nothing, and gets its rights from migrate. */
export function createAppRole(role: string, password: string): string {
  return `create role ${escapeIdentifier(role)} login password ${escapeLiteral(password)}
    nosuperuser nocreatedb nocreaterole noreplication nobypassrls`;
}

export function dropRole(role: string): string {
  return `drop role if exists ${escapeIdentifier(role)}`;
}

export const DATABASE_EXISTS = `select 1 from pg_database where datname = $1`;

export function createDatabase(name: string, template?: string): string {
  return `create database ${escapeIdentifier(name)}${template ? ` template ${escapeIdentifier(template)} strategy file_copy` : ''}`;
}

/** Only the two roles may connect, and the application's may not even make temporary tables. */
export function limitDatabase(name: string, role: string): string {
  return `revoke all on database ${escapeIdentifier(name)} from public;
    grant connect on database ${escapeIdentifier(name)} to ${escapeIdentifier(role)}`;
}

export function dropDatabase(name: string): string {
  return `drop database if exists ${escapeIdentifier(name)} with (force)`;
}

/** Held by the process that the server belongs to, as long as its connection lives: no stale lock is possible. */
export const TAKE_SERVICE_LOCK = `select pg_try_advisory_lock(728346, 0) as taken`;

/** The application_name of whoever holds it, which says its process id. */
export const SERVICE_LOCK_HOLDER = `
  select activity.application_name as name
    from pg_locks lock join pg_stat_activity activity on activity.pid = lock.pid
   where lock.locktype = 'advisory' and lock.classid = 728346 and lock.objid = 0 and lock.granted`;
