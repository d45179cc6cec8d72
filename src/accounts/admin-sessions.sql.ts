/**
 * All SQL on sessions of named admins.
 * Promises: a session ends an hour after it was last used and twelve after it began; it ends at once when its user is
 * disabled. Must never: go by the test clock.
 */
import type { Knex } from 'knex';
import type { AdminRole } from './admin-users.ts';

const IDLE = `interval '1 hour'`;
const ABSOLUTE = `interval '12 hours'`;
/** A page of the console asks several times a second; the time is written once a minute. */
const NOTED = `interval '1 minute'`;

export interface SessionRow {
  user_id: string;
  email: string;
  name: string;
  role: AdminRole;
  totp: boolean;
  expires_at: Date;
}

async function run<Row>(knex: Knex, text: string, values: readonly unknown[]): Promise<Row[]> {
  return (await knex.raw(text, values as Knex.RawBinding[])).rows;
}

/** Also removes what has ended, of anybody. */
export async function openSession(knex: Knex, hash: Buffer, userId: string, now: Date): Promise<void> {
  const text = `with ended as (
      delete from admin_sessions where seen_at < clock_timestamp() - ${IDLE} or created_at < clock_timestamp() - ${ABSOLUTE}),
    noted as (
      insert into audit_log (id, at, actor, action, target) values (nextval('ids'), ?, ?, 'session.open', ?))
    insert into admin_sessions (hash, user_id) values (?, ?)`;
  await run(knex, text, [now, userId, userId, hash, userId]);
}

export async function findSession(knex: Knex, hash: Buffer): Promise<SessionRow | undefined> {
  const text = `with known as (
      select s.hash, s.seen_at, u.id as user_id, u.email, u.name, u.role, u.totp_since is not null as totp,
        least(s.seen_at + ${IDLE}, s.created_at + ${ABSOLUTE}) as expires_at
        from admin_sessions s join admin_users u on u.id = s.user_id
       where s.hash = ? and u.disabled_at is null
         and s.seen_at > clock_timestamp() - ${IDLE} and s.created_at > clock_timestamp() - ${ABSOLUTE}),
    noted as (
      update admin_sessions s set seen_at = clock_timestamp() from known
       where s.hash = known.hash and known.seen_at < clock_timestamp() - ${NOTED})
    select user_id, email, name, role, totp, expires_at from known`;
  return (await run<SessionRow>(knex, text, [hash]))[0];
}

export async function endSession(knex: Knex, hash: Buffer): Promise<void> {
  await run(knex, 'delete from admin_sessions where hash = ?', [hash]);
}

/** All of the user's but this one. */
export async function endOtherSessions(knex: Knex, userId: string, kept: Buffer): Promise<void> {
  await run(knex, 'delete from admin_sessions where user_id = ? and hash <> ?', [userId, kept]);
}
