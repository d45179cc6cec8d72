/**
 * POST /appeals: a suspended member says why the suspension is wrong.
 * Promises: by the signed link of the mail or by the member's own credential; one appeal for each suspension, and the
 * same again answers the same. Must never: take the word of one member for another's.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { time } from '../forms.ts';
import { readBody, text, writeId } from '../input.ts';
import { networkOf } from '../network.ts';
import { Problem } from '../problems.ts';
import { programOf, type Route } from '../routes.ts';
import { actingMember, type BearerNeeds, memberGuards } from './bearer.ts';
import { type AppealRow, findStanding, readAppealOf, readSuspension, type SuspensionRow } from './suspensions.sql.ts';

export type AppealNeeds = Pick<Deps, 'pools' | 'submit' | 'mail' | 'limits'>;

export const MESSAGE_MAX = 5000;

const appealBody = z
  .strictObject({
    message: text(MESSAGE_MAX).describe('why the suspension is wrong'),
    token: text(100).optional().describe("the last part of the mail's link; without it, the member's credential"),
  })
  .meta({ id: 'NewAppeal', examples: [{ message: 'We are two people who share an office.' }] });
const appealAnswer = z
  .strictObject({
    id: z.string(),
    state: z.enum(['open', 'granted', 'refused']),
    created_at: time,
    due_at: time.describe('when it is answered at the latest: five working days after it was made'),
    decided_at: time.nullable(),
  })
  .meta({ id: 'Appeal' });

export function appealRoutes(deps: AppealNeeds & BearerNeeds): Route[] {
  const asMember = memberGuards(deps)('member:write');
  return [
    {
      method: 'post',
      path: '/v1/appeals',
      credential: 'signature',
      body: 'json',
      operation: 'appeals.make',
      summary: 'A suspended member appeals',
      description: "With the token of the mail's link, or with the member's own credential.",
      asks: { body: appealBody },
      answers: appealAnswer,
      refuses: [
        'bad_signature',
        'unauthorized',
        'wrong_program',
        'insufficient_scope',
        'member_required',
        'unknown_member',
        'not_suspended',
        'too_many_requests',
      ],
      handle: async (req, res) => {
        const { message, token } = readBody(req, appealBody);
        const suspension = token ? await byToken(deps, req, res, token) : await byCredential(deps, req, res, asMember);
        const made = await makeAppeal(deps, programOf(res).no, suspension, message);
        answer(res, appealAnswer, { ...made, id: writeId('ap', made.id) });
      },
    },
  ];
}

async function byToken(deps: AppealNeeds, req: Request, res: Response, token: string): Promise<SuspensionRow> {
  const loaded = programOf(res);
  await deps.limits.take('appeals', loaded.no, networkOf(req.ip ?? ''));
  const id = deps.mail.readAppeal(loaded, token);
  const suspension = id === undefined ? undefined : await readSuspension(deps.pools.knex, loaded.no, id);
  if (!suspension) throw new Problem('bad_signature');
  return suspension;
}

async function byCredential(
  { pools }: AppealNeeds,
  req: Request,
  res: Response,
  guard: ReturnType<ReturnType<typeof memberGuards>>,
): Promise<SuspensionRow> {
  await guard(req, res, () => {});
  const suspension = await findStanding(pools.knex, programOf(res).no, actingMember(res).personId);
  if (!suspension) throw new Problem('not_suspended');
  return suspension;
}

/** The appeal of this suspension, made now or before. */
export async function makeAppeal(
  { pools, submit }: Pick<AppealNeeds, 'pools' | 'submit'>,
  programNo: number,
  { id, member_id: memberId }: SuspensionRow,
  message: string,
): Promise<AppealRow> {
  const done = await submit(programNo, { command: 'appeal.make', suspensionId: String(id), memberId, message });
  if (!done.ok) throw new Problem(done.code);
  const made = await readAppealOf(pools.knex, programNo, id);
  if (!made) throw new Error('bug: an appeal that was made is not there');
  return made;
}
