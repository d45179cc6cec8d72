/**
 * Server keys of a program.
 * Promises: the key itself is in the answer that made it, and nowhere else, ever. Must never: give a key more than it
 * was asked for; a scope we do not know is refused.
 */
import * as z from 'zod';
import { createKey, listKeys, revokeKey } from '../../accounts/keys.sql.ts';
import { KEY_SCOPES, type ServerKey } from '../../accounts/keys.ts';
import type { Deps } from '../deps.ts';
import { readBody, text } from '../input.ts';
import { Problem } from '../problems.ts';
import { param, type Route } from '../routes.ts';
import { programNo } from './program-filter.ts';

type Needs = Pick<Deps, 'pools' | 'programs' | 'clock'>;

const ACTOR = 'admin';
const scope = z.enum(KEY_SCOPES, `is none of ${KEY_SCOPES.join(', ')}`);
const newKey = z.strictObject({ name: text(100), scopes: z.array(scope).min(1).max(KEY_SCOPES.length) });

export function keyRoutes(deps: Needs): Route[] {
  const { knex } = deps.pools;
  return [
    {
      method: 'get',
      path: '/programs/:program/keys',
      credential: 'admin',
      handle: async (req, res) => {
        const keys = await listKeys(knex, programNo(deps, param(req, 'program')));
        res.json({ data: keys.map(keyJson), next_cursor: null });
      },
    },
    {
      method: 'post',
      path: '/programs/:program/keys',
      credential: 'admin',
      body: 'json',
      handle: async (req, res) => {
        const program = param(req, 'program');
        const no = programNo(deps, program);
        const { name, scopes } = readBody(req, newKey);
        const given = {
          programNo: no,
          program,
          name,
          scopes: [...new Set(scopes)],
          actor: ACTOR,
          now: await deps.clock.now(),
        };
        const { key, stored } = await createKey(knex, given);
        res.status(201).json({ ...keyJson(stored), key });
      },
    },
    {
      method: 'delete',
      path: '/programs/:program/keys/:id',
      credential: 'admin',
      handle: async (req, res) => {
        const no = programNo(deps, param(req, 'program'));
        const revoked = await revokeKey(knex, {
          programNo: no,
          id: param(req, 'id'),
          actor: ACTOR,
          now: await deps.clock.now(),
        });
        if (!revoked) throw new Problem('unknown_key');
        res.json(keyJson(revoked));
      },
    },
  ];
}

function keyJson(key: ServerKey) {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    created_at: key.createdAt,
    last_used_at: key.lastUsedAt,
    revoked_at: key.revokedAt,
  };
}
