/**
 * All SQL on named admins.
 * Promises: making or changing one writes its audit row in the same statement; whoever is disabled, or gets another
 * password, is signed out everywhere at once. Must never: hand a password's hash to anybody but who compares it.
 */
import type { Knex } from 'knex';
import type { AdminRole, AdminUser } from './admin-users.ts';

const COLUMNS = 'id, email, name, role, totp_since, created_at, disabled_at';

interface UserRow {
  id: string;
  email: string;
  name: string;
  role: AdminRole;
  totp_since: Date | null;
  created_at: Date;
  disabled_at: Date | null;
}

const asUser = (row: UserRow): AdminUser => ({
  id: row.id,
  email: row.email,
  name: row.name,
  role: row.role,
  totp: row.totp_since !== null,
  createdAt: row.created_at,
  disabledAt: row.disabled_at,
});

/** As the audit log shows one: without what would name the person to others than who may read the list. */
const SHOWN = (table: string) =>
  `jsonb_build_object('role', ${table}.role, 'disabled', ${table}.disabled_at is not null, 'totp', ${table}.totp_since is not null)`;

async function run<Row>(knex: Knex, text: string, values: readonly unknown[]): Promise<Row[]> {
  return (await knex.raw(text, values as Knex.RawBinding[])).rows;
}

export async function listUsers(knex: Knex): Promise<AdminUser[]> {
  return (await run<UserRow>(knex, `select ${COLUMNS} from admin_users order by created_at, id`, [])).map(asUser);
}

export interface NewAdminUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: AdminRole;
  readonly password: string;
  readonly actor: string;
  readonly now: Date;
}

/** undefined: the address has its user. */
export async function createUser(knex: Knex, given: NewAdminUser): Promise<AdminUser | undefined> {
  const text = `with made as (
      insert into admin_users (id, email, name, role, password, created_at) values (?, ?, ?, ?, ?, ?)
      on conflict on constraint admin_users_email_key do nothing returning *),
    noted as (
      insert into audit_log (id, at, actor, action, target, after)
      select nextval('ids'), made.created_at, ?, 'user.create', made.id, ${SHOWN('made')} from made)
    select ${COLUMNS} from made`;
  const { id, email, name, role, password, actor, now } = given;
  const [row] = await run<UserRow>(knex, text, [id, email, name, role, password, now, actor]);
  return row && asUser(row);
}

export interface UserChange {
  readonly id: string;
  readonly name: string | undefined;
  readonly role: AdminRole | undefined;
  readonly disabled: boolean | undefined;
  readonly password: string | undefined;
  readonly resetTotp: boolean;
  readonly actor: string;
  readonly now: Date;
}

/** undefined: there is no such user. */
export async function changeUser(knex: Knex, change: UserChange): Promise<AdminUser | undefined> {
  const text = `with given as (
      select ?::text as id, ?::text as name, ?::text as role, ?::text as password, ?::boolean as disabled,
        ?::boolean as reset, ?::text as actor, ?::timestamptz as now),
    old as (select u.*, g.actor, g.now from admin_users u join given g on g.id = u.id for update of u),
    changed as (
      update admin_users u set name = coalesce(g.name, u.name), role = coalesce(g.role, u.role), password = coalesce(g.password, u.password),
        disabled_at = case when g.disabled is null then u.disabled_at when g.disabled then coalesce(u.disabled_at, g.now) end,
        totp = case when not g.reset then u.totp end, key_version = case when not g.reset then u.key_version end,
        totp_since = case when not g.reset then u.totp_since end
        from given g join old on old.id = g.id where u.id = g.id returning u.*, g.password is not null as has_new_password),
    ended as (
      delete from admin_sessions s using changed c where s.user_id = c.id and (c.has_new_password or c.disabled_at is not null)),
    noted as (
      insert into audit_log (id, at, actor, action, target, before, after)
      select nextval('ids'), old.now, old.actor, 'user.change', changed.id, ${SHOWN('old')},
        ${SHOWN('changed')} || jsonb_build_object('password', changed.has_new_password) from changed, old)
    select ${COLUMNS} from changed`;
  const { id, name = null, role = null, password = null, disabled = null, resetTotp, actor, now } = change;
  const [row] = await run<UserRow>(knex, text, [id, name, role, password, disabled, resetTotp, actor, now]);
  return row && asUser(row);
}

export interface SignInRow {
  id: string;
  password: string;
  key_version: number | null;
  totp: Buffer | null;
  totp_since: Date | null;
  totp_step: bigint;
}

const SECRETS = 'id, password, key_version, totp, totp_since, totp_step';

/** What a sign-in is compared with; nobody who is disabled. */
export async function findSignIn(knex: Knex, email: string): Promise<SignInRow | undefined> {
  const text = `select ${SECRETS} from admin_users where email = ? and disabled_at is null`;
  return (await run<SignInRow>(knex, text, [email]))[0];
}

export async function readSecrets(knex: Knex, userId: string): Promise<SignInRow | undefined> {
  return (await run<SignInRow>(knex, `select ${SECRETS} from admin_users where id = ?`, [userId]))[0];
}

/** By the user themselves. */
export async function changePassword(
  knex: Knex,
  given: { readonly userId: string; readonly password: string; readonly now: Date },
): Promise<void> {
  const text = `with changed as (update admin_users set password = ? where id = ? returning id)
    insert into audit_log (id, at, actor, action, target) select nextval('ids'), ?, id, 'user.password', id from changed`;
  await run(knex, text, [given.password, given.userId, given.now]);
}

/** False when a code of this step or a later one was used before. */
export async function useTotpStep(knex: Knex, userId: string, step: bigint): Promise<boolean> {
  const text = 'update admin_users set totp_step = ? where id = ? and totp_step < ? returning id';
  return (await run(knex, text, [step, userId, step])).length > 0;
}

/** A new secret, not asked for before it is confirmed. False where one is in force. */
export async function offerTotp(
  knex: Knex,
  given: { readonly userId: string; readonly keyVersion: number; readonly sealed: Buffer },
): Promise<boolean> {
  const text = 'update admin_users set totp = ?, key_version = ? where id = ? and totp_since is null returning id';
  return (await run(knex, text, [given.sealed, given.keyVersion, given.userId])).length > 0;
}

/** From now on it is asked for, or no more. False where it was so before. */
export async function setTotp(
  knex: Knex,
  given: { readonly userId: string; readonly on: boolean; readonly now: Date },
): Promise<boolean> {
  const set = given.on ? 'totp_since = ?' : 'totp_since = null, totp = null, key_version = null';
  const text = `with changed as (
      update admin_users set ${set} where id = ? and totp is not null and totp_since is ${given.on ? 'null' : 'not null'} returning id)
    insert into audit_log (id, at, actor, action, target)
    select nextval('ids'), ?, id, ?, id from changed returning id`;
  const action = given.on ? 'user.totp_on' : 'user.totp_off';
  const values = [...(given.on ? [given.now] : []), given.userId, given.now, action];
  return (await run(knex, text, values)).length > 0;
}
