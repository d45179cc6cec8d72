/**
 * The ways into the portal: the product's identity provider, a link of the product, the member's token posted by the
 * product's page, a mailed link.
 * Promises: whether an address is known is told to nobody; a link works for minutes, and whoever only looks at it (a mail scanner) uses nothing up.
 * Must never: put a member's token into an address.
 */
import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import * as z from 'zod';
import type { Deps } from '../../http/deps.ts';
import { membersAt } from '../../http/member/addresses.sql.ts';
import { createSight } from '../../http/member/sight.ts';
import { networkOf } from '../../http/network.ts';
import { readPortalToken, writePortalToken } from '../../http/portal-tokens.ts';
import { programOf, type Route } from '../../http/routes.ts';
import { type Letter, layout } from '../../mail/templates/layout.ts';
import { matchEmail } from '../../model/email.ts';
import type { Program } from '../../model/program.ts';
import { type Html, html } from '../../texts/html.ts';
import { type Translator, translatorOf } from '../../texts/translator.ts';
import { seeOther } from '../send.ts';
import { showPortal } from './layout.ts';
import { oidcRoutes } from './oidc.ts';
import { closePortal, openPortal, portalBase } from './session.ts';

const MAILED_MS = 900_000;
const form = z.object({ token: z.string().max(10_000).default(''), email: z.string().max(254).default('') });

export function enterRoutes(deps: Deps): Route[] {
  const common = { credential: 'signature', answers: 'text/html' } as const;
  const sight = createSight(deps);
  return [
    ...oidcRoutes(deps, (req, res, what) => {
      res.status(what === 'away' ? 503 : 401);
      const said = translatorOf(req)(what === 'away' ? 'portal.oidcAway' : 'portal.oidcFailed');
      showSignIn(req, res, html`<p class="note warn" role="alert">${said}</p>`);
    }),
    {
      ...common,
      method: 'get',
      path: '/portal/enter',
      summary: 'Signs in by a link',
      handle: (req, res) => {
        const token = typeof req.query.token === 'string' ? req.query.token : '';
        return byLink(deps, req, res, token);
      },
    },
    {
      ...common,
      method: 'post',
      path: '/portal/enter',
      body: 'form',
      summary: "Signs in by the member's token",
      handle: async (req, res) => {
        const { token } = form.parse(req.body ?? {});
        const claims = await deps.tokens.read(programOf(res).program, token);
        if (!claims) return expired(req, res);
        const person = await sight(programOf(res), claims);
        openPortal(deps, req, res, { memberId: person.member_id, orgId: claims.orgId ?? null });
        seeOther(res, portalBase(req));
      },
    },
    {
      ...common,
      method: 'get',
      path: '/portal/sign-in',
      summary: 'Says how one gets in',
      handle: (req, res) => showSignIn(req, res),
    },
    {
      ...common,
      method: 'post',
      path: '/portal/sign-in',
      body: 'form',
      summary: 'Mails a link to whose address it is',
      handle: async (req, res) => {
        await mailLink(deps, req, res, form.parse(req.body ?? {}).email);
        showSignIn(req, res, html`<p class="note good" role="status">${translatorOf(req)('portal.mailed')}</p>`);
      },
    },
    {
      ...common,
      method: 'post',
      path: '/portal/sign-out',
      summary: 'Signs out',
      handle: (req, res) => {
        closePortal(deps, req, res);
        seeOther(res, `${portalBase(req)}/sign-in`);
      },
    },
  ];
}

function byLink(deps: Deps, req: Request, res: Response, token: string): void {
  const about = { use: 'link', programNo: programOf(res).no } as const;
  const bearer = readPortalToken(deps.vault, about, token, new Date());
  if (!bearer) {
    expired(req, res);
    return;
  }
  openPortal(deps, req, res, bearer);
  seeOther(res, portalBase(req));
}

function expired(req: Request, res: Response): void {
  res.status(401);
  showSignIn(req, res, html`<p class="note warn" role="alert">${translatorOf(req)('portal.expired')}</p>`);
}

function showSignIn(req: Request, res: Response, note?: Html): void {
  const t = translatorOf(req);
  const { program } = programOf(res);
  showPortal(req, res, {
    title: `${t('portal.signIn')} · ${program.name}`,
    body: html`<div class="card narrow-card"><h1>${t('portal.signIn')}</h1>${note}${program.portal.oidc ? html`<p><a class="button first" href="${portalBase(req)}/oidc">${t('portal.signInWith', { product: program.name })}</a></p><p class="soft">${t('portal.orMail')}</p>` : html`<p class="soft">${t('portal.signInLead', { product: program.name })}</p>`}
<form method="post" action="${portalBase(req)}/sign-in"><div class="field"><label for="email">${t('portal.email')}</label><input id="email" name="email" type="email" autocomplete="email" required maxlength="254"></div><button class="first">${t('portal.mailMe')}</button></form></div>`,
  });
}

async function mailLink(deps: Deps, req: Request, res: Response, given: string): Promise<void> {
  const loaded = programOf(res);
  await deps.limits.take('portal_mails', loaded.no, networkOf(req.ip ?? ''));
  const matched = matchEmail(given);
  if (!matched || given.includes('\0')) return;
  const hash = deps.mail.hashOf(loaded, matched.address);
  const [person] = await membersAt(deps.pools.knex, loaded.no, hash);
  const address = person && (await deps.openSecret(loaded.no, person.id))?.email;
  if (!person || !address) return;
  await deps.limits.take('portal_mails', loaded.no, hash);
  const until = new Date(Date.now() + MAILED_MS);
  const bearer = { memberId: person.member_id, orgId: person.org_id };
  const token = writePortalToken(deps.vault, { use: 'link', programNo: loaded.no }, bearer, until);
  const { program } = loaded;
  const origin = program.hosts[0] ? `https://${program.hosts[0]}` : `${deps.env.publicUrl}/p/${program.program}`;
  const letter = letterOf(program, translatorOf(req), `${origin}/portal/enter?token=${token}`);
  const key = `sign_in:${randomBytes(16).toString('base64url')}`;
  // To the address as it is known here, whoever typed what.
  await deps.mail.plan(loaded, 'sign_in', person.id, [{ key, to: { address, hash }, letter }]);
}

function letterOf(program: Program, t: Translator, url: string): Letter {
  const subject = t('portal.mail.signInSubject', { product: program.name });
  const [text, button, foot] = [
    t('portal.mail.signInText'),
    t('portal.mail.signInButton'),
    t('portal.mail.signInFoot'),
  ];
  return {
    subject,
    text: `${text}\n\n${button}:\n${url}\n\n--\n${foot}\n`,
    html: layout({
      t,
      program,
      title: subject,
      body: [html`${text}`],
      button: { text: button, url },
      foot: [html`${foot}`],
    }),
  };
}
