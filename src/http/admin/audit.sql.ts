/**
 * The reads of the audit log; whoever acts writes their own row, with the act. Must never: write here.
 */
import type { Knex } from 'knex';
import type { PageRequest } from '../pages.ts';
import { conditions, select } from '../query.sql.ts';

export interface AuditFilter {
  readonly programNo: number | undefined;
  readonly actor: string | undefined;
  readonly action: string | undefined;
  readonly target: string | undefined;
  readonly from: Date | undefined;
  readonly to: Date | undefined;
}

export interface AuditRow {
  id: bigint;
  program: string | null;
  at: Date;
  actor: string;
  actor_name: string | null;
  action: string;
  target: string;
  reason: string | null;
  before: unknown;
  after: unknown;
}

export async function listAudit(knex: Knex, filter: AuditFilter, page: PageRequest): Promise<AuditRow[]> {
  const { text, values } = conditions([
    ['l.program_no = ?', filter.programNo],
    ['l.actor = ?', filter.actor],
    ['l.action = ?', filter.action],
    ['l.target = ?', filter.target],
    ['l.at >= ?', filter.from],
    ['l.at < ?', filter.to],
    ['l.id < ?', page.after?.id],
  ]);
  const whole = `
    select l.id, g.name as program, l.at, l.actor, u.name as actor_name, l.action, l.target, l.reason, l.before, l.after
      from audit_log l left join programs g on g.no = l.program_no left join admin_users u on u.id = l.actor
     where true${text} order by l.id desc limit ?`;
  return select(knex, whole, [...values, page.limit + 1]);
}
