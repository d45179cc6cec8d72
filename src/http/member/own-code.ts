/**
 * The member's own code: a new one, one of their choice, none.
 * Promises: the code before is dead when the answer is out; what was once somebody's code is nobody else's. Must never:
 * be a way to try out which codes are taken; how often one may ask is limited.
 */
import type { Request, Response } from 'express';
import type { Command } from '../../model/commands.ts';
import { type LoadedProgram, referralUrl } from '../../model/program.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { readBody } from '../input.ts';
import { Problem } from '../problems.ts';
import { programOf, type Route } from '../routes.ts';
import { type Acting, actingMember } from './bearer.ts';
import { isAllowedCode } from './chosen-code.ts';
import { readOwnCode } from './codes.sql.ts';
import { codeAnswer, codeBody } from './schemas.ts';

type Needs = Pick<Deps, 'pools' | 'submit' | 'limits' | 'promote'>;

export function ownCodeRoutes(deps: Needs): Route[] {
  const common = { credential: 'member:write', answers: codeAnswer, refuses: ['too_many_requests'] } as const;
  return [
    {
      ...common,
      method: 'post',
      path: '/v1/me/code',
      operation: 'code.ensure',
      summary: "The member's code; a new one when there is none",
      handle: (_req, res) => ensure(deps, res),
    },
    {
      ...common,
      method: 'post',
      path: '/v1/me/code/refresh',
      operation: 'code.refresh',
      summary: 'A new code; the old one attributes nothing any more',
      handle: (_req, res) => change(deps, res, (memberId) => ({ command: 'code.refresh', memberId })),
    },
    {
      ...common,
      method: 'put',
      path: '/v1/me/code',
      body: 'json',
      operation: 'code.set',
      summary: "A code of the member's own choice",
      asks: { body: codeBody },
      refuses: [...common.refuses, 'code_taken', 'code_not_allowed'],
      handle: (req, res) => choose(deps, req, res),
    },
    {
      ...common,
      method: 'delete',
      path: '/v1/me/code',
      operation: 'code.revoke',
      summary: 'Revokes the code',
      refuses: [...common.refuses, 'no_code'],
      handle: (_req, res) => change(deps, res, (memberId) => ({ command: 'code.revoke', memberId })),
    },
  ];
}

async function ensure(deps: Needs, res: Response): Promise<void> {
  const { program } = programOf(res);
  const code = await ensureCode(deps, programOf(res), actingMember(res));
  answer(res, codeAnswer, { code, url: referralUrl(program, code), previous_code: null });
}

async function choose(deps: Needs, req: Request, res: Response): Promise<void> {
  const { code } = readBody(req, codeBody);
  if (!isAllowedCode(code, programOf(res).program.program)) throw new Problem('code_not_allowed');
  await change(deps, res, (memberId) => ({ command: 'code.set', memberId, code }));
}

async function change(deps: Needs, res: Response, commandOf: (memberId: string) => Command): Promise<void> {
  const acting = actingMember(res);
  const { code, previous } = await changeCode(deps, programOf(res), acting, commandOf(acting.memberId));
  const url = code === null ? null : referralUrl(programOf(res).program, code);
  answer(res, codeAnswer, { code, url, previous_code: previous });
}

/** The member's code; whoever has none gets a new one. Whoever asks for theirs has it at the providers, too. */
export async function ensureCode(deps: Needs, loaded: LoadedProgram, acting: Acting): Promise<string> {
  const known = await readOwnCode(deps.pools.knex, loaded.no, acting.personId);
  if (known !== null) {
    await deps.promote(loaded, known);
    return known;
  }
  const { code } = await changeCode(deps, loaded, acting, { command: 'code.refresh', memberId: acting.memberId });
  if (code === null) throw new Error('bug: a code that was made is not there');
  return code;
}

/** Carries out one command on the member's code; the code before it and after it. */
export async function changeCode(
  { pools, submit, limits, promote }: Needs,
  loaded: LoadedProgram,
  { personId }: Acting,
  command: Command,
): Promise<{ readonly code: string | null; readonly previous: string | null }> {
  const { no } = loaded;
  await limits.take('codes', no, String(personId));
  const previous = await readOwnCode(pools.knex, no, personId);
  const submitted = await submit(no, command);
  if (!submitted.ok) throw new Problem(submitted.code);
  const code = await readOwnCode(pools.knex, no, personId);
  if (code !== null) await promote(loaded, code);
  return { code, previous };
}
