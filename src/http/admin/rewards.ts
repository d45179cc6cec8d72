/**
 * Rewards to read: the list with its filters, and one with everything behind it.
 * Promises: `explain` is what was stored when it was decided. Must never: decide or recompute anything.
 */
import type { Request } from 'express';
import * as z from 'zod';
import { answer, type Sent } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { rewardStatus } from '../forms.ts';
import { integer, moment, readId, readQuery, text, writeId } from '../input.ts';
import { page, pageShape, readPage } from '../pages.ts';
import { Problem } from '../problems.ts';
import { param, type Route } from '../routes.ts';
import { programFilter } from './program-filter.ts';
import { type RewardRow, rewardJson } from './reward-json.ts';
import * as sql from './rewards.sql.ts';
import { adminRewardDetail, adminRewardPage } from './schemas.ts';

type Needs = Pick<Deps, 'pools' | 'programs'>;

/** Also the filter of a bulk action. */
export const rewardFilterShape = {
  program: text(100).optional(),
  status: rewardStatus.optional(),
  reason: text(100).optional(),
  flag: text(100).optional(),
  member: text(255).optional(),
  from: moment.optional(),
  to: moment.optional(),
};
const filterObject = z.strictObject(rewardFilterShape);
const listQuery = z.strictObject({ ...rewardFilterShape, ...pageShape });

export function rewardFilter(deps: Needs, given: z.output<typeof filterObject>): sql.RewardFilter {
  const { program, status, reason, flag, member, from, to } = given;
  return { programNo: programFilter(deps, program), status, reason, flag, member, from, to };
}

export function rewardRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'get',
      path: '/rewards',
      credential: 'admin:read',
      summary: 'Rewards, newest first',
      asks: { query: listQuery },
      answers: adminRewardPage,
      refuses: ['unknown_program'],
      handle: async (req, res) => {
        const query = readQuery(req, listQuery);
        const request = readPage(query);
        const rows = await sql.listRewards(deps.pools.knex, rewardFilter(deps, query), request);
        const place = (row: RewardRow) => ({ at: row.created_at, id: row.id });
        answer(res, adminRewardPage, page(rows, request, place, rewardJson));
      },
    },
    {
      method: 'get',
      path: '/rewards/:id',
      credential: 'admin:read',
      summary: 'A reward, and why it is what it is',
      description:
        'With every rule and signal that was asked, every try of its delivery, its ledger entries and its history.',
      answers: adminRewardDetail,
      refuses: ['unknown_reward'],
      handle: async (req, res) => answer(res, adminRewardDetail, await rewardDetail(deps, await rewardOf(deps, req))),
    },
  ];
}

/** The reward that the path names, or 404. */
export async function rewardOf({ pools }: Pick<Deps, 'pools'>, req: Request): Promise<sql.ExplainedRow> {
  const id = readId(param(req, 'id'), 'rw');
  const [row] = id === undefined ? [] : await sql.readRewards(pools.knex, [id]);
  if (!row) throw new Problem('unknown_reward');
  return row;
}

export async function rewardDetail(
  { pools }: Needs,
  row: sql.ExplainedRow,
): Promise<Sent<z.input<typeof adminRewardDetail>>> {
  const where = [pools.knex, row.program_no, row.id] as const;
  const [attempts, entries, history, approvals] = await Promise.all([
    sql.readAttempts(...where),
    sql.readEntries(...where),
    sql.readHistory(...where),
    sql.readApprovals(...where),
  ]);
  return {
    ...rewardJson(row),
    explain: row.explain,
    approvals,
    attempts: attempts.map((each) => ({ ...each, amount: integer(each.amount) })),
    entries: entries.map(entryJson),
    history: history.map(({ cause_id: cause, ...each }) => ({
      ...each,
      amount: integer(each.amount),
      event_id: cause === null ? null : writeId('ev', cause),
    })),
  };
}

/** `member_id` is null for an account of the program itself. */
export function entryJson(row: sql.EntryRow) {
  return {
    transaction_id: writeId('tx', row.transaction_id),
    kind: row.kind,
    at: row.at,
    account: row.account,
    member_id: row.member_id,
    unit: row.unit,
    amount: integer(row.amount),
    reward_id: row.reward_id === null ? null : writeId('rw', row.reward_id),
    event_id: row.cause_id === null ? null : writeId('ev', row.cause_id),
  };
}
