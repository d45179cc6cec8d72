/**
 * Signing in and out by name.
 * Promises: a wrong address, password or code is one answer after the same work; guessing is limited by address and by
 * account; each sign-in gets a new token, and no code is taken twice. Must never: keep, log or answer a password.
 */
import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import * as z from 'zod';
import { endSession, findSession, openSession } from '../../accounts/admin-sessions.sql.ts';
import * as users from '../../accounts/admin-users.sql.ts';
import { ADMIN_ROLES, hashSession, SESSION_BYTES } from '../../accounts/admin-users.ts';
import { hashPassword, isPassword, PASSWORD_LENGTH, SALT_BYTES } from '../../accounts/passwords.ts';
import { totpStep } from '../../accounts/totp.ts';
import { adminOf, mayBeOwnPage, type Session, sessionCookie } from '../admin-auth.ts';
import { answer } from '../answer.ts';
import type { Deps } from '../deps.ts';
import { time } from '../forms.ts';
import { readBody, text } from '../input.ts';
import { networkOf } from '../network.ts';
import { Problem } from '../problems.ts';
import type { Route } from '../routes.ts';

export type SessionNeeds = Pick<Deps, 'pools' | 'env' | 'clock' | 'limits' | 'vault'>;

export const givenPassword = z.string().min(1).max(PASSWORD_LENGTH.max);
export const code = text(20).describe('six digits of the authenticator app');
const signIn = z
  .strictObject({ email: text(254), password: givenPassword, code: code.optional() })
  .meta({ id: 'SignIn', examples: [{ email: 'ann@example.com', password: 'correct horse battery', code: '492039' }] });
export const whoami = z
  .strictObject({
    user: z
      .strictObject({ id: z.string(), email: z.string(), name: z.string(), totp: z.boolean() })
      .nullable()
      .describe('null: the admin token'),
    role: z.enum(ADMIN_ROLES),
    expires_at: time.nullable().describe('of the session, if it is not used again'),
  })
  .meta({ id: 'AdminSession' });
export const signedOut = z.strictObject({}).meta({ id: 'SignedOut' });

/** Counted for the whole deployment: admins belong to no program. */
export const NO_PROGRAM = 0;
/** Compared with where nobody has the address, so that the answer takes as long. */
const NOBODY = hashPassword(randomBytes(SALT_BYTES).toString('hex'), randomBytes(SALT_BYTES));

export function sessionRoutes(deps: SessionNeeds): Route[] {
  return [
    {
      method: 'post',
      path: '/session',
      credential: 'password',
      body: 'json',
      summary: 'Signs a named admin in, and sets the cookie of the session',
      asks: { body: signIn },
      answers: whoami,
      refuses: ['sign_in_failed', 'totp_required', 'too_many_requests', 'cross_site'],
      handle: (req, res) => signInWith(deps, req, res),
    },
    {
      method: 'get',
      path: '/session',
      credential: 'admin:read',
      summary: 'Who is signed in',
      answers: whoami,
      handle: (_req, res) => {
        const { role, session } = adminOf(res);
        answer(res, whoami, session ? whoamiOf(session) : { user: null, role, expires_at: null });
      },
    },
    {
      method: 'delete',
      path: '/session',
      credential: 'admin:self',
      summary: 'Signs out',
      answers: signedOut,
      handle: async (_req, res) => {
        await endSession(deps.pools.knex, sessionIn(res).hash);
        setCookie(deps, res, '', 0);
        answer(res, signedOut, {});
      },
    },
  ];
}

async function signInWith(deps: SessionNeeds, req: Request, res: Response): Promise<void> {
  if (!mayBeOwnPage(req)) throw new Problem('cross_site');
  const given = readBody(req, signIn);
  const email = given.email.toLowerCase();
  await deps.limits.take('sign_ins', NO_PROGRAM, networkOf(req.ip ?? ''));
  await deps.limits.check('sign_in_failures', NO_PROGRAM, email);
  const found = await users.findSignIn(deps.pools.knex, email);
  const isRight = await isPassword(given.password, found?.password ?? (await NOBODY));
  if (!found || !isRight) throw await failed(deps, email);
  if (found.totp_since && given.code === undefined) throw new Problem('totp_required');
  if (found.totp_since && !(await isCode(deps, found, given.code ?? ''))) throw await failed(deps, email);
  const token = randomBytes(SESSION_BYTES).toString('base64url');
  await openSession(deps.pools.knex, hashSession(token), found.id, await deps.clock.now());
  setCookie(deps, res, token);
  const session = await findSession(deps.pools.knex, hashSession(token));
  if (!session) throw new Problem('sign_in_failed');
  answer(res, whoami, whoamiOf(session));
}

export async function failed(deps: SessionNeeds, email: string): Promise<Problem> {
  await deps.limits.take('sign_in_failures', NO_PROGRAM, email);
  return new Problem('sign_in_failed');
}

/** By the real clock, as every authenticator app; each code once. */
export async function isCode(deps: SessionNeeds, row: users.SignInRow, given: string): Promise<boolean> {
  if (!row.totp || row.key_version === null) return false;
  const secret = Buffer.from(deps.vault.open(row.key_version, row.totp), 'base64');
  const step = totpStep(secret, given, new Date());
  return step !== undefined && (await users.useTotpStep(deps.pools.knex, row.id, step));
}

export function sessionIn(res: Response): Session {
  const { session } = adminOf(res);
  if (!session) throw new Error('bug: a route of a session was reached without one');
  return session;
}

export function whoamiOf(session: Omit<Session, 'hash'>) {
  const { user_id: id, email, name, totp, role, expires_at } = session;
  return { user: { id, email, name, totp }, role, expires_at };
}

function setCookie({ env }: Pick<SessionNeeds, 'env'>, res: Response, value: string, maxAge?: number): void {
  const { name, secure } = sessionCookie(env.publicUrl);
  // A session cookie: the browser forgets it when it is closed, and the database ends it in any case.
  res.cookie(name, value, {
    httpOnly: true,
    secure,
    sameSite: 'strict',
    path: '/',
    ...(maxAge === undefined ? {} : { maxAge }),
  });
}
