/**
 * The way in: the first owner, made with the admin token; signing in and out.
 * Promises: whoever comes without a session is sent here and back to where they were going; the admin token makes an
 * owner only while there is none by name. Must never: send anybody to another site, or show a password again.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { listUsers } from '../../accounts/admin-users.sql.ts';
import { PASSWORD_LENGTH } from '../../accounts/passwords.ts';
import { NO_PROGRAM, signedOut, whoami } from '../../http/admin/session.ts';
import { createdUser } from '../../http/admin/users.ts';
import { adminByToken } from '../../http/admin-auth.ts';
import type { Deps } from '../../http/deps.ts';
import { networkOf } from '../../http/network.ts';
import { Problem } from '../../http/problems.ts';
import type { Route } from '../../http/routes.ts';
import { html } from '../../mail/html.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { queryOf, seeOther, sendPage } from '../send.ts';
import { narrowPage } from './layout.ts';

type Needs = Pick<Deps, 'pools' | 'adminToken' | 'limits'>;

const SIGN_IN = '/admin/sign-in';
const FIRST_RUN = '/admin/first-run';
const field = z.string().max(1000).default('');
const signInForm = z.object({ email: field, password: field, code: field, next: field });
const firstRunForm = z.object({ token: field, name: field, email: field, password: field });

export function signInRoutes(deps: Needs, asker: (req: Request, res: Response) => Ask): Route[] {
  const common = { answers: 'text/html', credential: 'password' } as const;
  return [
    {
      ...common,
      method: 'get',
      path: '/sign-in',
      summary: 'Asks who it is',
      handle: async (req, res) => {
        if (await isFirstRun(deps)) return seeOther(res, FIRST_RUN);
        sendPage(res, signInPage(localPath(req.query.next)));
      },
    },
    {
      ...common,
      method: 'post',
      path: '/sign-in',
      body: 'form',
      summary: 'Signs in',
      handle: async (req, res) => {
        const { email, password, code, next } = signInForm.parse(req.body ?? {});
        const body = { email, password, code: code.trim() || undefined };
        const refused = await refusalOf(() => asker(req, res)(whoami, 'post', '/session', { body }));
        if (!refused) return seeOther(res, localPath(next));
        res.status(refused.code === 'too_many_requests' ? 429 : 401);
        sendPage(res, signInPage(localPath(next), email, messageOf(refused)));
      },
    },
    {
      ...common,
      method: 'post',
      path: '/sign-out',
      credential: 'admin:self',
      summary: 'Signs out',
      handle: async (req, res) => {
        await asker(req, res)(signedOut, 'delete', '/session');
        seeOther(res, SIGN_IN);
      },
    },
    {
      ...common,
      method: 'get',
      path: '/first-run',
      summary: 'Asks for the admin token, to make the first owner',
      handle: async (_req, res) => {
        if (!(await isFirstRun(deps))) return seeOther(res, SIGN_IN);
        sendPage(res, firstRunPage());
      },
    },
    {
      ...common,
      method: 'post',
      path: '/first-run',
      body: 'form',
      summary: 'Makes the first owner and signs them in',
      handle: (req, res) => makeOwner(deps, asker, req, res),
    },
  ];
}

/** Where a page sends whoever has no session. */
export async function signInUrl(deps: Pick<Deps, 'pools'>, req: Request): Promise<string> {
  if (await isFirstRun(deps)) return FIRST_RUN;
  return `${SIGN_IN}${queryOf({ next: req.method === 'GET' ? req.originalUrl : undefined })}`;
}

async function isFirstRun({ pools }: Pick<Deps, 'pools'>): Promise<boolean> {
  return (await listUsers(pools.knex)).length === 0;
}

/** A path of the console, whatever was given. */
function localPath(given: unknown): string {
  return typeof given === 'string' && /^\/admin(?:[/?][^\\]*)?$/.test(given) ? given : '/admin';
}

async function makeOwner(
  deps: Needs,
  asker: (req: Request, res: Response) => Ask,
  req: Request,
  res: Response,
): Promise<void> {
  if (!(await isFirstRun(deps))) return seeOther(res, SIGN_IN);
  const { token, name, email, password } = firstRunForm.parse(req.body ?? {});
  await deps.limits.take('sign_ins', NO_PROGRAM, networkOf(req.ip ?? ''));
  const ask = asker(req, res);
  const refused = await refusalOf(async () => {
    const admin = adminByToken(deps, token.trim());
    if (!admin) throw new Problem('unauthorized', 'This is not the admin token');
    res.locals.admin = admin;
    await ask(createdUser, 'post', '/users', { body: { email, name, role: 'owner', password } });
    await ask(whoami, 'post', '/session', { body: { email, password } });
  });
  if (!refused) return seeOther(res, '/admin');
  res.status(422);
  sendPage(res, firstRunPage({ name, email }, messageOf(refused)));
}

const messageOf = ({ options, code }: Problem): string =>
  options.detail ??
  (code === 'too_many_requests'
    ? 'Too many tries. Wait a few minutes.'
    : code === 'totp_required'
      ? 'Enter the code of your authenticator app as well.'
      : 'The e-mail address, the password or the code is wrong.');

function signInPage(next: string, email = '', problem?: string) {
  return narrowPage(
    'Sign in',
    html`<form method="post" action="${SIGN_IN}">
<input type="hidden" name="next" value="${next}">
<div class="field"><label for="email">E-mail</label><input id="email" name="email" type="email" autocomplete="username" required value="${email}"></div>
<div class="field"><label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required></div>
<div class="field"><label for="code">One-time code</label><input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="10"><small>Only if you have set up an authenticator app.</small></div>
<button class="first">Sign in</button></form>`,
    problem,
  );
}

function firstRunPage({ name = '', email = '' } = {}, problem?: string) {
  return narrowPage(
    'Welcome to Plusone',
    html`<p class="soft">Nobody is known here by name yet. The admin token makes you the owner; you can add others later.</p>
<form method="post" action="${FIRST_RUN}">
<div class="field"><label for="token">Admin token</label><input id="token" name="token" type="password" autocomplete="off" required><small>From the terminal of the first start, the file <code>admin-token</code> in the data directory, or <code>ADMIN_TOKEN</code>.</small></div>
<div class="field"><label for="name">Your name</label><input id="name" name="name" autocomplete="name" required value="${name}"></div>
<div class="field"><label for="email">E-mail</label><input id="email" name="email" type="email" autocomplete="username" required value="${email}"></div>
<div class="field"><label for="password">Password</label><input id="password" name="password" type="password" autocomplete="new-password" minlength="${PASSWORD_LENGTH.min}" required><small>At least ${PASSWORD_LENGTH.min} characters, and nothing that everybody tries first.</small></div>
<button class="first">Make me the owner</button></form>`,
    problem,
  );
}
