/**
 * The member's API keys.
 * Promises: the key itself is in the answer that made it, and nowhere else, ever; a key never makes one that may do
 * more. Must never: show or end a key of somebody else.
 */
import type { Request, Response } from 'express';
import { createMemberKey, listMemberKeys, revokeMemberKey } from '../../accounts/member-keys.sql.ts';
import type { MemberKey } from '../../accounts/member-keys.ts';
import { answer, iso, isoOrNull } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { readBody } from '../input.ts';
import { Problem } from '../problems.ts';
import { param, programOf, type Route } from '../routes.ts';
import { actingMember } from './bearer.ts';
import { keyAnswer, keyBody, keysAnswer, newKeyAnswer } from './schemas.ts';

type Needs = Pick<Deps, 'pools' | 'clock'>;

export function ownKeyRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/me/keys',
      credential: 'member:read',
      operation: 'keys.list',
      summary: "The member's API keys, without their secrets",
      answers: keysAnswer,
      handle: async (_req, res) => {
        const keys = await listMemberKeys(deps.pools.knex, programOf(res).no, actingMember(res).personId);
        answer(res, keysAnswer, { data: keys.map(keyJson), next_cursor: null });
      },
    },
    {
      method: 'post',
      path: '/v1/me/keys',
      credential: 'member:write',
      body: 'json',
      operation: 'keys.create',
      summary: 'A new API key; at most two live at a time',
      asks: { body: keyBody },
      answers: newKeyAnswer,
      statuses: [201],
      refuses: ['too_many_keys'],
      handle: (req, res) => makeKey(deps, req, res),
    },
    {
      method: 'delete',
      path: '/v1/me/keys/:id',
      credential: 'member:write',
      operation: 'keys.revoke',
      summary: 'Revokes an API key',
      answers: keyAnswer,
      refuses: ['unknown_key'],
      handle: (req, res) => endKey(deps, req, res),
    },
  ];
}

async function makeKey({ pools, clock }: Needs, req: Request, res: Response): Promise<void> {
  const acting = actingMember(res);
  const { name = null, scopes = acting.scopes } = readBody(req, keyBody);
  const beyond = scopes.find((scope) => !acting.scopes.includes(scope));
  if (beyond) throw new Problem('insufficient_scope', `A key with the scope ${beyond} is not yours to make`);
  const { no, program } = programOf(res);
  const made = await createMemberKey(pools.knex, {
    programNo: no,
    personId: acting.personId,
    apiKeyPrefix: program.members.apiKeyPrefix,
    name,
    scopes: [...new Set(scopes)],
    now: await clock.now(),
  });
  if (!made) throw new Problem('too_many_keys');
  res.status(201);
  answer(res, newKeyAnswer, { ...keyJson(made.stored), key: made.key });
}

async function endKey({ pools, clock }: Needs, req: Request, res: Response): Promise<void> {
  const { personId } = actingMember(res);
  const ended = await revokeMemberKey(pools.knex, {
    programNo: programOf(res).no,
    personId,
    id: param(req, 'id'),
    now: await clock.now(),
  });
  if (!ended) throw new Problem('unknown_key');
  answer(res, keyAnswer, keyJson(ended));
}

function keyJson(key: MemberKey) {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: [...key.scopes],
    created_at: iso(key.createdAt),
    last_used_at: isoOrNull(key.lastUsedAt),
    revoked_at: isoOrNull(key.revokedAt),
  };
}
