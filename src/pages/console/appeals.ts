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
import { type Html, html } from '../../mail/html.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { seeOther } from '../send.ts';
import { count, day, moment } from '../words.ts';
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
        // Open ones, until somebody asks for others.
        const query: Query = { state: 'open', ...(req.query as Query) };
        const filter = only(query, ['program', 'state', 'member', 'limit', 'cursor']);
        const page = await asker(req, res)(adminAppealPage, 'get', '/appeals', { query: filter });
        const choices = [
          parts.programChoice(deps),
          { name: 'state', label: 'State', options: ['open', 'granted', 'refused'] },
        ];
        const mayDecide = mayAct(adminOf(res).role, 'moderator');
        const list =
          page.data.length === 0
            ? html`<div class="card">${query.state === 'open' ? parts.empty('No appeal is open', 'A suspended member appeals from the portal or by the link in their mail.') : parts.empty('No appeal fits')}</div>`
            : page.data.map((each) => card(deps, each, mayDecide));
        showPage(req, res, {
          title: 'Appeals',
          lead: 'Suspended members who say that it is wrong. Each is answered within five working days.',
          section: '/admin/appeals',
          live: 30,
          body: html`${parts.filters('/admin/appeals', query, choices)}${list}${parts.moreOf('/admin/appeals', query, page.next_cursor, '/admin/appeals.csv')}`,
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

function card(deps: Deps, appeal: Appeal, mayDecide: boolean): Html {
  const { suspension: seen } = appeal;
  const taken = seen.forfeited.map(
    ({ unit, amount, rewards }) =>
      html`${parts.amountOf(deps, appeal.program, amount, unit)} <span class="soft">(${count('en', rewards)} rewards)</span> `,
  );
  const tone = { open: 'warn', granted: 'good', refused: '' }[appeal.state];
  return html`<section class="card"><h2>${parts.memberLink(appeal.program, appeal.member_id)} ${parts.badge(appeal.state, tone)}</h2>
<p>“${appeal.message ?? 'erased'}”</p><dl class="facts"><dt>Made</dt><dd>${moment('en', appeal.created_at)}${appeal.state === 'open' && html`, to be answered by ${day('en', appeal.due_at)}`}</dd>
<dt>Suspended</dt><dd>${moment('en', seen.suspended_at)} by ${seen.by}${seen.reason !== null && html`: ${parts.plain(seen.reason)}`} ${seen.detail ?? ''}</dd>
${taken.length > 0 && html`<dt>It took</dt><dd>${taken}</dd>`}
${appeal.decided_at !== null && html`<dt>Decided</dt><dd>${moment('en', appeal.decided_at)}${appeal.decided_by !== null && ` by ${appeal.decided_by}`} ${appeal.note !== null && html`“${appeal.note}”`}</dd>`}</dl>
${seen.evidence.length > 0 && findings(`What was seen of ${appeal.member_id}`, seen.evidence, undefined)}
${appeal.state === 'open' && mayDecide && html`<form class="acts-bar" method="post" action="/admin/appeals/${appeal.id}">${parts.NO_ENTER}<div><label for="reason-${appeal.id}">Reason</label><input id="reason-${appeal.id}" name="reason" maxlength="1000"></div><button class="first" name="action" value="grant">Grant: lift it</button><button class="bad" name="action" value="refuse">Refuse</button></form>`}</section>`;
}
