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
import { type Html, html } from '../../mail/html.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { seeOther } from '../send.ts';
import { amountIn, moment } from '../words.ts';
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
        const params = { id: param(req, 'id') };
        const payment = await asker(req, res)(paymentDetail, 'get', '/payments/:id', { params });
        showPage(req, res, {
          title: `Payment ${payment.source_payment_id}`,
          lead: html`${payment.program}, told by ${payment.source}`,
          section: '/admin/payments',
          body: body(deps, payment, mayAct(adminOf(res).role, 'moderator')),
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
  const query = req.query as Query;
  const asked = { ...only(query, PAYMENT_FILTER), earned: 'false' };
  const page = await asker(req, res)(paymentPage, 'get', '/payments', { query: asked });
  const columns: parts.Column<(typeof page.data)[number]>[] = [
    { name: 'Payment', of: (each) => parts.paymentLink(each.id, each.source_payment_id), kind: 'long' },
    { name: 'By', of: (each) => parts.memberLink(each.program, each.member_id), kind: 'long' },
    { name: 'Amount', of: amountOf, kind: 'n' },
    { name: 'Why nothing', of: ({ reason }) => parts.badge(reason ?? '') },
    { name: 'Source', of: ({ source, program }) => html`${source} <span class="soft">${program}</span>` },
    { name: 'Paid', of: ({ paid_at: at }) => (at === null ? '' : moment('en', at)) },
  ];
  const shown =
    page.data.length === 0
      ? parts.empty('No payment fits', 'Every payment of this choice earned something.')
      : parts.table('Payments', columns, page.data);
  const choices = [
    parts.programChoice(deps),
    { name: 'reason', label: 'Reason' },
    { name: 'source', label: 'Source' },
    { name: 'member', label: 'Member' },
  ];
  showPage(req, res, {
    title: 'Unearned payments',
    lead: 'Payments that nobody was rewarded for, each with its reason. Open one to say who referred its payer.',
    section: '/admin/payments',
    live: 30,
    body: html`${parts.filters('/admin/payments', query, choices)}<div class="card">${shown}${parts.moreOf('/admin/payments', query, page.next_cursor, '/admin/payments.csv')}</div>`,
  });
}

const amountOf = ({ amount, currency }: Pick<Detail, 'amount' | 'currency'>): string =>
  amount === null || currency === null ? '–' : amountIn('en', amount, currency);

function body(deps: Deps, payment: Detail, mayDecide: boolean): Html {
  const { reason } = payment;
  const isOpen = reason !== null && ATTACHABLE.has(reason);
  const facts: (readonly [string, Html | string] | false)[] = [
    ['By', parts.memberLink(payment.program, payment.member_id)],
    payment.kind !== null && ['Kind', parts.plain(payment.kind)],
    ['Paid', payment.paid_at === null ? 'not known' : moment('en', payment.paid_at)],
    ['Told', moment('en', payment.created_at)],
    ['Mode', payment.mode],
    ['Its id here', html`<code>${payment.id}</code>`],
  ];
  return html`<div class="grid"><section class="card" aria-labelledby="now"><h2 id="now" class="hidden-text">As it stands</h2>
<p class="sum">${amountOf(payment)}</p><p>${reason === null ? parts.badge('earned', 'good') : parts.badge(reason)}</p>
<p>${meaningOfPayment(reason)}</p></section>
<section class="card"><h2>What happened</h2><dl class="facts">${facts.filter((each) => each !== false).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section></div>
${payment.rewards.length > 0 && html`<section class="card"><h2>What it earned</h2>${parts.rewardsTable(deps, payment.rewards)}</section>`}
${isOpen && html`<section class="card" aria-labelledby="who"><h2 id="who">Who may have referred the payer</h2>${candidates(payment, mayDecide)}</section>`}`;
}

function candidates(payment: Detail, mayDecide: boolean): Html {
  const columns: parts.Column<Detail['candidates'][number]>[] = [
    { name: 'Member', of: (each) => parts.memberLink(payment.program, each.member_id), kind: 'long' },
    { name: 'Code', of: ({ code }) => html`<code>${code}</code>` },
    {
      name: 'What speaks for them',
      of: ({ why, saw }) =>
        html`${parts.plain(why)}${saw !== null && html` <span class="soft">the code that came was</span> <code>${saw}</code>`}`,
      kind: 'long',
    },
    { name: 'When', of: ({ at }) => (at === null ? '' : moment('en', at)) },
    ...(mayDecide
      ? [
          {
            name: 'Say so',
            of: ({ member_id: id }: Detail['candidates'][number]) =>
              html`<button name="referrer" value="${id}" aria-label="Attach to ${id}">Attach</button>`,
          },
        ]
      : []),
  ];
  const known =
    payment.candidates.length === 0
      ? parts.empty('Nobody is likely', 'No code came along with the payer, and nobody invited the address.')
      : parts.fileTable('Candidates', columns, payment.candidates);
  if (!mayDecide) return known;
  return html`<form method="post" action="/admin/payments/${payment.id}/attach">${parts.NO_ENTER}
<div class="field"><label for="reason">Reason <span class="soft">(needed; it stays in the audit log)</span></label><input id="reason" name="reason" required maxlength="1000"></div>
${known}<div class="acts-bar"><div><label for="other">Somebody else: a member id or a code</label><input id="other" name="other" maxlength="255"></div><button>Attach to them</button></div></form>`;
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
