/**
 * The reads behind appeals and reports.
 * Promises: one statement each. Must never: write; both change by commands.
 */
import type { Knex } from 'knex';
import type { PageRequest } from '../pages.ts';
import { conditions, select } from '../query.sql.ts';

export interface AppealFilter {
  readonly programNo: number | undefined;
  readonly state: string | undefined;
  readonly member: string | undefined;
}

export interface AppealRow {
  id: bigint;
  program_no: number;
  program: string;
  member_id: string;
  message: string | null;
  state: 'open' | 'granted' | 'refused';
  created_at: Date;
  due_at: Date;
  decided_at: Date | null;
  decided_by: string | null;
  note: string | null;
  reason: string | null;
  detail: string | null;
  suspended_by: string;
  evidence: { asked: string; saw: Record<string, unknown>; said: string }[];
  suspended_at: Date;
  lifted_at: Date | null;
  forfeited: { unit: string; rewards: number; amount: bigint }[];
}

/** Grouped by unit, of what the suspension took: those of its own time. */
const APPEALS = `
  select a.id, a.program_no, g.name as program, p.member_id, a.message, a.state, a.created_at, a.due_at, a.decided_at,
         a.decided_by, a.note, s.reason, s.detail, s.by as suspended_by, s.evidence, s.at as suspended_at, s.lifted_at,
         (select coalesce(json_agg(json_build_object('unit', f.unit, 'rewards', f.rewards, 'amount', f.amount)), '[]')
            from (select x.unit, count(*)::int as rewards, sum(x.amount)::bigint as amount from forfeits x
                   where x.program_no = a.program_no and x.person_id = a.person_id and x.at >= s.at
                     and (s.lifted_at is null or x.at <= s.lifted_at) group by x.unit order by x.unit) f) as forfeited
    from appeals a
    join programs g on g.no = a.program_no
    join persons p on p.program_no = a.program_no and p.id = a.person_id
    join suspensions s on s.program_no = a.program_no and s.id = a.suspension_id`;

export async function listAppeals(knex: Knex, filter: AppealFilter, page: PageRequest): Promise<AppealRow[]> {
  const { text, values } = conditions([
    ['a.program_no = ?', filter.programNo],
    ['a.state = ?', filter.state],
    ['p.member_id = ?', filter.member],
    ['a.id < ?', page.after?.id],
  ]);
  const whole = `${APPEALS} where true${text} order by a.id desc limit ?`;
  return select<AppealRow>(knex, whole, [...values, page.limit + 1]);
}

/** Ids are of the whole deployment. */
export async function readAppeal(knex: Knex, id: bigint): Promise<AppealRow | undefined> {
  return (await select<AppealRow>(knex, `${APPEALS} where a.id = ?`, [id]))[0];
}

export interface ReportFilter {
  readonly programNo: number | undefined;
  /** The keys under which a code may be kept. */
  readonly codes: readonly string[] | undefined;
  readonly member: string | undefined;
}

export interface ReportRow {
  id: bigint;
  program: string;
  code: string;
  member_id: string;
  suspended: boolean;
  reason: string | null;
  message: string | null;
  created_at: Date;
}

export async function listReports(knex: Knex, filter: ReportFilter, page: PageRequest): Promise<ReportRow[]> {
  const { text, values } = conditions([
    ['r.program_no = ?', filter.programNo],
    ['r.code_key = any(?::text[])', filter.codes && [filter.codes]],
    ['p.member_id = ?', filter.member],
    ['r.id < ?', page.after?.id],
  ]);
  const whole = `
    select r.id, g.name as program, coalesce(c.code, r.code_key) as code, p.member_id,
           p.suspended_at is not null as suspended, r.reason, r.message, r.created_at
      from reports r
      join programs g on g.no = r.program_no
      join persons p on p.program_no = r.program_no and p.id = r.person_id
      left join codes c on c.program_no = r.program_no and c.code_key = r.code_key
     where true${text} order by r.id desc limit ?`;
  return select<ReportRow>(knex, whole, [...values, page.limit + 1]);
}
