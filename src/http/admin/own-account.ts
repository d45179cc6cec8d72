/**
 * What a named admin sets about themselves: password and one-time passwords.
 * Promises: whoever found an open browser can do neither without the password or a code; a new password ends every other
 * session. Must never: show a secret twice.
 */
import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import * as z from 'zod';
import { endOtherSessions } from '../../accounts/admin-sessions.sql.ts';
import * as users from '../../accounts/admin-users.sql.ts';
import { hashPassword, isPassword, PASSWORD_LENGTH, SALT_BYTES, weaknessOf } from '../../accounts/passwords.ts';
import { base32, TOTP_BYTES, totpUrl } from '../../accounts/totp.ts';
import type { Session } from '../admin-auth.ts';
import { answer } from '../answer.ts';
import { readBody } from '../input.ts';
import { Problem } from '../problems.ts';
import type { Route } from '../routes.ts';
import {
  code,
  failed,
  givenPassword,
  isCode,
  NO_PROGRAM,
  type SessionNeeds,
  sessionIn,
  whoami,
  whoamiOf,
} from './session.ts';

export const newPassword = z.string().min(PASSWORD_LENGTH.min).max(PASSWORD_LENGTH.max);
const codeBody = z.strictObject({ code }).meta({ id: 'OneTimeCode', examples: [{ code: '492039' }] });
const passwordBody = z
  .strictObject({ current: givenPassword, password: newPassword })
  .meta({ id: 'NewPassword', examples: [{ current: 'correct horse battery', password: 'staple and then some' }] });
export const totpOffer = z
  .strictObject({ secret: z.string(), url: z.string().describe('otpauth:, to be shown as a QR code') })
  .meta({ id: 'TotpOffer' });

export function ownAccountRoutes(deps: SessionNeeds): Route[] {
  return [
    {
      method: 'put',
      path: '/session/password',
      credential: 'admin:self',
      body: 'json',
      summary: 'Another password; every other session of the user ends',
      asks: { body: passwordBody },
      answers: whoami,
      refuses: ['sign_in_failed', 'too_many_requests'],
      handle: (req, res) => changePassword(deps, req, res),
    },
    {
      method: 'post',
      path: '/session/totp',
      credential: 'admin:self',
      summary: 'A secret for one-time passwords; asked for once a code of it has been given',
      answers: totpOffer,
      refuses: ['totp_in_force'],
      handle: async (_req, res) => {
        const { user_id: userId, email } = sessionIn(res);
        const secret = randomBytes(TOTP_BYTES);
        const { version, sealed } = deps.vault.seal(secret.toString('base64'));
        const offered = await users.offerTotp(deps.pools.knex, { userId, keyVersion: version, sealed });
        if (!offered) throw new Problem('totp_in_force');
        answer(res, totpOffer, { secret: base32(secret), url: totpUrl(secret, 'Plusone', email) });
      },
    },
    {
      method: 'put',
      path: '/session/totp',
      credential: 'admin:self',
      body: 'json',
      summary: 'Confirms the secret: from now on a sign-in needs a code',
      asks: { body: codeBody },
      answers: whoami,
      refuses: ['sign_in_failed', 'totp_in_force', 'too_many_requests'],
      handle: (req, res) => setTotp(deps, req, res, true),
    },
    {
      method: 'delete',
      path: '/session/totp',
      credential: 'admin:self',
      body: 'json',
      summary: 'No more one-time passwords; needs a last one',
      asks: { body: codeBody },
      answers: whoami,
      refuses: ['sign_in_failed', 'too_many_requests'],
      handle: (req, res) => setTotp(deps, req, res, false),
    },
  ];
}

async function ownSecrets(deps: SessionNeeds, { user_id: id, email }: Session): Promise<users.SignInRow> {
  await deps.limits.check('sign_in_failures', NO_PROGRAM, email);
  const row = await users.readSecrets(deps.pools.knex, id);
  if (!row) throw new Error('bug: a session without its user');
  return row;
}

async function changePassword(deps: SessionNeeds, req: Request, res: Response): Promise<void> {
  const session = sessionIn(res);
  const given = readBody(req, passwordBody);
  const row = await ownSecrets(deps, session);
  if (!(await isPassword(given.current, row.password))) throw await failed(deps, session.email);
  refuseWeak(given.password, [session.email, session.name]);
  const stored = await hashPassword(given.password, randomBytes(SALT_BYTES));
  const now = await deps.clock.now();
  await users.changePassword(deps.pools.knex, { userId: row.id, password: stored, now });
  await endOtherSessions(deps.pools.knex, row.id, session.hash);
  answer(res, whoami, whoamiOf(session));
}

export function refuseWeak(given: string, about: readonly string[]): void {
  const reason = weaknessOf(given, about);
  if (reason)
    throw new Problem('invalid_request', { detail: `password: ${reason}`, errors: [{ field: 'password', reason }] });
}

async function setTotp(deps: SessionNeeds, req: Request, res: Response, on: boolean): Promise<void> {
  const session = sessionIn(res);
  const { code: given } = readBody(req, codeBody);
  const row = await ownSecrets(deps, session);
  if (on && row.totp_since) throw new Problem('totp_in_force');
  if (!(await isCode(deps, row, given))) throw await failed(deps, session.email);
  await users.setTotp(deps.pools.knex, { userId: row.id, on, now: await deps.clock.now() });
  answer(res, whoami, whoamiOf({ ...session, totp: on }));
}
