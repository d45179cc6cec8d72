/**
 * Server keys of a program.
 * Promises: the key itself is in the answer that made it, and nowhere else, ever. Must never: give a key more than it
 * was asked for; a scope we do not know is refused.
 */
import * as z from 'zod';
import { createKey, listKeys, revokeKey } from '../../accounts/keys.sql.ts';
import { KEY_SCOPES, type ServerKey } from '../../accounts/keys.ts';
import { adminOf } from '../admin-auth.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { pageOf, time } from '../forms.ts';
import { readBody, text } from '../input.ts';
import { Problem } from '../problems.ts';
import { param, type Route } from '../routes.ts';
import { programNo } from './program-filter.ts';

type Needs = Pick<Deps, 'pools' | 'programs' | 'clock'>;

const scope = z.enum(KEY_SCOPES, `is none of ${KEY_SCOPES.join(', ')}`);
const newKey = z
  .strictObject({
    name: text(100),
    scopes: z
      .array(scope)
      .min(1)
      .max(KEY_SCOPES.length)
      .default([...KEY_SCOPES])
      .describe('by default all of them'),
  })
  .meta({ id: 'NewServerKey' });
const serverKey = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    prefix: z.string(),
    scopes: z.array(z.string()),
    created_at: time,
    last_used_at: time.nullable(),
    revoked_at: time.nullable(),
  })
  .meta({ id: 'ServerKey' });
const serverKeyPage = pageOf('ServerKeyPage', serverKey);
const createdKey = z
  .strictObject({ ...serverKey.shape, key: z.string().describe('shown this once') })
  .meta({ id: 'CreatedServerKey' });

export function keyRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'get',
      path: '/programs/:program/keys',
      credential: 'admin:read',
      summary: "A program's server keys, without their secrets",
      answers: serverKeyPage,
      refuses: ['unknown_program'],
      handle: async (req, res) => {
        const keys = await listKeys(deps.pools.knex, programNo(deps, param(req, 'program')));
        answer(res, serverKeyPage, { data: keys.map(keyJson), next_cursor: null });
      },
    },
    {
      method: 'post',
      path: '/programs/:program/keys',
      credential: 'admin',
      body: 'json',
      summary: 'A new server key, shown this once',
      asks: { body: newKey },
      answers: createdKey,
      statuses: [201],
      refuses: ['unknown_program'],
      handle: async (req, res) => {
        const program = param(req, 'program');
        const no = programNo(deps, program);
        const { name, scopes } = readBody(req, newKey);
        const given = {
          programNo: no,
          program,
          name,
          scopes: [...new Set(scopes)],
          actor: adminOf(res).actor,
          now: await deps.clock.now(),
        };
        const { key, stored } = await createKey(deps.pools.knex, given);
        res.status(201);
        answer(res, createdKey, { ...keyJson(stored), key });
      },
    },
    {
      method: 'delete',
      path: '/programs/:program/keys/:id',
      credential: 'admin',
      summary: 'Revokes a server key',
      answers: serverKey,
      refuses: ['unknown_program', 'unknown_key'],
      handle: async (req, res) => {
        const no = programNo(deps, param(req, 'program'));
        const revoked = await revokeKey(deps.pools.knex, {
          programNo: no,
          id: param(req, 'id'),
          actor: adminOf(res).actor,
          now: await deps.clock.now(),
        });
        if (!revoked) throw new Problem('unknown_key');
        answer(res, serverKey, keyJson(revoked));
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
