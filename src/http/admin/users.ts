/**
 * Named admins, as an owner or the admin token sets them.
 * Promises: the first is made with the admin token; nobody takes their own rights away by mistake; a password that we
 * made is in the one answer. Must never: delete a user, for the audit log names them.
 */
import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import * as z from 'zod';
import * as sql from '../../accounts/admin-users.sql.ts';
import { ADMIN_ROLES, type AdminUser } from '../../accounts/admin-users.ts';
import { hashPassword, SALT_BYTES } from '../../accounts/passwords.ts';
import { adminOf } from '../admin-auth.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { pageOf, time } from '../forms.ts';
import { readBody, text } from '../input.ts';
import { Problem } from '../problems.ts';
import { param, type Route } from '../routes.ts';
import { newPassword, refuseWeak } from './own-account.ts';

type Needs = Pick<Deps, 'pools' | 'clock'>;

const role = z.enum(ADMIN_ROLES).describe('viewer: reads. moderator: also decides on rewards. owner: everything');
const newUser = z
  .strictObject({
    email: z.email().max(254),
    name: text(100),
    role,
    password: newPassword.optional().describe('one is made where none is given'),
  })
  .meta({ id: 'NewAdminUser', examples: [{ email: 'ann@example.com', name: 'Ann', role: 'moderator' }] });
const patchBody = z
  .strictObject({
    name: text(100).optional(),
    role: role.optional(),
    disabled: z.boolean().optional(),
    password: newPassword.optional(),
    totp: z.literal(false).optional().describe('takes the one-time passwords of somebody who lost their phone away'),
  })
  .refine((body) => Object.keys(body).length > 0, 'names nothing to change')
  .meta({ id: 'AdminUserPatch', examples: [{ role: 'viewer' }] });

const userShape = {
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role,
  totp: z.boolean().describe('a sign-in needs a one-time password'),
  created_at: time,
  disabled_at: time.nullable(),
};
const user = z.strictObject(userShape).meta({ id: 'AdminUser' });
export const userPage = pageOf('AdminUserPage', user);
export const createdUser = z
  .strictObject({ ...userShape, password: z.string().nullable().describe('the one that was made, shown this once') })
  .meta({ id: 'CreatedAdminUser' });

/** 96 bits. */
const PASSWORD_BYTES = 12;
const ID_BYTES = 9;

export function userRoutes(deps: Needs): Route[] {
  return [
    {
      method: 'get',
      path: '/users',
      credential: 'admin:read',
      summary: 'The named admins',
      answers: userPage,
      handle: async (_req, res) => {
        const all = await sql.listUsers(deps.pools.knex);
        answer(res, userPage, { data: all.map(userJson), next_cursor: null });
      },
    },
    {
      method: 'post',
      path: '/users',
      credential: 'admin',
      body: 'json',
      summary: 'A new named admin',
      asks: { body: newUser },
      answers: createdUser,
      statuses: [201],
      refuses: ['email_taken'],
      handle: (req, res) => create(deps, req, res),
    },
    {
      method: 'patch',
      path: '/users/:id',
      credential: 'admin',
      body: 'json',
      summary: 'Role, name, password, or the end of a named admin',
      asks: { body: patchBody },
      answers: user,
      refuses: ['unknown_user', 'own_account'],
      handle: (req, res) => patch(deps, req, res),
    },
  ];
}

async function create(deps: Needs, req: Request, res: Response): Promise<void> {
  const { email, name, role: given, password } = readBody(req, newUser);
  if (password !== undefined) refuseWeak(password, [email, name]);
  const made = password ?? randomBytes(PASSWORD_BYTES).toString('base64url');
  const created = await sql.createUser(deps.pools.knex, {
    id: `usr_${randomBytes(ID_BYTES).toString('base64url')}`,
    email: email.toLowerCase(),
    name,
    role: given,
    password: await hashPassword(made, randomBytes(SALT_BYTES)),
    actor: adminOf(res).actor,
    now: await deps.clock.now(),
  });
  if (!created) throw new Problem('email_taken');
  res.status(201);
  answer(res, createdUser, { ...userJson(created), password: password === undefined ? made : null });
}

async function patch(deps: Needs, req: Request, res: Response): Promise<void> {
  const id = param(req, 'id');
  const { actor } = adminOf(res);
  const { name, role: given, disabled, password, totp } = readBody(req, patchBody);
  // One's own password and code are changed where the old ones are asked for.
  if (id === actor && (given ?? disabled ?? password ?? totp) !== undefined) throw new Problem('own_account');
  if (password !== undefined) refuseWeak(password, []);
  const changed = await sql.changeUser(deps.pools.knex, {
    id,
    name,
    role: given,
    disabled,
    password: password === undefined ? undefined : await hashPassword(password, randomBytes(SALT_BYTES)),
    resetTotp: totp === false,
    actor,
    now: await deps.clock.now(),
  });
  if (!changed) throw new Problem('unknown_user');
  answer(res, user, userJson(changed));
}

function userJson(given: AdminUser) {
  const { id, email, name, role: has, totp, createdAt, disabledAt } = given;
  return { id, email, name, role: has, totp, created_at: createdAt, disabled_at: disabledAt };
}
