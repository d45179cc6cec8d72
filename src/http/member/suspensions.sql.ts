/**
 * Suspensions and appeals to read, for members.
 * Promises: one statement each, within the program. Must never: write; both change by commands.
 */
import type { Knex } from 'knex';
import { select } from '../query.sql.ts';

export interface SuspensionRow {
  id: bigint;
  member_id: string;
  reason: string | null;
  lifted_at: Date | null;
}

const SUSPENSION = `select s.id, p.member_id, s.reason, s.lifted_at from suspensions s
    join persons p on p.program_no = s.program_no and p.id = s.person_id where s.program_no = ?`;

export async function readSuspension(knex: Knex, programNo: number, id: bigint): Promise<SuspensionRow | undefined> {
  return (await select<SuspensionRow>(knex, `${SUSPENSION} and s.id = ?`, [programNo, id]))[0];
}

/** The one that stands. */
export async function findStanding(
  knex: Knex,
  programNo: number,
  personId: bigint,
): Promise<SuspensionRow | undefined> {
  const text = `${SUSPENSION} and s.person_id = ? and s.lifted_at is null`;
  return (await select<SuspensionRow>(knex, text, [programNo, personId]))[0];
}

export interface AppealRow {
  id: bigint;
  state: 'open' | 'granted' | 'refused';
  created_at: Date;
  due_at: Date;
  decided_at: Date | null;
}

export async function readAppealOf(
  knex: Knex,
  programNo: number,
  suspensionId: bigint,
): Promise<AppealRow | undefined> {
  const text = `select a.id, a.state, a.created_at, a.due_at, a.decided_at from appeals a
     where a.program_no = ? and a.suspension_id = ?`;
  return (await select<AppealRow>(knex, text, [programNo, suspensionId]))[0];
}
