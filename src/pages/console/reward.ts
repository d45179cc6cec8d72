/**
 * One reward, which explains itself: what happened, which rules and signals were asked and what each saw, how it was
 * delivered, what stands in the ledger, and its history.
 * Promises: everything is as it was stored when it was decided. Must never: offer what its state does not allow.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { mayAct } from '../../accounts/admin-users.ts';
import { adminRewardDetail } from '../../http/admin/schemas.ts';
import { adminOf } from '../../http/admin-auth.ts';
import type { Deps } from '../../http/deps.ts';
import { param, type Route } from '../../http/routes.ts';
import { type Html, html } from '../../mail/html.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { seeOther } from '../send.ts';
import { amountIn, moment } from '../words.ts';
import { findings } from './findings.ts';
import { showPage } from './layout.ts';
import * as parts from './parts.ts';
import { actionsOf, meaningOf } from './reward-words.ts';

const noteBody = z.object({ note: z.string().max(5000).default('') });

type Detail = z.output<typeof adminRewardDetail>;

export function rewardPageRoutes(deps: Deps, asker: (req: Request, res: Response) => Ask): Route[] {
  return [
    {
      method: 'get',
      path: '/rewards/:id',
      credential: 'admin:read',
      answers: 'text/html',
      summary: 'A reward, and why it is what it is',
      handle: async (req, res) => {
        const params = { id: param(req, 'id') };
        const reward = await asker(req, res)(adminRewardDetail, 'get', '/rewards/:id', { params });
        showPage(req, res, {
          title: `Reward ${reward.id}`,
          lead: html`${deps.programs.byName(reward.program)?.program.name ?? reward.program} · ${parts.plain(reward.rule)} · version ${reward.program_version} of the program`,
          section: '/admin/rewards',
          live: 10,
          body: body(deps, reward, mayAct(adminOf(res).role, 'moderator')),
        });
      },
    },
    {
      method: 'post',
      path: '/rewards/:id/note',
      credential: 'admin:moderate',
      answers: 'text/html',
      body: 'form',
      summary: 'Adds a note to a reward; it decides nothing',
      handle: async (req, res) => {
        const id = param(req, 'id');
        const { note } = noteBody.parse(req.body ?? {});
        const ask = asker(req, res);
        const question = { params: { id }, body: { note } };
        const refused = await refusalOf(() => ask(adminRewardDetail, 'post', '/rewards/:id/notes', question));
        seeOther(res, `/admin/rewards/${encodeURIComponent(id)}`, refused ? { code: refused.code } : { done: 'saved' });
      },
    },
  ];
}

function body(deps: Deps, reward: Detail, mayDecide: boolean): Html {
  const amount = (value: number) => parts.amountOf(deps, reward.program, value, reward.unit);
  return html`<div class="grid">
<section class="card" aria-labelledby="now"><h2 id="now" class="hidden-text">As it stands</h2>
<p class="sum">${amount(reward.amount)}</p>
<p class="row">${parts.rewardState(reward)}${reward.flags.map((flag) => parts.badge(flag, 'warn'))}</p>
<p>${meaningOf(reward)}</p>
${reward.reversed_amount > 0 && html`<p>Taken back: ${amount(reward.reversed_amount)}.</p>`}
${reward.forfeited_amount > 0 && html`<p>Forfeited: ${amount(reward.forfeited_amount)}.</p>`}
${reward.approvals.length > 0 && html`<p>Approved by ${reward.approvals.map(({ actor, at }, n) => html`${n > 0 && ', '}<strong>${actor}</strong> (${moment('en', at)})`)}.${reward.status === 'pending' && ' Somebody else has to approve it, too.'}</p>`}
${mayDecide && actions(reward)}</section>
<section class="card" aria-labelledby="facts"><h2 id="facts">What happened</h2>${facts(reward)}</section></div>
<section class="card" aria-labelledby="why"><h2 id="why">Why: what was asked, and what each saw</h2>${why(reward)}</section>
<section class="card" aria-labelledby="tries"><h2 id="tries">Deliveries</h2>${attempts(reward)}</section>
<div class="grid"><section class="card" aria-labelledby="ledger"><h2 id="ledger">Ledger entries</h2>${entries(deps, reward)}</section>
<section class="card" aria-labelledby="history"><h2 id="history">History</h2>${history(reward, amount)}${mayDecide && noteForm(reward)}</section></div>`;
}

function actions(reward: Detail): Html | undefined {
  const may = actionsOf(reward);
  if (may.length === 0) return undefined;
  const isUnknown = reward.status === 'failed' && reward.outcome === 'unknown';
  const button = { approve: 'Approve', reject: 'Reject', reverse: 'Take back' };
  return html`<form method="post" action="/admin/rewards">${parts.NO_ENTER}<input type="hidden" name="ids" value="${reward.id}"><input type="hidden" name="back" value="/admin/rewards/${reward.id}">
<div class="field"><label for="reason">Reason <span class="soft">${may.includes('approve') ? '(needed to reject)' : '(needed)'}</span></label><input id="reason" name="reason" maxlength="1000"></div>
${isUnknown && html`<div class="field"><label class="row"><input type="checkbox" name="confirm_absent"> I looked: the billing system does not have it (needed to reject)</label></div>`}
<div class="row">${may.map((each) => html`<button name="action" value="${each}" class="${each === 'approve' ? 'first' : 'bad'}">${button[each]}</button>`)}</div></form>`;
}

function noteForm({ id }: Detail): Html {
  return html`<form class="acts-bar" method="post" action="/admin/rewards/${id}/note"><div><label for="note">A note for whoever looks next</label><input id="note" name="note" required maxlength="5000"></div><button>Add it</button></form>`;
}

function facts(reward: Detail): Html {
  const person = (id: string) => parts.memberLink(reward.program, id);
  const lines: (readonly [string, Html | string] | false)[] = [
    ['For', html`${person(reward.member_id)} <span class="soft">(the ${reward.to})</span>`],
    ['Referrer', person(reward.referrer_id)],
    ['Referee', person(reward.referee_id)],
    reward.base !== null && [
      'Share',
      html`${reward.rate ?? ''} of ${reward.base.currency === null ? reward.base.amount : amountIn('en', reward.base.amount, reward.base.currency)}`,
    ],
    reward.source_payment_id !== null && [
      'Payment',
      html`<code>${reward.source_payment_id}</code> <span class="soft">${reward.source ?? ''}</span>`,
    ],
    ['Made', moment('en', reward.created_at)],
    reward.credited_at !== null && ['Credited', moment('en', reward.credited_at)],
    reward.vests_at !== null && ['Usable from', moment('en', reward.vests_at)],
    reward.expires_at !== null && ['Expires', moment('en', reward.expires_at)],
    ['Key', html`<code>${reward.idempotency_key}</code>`],
  ];
  const shown = lines.filter((line) => line !== false);
  return html`<dl class="facts">${shown.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function why({ explain, unit }: Detail): Html {
  if (explain.length === 0) return parts.empty('Nothing was asked', 'The reward was made by hand.');
  return findings('What was asked', explain, unit);
}

function attempts({ attempts: tries }: Detail): Html {
  if (tries.length === 0) return parts.empty('Nothing was sent', 'The balance is kept here, or the time has not come.');
  return parts.fileTable(
    'Tries of the delivery',
    [
      { name: 'At', of: ({ at }) => moment('en', at) },
      { name: 'What', of: ({ kind, action, no }) => `${kind}: ${action === 'send' ? 'sent' : 'looked up'}, try ${no}` },
      {
        name: 'Came of it',
        of: ({ outcome, status }) => html`${parts.badge(outcome)} ${status ?? ''}`,
        kind: 'nowrap',
      },
      { name: 'Said', of: ({ detail, reference }) => detail ?? reference ?? '', kind: 'long' },
      { name: 'Took', of: ({ duration_ms: ms }) => `${ms} ms`, kind: 'n' },
    ],
    tries,
  );
}

function entries(deps: Deps, { program, entries: lines }: Detail): Html {
  if (lines.length === 0) return parts.empty('Nothing is booked yet');
  return parts.fileTable(
    'Ledger entries',
    [
      { name: 'At', of: ({ at }) => moment('en', at) },
      { name: 'What', of: ({ kind }) => kind },
      {
        name: 'Account',
        of: ({ account, member_id }) => html`${account} <span class="soft">${member_id ?? 'program'}</span>`,
      },
      { name: 'Amount', of: ({ amount, unit }) => parts.amountOf(deps, program, amount, unit), kind: 'n' },
    ],
    lines,
  );
}

const TONES: Readonly<Record<string, string>> = {
  credited: 'good',
  failed: 'bad',
  reversed: 'bad',
  rejected: 'bad',
  pending: 'warn',
};

function history({ history: steps }: Detail, amount: (value: number) => string): Html {
  return html`<ol class="steps">${steps.map(
    (
      step,
    ) => html`<li class="${TONES[step.status] ?? ''}"><strong>${step.status}</strong> ${step.reason !== null && html`<span class="soft">${parts.plain(step.reason)}</span> `}${step.outcome !== null && step.outcome !== step.reason && html`<span class="soft">${step.outcome}</span> `}${amount(step.amount)}<br>
<span class="soft">${moment('en', step.at)}${step.actor !== null && html` by ${step.actor}`}${step.event_id !== null && html`, ${parts.eventLink(step.event_id)}`}</span>${step.note !== null && html`<br>“${step.note}”`}</li>`,
  )}</ol>`;
}
