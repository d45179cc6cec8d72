/**
 * Approve, reject, reverse: one, or up to 500 at once. Each is a command that the engine folds like any other event.
 * Promises: the answer shows the reward after its delivery was tried once; what does not fit the state is 409 and
 * changes nothing. Must never: change a reward here.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import type { Command, CommandRefusal } from '../../model/commands.ts';
import type { RewardStatus } from '../../model/records.ts';
import { adminOf } from '../admin-auth.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { rewardStatus } from '../forms.ts';
import { readBody, readId, text, writeId } from '../input.ts';
import { Problem } from '../problems.ts';
import type { Route } from '../routes.ts';
import { type RewardJson, rewardJson } from './reward-json.ts';
import { listRewards, readRewards } from './rewards.sql.ts';
import { rewardFilter, rewardFilterShape, rewardOf } from './rewards.ts';
import { adminReward } from './schemas.ts';

type Needs = Pick<Deps, 'pools' | 'programs' | 'submit' | 'settle'>;

/** A sink has at most 10 s; the rest is ours. */
const SETTLE_MS_MAX = 20_000;
const BULK_MAX = 500;
const BULK_AT_ONCE = 20;

const reason = text(1000);
const ifStatus = rewardStatus.optional().describe('what was looked at: refused with 409 when it has another by now');
const approveBody = z
  .strictObject({ reason: reason.nullish(), if_status: ifStatus })
  .meta({ id: 'Approval', examples: [{ reason: 'a known customer' }] });
const rejectBody = z
  .strictObject({ reason, confirm_absent: z.boolean().default(false), if_status: ifStatus })
  .meta({ id: 'Rejection', examples: [{ reason: 'the same household' }] });
const reverseBody = z
  .strictObject({ reason, if_status: ifStatus })
  .meta({ id: 'Reversal', examples: [{ reason: 'bought with a stolen card' }] });
const bulkBody = z
  .strictObject({
    action: z.enum(['approve', 'reject', 'reverse']),
    ids: z
      .array(z.union([z.string(), z.int()]))
      .min(1)
      .max(BULK_MAX)
      .optional(),
    filter: z
      .strictObject(rewardFilterShape)
      .refine((filter) => Object.values(filter).some((value) => value !== undefined), 'is empty')
      .optional(),
    reason: reason.nullish(),
    confirm_absent: z.boolean().default(false),
    if_status: ifStatus,
  })
  .refine((body) => (body.ids === undefined) !== (body.filter === undefined), {
    path: ['ids'],
    error: 'give ids or a filter',
  })
  .refine((body) => body.action === 'approve' || body.reason, { path: ['reason'], error: 'is required' })
  .meta({
    id: 'BulkAction',
    examples: [{ action: 'approve', ids: ['rw_4211', 'rw_4212'] }],
    description: 'either `ids` or `filter`; to reject and to reverse, a reason',
  });

type Action = z.output<typeof bulkBody>['action'];
type Given = {
  readonly action: Action;
  readonly note: string;
  readonly confirmAbsent: boolean;
  readonly ifStatus: RewardStatus | undefined;
};
type Order = Given & { readonly actor: string };

export function rewardActionRoutes(deps: Needs): Route[] {
  const common = { method: 'post', credential: 'admin:moderate', body: 'json' } as const;
  const one = (action: Action) => ({ ...common, path: `/rewards/:id/${action}`, answers: adminReward }) as const;
  return [
    {
      ...common,
      path: '/rewards/bulk',
      summary: 'Approves, rejects or reverses up to 500 rewards',
      description:
        'Named by their ids or by a filter; each has a result of its own, and what is refused changes nothing.',
      asks: { body: bulkBody },
      answers: bulkAnswer,
      refuses: ['unknown_program'],
      handle: (req, res) => bulk(deps, req, res),
    },
    {
      ...one('approve'),
      summary: 'Releases a held reward, or tries a failed one again',
      description:
        'Answers with the reward after its delivery was tried once. A held one of more than `two_persons_above` stays ' +
        'pending until a second person has approved it, too.',
      asks: { body: approveBody },
      refuses: ['unknown_reward', 'not_approvable', 'already_approved', 'status_changed'],
      handle: (req, res) => {
        const { reason: note, if_status } = readBody(req, approveBody);
        return act(deps, { action: 'approve', note: note ?? '', confirmAbsent: false, ifStatus: if_status }, req, res);
      },
    },
    {
      ...one('reject'),
      summary: 'Refuses a reward that is not credited',
      description:
        'One whose outcome is unknown is rejected only by somebody who looked at the sink (`confirm_absent`).',
      asks: { body: rejectBody },
      refuses: ['unknown_reward', 'not_rejectable', 'outcome_unknown', 'status_changed'],
      handle: (req, res) => {
        const { reason: note, confirm_absent: confirmAbsent, if_status } = readBody(req, rejectBody);
        return act(deps, { action: 'reject', note, confirmAbsent, ifStatus: if_status }, req, res);
      },
    },
    {
      ...one('reverse'),
      summary: 'Takes a credited reward back',
      asks: { body: reverseBody },
      refuses: ['unknown_reward', 'not_reversible', 'outcome_unknown', 'status_changed'],
      handle: (req, res) => {
        const { reason: note, if_status } = readBody(req, reverseBody);
        return act(deps, { action: 'reverse', note, confirmAbsent: false, ifStatus: if_status }, req, res);
      },
    },
  ];
}

