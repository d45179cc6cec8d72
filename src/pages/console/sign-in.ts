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
import { html } from '../../texts/html.ts';
import { type Translator, translatorOf } from '../../texts/translator.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { queryOf, seeOther } from '../send.ts';
import { showNarrow } from './layout.ts';

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
        showSignIn(req, res, localPath(req.query.next));
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
        showSignIn(req, res, localPath(next), email, messageOf(translatorOf(req), refused));
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
      handle: async (req, res) => {
        if (!(await isFirstRun(deps))) return seeOther(res, SIGN_IN);
        showFirstRun(req, res);
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
    if (!admin) throw new Problem('unauthorized');
    res.locals.admin = admin;
    await ask(createdUser, 'post', '/users', { body: { email, name, role: 'owner', password } });
    await ask(whoami, 'post', '/session', { body: { email, password } });
  });
  if (!refused) return seeOther(res, '/admin');
  res.status(422);
  const t = translatorOf(req);
  const said = refused.code === 'unauthorized' ? t('firstRun.wrongToken') : messageOf(t, refused);
  showFirstRun(req, res, { name, email }, said);
}

function messageOf(t: Translator, { options, code }: Problem): string {
  if (options.errors?.some((each) => each.field === 'password')) return t('firstRun.weakPassword');
  if (code === 'too_many_requests') return t('signIn.tooMany');
  if (code === 'totp_required') return t('signIn.totp');
  return code === 'invalid_request' ? `${t('problem.invalid_request')}.` : t('signIn.wrong');
}

function showSignIn(req: Request, res: Response, next: string, email = '', problem?: string): void {
  const t = translatorOf(req);
  const body = html`<form method="post" action="${SIGN_IN}">
<input type="hidden" name="next" value="${next}">
<div class="field"><label for="email">${t('field.email')}</label><input id="email" name="email" type="email" autocomplete="username" required value="${email}"></div>
<div class="field"><label for="password">${t('field.password')}</label><input id="password" name="password" type="password" autocomplete="current-password" required></div>
<div class="field"><label for="code">${t('signIn.code')}</label><input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="10"><small>${t('signIn.codeMore')}</small></div>
<button class="first">${t('signIn.title')}</button></form>`;
  showNarrow(req, res, t('signIn.title'), body, problem);
}

function showFirstRun(req: Request, res: Response, { name = '', email = '' } = {}, problem?: string): void {
  const t = translatorOf(req);
  const where = { file: html`<code>admin-token</code>`, variable: html`<code>ADMIN_TOKEN</code>` };
  const body = html`<p class="soft">${t('firstRun.lead')}</p>
<form method="post" action="${FIRST_RUN}">
<div class="field"><label for="token">${t('firstRun.token')}</label><input id="token" name="token" type="password" autocomplete="off" required><small>${t('firstRun.tokenMore', where)}</small></div>
<div class="field"><label for="name">${t('firstRun.name')}</label><input id="name" name="name" autocomplete="name" required value="${name}"></div>
<div class="field"><label for="email">${t('field.email')}</label><input id="email" name="email" type="email" autocomplete="username" required value="${email}"></div>
<div class="field"><label for="password">${t('field.password')}</label><input id="password" name="password" type="password" autocomplete="new-password" minlength="${PASSWORD_LENGTH.min}" required><small>${t('firstRun.passwordMore', { n: PASSWORD_LENGTH.min })}</small></div>
<button class="first">${t('firstRun.make')}</button></form>`;
  showNarrow(req, res, t('firstRun.title'), body, problem);
}
