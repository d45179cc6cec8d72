/**
 * Appeals of suspended members: what they say beside what was seen, and a decision.
 * Promises: open ones first in sight, with the day by which they are to be answered. Must never: decide twice.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { mayAct } from '../../accounts/admin-users.ts';
import { adminAppeal, adminAppealPage } from '../../http/admin/appeals.ts';
import { adminOf } from '../../http/admin-auth.ts';
import type { Deps } from '../../http/deps.ts';
import { param, type Route } from '../../http/routes.ts';
import { type Html, html } from '../../texts/html.ts';
import { type Translator, translatorOf } from '../../texts/translator.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { seeOther } from '../send.ts';
import { findings } from './findings.ts';
import { showPage } from './layout.ts';
import * as parts from './parts.ts';
import { only } from './rewards.ts';

type Appeal = z.output<typeof adminAppeal>;
type Query = Readonly<Record<string, string | undefined>>;

const decision = z.object({ action: z.enum(['grant', 'refuse']), reason: z.string().max(1000).default('') });

export function appealPageRoutes(deps: Deps, asker: (req: Request, res: Response) => Ask): Route[] {
  return [
    {
      method: 'get',
      path: '/appeals',
      credential: 'admin:read',
      answers: 'text/html',
      summary: 'Appeals of suspended members',
      handle: async (req, res) => {
        const t = translatorOf(req);
        // Open ones, until somebody asks for others.
        const query: Query = { state: 'open', ...(req.query as Query) };
        const filter = only(query, ['program', 'state', 'member', 'limit', 'cursor']);
        const page = await asker(req, res)(adminAppealPage, 'get', '/appeals', { query: filter });
        const choices = [
          parts.programChoice(t, deps),
          { name: 'state', label: t('column.state'), options: ['open', 'granted', 'refused'], shown: t.word },
        ];
        const mayDecide = mayAct(adminOf(res).role, 'moderator');
        const list =
          page.data.length === 0
            ? html`<div class="card">${query.state === 'open' ? parts.empty(t('appeals.noneOpen'), t('appeals.noneOpenMore')) : parts.empty(t('appeals.none'))}</div>`
            : page.data.map((each) => card(t, deps, each, mayDecide));
        showPage(req, res, {
          title: t('nav.appeals'),
          lead: t('appeals.lead'),
          section: '/admin/appeals',
          live: 30,
          body: html`${parts.filters(t, '/admin/appeals', query, choices)}${list}${parts.moreOf(t, '/admin/appeals', query, page.next_cursor, '/admin/appeals.csv')}`,
        });
      },
    },
    {
      method: 'post',
      path: '/appeals/:id',
      credential: 'admin:moderate',
      answers: 'text/html',
      body: 'form',
      summary: 'Grants or refuses an appeal',
      handle: async (req, res) => {
        const { action, reason } = decision.parse(req.body ?? {});
        const question = { params: { id: param(req, 'id') }, body: { reason: reason.trim() || null } };
        const ask = asker(req, res);
        const refused = await refusalOf(() => ask(adminAppeal, 'post', `/appeals/:id/${action}`, question));
        seeOther(res, '/admin/appeals', refused ? { code: refused.code } : { done: 'saved' });
      },
    },
  ];
}

function card(t: Translator, deps: Deps, appeal: Appeal, mayDecide: boolean): Html {
  const { suspension: seen } = appeal;
  const taken = seen.forfeited.map(
    ({ unit, amount, rewards }) =>
      html`${parts.amountOf(t, deps, appeal.program, amount, unit)} <span class="soft">(${t('rewards.count', { n: rewards })})</span> `,
  );
  const since = t.moment(appeal.created_at);
  const made = appeal.state === 'open' ? t('appeals.due', { since, day: t.day(appeal.due_at) }) : since;
  const suspended = t('atBy', { at: t.moment(seen.suspended_at), actor: parts.actorOf(t, seen.by) });
  const at = appeal.decided_at !== null && t.moment(appeal.decided_at);
  const decided = at && appeal.decided_by !== null ? t('atBy', { at, actor: parts.actorOf(t, appeal.decided_by) }) : at;
  const tone = { open: 'warn', granted: 'good', refused: '' }[appeal.state];
  return html`<section class="card"><h2>${parts.memberLink(t, appeal.program, appeal.member_id)} ${parts.badge(t, appeal.state, tone)}</h2>
<p>${t('quoted', { text: appeal.message ?? t.word('erased') })}</p><dl class="facts"><dt>${t('appeals.made')}</dt><dd>${made}</dd>
<dt>${t('appeals.suspended')}</dt><dd>${suspended}${seen.reason !== null && html`: ${t.word(seen.reason)}`} ${seen.detail ?? ''}</dd>
${taken.length > 0 && html`<dt>${t('appeals.took')}</dt><dd>${taken}</dd>`}
${appeal.decided_at !== null && html`<dt>${t('appeals.decided')}</dt><dd>${decided} ${appeal.note !== null && t('quoted', { text: appeal.note })}</dd>`}</dl>
${seen.evidence.length > 0 && findings(t, t('appeals.seen', { member: appeal.member_id }), seen.evidence, undefined)}
${appeal.state === 'open' && mayDecide && html`<form class="acts-bar" method="post" action="/admin/appeals/${appeal.id}">${parts.NO_ENTER}<div><label for="reason-${appeal.id}">${t('column.reason')}</label><input id="reason-${appeal.id}" name="reason" maxlength="1000"></div><button class="first" name="action" value="grant">${t('appeals.grant')}</button><button class="bad" name="action" value="refuse">${t('appeals.refuse')}</button></form>`}</section>`;
}
