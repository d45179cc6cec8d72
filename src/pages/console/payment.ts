/**
 * Payments that earned nothing, and one payment: why, who may have referred its payer, and saying who did.
 * Promises: a candidate is shown with what speaks for them; attaching needs a reason and is done by the admin API. Must
 * never: choose a candidate by itself.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { mayAct } from '../../accounts/admin-users.ts';
import { paymentDetail } from '../../http/admin/payment-actions.ts';
import { paymentPage } from '../../http/admin/schemas.ts';
import { adminOf } from '../../http/admin-auth.ts';
import type { Deps } from '../../http/deps.ts';
import { param, type Route } from '../../http/routes.ts';
import { type Html, html } from '../../texts/html.ts';
import { type Translator, translatorOf } from '../../texts/translator.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { seeOther } from '../send.ts';
import { showPage } from './layout.ts';
import * as parts from './parts.ts';
import { meaningOfPayment } from './payment-words.ts';
import { only } from './rewards.ts';

type Asker = (req: Request, res: Response) => Ask;
type Query = Readonly<Record<string, string | undefined>>;
type Detail = z.output<typeof paymentDetail>;

export const PAYMENT_FILTER = ['program', 'source', 'member', 'reason', 'from', 'to', 'limit', 'cursor'];
/** Of these the payer's referrer is not known, and may be named. */
const ATTACHABLE = new Set(['no_referrer', 'unattributed', 'too_late']);

const text = z.string().max(1000).default('');
const posted = z.object({ referrer: text, other: text, reason: text });

export function paymentPageRoutes(deps: Deps, asker: Asker): Route[] {
  const common = { method: 'get', answers: 'text/html', credential: 'admin:read' } as const;
  return [
    {
      ...common,
      path: '/payments',
      summary: 'Payments that earned nothing, and why',
      handle: (req, res) => list(deps, asker, req, res),
    },
    {
      ...common,
      path: '/payments/:id',
      summary: 'A payment, and who may have referred its payer',
      handle: async (req, res) => {
        const t = translatorOf(req);
        const params = { id: param(req, 'id') };
        const payment = await asker(req, res)(paymentDetail, 'get', '/payments/:id', { params });
        showPage(req, res, {
          title: t('payment.one', { id: payment.source_payment_id }),
          lead: t('payment.toldBy', { program: payment.program, source: payment.source }),
          section: '/admin/payments',
          body: body(t, deps, payment, mayAct(adminOf(res).role, 'moderator')),
        });
      },
    },
    {
      ...common,
      method: 'post',
      path: '/payments/:id/attach',
      credential: 'admin:moderate',
      body: 'form',
      summary: 'Says who referred the payer',
      handle: (req, res) => attach(asker, req, res),
    },
  ];
}

async function list(deps: Deps, asker: Asker, req: Request, res: Response): Promise<void> {
  const t = translatorOf(req);
  const query = req.query as Query;
  const asked = { ...only(query, PAYMENT_FILTER), earned: 'false' };
  const page = await asker(req, res)(paymentPage, 'get', '/payments', { query: asked });
  const columns: parts.Column<(typeof page.data)[number]>[] = [
    { name: t('column.payment'), of: (each) => parts.paymentLink(each.id, each.source_payment_id), kind: 'long' },
    { name: t('column.by'), of: (each) => parts.memberLink(t, each.program, each.member_id), kind: 'long' },
    { name: t('column.amount'), of: (each) => amountOf(t, each), kind: 'n' },
    { name: t('payment.why'), of: ({ reason }) => parts.badge(t, reason ?? '') },
    { name: t('column.source'), of: ({ source, program }) => html`${source} <span class="soft">${program}</span>` },
    { name: t('column.paid'), of: ({ paid_at: at }) => (at === null ? '' : t.moment(at)) },
  ];
  const shown =
    page.data.length === 0
      ? parts.empty(t('payment.none'), t('payment.noneMore'))
      : parts.table(t('column.payments'), columns, page.data);
  const choices = [
    parts.programChoice(t, deps),
    { name: 'reason', label: t('payment.reasonCode') },
    { name: 'source', label: t('column.source') },
    { name: 'member', label: t('column.member') },
  ];
  showPage(req, res, {
    title: t('payment.title'),
    lead: t('payment.lead'),
    section: '/admin/payments',
    live: 30,
    body: html`${parts.filters(t, '/admin/payments', query, choices)}<div class="card">${shown}${parts.moreOf(t, '/admin/payments', query, page.next_cursor, '/admin/payments.csv')}</div>`,
  });
}

