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
import { type Html, html } from '../../mail/html.ts';
import type { Ask } from '../ask.ts';
import { queryOf } from '../send.ts';
import { count, moment } from '../words.ts';
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
        const query = req.query as Query;
        const asked = { ...only(query, FILTER), waits_for: 'review' };
        const queue = await asker(req, res)(queueAnswer, 'get', '/moderation', { query: asked });
        const choices = [
          parts.programChoice(deps),
          { name: 'flag', label: 'Signal' },
          { name: 'member', label: 'Member, on either side' },
        ];
        showPage(req, res, {
          title: 'Held for a look',
          lead: 'A fraud signal spoke, and a person decides. Approve pays the reward out; Reject ends it, and says why.',
          section: '/admin/held',
          live: 10,
          body: html`${parts.filters('/admin/held', query, choices)}${card(deps, query, queue, mayAct(adminOf(res).role, 'moderator'))}`,
        });
      },
    },
  ];
}

function card(deps: Deps, query: Query, queue: Queue, mayDecide: boolean): Html {
  const more = parts.moreOf('/admin/held', query, queue.next_cursor, '/admin/held.csv');
  if (queue.data.length === 0)
    return html`<div class="card">${parts.empty('Nothing is held')}${query.cursor && more}</div>`;
  const stake = queue.at_stake.map(
    ({ program, unit, count: n, amount }) =>
      html`<div class="figure"><dt>${deps.programs.byName(program)?.program.name ?? program}</dt><dd>${parts.amountOf(deps, program, amount, unit)}<small>${count('en', n)} ${n === 1 ? 'reward' : 'rewards'} at stake</small></dd></div>`,
  );
  const back = `/admin/held${queryOf(only(query, FILTER))}`;
  return html`<dl class="figures">${stake}</dl>
<form class="card" method="post" action="/admin/rewards"><input type="hidden" name="back" value="${back}">
${mayDecide && chosenBar(['approve', 'reject'])}
${parts.table('Held rewards', columnsOf(deps, mayDecide), queue.data)}${more}</form>`;
}

function columnsOf(deps: Deps, mayDecide: boolean): parts.Column<Waiting>[] {
  const choose: parts.Column<Waiting> = {
    name: 'Choose',
    of: ({ reward: { id } }) => html`<input type="checkbox" name="ids" value="${id}" aria-label="Choose ${id}">`,
  };
  return [
    ...(mayDecide ? [choose] : []),
    {
      name: 'Reward',
      of: ({ reward }) =>
        html`${parts.rewardLink(reward.id)}<br><strong>${parts.amountOf(deps, reward.program, reward.amount, reward.unit)}</strong><br><span class="soft">${reward.program}, ${parts.plain(reward.rule)}</span>`,
      kind: 'nowrap',
    },
    { name: 'Referrer', of: ({ reward, referrer }) => party(reward.program, referrer), kind: 'long' },
    { name: 'Referee', of: ({ reward, referee }) => party(reward.program, referee), kind: 'long' },
    { name: 'What was seen', of: seenBy, kind: 'long' },
    { name: 'Since', of: ({ reward }) => moment('en', reward.created_at) },
  ];
}

function party(
  program: string,
  { member_id: id, email, name, suspended, referrals, ...rest }: Waiting['referrer'],
): Html {
  const brought = `brought ${count('en', referrals.total)}, of them held ${count('en', referrals.held)}, denied ${count('en', referrals.denied)}`;
  return html`${parts.memberLink(program, id)} ${suspended && parts.badge('suspended')}<br>
<span class="soft">${name !== null && html`${name}<br>`}${email !== null && html`${parts.breakable(email)}<br>`}${rest.first_paid_at === null ? 'has not paid' : 'has paid'}${referrals.total > 0 && html`<br>${brought}`}</span>`;
}

function seenBy({ reward, signals, notes, approvals, approvals_needed: needed }: Waiting): Html {
  return html`${signals.map(({ asked, saw, said }) => html`<strong>${parts.plain(asked.replace(/^signal /, ''))}</strong> ${parts.badge(said, 'warn')}${seen(saw, reward.unit)}`)}
${needed > 1 && html`<p>${parts.badge(`approved by ${approvals.length} of ${needed}`, 'warn')} <span class="soft">${approvals.map(({ actor }) => actor).join(', ')}</span></p>`}
${notes.map(({ note, actor }) => html`<p>“${note}” <span class="soft">${actor ?? ''}</span></p>`)}`;
}
