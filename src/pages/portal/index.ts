/**
 * The portal's routes: what a member looks at, and what they do there.
 * Promises: it shows what the member API answers to this member, and does what that API does. Must never: ask for
 * another member.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import type { Deps } from '../../http/deps.ts';
import { NO_PATIENCE_MS } from '../../http/kept.ts';
import { MESSAGE_MAX, makeAppeal } from '../../http/member/appeals.ts';
import { actingMember } from '../../http/member/bearer.ts';
import { invitesAnswer, invitesList } from '../../http/member/invites.ts';
import { mailsAnswer } from '../../http/member/mails.ts';
import { activeOf, readMe } from '../../http/member/me.ts';
import * as forms from '../../http/member/schemas.ts';
import { findStanding } from '../../http/member/suspensions.sql.ts';
import { Problem } from '../../http/problems.ts';
import { programOf, type Route } from '../../http/routes.ts';
import { html } from '../../texts/html.ts';
import { translatorOf } from '../../texts/translator.ts';
import { type Ask, askerOf, refusalOf } from '../ask.ts';
import { assetRoutes, seeOther } from '../send.ts';
import { CONTRIBUTOR_ACTS, readContributor } from './contributor.ts';
import { enterRoutes } from './enter.ts';
import { home } from './home.ts';
import { showPortal } from './layout.ts';
import { portalBase } from './session.ts';

type Query = Readonly<Record<string, string | undefined>>;

const text = z.string().max(60_000).default('');
const postForm = z.object({
  channel: text,
  campaign: text,
  emails: text,
  note: text,
  name: text,
  id: text,
  message: text,
  news: text,
  summary: text,
  github: text,
  address: text,
  code: text,
  details: text,
});
type Posted = z.output<typeof postForm>;

export function portalRoutes(deps: Deps, api: readonly Route[]): Route[] {
  const asker = askerOf(api, () => {});
  const own = (path: string): Route => {
    const route = api.find((each) => each.path === path && each.method === 'get');
    if (!route) throw new Error(`bug: the member API has no ${path}`);
    const { operation: _operation, ...rest } = route;
    return { ...rest, path: path.replace('/v1/me', '/portal') };
  };
  const act = (
    path: string,
    summary: string,
    work: (ask: Ask, posted: Posted, res: Response) => Promise<Query | undefined>,
  ): Route => ({
    method: 'post',
    path: `/portal/${path}`,
    credential: 'member:write',
    answers: 'text/html',
    body: 'form',
    summary,
    handle: async (req, res) => {
      let told: Query | undefined;
      const refused = await refusalOf(async () => {
        told = await work(asker(req, res), postForm.parse(req.body ?? {}), res);
      });
      seeOther(res, portalBase(req), refused ? { failed: refused.code } : { done: '1', ...told });
    },
  });
  return [
    ...assetRoutes('/portal'),
    ...enterRoutes(deps),
    own('/v1/me/qr.svg'),
    own('/v1/me/qr.png'),
    {
      method: 'get',
      path: '/portal',
      credential: 'member:read',
      answers: 'text/html',
      summary: "The referrer's page",
      handle: (req, res) => show(deps, asker(req, res), req, res),
    },
    act('code', 'Makes a code', async (ask) => void (await ask(forms.codeAnswer, 'post', '/v1/me/code'))),
    act('refresh', 'A new code', async (ask) => void (await ask(forms.codeAnswer, 'post', '/v1/me/code/refresh'))),
    act('links', 'Makes a link for a channel', async (ask, { channel, campaign }) => {
      const body = { channel: channel.trim() || null, campaign: campaign.trim() || null };
      await ask(forms.linkAnswer, 'post', '/v1/me/links', { body });
      return undefined;
    }),
    act('invites', 'Invites friends by mail', async (ask, { emails, note }) => {
      const given = emails.split(/[\s,;]+/).filter((each) => each !== '');
      const body = { emails: given, note: note.trim() || null };
      const { sent, total } = await ask(invitesAnswer, 'post', '/v1/me/invites', { body });
      return { sent: String(sent), total: String(total) };
    }),
    act('appeal', 'Appeals against a suspension', async (_ask, { message }, res) => {
      const { no } = programOf(res);
      const suspension = await findStanding(deps.pools.knex, no, actingMember(res).personId);
      if (!suspension) throw new Problem('not_suspended');
      if (message.trim() === '' || message.length > MESSAGE_MAX) throw new Problem('invalid_request');
      await makeAppeal(deps, no, suspension, message.trim());
      return { appealed: '1' };
    }),
    act('mails', 'Chooses which mails to get', async (ask, { news, summary }) => {
      await ask(mailsAnswer, 'put', '/v1/me/mails', { body: { news: news !== '', summary: summary !== '' } });
      return undefined;
    }),
    act('keys/revoke', 'Ends an API key', async (ask, { id }) => {
      await ask(forms.keyAnswer, 'delete', '/v1/me/keys/:id', { params: { id } });
      return undefined;
    }),
    ...CONTRIBUTOR_ACTS.map(({ path, summary, work }) => act(path, summary, work)),
    newKeyRoute(deps, asker),
  ];
}

function newKeyRoute(deps: Deps, asker: (req: Request, res: Response) => Ask): Route {
  return {
    method: 'post',
    path: '/portal/keys',
    credential: 'member:write',
    answers: 'text/html',
    body: 'form',
    summary: 'A new API key, shown this once',
    handle: async (req, res) => {
      const ask = asker(req, res);
      const { name } = postForm.parse(req.body ?? {});
      let key: string | undefined;
      const refused = await refusalOf(async () => {
        key = (await ask(forms.newKeyAnswer, 'post', '/v1/me/keys', { body: { name: name.trim() || null } })).key;
      });
      if (refused) return seeOther(res, portalBase(req), { failed: refused.code });
      // Not after a redirect: the key is in no address and in no store.
      await show(deps, ask, req, res, key);
    },
  };
}

async function show(deps: Deps, ask: Ask, req: Request, res: Response, newKey?: string): Promise<void> {
  const loaded = programOf(res);
  const acting = actingMember(res);
  const { program } = loaded;
  const query = req.query as Query;
  const list = (cursor: string | undefined) => ({ query: { limit: '20', cursor } });
  const own = readMe(deps, loaded, acting);
  const [me, active, rewards, referrals, links, keys, mails, invites, board, contributor] = await Promise.all([
    own,
    own.then((known) => deps.countBig(...activeOf(deps, loaded, acting, known), NO_PATIENCE_MS)),
    ask(forms.rewardsAnswer, 'get', '/v1/me/rewards', list(query.rewards)),
    ask(forms.referralsAnswer, 'get', '/v1/me/referrals', list(query.referrals)),
    ask(forms.linksAnswer, 'get', '/v1/me/links'),
    ask(forms.keysAnswer, 'get', '/v1/me/keys'),
    ask(mailsAnswer, 'get', '/v1/me/mails'),
    program.invites.perDay > 0 ? ask(invitesList, 'get', '/v1/me/invites', list(undefined)) : undefined,
    program.leaderboard ? ask(forms.boardAnswer, 'get', '/v1/leaderboard') : undefined,
    program.fund ? readContributor(ask) : undefined,
  ]);
  const t = translatorOf(req);
  showPortal(req, res, {
    title: t('portal.title', { product: program.name }),
    body: home({
      program,
      t,
      base: portalBase(req),
      query,
      newKey,
      me,
      active,
      rewards,
      referrals,
      links,
      keys,
      mails,
      invites,
      board,
      contributor,
    }),
  });
}

/** What went wrong, as far as a member is told. */
export function portalProblem(req: Request, res: Response, { code }: Problem): void {
  const t = translatorOf(req);
  const body = html`<div class="card"><h1>${t('portal.problem')}</h1><p>${t(`problem.${code}`)}.</p><p><a href="${portalBase(req)}">${t('portal.newest')}</a></p></div>`;
  showPortal(req, res, { title: t('portal.problem'), body });
}