async function act(deps: Needs, given: Given, req: Request, res: Response): Promise<void> {
  const order: Order = { ...given, actor: adminOf(res).actor };
  const { program_no: programNo, id } = await rewardOf(deps, req);
  const refused = await carryOut(deps, order, { programNo, id }, performance.now() + SETTLE_MS_MAX);
  if (refused) throw new Problem(refused);
  const [after] = await readRewards(deps.pools.knex, [id]);
  if (!after) throw new Problem('unknown_reward');
  answer(res, adminReward, rewardJson(after));
}

function commandOf({ action, note, confirmAbsent, ifStatus, actor }: Order, id: bigint): Command {
  const common = { rewardId: String(id), actor, ...(ifStatus && { ifStatus }) };
  switch (action) {
    case 'approve':
      return { command: 'reward.approve', ...common, note: note || null };
    case 'reject':
      return { command: 'reward.reject', ...common, note, confirmAbsent };
    case 'reverse':
      return { command: 'reward.reverse', ...common, note };
  }
}

/** undefined when done; what it planned has then been tried once, or `until` has passed. */
async function carryOut(
  deps: Needs,
  order: Order,
  { programNo, id }: { readonly programNo: number; readonly id: bigint },
  until: number,
): Promise<CommandRefusal | undefined> {
  const submitted = await deps.submit(programNo, commandOf(order, id), { triedOnce: true });
  if (!submitted.ok) return submitted.code;
  const left = until - performance.now();
  if (left > 0) await deps.settle(programNo, submitted.inboxId, left);
  return undefined;
}

const bulkResultForm = z
  .union([
    z.strictObject({ id: z.string(), ok: z.literal(true), status: rewardStatus }),
    z.strictObject({ id: z.string(), ok: z.literal(false), code: z.string() }),
  ])
  .meta({ id: 'BulkResult' });
type BulkResult = z.input<typeof bulkResultForm>;

export const bulkAnswer = z
  .strictObject({
    data: z.array(bulkResultForm),
    more: z.boolean().describe('the filter names others; the same call takes the next'),
  })
  .meta({ id: 'BulkAnswer' });

async function bulk(deps: Needs, req: Request, res: Response): Promise<void> {
  const body = readBody(req, bulkBody);
  const { action, reason: note, confirm_absent: confirmAbsent } = body;
  const order: Order = { action, note: note ?? '', confirmAbsent, ifStatus: body.if_status, actor: adminOf(res).actor };
  const { ids, more } = body.ids ? { ids: body.ids.map(String), more: false } : await idsOf(deps, body.filter ?? {});
  const wanted = new Map(ids.map((given) => [given, readId(given, 'rw')]));
  const known = await readRewards(
    deps.pools.knex,
    [...wanted.values()].filter((id) => id !== undefined),
  );
  const programs = new Map(known.map((row) => [row.id, row.program_no]));
  const refused = new Map<bigint, CommandRefusal>();
  const until = performance.now() + SETTLE_MS_MAX;
  const queue = [...programs];
  const work = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const [id, programNo] = next;
      const code = await carryOut(deps, order, { programNo, id }, until);
      if (code) refused.set(id, code);
    }
  };
  await Promise.all(Array.from({ length: BULK_AT_ONCE }, work));
  const after = new Map(
    (await readRewards(deps.pools.knex, [...programs.keys()])).map((row) => [row.id, rewardJson(row)]),
  );
  const data = [...wanted].map(([given, id]) => bulkResult(given, id, refused, after));
  answer(res, bulkAnswer, { data, more });
}

function bulkResult(
  given: string,
  id: bigint | undefined,
  refused: ReadonlyMap<bigint, CommandRefusal>,
  after: ReadonlyMap<bigint, RewardJson>,
): BulkResult {
  const reward = id === undefined ? undefined : after.get(id);
  if (id === undefined || !reward) return { id: given, ok: false, code: 'unknown_reward' };
  const code = refused.get(id);
  return code ? { id: reward.id, ok: false, code } : { id: reward.id, ok: true, status: reward.status };
}

/** The newest that the filter names; `more`: there are others, and the same call takes the next. */
async function idsOf(
  deps: Needs,
  filter: NonNullable<z.output<typeof bulkBody>['filter']>,
): Promise<{ ids: string[]; more: boolean }> {
  const rows = await listRewards(deps.pools.knex, rewardFilter(deps, filter), { limit: BULK_MAX, after: undefined });
  return { ids: rows.slice(0, BULK_MAX).map((row) => writeId('rw', row.id)), more: rows.length > BULK_MAX };
}
