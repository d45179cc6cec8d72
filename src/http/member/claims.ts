/**
 * POST /claims: the signed-in member says whose code brought them.
 * Promises: the same claim again answers the same; payments made before it count. Must never: refer somebody twice.
 */
import type { Request, Response } from 'express';
import { answer, iso } from '../answer.ts';
import type { Deps, Submitted } from '../deps.ts';
import { readBody, writeId } from '../input.ts';
import { Problem } from '../problems.ts';
import { programOf, type Route } from '../routes.ts';
import { type Acting, actingMember } from './bearer.ts';
import { readReferralOf } from './codes.sql.ts';
import { shownReason } from './masks.ts';
import { claimAnswer, claimBody } from './schemas.ts';

type Needs = Pick<Deps, 'pools' | 'submit' | 'limits'>;

export function claimRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'post',
      path: '/v1/claims',
      credential: 'member:write',
      body: 'json',
      operation: 'referral.claim',
      summary: 'The member was referred by this code',
      asks: { body: claimBody },
      answers: claimAnswer,
      refuses: [
        'unknown_code',
        'already_referred',
        'self_referral',
        'same_organization',
        'code_revoked',
        'code_suspended',
        'code_expired',
        'code_used_up',
        'too_many_requests',
      ],
      handle: (req, res) => claim(deps, req, res),
    },
  ];
}

async function claim(deps: Needs, req: Request, res: Response): Promise<void> {
  const { code } = readBody(req, claimBody);
  const { no } = programOf(res);
  const acting = actingMember(res);
  const submitted = await makeClaim(deps, no, acting, code);
  if (!submitted.ok) throw new Problem(submitted.code);
  const row = await readReferralOf(deps.pools.knex, no, acting.personId);
  if (!row) throw new Error('bug: a claim that was taken made no referral');
  answer(res, claimAnswer, {
    id: writeId('rf', row.id),
    code: row.code,
    status: row.status,
    reason: shownReason(row.status, row.reason),
    created_at: iso(row.created_at),
  });
}

export async function makeClaim(
  { submit, limits }: Pick<Needs, 'submit' | 'limits'>,
  programNo: number,
  { personId, memberId }: Acting,
  code: string,
): Promise<Submitted> {
  await limits.take('claims', programNo, String(personId));
  return await submit(programNo, { command: 'claim.make', memberId, code });
}
