/**
 * All SQL on members' API keys.
 * Promises: making and revoking one writes its audit row in the same statement; a third live key is refused by a unique
 * index, whoever is quicker. Must never: store the key itself, or touch another person's.
 */
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { KEY_SECRET_BYTES } from './keys.ts';
import { type MemberKey, type MemberScope, mintMemberKey } from './member-keys.ts';

const COLUMNS = 'program_no, id, person_id, name, prefix, scopes, created_at, last_used_at, revoked_at';

interface KeyRow {
  program_no: number;
  id: string;
  person_id: bigint;
  name: string | null;
  prefix: string;
  scopes: MemberScope[];
  created_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

const asKey = (row: KeyRow): MemberKey => ({
  programNo: row.program_no,
  id: row.id,
  personId: row.person_id,
  name: row.name,
  prefix: row.prefix,
  scopes: row.scopes,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
  revokedAt: row.revoked_at,
});

/** knex's own types know no bigint; pg writes it as digits. */
async function run<Row>(knex: Knex, text: string, values: readonly unknown[]): Promise<Row[]> {
  return (await knex.raw(text, values as Knex.RawBinding[])).rows;
}

export interface NewMemberKey {
  readonly programNo: number;
  readonly personId: bigint;
  readonly apiKeyPrefix: string;
  readonly name: string | null;
  readonly scopes: readonly MemberScope[];
  readonly now: Date;
}

/** Two who ask at once may want the same slot; the one that comes second takes the other, if there is one. */
const TRIES = 2;

/** The only time the key itself is seen. undefined: two live already. */
export async function createMemberKey(
  knex: Knex,
  given: NewMemberKey,
): Promise<{ key: string; stored: MemberKey } | undefined> {
  const { key, prefix, hash } = mintMemberKey(given.apiKeyPrefix, randomBytes(KEY_SECRET_BYTES));
  const id = `mk_${randomBytes(9).toString('base64url')}`;
  const text = `with made as (
      insert into member_keys (program_no, id, person_id, slot, name, prefix, hash, scopes, created_at)
      select k.program_no, ?, k.person_id, s.slot, ?, ?, ?, ?::text[], ?
        from (values (?::integer, ?::bigint)) k (program_no, person_id), generate_series(1, 2) s (slot)
       where not exists (select from member_keys m where m.program_no = k.program_no and m.person_id = k.person_id
         and m.slot = s.slot and m.revoked_at is null)
       order by s.slot limit 1
      on conflict (program_no, person_id, slot) where revoked_at is null do nothing returning ${COLUMNS}),
    noted as (
      insert into audit_log (id, program_no, at, actor, action, target, after)
      select nextval('ids'), program_no, created_at, 'member', 'member_key.create', id,
        jsonb_build_object('prefix', prefix, 'scopes', scopes) from made)
    select * from made`;
  const { programNo, personId, name, now } = given;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const values = [id, name, prefix, hash, [...given.scopes], now, programNo, personId];
    const [row] = await run<KeyRow>(knex, text, values);
    if (row) return { key, stored: asKey(row) };
  }
  return undefined;
}

/** undefined when the person has no such key; revoking twice keeps the first time. */
export async function revokeMemberKey(
  knex: Knex,
  given: { readonly programNo: number; readonly personId: bigint; readonly id: string; readonly now: Date },
): Promise<MemberKey | undefined> {
  const text = `with ended as (
      update member_keys set revoked_at = ?
       where program_no = ? and person_id = ? and id = ? and revoked_at is null returning ${COLUMNS}),
    noted as (
      insert into audit_log (id, program_no, at, actor, action, target, before)
      select nextval('ids'), program_no, revoked_at, 'member', 'member_key.revoke', id,
        jsonb_build_object('prefix', prefix) from ended)
    select ${COLUMNS} from ended
    union all
    select ${COLUMNS} from member_keys where program_no = ? and person_id = ? and id = ? and revoked_at is not null`;
  const { programNo, personId, id, now } = given;
  const [row] = await run<KeyRow>(knex, text, [now, programNo, personId, id, programNo, personId, id]);
  return row && asKey(row);
}

/** The newest hundred, revoked ones too. */
export async function listMemberKeys(knex: Knex, programNo: number, personId: bigint): Promise<MemberKey[]> {
  const text = `select ${COLUMNS} from member_keys where program_no = ? and person_id = ?
     order by created_at desc, id limit 100`;
  return (await run<KeyRow>(knex, text, [programNo, personId])).map(asKey);
}

export async function findMemberKey(knex: Knex, programNo: number, hash: Buffer): Promise<MemberKey | undefined> {
  const text = `select ${COLUMNS} from member_keys where program_no = ? and hash = ?`;
  const [row] = await run<KeyRow>(knex, text, [programNo, hash]);
  return row && asKey(row);
}

const NOTED_EVERY_MS = 60_000;

/** Once a minute is enough to tell a key that is used from one that is not. */
export async function noteMemberKeyUse(knex: Knex, key: MemberKey, now: Date): Promise<void> {
  if (key.lastUsedAt && now.getTime() - key.lastUsedAt.getTime() < NOTED_EVERY_MS) return;
  await run(knex, 'update member_keys set last_used_at = ? where program_no = ? and id = ?', [
    now,
    key.programNo,
    key.id,
  ]);
}
