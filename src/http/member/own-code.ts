/**
 * The member's own code: a new one, one of their choice, none.
 * Promises: the code before is dead when the answer is out; what was once somebody's code is nobody else's. Must never:
 * be a way to try out which codes are taken; how often one may ask is limited.
 */
import type { Request, Response } from 'express';
import type { Command } from '../../model/commands.ts';
import { referralUrl } from '../../model/program.ts';
import type { Deps } from '../deps.ts';
import { readBody } from '../input.ts';
import { Problem } from '../problems.ts';
import { programOf, type Route } from '../routes.ts';
import { answer } from './answer.ts';
import { actingMember } from './bearer.ts';
import { isAllowedCode } from './chosen-code.ts';
import { readOwnCode } from './codes.sql.ts';
import { codeAnswer, codeBody } from './schemas.ts';

type Needs = Pick<Deps, 'pools' | 'submit' | 'limits'>;

export function ownCodeRoutes(deps: Needs): Route[] {
  const common = { credential: 'member:write', answers: codeAnswer } as const;
  return [
    {
      ...common,
      method: 'post',
      path: '/v1/me/code',
      summary: "The member's code; a new one when there is none",
      handle: (_req, res) => ensure(deps, res),
    },
    {
      ...common,
      method: 'post',
      path: '/v1/me/code/refresh',
      summary: 'A new code; the old one attributes nothing any more',
      handle: (_req, res) => change(deps, res, (memberId) => ({ command: 'code.refresh', memberId })),
    },
    {
      ...common,
      method: 'put',
      path: '/v1/me/code',
      body: 'json',
      summary: "A code of the member's own choice",
      asks: { body: codeBody },
      handle: (req, res) => choose(deps, req, res),
    },
    {
      ...common,
      method: 'delete',
      path: '/v1/me/code',
      summary: 'Revokes the code',
      handle: (_req, res) => change(deps, res, (memberId) => ({ command: 'code.revoke', memberId })),
    },
  ];
}

async function ensure(deps: Needs, res: Response): Promise<void> {
  const { no, program } = programOf(res);
  const code = await readOwnCode(deps.pools.knex, no, actingMember(res).personId);
  if (code === null) return await change(deps, res, (memberId) => ({ command: 'code.refresh', memberId }));
  answer(res, codeAnswer, { code, url: referralUrl(program, code), previous_code: null });
}

async function choose(deps: Needs, req: Request, res: Response): Promise<void> {
  const { code } = readBody(req, codeBody);
  if (!isAllowedCode(code, programOf(res).program.program)) throw new Problem('code_not_allowed');
  await change(deps, res, (memberId) => ({ command: 'code.set', memberId, code }));
}

async function change(deps: Needs, res: Response, commandOf: (memberId: string) => Command): Promise<void> {
  const { no, program } = programOf(res);
  const { memberId, personId } = actingMember(res);
  await deps.limits.take('codes', no, String(personId));
  const before = await readOwnCode(deps.pools.knex, no, personId);
  const submitted = await deps.submit(no, commandOf(memberId));
  if (!submitted.ok) throw new Problem(submitted.code);
  const code = await readOwnCode(deps.pools.knex, no, personId);
  const url = code === null ? null : referralUrl(program, code);
  answer(res, codeAnswer, { code, url, previous_code: before });
}
