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
import { type Html, html } from '../../texts/html.ts';
import { plain, type Translator, translatorOf } from '../../texts/translator.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { seeOther } from '../send.ts';
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
        const t = translatorOf(req);
        const params = { id: param(req, 'id') };
        const reward = await asker(req, res)(adminRewardDetail, 'get', '/rewards/:id', { params });
        showPage(req, res, {
          title: t('reward.one', { id: reward.id }),
          lead: t('reward.lead', {
            program: deps.programs.byName(reward.program)?.program.name ?? reward.program,
            rule: plain(reward.rule),
            version: reward.program_version,
          }),
          section: '/admin/rewards',
          live: 10,
          body: body(t, deps, reward, mayAct(adminOf(res).role, 'moderator')),
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

function body(t: Translator, deps: Deps, reward: Detail, mayDecide: boolean): Html {
  const amount = (value: number) => parts.amountOf(t, deps, reward.program, value, reward.unit);
  return html`<div class="grid">
<section class="card" aria-labelledby="now"><h2 id="now" class="hidden-text">${t('reward.asItStands')}</h2>
<p class="sum">${amount(reward.amount)}</p>
<p class="row">${parts.rewardState(t, reward)}${reward.flags.map((flag) => parts.badge(t, flag, 'warn'))}</p>
<p>${meaningOf(t, reward)}</p>
${reward.reversed_amount > 0 && html`<p>${t('reward.takenBack', { amount: amount(reward.reversed_amount) })}</p>`}
${reward.forfeited_amount > 0 && html`<p>${t('reward.forfeited', { amount: amount(reward.forfeited_amount) })}</p>`}
${reward.approvals.length > 0 && html`<p>${t('reward.approvedBy', { people: t.list(reward.approvals.map(({ actor, at }) => html`<strong>${parts.actorOf(t, actor)}</strong> (${t.moment(at)})`)) })}${reward.status === 'pending' && ` ${t('reward.oneMore')}`}</p>`}
${mayDecide && actions(t, reward)}</section>
<section class="card" aria-labelledby="facts"><h2 id="facts">${t('reward.facts')}</h2>${facts(t, reward)}</section></div>
<section class="card" aria-labelledby="why"><h2 id="why">${t('reward.why')}</h2>${why(t, reward)}</section>
<section class="card" aria-labelledby="tries"><h2 id="tries">${t('reward.deliveries')}</h2>${attempts(t, reward)}</section>
<div class="grid"><section class="card" aria-labelledby="ledger"><h2 id="ledger">${t('reward.entries')}</h2>${entries(t, deps, reward)}</section>
<section class="card" aria-labelledby="history"><h2 id="history">${t('reward.history')}</h2>${history(t, reward, amount)}${mayDecide && noteForm(t, reward)}</section></div>`;
}

function actions(t: Translator, reward: Detail): Html | undefined {
  const may = actionsOf(reward);
  if (may.length === 0) return undefined;
  const isUnknown = reward.status === 'failed' && reward.outcome === 'unknown';
  return html`<form method="post" action="/admin/rewards">${parts.NO_ENTER}<input type="hidden" name="ids" value="${reward.id}"><input type="hidden" name="back" value="/admin/rewards/${reward.id}">
<div class="field"><label for="reason">${t('column.reason')} <span class="soft">${t(may.includes('approve') ? 'rewards.neededToReject' : 'reward.needed')}</span></label><input id="reason" name="reason" maxlength="1000"></div>
${isUnknown && html`<div class="field"><label class="row"><input type="checkbox" name="confirm_absent"> ${t('reward.looked')}</label></div>`}
<div class="row">${may.map((each) => html`<button name="action" value="${each}" class="${each === 'approve' ? 'first' : 'bad'}">${t(`act.${each}`)}</button>`)}</div></form>`;
}

function noteForm(t: Translator, { id }: Detail): Html {
  return html`<form class="acts-bar" method="post" action="/admin/rewards/${id}/note"><div><label for="note">${t('reward.note')}</label><input id="note" name="note" required maxlength="5000"></div><button>${t('reward.addNote')}</button></form>`;
}

function facts(t: Translator, reward: Detail): Html {
  const person = (id: string) => parts.memberLink(t, reward.program, id);
  const lines: (readonly [string, Html | string] | false)[] = [
    [t('column.for'), html`${person(reward.member_id)} <span class="soft">(${t(`reward.the.${reward.to}`)})</span>`],
    [t('column.referrer'), person(reward.referrer_id)],
    [t('column.referee'), person(reward.referee_id)],
    reward.base !== null && [
      t('reward.share'),
      t('reward.rateOf', {
        rate: reward.rate === null ? '' : t.rate(reward.rate),
        base: reward.base.currency === null ? reward.base.amount : t.amount(reward.base.amount, reward.base.currency),
      }),
    ],
    reward.source_payment_id !== null && [
      t('column.payment'),
      html`<code>${reward.source_payment_id}</code> <span class="soft">${reward.source ?? ''}</span>`,
    ],
    [t('column.made'), t.moment(reward.created_at)],
    reward.credited_at !== null && [t('column.credited'), t.moment(reward.credited_at)],
    reward.vests_at !== null && [t('reward.usableFrom'), t.moment(reward.vests_at)],
    reward.expires_at !== null && [t('reward.expires'), t.moment(reward.expires_at)],
    [t('reward.key'), html`<code>${reward.idempotency_key}</code>`],
  ];
  const shown = lines.filter((line) => line !== false);
  return html`<dl class="facts">${shown.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function why(t: Translator, { explain, unit }: Detail): Html {
  if (explain.length === 0) return parts.empty(t('reward.notAsked'), t('reward.notAskedMore'));
  return findings(t, t('reward.asked'), explain, unit);
}

function attempts(t: Translator, { attempts: tries }: Detail): Html {
  if (tries.length === 0) return parts.empty(t('reward.notSent'), t('reward.notSentMore'));
  return parts.fileTable(
    t,
    t('reward.tries'),
    [
      { name: t('column.at'), of: ({ at }) => t.moment(at) },
      { name: t('column.what'), of: ({ kind, action, no }) => t(`reward.try.${action}`, { kind: t.word(kind), no }) },
      {
        name: t('reward.cameOf'),
        of: ({ outcome, status }) => html`${parts.badge(t, outcome)} ${status ?? ''}`,
        kind: 'nowrap',
      },
      { name: t('reward.answer'), of: ({ detail, reference }) => detail ?? reference ?? '', kind: 'long' },
      { name: t('reward.took'), of: ({ duration_ms: ms }) => t.duration(ms), kind: 'n' },
    ],
    tries,
  );
}

function entries(t: Translator, deps: Deps, { program, entries: lines }: Detail): Html {
  if (lines.length === 0) return parts.empty(t('reward.notBooked'));
  return parts.fileTable(
    t,
    t('reward.entries'),
    [
      { name: t('column.at'), of: ({ at }) => t.moment(at) },
      { name: t('column.what'), of: ({ kind }) => t.word(kind) },
      {
        name: t('column.account'),
        of: ({ account, member_id }) =>
          html`${t.word(account)} <span class="soft">${member_id ?? t('reward.ofProgram')}</span>`,
      },
      { name: t('column.amount'), of: ({ amount, unit }) => parts.amountOf(t, deps, program, amount, unit), kind: 'n' },
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

function history(t: Translator, { history: steps }: Detail, amount: (value: number) => string): Html {
  return html`<ol class="steps">${steps.map(
    (
      step,
    ) => html`<li class="${TONES[step.status] ?? ''}"><strong>${t.word(step.status)}</strong> ${step.reason !== null && html`<span class="soft">${t.word(step.reason)}</span> `}${step.outcome !== null && step.outcome !== step.reason && html`<span class="soft">${t.word(step.outcome)}</span> `}${amount(step.amount)}<br>
<span class="soft">${step.actor === null ? t.moment(step.at) : t('atBy', { at: t.moment(step.at), actor: parts.actorOf(t, step.actor) })}${step.event_id !== null && html`, ${parts.eventLink(step.event_id)}`}</span>${step.note !== null && html`<br>${t('quoted', { text: step.note })}`}</li>`,
  )}</ol>`;
}
