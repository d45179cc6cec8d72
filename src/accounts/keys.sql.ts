/**
 * All SQL on server keys; the command line and the admin API both use it.
 * Promises: making and revoking one writes its audit row in the same statement. Must never: store the key itself.
 */
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { KEY_SECRET_BYTES, type KeyScope, mintKey, type ServerKey } from './keys.ts';

const COLUMNS = 'program_no, id, name, prefix, scopes, created_at, last_used_at, revoked_at';

interface KeyRow {
  program_no: number;
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  created_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

const asKey = (row: KeyRow): ServerKey => ({
  programNo: row.program_no,
  id: row.id,
  name: row.name,
  prefix: row.prefix,
  scopes: row.scopes,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
  revokedAt: row.revoked_at,
});

export interface NewKey {
  readonly programNo: number;
  readonly program: string;
  readonly name: string;
  readonly scopes: readonly KeyScope[];
  readonly actor: string;
  readonly now: Date;
}

/** The only time the key itself is seen. */
export async function createKey(knex: Knex, given: NewKey): Promise<{ key: string; stored: ServerKey }> {
  const { key, prefix, hash } = mintKey(given.program, randomBytes(KEY_SECRET_BYTES));
  const id = `key_${randomBytes(9).toString('base64url')}`;
  const text = `with made as (
      insert into api_keys (program_no, id, name, prefix, hash, scopes, created_at)
      values (?, ?, ?, ?, ?, ?::text[], ?) returning ${COLUMNS}),
    noted as (
      insert into audit_log (id, program_no, at, actor, action, target, after)
      select nextval('ids'), program_no, created_at, ?, 'key.create', id,
        jsonb_build_object('name', name, 'prefix', prefix, 'scopes', scopes) from made)
    select * from made`;
  const scopes = [...given.scopes];
  const { rows } = await knex.raw(text, [
    given.programNo,
    id,
    given.name,
    prefix,
    hash,
    scopes,
    given.now,
    given.actor,
  ]);
  return { key, stored: asKey(rows[0]) };
}

/** undefined when there is no such key; revoking twice keeps the first time. */
export async function revokeKey(
  knex: Knex,
  given: { readonly programNo: number; readonly id: string; readonly actor: string; readonly now: Date },
): Promise<ServerKey | undefined> {
  const text = `with ended as (
      update api_keys set revoked_at = ? where program_no = ? and id = ? and revoked_at is null returning ${COLUMNS}),
    noted as (
      insert into audit_log (id, program_no, at, actor, action, target, before)
      select nextval('ids'), program_no, revoked_at, ?, 'key.revoke', id,
        jsonb_build_object('name', name, 'prefix', prefix) from ended)
    select ${COLUMNS} from ended
    union all
    select ${COLUMNS} from api_keys where program_no = ? and id = ? and revoked_at is not null`;
  const { programNo, id, actor, now } = given;
  const { rows } = await knex.raw(text, [now, programNo, id, actor, programNo, id]);
  return rows[0] && asKey(rows[0]);
}

export async function listKeys(knex: Knex, programNo: number): Promise<ServerKey[]> {
  const text = `select ${COLUMNS} from api_keys where program_no = ? order by created_at desc, id`;
  const { rows } = await knex.raw(text, [programNo]);
  return rows.map(asKey);
}

export async function findKey(knex: Knex, hash: Buffer): Promise<ServerKey | undefined> {
  const { rows } = await knex.raw(`select ${COLUMNS} from api_keys where hash = ?`, [hash]);
  return rows[0] && asKey(rows[0]);
}

const NOTED_EVERY_MS = 60_000;

/** Once a minute is enough to tell a key that is used from one that is not. */
export async function noteUse(knex: Knex, key: ServerKey, now: Date): Promise<void> {
  if (key.lastUsedAt && now.getTime() - key.lastUsedAt.getTime() < NOTED_EVERY_MS) return;
  const text = 'update api_keys set last_used_at = ? where program_no = ? and id = ?';
  await knex.raw(text, [now, key.programNo, key.id]);
}
