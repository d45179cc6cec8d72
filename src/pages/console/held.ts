/**
 * The moderation queue: what fraud signals hold, longest first, with all that a decision needs in one place.
 * Promises: both people, what each signal saw, what others wrote and approved, and the money at stake of all that the
 * filter names. Must never: decide anything but what was chosen.
 */
import type { Request, Response } from 'express';
import type * as z from 'zod';
import { mayAct } from '../../accounts/admin-users.ts';
import { queueAnswer } from '../../http/admin/moderation.ts';
import { adminOf } from '../../http/admin-auth.ts';
import type { Deps } from '../../http/deps.ts';
import type { Route } from '../../http/routes.ts';
import { type Html, html } from '../../texts/html.ts';
import { plain, type Translator, translatorOf } from '../../texts/translator.ts';
import type { Ask } from '../ask.ts';
import { queryOf } from '../send.ts';
import { seen } from './findings.ts';
import { showPage } from './layout.ts';
import * as parts from './parts.ts';
import { chosenBar, only } from './rewards.ts';

type Queue = z.output<typeof queueAnswer>;
type Waiting = Queue['data'][number];
type Query = Readonly<Record<string, string | undefined>>;

const FILTER = ['program', 'flag', 'member', 'from', 'to', 'limit', 'cursor'];

export function heldRoutes(deps: Deps, asker: (req: Request, res: Response) => Ask): Route[] {
  return [
    {
      method: 'get',
      path: '/held',
      credential: 'admin:read',
      answers: 'text/html',
      summary: 'The moderation queue',
      handle: async (req, res) => {
        const t = translatorOf(req);
        const query = req.query as Query;
        const asked = { ...only(query, FILTER), waits_for: 'review' };
        const queue = await asker(req, res)(queueAnswer, 'get', '/moderation', { query: asked });
        const choices = [
          parts.programChoice(t, deps),
          { name: 'flag', label: t('held.signal') },
          { name: 'member', label: t('held.either') },
        ];
        showPage(req, res, {
          title: t('held.title'),
          lead: t('held.lead'),
          section: '/admin/held',
          live: 10,
          body: html`${parts.filters(t, '/admin/held', query, choices)}${card(t, deps, query, queue, mayAct(adminOf(res).role, 'moderator'))}`,
        });
      },
    },
  ];
}

function card(t: Translator, deps: Deps, query: Query, queue: Queue, mayDecide: boolean): Html {
  const more = parts.moreOf(t, '/admin/held', query, queue.next_cursor, '/admin/held.csv');
  if (queue.data.length === 0)
    return html`<div class="card">${parts.empty(t('held.none'))}${query.cursor && more}</div>`;
  const stake = queue.at_stake.map(
    ({ program, unit, count: n, amount }) =>
      html`<div class="figure"><dt>${deps.programs.byName(program)?.program.name ?? program}</dt><dd>${parts.amountOf(t, deps, program, amount, unit)}<small>${t('held.atStake', { n })}</small></dd></div>`,
  );
  const back = `/admin/held${queryOf(only(query, FILTER))}`;
  return html`<dl class="figures">${stake}</dl>
<form class="card" method="post" action="/admin/rewards"><input type="hidden" name="back" value="${back}">
${mayDecide && chosenBar(t, ['approve', 'reject'])}
${parts.table(t('held.rewards'), columnsOf(t, deps, mayDecide), queue.data)}${more}</form>`;
}

function columnsOf(t: Translator, deps: Deps, mayDecide: boolean): parts.Column<Waiting>[] {
  const choose: parts.Column<Waiting> = {
    name: t('column.choose'),
    of: ({ reward: { id } }) =>
      html`<input type="checkbox" name="ids" value="${id}" aria-label="${t('rewards.choose', { id })}">`,
  };
  return [
    ...(mayDecide ? [choose] : []),
    {
      name: t('column.reward'),
      of: ({ reward }) =>
        html`${parts.rewardLink(reward.id)}<br><strong>${parts.amountOf(t, deps, reward.program, reward.amount, reward.unit)}</strong><br><span class="soft">${reward.program}, ${plain(reward.rule)}</span>`,
      kind: 'nowrap',
    },
    { name: t('column.referrer'), of: ({ reward, referrer }) => party(t, reward.program, referrer), kind: 'long' },
    { name: t('column.referee'), of: ({ reward, referee }) => party(t, reward.program, referee), kind: 'long' },
    { name: t('held.seen'), of: (each) => seenBy(t, each), kind: 'long' },
    { name: t('column.since'), of: ({ reward }) => t.moment(reward.created_at) },
  ];
}

function party(
  t: Translator,
  program: string,
  { member_id: id, email, name, suspended, referrals, ...rest }: Waiting['referrer'],
): Html {
  const { total: n, held, denied } = referrals;
  const brought = t('held.brought', { n, held, denied });
  return html`${parts.memberLink(t, program, id)} ${suspended && parts.badge(t, 'suspended')}<br>
<span class="soft">${name !== null && html`${name}<br>`}${email !== null && html`${parts.breakable(email)}<br>`}${t(rest.first_paid_at === null ? 'held.notPaid' : 'held.paid')}${n > 0 && html`<br>${brought}`}</span>`;
}

function seenBy(t: Translator, { reward, signals, notes, approvals, approvals_needed: needed }: Waiting): Html {
  return html`${signals.map(({ asked, saw, said }) => html`<strong>${t.word(asked.replace(/^signal /, ''))}</strong> ${parts.badge(t, said, 'warn')}${seen(t, saw, reward.unit)}`)}
${needed > 1 && html`<p>${parts.badge(t, t('held.approvedBy', { n: approvals.length, needed }), 'warn')} <span class="soft">${t.list(approvals.map(({ actor }) => parts.actorOf(t, actor)))}</span></p>`}
${notes.map(({ note, actor }) => html`<p>${t('quoted', { text: note })} <span class="soft">${actor !== null && parts.actorOf(t, actor)}</span></p>`)}`;
}
