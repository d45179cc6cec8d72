/**
 * Which mails a member said no to. Must never: hold an address.
 */
import type { Knex } from 'knex';
import { select } from '../query.sql.ts';

export async function readRefusals(knex: Knex, programNo: number, personId: bigint): Promise<string[]> {
  const text = 'select m.kind from mail_refusals m where m.program_no = ? and m.person_id = ?';
  return (await select<{ kind: string }>(knex, text, [programNo, personId])).map(({ kind }) => kind);
}

export async function setRefusals(
  knex: Knex,
  programNo: number,
  personId: bigint,
  refused: readonly string[],
  wanted: readonly string[],
): Promise<void> {
  const text = `
    with gone as (
      delete from mail_refusals where program_no = ? and person_id = ? and kind = any(?::text[]))
    insert into mail_refusals (program_no, person_id, kind)
    select ?::int, ?::bigint, k.kind from unnest(?::text[]) as k(kind) on conflict do nothing`;
  await select(knex, text, [programNo, personId, wanted, programNo, personId, refused]);
}
