/**
 * How the records of suspensions and approvals lie in the database. What of a row may change has a description of its own: the
 * application's role may update nothing else.
 */
import { table } from './tables.sql.ts';

export const SUSPENSIONS = table('suspensions', ['id'], {
  id: 'bigint',
  personId: 'bigint',
  reason: 'text',
  detail: 'text',
  by: 'text',
  refereeId: 'bigint',
  evidence: 'json',
  at: 'timestamptz',
  liftedAt: 'timestamptz',
  liftedBy: 'text',
});
/** All of a suspension that ever changes. */
export const SUSPENSION_CHANGES = table('suspensions', ['id'], {
  id: 'bigint',
  personId: 'bigint',
  liftedAt: 'timestamptz',
  liftedBy: 'text',
});
export const FORFEITS = table('forfeits', ['id'], {
  id: 'bigint',
  personId: 'bigint',
  rewardId: 'bigint',
  unit: 'text',
  amount: 'bigint',
  at: 'timestamptz',
  restoredAt: 'timestamptz',
});
/** By a join, and once when it is given back. */
export const FORFEIT_CHANGES = table('forfeits', ['id'], {
  id: 'bigint',
  personId: 'bigint',
  restoredAt: 'timestamptz',
});
export const APPEALS = table('appeals', ['id'], {
  id: 'bigint',
  suspensionId: 'bigint',
  personId: 'bigint',
  message: 'text',
  state: 'text',
  createdAt: 'timestamptz',
  dueAt: 'timestamptz',
  decidedAt: 'timestamptz',
  decidedBy: 'text',
  note: 'text',
});
/** All of an appeal that ever changes: by a join, and once when it is decided. */
export const APPEAL_CHANGES = table('appeals', ['id'], {
  id: 'bigint',
  personId: 'bigint',
  state: 'text',
  decidedAt: 'timestamptz',
  decidedBy: 'text',
  note: 'text',
});
export const REPORTS = table('reports', ['id'], {
  id: 'bigint',
  personId: 'bigint',
  codeKey: 'text',
  reason: 'text',
  message: 'text',
  createdAt: 'timestamptz',
});
/** Who has approved what needs two. */
export const REWARD_APPROVALS = table('reward_approvals', ['rewardId', 'actor'], {
  rewardId: 'bigint',
  actor: 'text',
  at: 'timestamptz',
});
