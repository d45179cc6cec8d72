/**
 * Appeals of suspended members: what was said, what the suspension took, by when to answer; grant and refuse.
 * Promises: a decision is a command to the engine, with its audit row; the second of two is 409. Must never: give back
 * anything here.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { adminOf } from '../admin-auth.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { amount, pageOf, time, unit } from '../forms.ts';
import { readBody, readId, readQuery, text, writeId } from '../input.ts';
import { page, pageShape, readPage } from '../pages.ts';
import { Problem } from '../problems.ts';
import { param, type Route } from '../routes.ts';
import { type AppealRow, listAppeals, readAppeal } from './appeals.sql.ts';
import { programFilter } from './program-filter.ts';
import { finding } from './schemas.ts';

type Needs = Pick<Deps, 'pools' | 'programs' | 'submit' | 'settle'>;

/** What a grant gives back is delivered, once, before it is answered. */
const SETTLE_MS_MAX = 20_000;
const STATES = ['open', 'granted', 'refused'] as const;

const listQuery = z.strictObject({
  program: text(100).optional(),
  state: z.enum(STATES).optional(),
  member: text(255).optional(),
  ...pageShape,
});

const decisionBody = z
  .strictObject({ reason: text(1000).nullish() })
  .meta({ id: 'AppealDecision', examples: [{ reason: 'colleagues, as it turned out' }] });

const word = z.string().nullable();
export const adminAppeal = z
  .strictObject({
    id: z.string(),
    program: z.string(),
    member_id: z.string(),
    message: word.describe("the member's own words; null once they were erased"),
    state: z.enum(STATES),
    created_at: time,
    due_at: time.describe('five working days after it was made'),
    decided_at: time.nullable(),
    decided_by: word,
    note: word,
    suspension: z
      .strictObject({
        reason: word,
        detail: word,
        by: z.string().describe('an admin, or `signal <name>`'),
        evidence: z.array(finding),
        suspended_at: time,
        lifted_at: time.nullable(),
        forfeited: z
          .array(z.strictObject({ unit, rewards: z.int(), amount }))
          .describe('what it took, by unit; given back when it is lifted'),
      })
      .meta({ id: 'Suspension' }),
  })
  .meta({ id: 'AdminAppeal' });
export const adminAppealPage = pageOf('AdminAppealPage', adminAppeal);

export function appealRoutes(deps: Needs): Route[] {
  const one = { method: 'post', credential: 'admin:moderate', body: 'json', answers: adminAppeal } as const;
  return [
    {
      method: 'get',
      path: '/appeals',
      credential: 'admin:read',
      summary: 'Appeals, the newest first',
      asks: { query: listQuery },
      answers: adminAppealPage,
      refuses: ['unknown_program'],
      handle: async (req, res) => {
        const { program, state, member, ...query } = readQuery(req, listQuery);
        const request = readPage(query);
        const rows = await listAppeals(
          deps.pools.knex,
          { programNo: programFilter(deps, program), state, member },
          request,
        );
        answer(
          res,
          adminAppealPage,
          page(rows, request, (row) => ({ at: row.created_at, id: row.id }), appealJson),
        );
      },
    },
    {
      ...one,
      path: '/appeals/:id/grant',
      summary: 'Lifts the suspension, and gives back what it took',
      asks: { body: decisionBody },
      refuses: ['unknown_appeal', 'appeal_decided', 'not_suspended'],
      handle: (req, res) => decide(deps, 'appeal.grant', req, res),
    },
    {
      ...one,
      path: '/appeals/:id/refuse',
      summary: 'Refuses the appeal: the suspension stands',
      asks: { body: decisionBody },
      refuses: ['unknown_appeal', 'appeal_decided'],
      handle: (req, res) => decide(deps, 'appeal.refuse', req, res),
    },
  ];
}

async function decide(
  { pools, submit, settle }: Needs,
  command: 'appeal.grant' | 'appeal.refuse',
  req: Request,
  res: Response,
): Promise<void> {
  const { reason: note = null } = readBody(req, decisionBody);
  const id = readId(param(req, 'id'), 'ap');
  const found = id === undefined ? undefined : await readAppeal(pools.knex, id);
  if (!found) throw new Problem('unknown_appeal');
  const order = { command, appealId: String(found.id), actor: adminOf(res).actor, note } as const;
  const done = await submit(found.program_no, order, { triedOnce: true });
  if (!done.ok) throw new Problem(done.code);
  await settle(found.program_no, done.inboxId, SETTLE_MS_MAX);
  const after = await readAppeal(pools.knex, found.id);
  if (!after) throw new Problem('unknown_appeal');
  answer(res, adminAppeal, appealJson(after));
}

function appealJson(row: AppealRow) {
  const { id, program, member_id, message, state, created_at, due_at, decided_at, decided_by, note } = row;
  const { reason, detail, suspended_by: by, evidence, suspended_at, lifted_at } = row;
  const forfeited = row.forfeited.map((each) => ({ ...each, amount: Number(each.amount) }));
  return {
    id: writeId('ap', id),
    program,
    member_id,
    message,
    state,
    created_at,
    due_at,
    decided_at,
    decided_by,
    note,
    suspension: { reason, detail, by, evidence, suspended_at, lifted_at, forfeited },
  };
}
