/**
 * One code with whose it is. Must never: find a code of another program.
 */
import type { Knex } from 'knex';
import { select } from '../query.sql.ts';

export interface CodeRow {
  code: string;
  member_id: string;
  kind: 'primary' | 'link';
  channel: string | null;
  campaign: string | null;
  uses: number;
  max_uses: number | null;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  suspended_at: Date | null;
}

export async function readCode(knex: Knex, programNo: number, keys: readonly string[]): Promise<CodeRow | undefined> {
  const text = `
    select c.code, p.member_id, c.kind, c.channel, c.campaign, c.uses, c.max_uses, c.created_at, c.expires_at,
           c.revoked_at, c.suspended_at
      from codes c join persons p on p.program_no = c.program_no and p.id = c.person_id
     where c.program_no = ? and c.code_key = any(?::text[])`;
  return (await select<CodeRow>(knex, text, [programNo, [...keys]]))[0];
}
