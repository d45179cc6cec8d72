/**
 * The inbox: everything that was ever said to us, with the raw body, what became of it and what it caused.
 * Promises: what could not be handled stands out and can be handled again. Must never: show a body as markup.
 */
import type { Request, Response } from 'express';
import type * as z from 'zod';
import { mayAct } from '../../accounts/admin-users.ts';
import { EVENT_STATES } from '../../http/admin/events.sql.ts';
import { inboxEventDetail, inboxEventPage } from '../../http/admin/schemas.ts';
import { adminOf } from '../../http/admin-auth.ts';
import type { Deps } from '../../http/deps.ts';
import { param, type Route } from '../../http/routes.ts';
import { type Html, html } from '../../texts/html.ts';
import { type Translator, translatorOf } from '../../texts/translator.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { seeOther } from '../send.ts';
import { showPage } from './layout.ts';
import * as parts from './parts.ts';
import { only } from './rewards.ts';

type Detail = z.output<typeof inboxEventDetail>;
type Item = z.output<typeof inboxEventPage>['data'][number];

export function eventPageRoutes(deps: Deps, asker: (req: Request, res: Response) => Ask): Route[] {
  const common = { answers: 'text/html', credential: 'admin:read' } as const;
  return [
    {
      ...common,
      method: 'get',
      path: '/events',
      summary: 'The inbox',
      handle: async (req, res) => {
        const t = translatorOf(req);
        const query = req.query as Record<string, string | undefined>;
        const filter = only(query, ['program', 'source', 'type', 'state', 'from', 'to', 'limit', 'cursor']);
        const page = await asker(req, res)(inboxEventPage, 'get', '/events', { query: filter });
        const choices = [
          parts.programChoice(t, deps),
          { name: 'state', label: t('column.state'), options: EVENT_STATES, shown: t.word },
          { name: 'source', label: t('column.source') },
          { name: 'type', label: t('column.type') },
        ];
        const list =
          page.data.length === 0
            ? parts.empty(t('events.none'), t('events.noneMore'))
            : parts.table(t('nav.events'), columnsOf(t), page.data);
        showPage(req, res, {
          title: t('nav.events'),
          lead: t('events.lead'),
          section: '/admin/events',
          live: 10,
          body: html`${parts.filters(t, '/admin/events', query, choices)}<div class="card">${list}${parts.moreOf(t, '/admin/events', query, page.next_cursor, '/admin/events.csv')}</div>`,
        });
      },
    },
    {
      ...common,
      method: 'get',
      path: '/events/:id',
      summary: 'An event, its raw body, and what it caused',
      handle: async (req, res) => {
        const t = translatorOf(req);
        const params = { id: param(req, 'id') };
        const event = await asker(req, res)(inboxEventDetail, 'get', '/events/:id', { params });
        const mayReplay = event.body !== null && mayAct(adminOf(res).role, 'owner');
        showPage(req, res, {
          title: t('events.one', { id: event.id }),
          lead: t('events.fromTo', { type: event.type, source: event.source, program: event.program }),
          section: '/admin/events',
          acts: mayReplay
            ? html`<form method="post" action="/admin/events/${event.id}/replay"><button>${t('events.replay')}</button></form>`
            : html``,
          body: body(t, deps, event),
        });
      },
    },
    {
      ...common,
      method: 'post',
      path: '/events/:id/replay',
      credential: 'admin',
      summary: 'Has an event handled again',
      handle: async (req, res) => {
        const id = param(req, 'id');
        const ask = asker(req, res);
        const refused = await refusalOf(() => ask(inboxEventDetail, 'post', '/events/:id/replay', { params: { id } }));
        seeOther(res, `/admin/events/${encodeURIComponent(id)}`, refused ? { code: refused.code } : { done: 'replay' });
      },
    },
  ];
}