const amountOf = (t: Translator, { amount, currency }: Pick<Detail, 'amount' | 'currency'>): string =>
  amount === null || currency === null ? '–' : t.amount(amount, currency);

function body(t: Translator, deps: Deps, payment: Detail, mayDecide: boolean): Html {
  const { reason } = payment;
  const isOpen = reason !== null && ATTACHABLE.has(reason);
  const facts: (readonly [string, Html | string] | false)[] = [
    [t('column.by'), parts.memberLink(t, payment.program, payment.member_id)],
    payment.kind !== null && [t('payment.kind'), t.word(payment.kind)],
    [t('column.paid'), payment.paid_at === null ? t('payment.notKnown') : t.moment(payment.paid_at)],
    [t('payment.told'), t.moment(payment.created_at)],
    [t('payment.mode'), t.word(payment.mode)],
    [t('payment.ownId'), html`<code>${payment.id}</code>`],
  ];
  return html`<div class="grid"><section class="card" aria-labelledby="now"><h2 id="now" class="hidden-text">${t('reward.asItStands')}</h2>
<p class="sum">${amountOf(t, payment)}</p><p>${reason === null ? parts.badge(t, 'earned', 'good') : parts.badge(t, reason)}</p>
<p>${meaningOfPayment(t, reason)}</p></section>
<section class="card"><h2>${t('reward.facts')}</h2><dl class="facts">${facts.filter((each) => each !== false).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section></div>
${payment.rewards.length > 0 && html`<section class="card"><h2>${t('payment.earnedWhat')}</h2>${parts.rewardsTable(t, deps, payment.rewards)}</section>`}
${isOpen && html`<section class="card" aria-labelledby="who"><h2 id="who">${t('payment.who')}</h2>${candidates(t, payment, mayDecide)}</section>`}`;
}

function candidates(t: Translator, payment: Detail, mayDecide: boolean): Html {
  const columns: parts.Column<Detail['candidates'][number]>[] = [
    { name: t('column.member'), of: (each) => parts.memberLink(t, payment.program, each.member_id), kind: 'long' },
    { name: t('column.code'), of: ({ code }) => html`<code>${code}</code>` },
    {
      name: t('payment.speaks'),
      of: ({ why, saw }) =>
        html`${t.word(why)}${saw !== null && html` <span class="soft">${t('payment.codeCame', { code: html`<code>${saw}</code>` })}</span>`}`,
      kind: 'long',
    },
    { name: t('column.when'), of: ({ at }) => (at === null ? '' : t.moment(at)) },
    ...(mayDecide
      ? [
          {
            name: t('payment.saySo'),
            of: ({ member_id: id }: Detail['candidates'][number]) =>
              html`<button name="referrer" value="${id}" aria-label="${t('payment.attachTo', { id })}">${t('payment.attach')}</button>`,
          },
        ]
      : []),
  ];
  const known =
    payment.candidates.length === 0
      ? parts.empty(t('payment.nobody'), t('payment.nobodyMore'))
      : parts.fileTable(t, t('payment.candidates'), columns, payment.candidates);
  if (!mayDecide) return known;
  return html`<form method="post" action="/admin/payments/${payment.id}/attach">${parts.NO_ENTER}
<div class="field"><label for="reason">${t('column.reason')} <span class="soft">${t('payment.reasonNeeded')}</span></label><input id="reason" name="reason" required maxlength="1000"></div>
${known}<div class="acts-bar"><div><label for="other">${t('payment.other')}</label><input id="other" name="other" maxlength="255"></div><button>${t('payment.attachThem')}</button></div></form>`;
}

async function attach(asker: Asker, req: Request, res: Response): Promise<void> {
  const id = param(req, 'id');
  const { referrer, other, reason } = posted.parse(req.body ?? {});
  const ask = asker(req, res);
  const say = (who: object) =>
    refusalOf(() =>
      ask(paymentDetail, 'post', '/payments/:id/attach', { params: { id }, body: { ...who, reason: reason.trim() } }),
    );
  const named = referrer || other.trim();
  let refused = await say({ referrer: named });
  // What is no member's id may be a code.
  if (refused?.code === 'unknown_member' && referrer === '') refused = await say({ code: named });
  seeOther(res, `/admin/payments/${encodeURIComponent(id)}`, refused ? { code: refused.code } : { done: 'attached' });
}
