/**
 * One code: how often it may be used, until when, and whether it is suspended.
 * Promises: a change is a command to the engine, with its audit row. Must never: bring a revoked code back.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { adminOf } from '../admin-auth.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { time } from '../forms.ts';
import { moment, readBody, readQuery, text } from '../input.ts';
import { Problem } from '../problems.ts';
import { param, type Route } from '../routes.ts';
import { type CodeRow, readCode } from './codes.sql.ts';
import { programNo } from './program-filter.ts';

type Needs = Pick<Deps, 'pools' | 'programs' | 'submit' | 'codeKeys'>;

const programQuery = z.strictObject({ program: text(100) });

const USES_MAX = 1_000_000_000;
const patchBody = z
  .strictObject({
    max_uses: z.int().min(1).max(USES_MAX).nullish().describe('null: as often as anybody likes'),
    expires_at: moment.nullish().describe('null: never'),
    suspended: z.boolean().optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'names nothing to change')
  .meta({ id: 'CodePatch' });

const codeAnswer = z
  .strictObject({
    program: z.string(),
    code: z.string(),
    member_id: z.string(),
    kind: z.enum(['primary', 'link']),
    channel: z.string().nullable(),
    campaign: z.string().nullable(),
    uses: z.int(),
    max_uses: z.int().nullable(),
    created_at: time,
    expires_at: time.nullable(),
    revoked_at: time.nullable(),
    suspended: z.boolean(),
    suspended_at: time.nullable(),
  })
  .meta({ id: 'AdminCode' });

export function codeRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'patch',
      path: '/codes/:code',
      credential: 'admin:moderate',
      body: 'json',
      summary: 'How often a code may be used, until when, and whether it is suspended',
      asks: { body: patchBody, query: programQuery },
      answers: codeAnswer,
      refuses: ['unknown_program', 'unknown_code', 'fewer_than_uses', 'member_suspended'],
      handle: (req, res) => patch(deps, req, res),
    },
  ];
}

async function patch(deps: Needs, req: Request, res: Response): Promise<void> {
  const { program } = readQuery(req, programQuery);
  const no = programNo(deps, program);
  const code = param(req, 'code');
  const { max_uses: maxUses, expires_at: expires, suspended } = readBody(req, patchBody);
  const expiresAt = expires?.toISOString() ?? (expires === null ? null : undefined);
  const submitted = await deps.submit(no, {
    command: 'code.patch',
    code,
    actor: adminOf(res).actor,
    maxUses,
    expiresAt,
    suspended,
  });
  if (!submitted.ok) throw new Problem(submitted.code);
  const row = await readCode(deps.pools.knex, no, deps.codeKeys(no, code));
  if (!row) throw new Error('bug: a code that was changed is not there');
  answer(res, codeAnswer, codeJson(program, row));
}

function codeJson(program: string, row: CodeRow) {
  return { program, ...row, suspended: row.suspended_at !== null };
}