const columnsOf = (t: Translator): readonly parts.Column<Item>[] => [
  { name: t('column.event'), of: ({ id }) => parts.eventLink(id), kind: 'nowrap' },
  { name: t('column.type'), of: ({ type }) => type, kind: 'long' },
  { name: t('column.source'), of: ({ program, source }) => html`${source} <span class="soft">${program}</span>` },
  {
    name: t('column.state'),
    of: ({ state, reason }) =>
      html`${parts.badge(t, state)} ${reason !== null && html`<span class="soft">${whyOf(t, reason)}</span>`}`,
    kind: 'long',
  },
  { name: t('events.received'), of: ({ received_at }) => t.moment(received_at) },
];

function body(t: Translator, deps: Deps, event: Detail): Html {
  const { caused } = event;
  const amount = (value: number, unit: string) => parts.amountOf(t, deps, event.program, value, unit);
  const rewards = parts.rewardsTable(t, deps, caused.rewards);
  const payments = parts.table(
    t('column.payments'),
    [
      { name: t('column.payment'), of: (each) => parts.paymentLink(each.id, each.source_payment_id), kind: 'long' },
      { name: t('column.by'), of: (each) => parts.memberLink(t, each.program, each.member_id), kind: 'long' },
      {
        name: t('column.amount'),
        of: (each) => (each.amount === null || each.currency === null ? '–' : t.amount(each.amount, each.currency)),
        kind: 'n',
      },
      {
        name: t('column.earned'),
        of: (each) => (each.reason === null ? parts.badge(t, 'yes', 'good') : parts.badge(t, each.reason)),
      },
    ] satisfies parts.Column<Detail['caused']['payments'][number]>[],
    caused.payments,
  );
  const deliveries = parts.table(
    t('reward.deliveries'),
    [
      { name: t('column.reward'), of: (each) => parts.rewardLink(each.reward_id), kind: 'nowrap' },
      {
        name: t('column.what'),
        of: (each) => t('events.deliveryAt', { kind: t.word(each.kind), sink: t.word(each.sink) }),
      },
      { name: t('column.amount'), of: (each) => amount(each.amount, each.unit), kind: 'n' },
      {
        name: t('column.state'),
        of: (each) => html`${parts.badge(t, each.state)} ${each.outcome === null ? '' : t.word(each.outcome)}`,
      },
    ] satisfies parts.Column<Detail['caused']['deliveries'][number]>[],
    caused.deliveries,
  );
  const isNothing = [caused.rewards, caused.payments, caused.deliveries].every((list) => list.length === 0);
  return html`<div class="grid"><section class="card"><h2>${t('events.facts')}</h2><dl class="facts">
<dt>${t('column.state')}</dt><dd>${parts.badge(t, event.state)} ${event.reason !== null && whyOf(t, event.reason)}</dd><dt>${t('events.ownId')}</dt><dd><code>${event.event_id}</code></dd>
<dt>${t('events.received')}</dt><dd>${t.moment(event.received_at)}</dd>${event.occurred_at !== null && html`<dt>${t('events.happened')}</dt><dd>${t.moment(event.occurred_at)}</dd>`}
<dt>SHA-256</dt><dd><code>${event.body_sha256}</code></dd></dl></section></div>
<section class="card"><h2>${t('events.caused')}</h2>${isNothing ? parts.empty(t('events.nothing')) : html`${caused.rewards.length > 0 && rewards}${caused.payments.length > 0 && payments}${caused.deliveries.length > 0 && deliveries}`}</section>
<section class="card"><h2>${t('events.body')}</h2>${event.body === null ? parts.empty(t('events.notKept')) : html`<pre tabindex="0">${pretty(event.body)}</pre>`}</section>`;
}

/** A code, or of what could not be handled, the fault. */
const whyOf = (t: Translator, reason: string): string => (/^[a-z_]+$/.test(reason) ? t.word(reason) : reason);

/** As it came, but for line breaks where it is JSON. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
