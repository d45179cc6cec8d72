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
import { type Html, html } from '../../mail/html.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { seeOther } from '../send.ts';
import { amountIn, moment } from '../words.ts';
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
        const query = req.query as Record<string, string | undefined>;
        const filter = only(query, ['program', 'source', 'type', 'state', 'from', 'to', 'limit', 'cursor']);
        const page = await asker(req, res)(inboxEventPage, 'get', '/events', { query: filter });
        const choices = [
          parts.programChoice(deps),
          { name: 'state', label: 'State', options: EVENT_STATES },
          { name: 'source', label: 'Source' },
          { name: 'type', label: 'Type' },
        ];
        const list =
          page.data.length === 0
            ? parts.empty('No event fits', 'A webhook shows up here as soon as it has arrived.')
            : parts.table('Events', COLUMNS, page.data);
        showPage(req, res, {
          title: 'Events',
          lead: 'Everything that was said to us, kept as it came.',
          section: '/admin/events',
          live: 10,
          body: html`${parts.filters('/admin/events', query, choices)}<div class="card">${list}${parts.moreOf('/admin/events', query, page.next_cursor, '/admin/events.csv')}</div>`,
        });
      },
    },
    {
      ...common,
      method: 'get',
      path: '/events/:id',
      summary: 'An event, its raw body, and what it caused',
      handle: async (req, res) => {
        const params = { id: param(req, 'id') };
        const event = await asker(req, res)(inboxEventDetail, 'get', '/events/:id', { params });
        const mayReplay = event.body !== null && mayAct(adminOf(res).role, 'owner');
        showPage(req, res, {
          title: `Event ${event.id}`,
          lead: html`${event.type} from ${event.source} to ${event.program}`,
          section: '/admin/events',
          acts: mayReplay
            ? html`<form method="post" action="/admin/events/${event.id}/replay"><button>Handle it again</button></form>`
            : html``,
          body: body(deps, event),
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

export const COLUMNS: readonly parts.Column<Item>[] = [
  { name: 'Event', of: ({ id }) => parts.eventLink(id), kind: 'nowrap' },
  { name: 'Type', of: ({ type }) => type, kind: 'long' },
  { name: 'Source', of: ({ program, source }) => html`${source} <span class="soft">${program}</span>` },
  {
    name: 'State',
    of: ({ state, reason }) =>
      html`${parts.badge(state)} ${reason !== null && html`<span class="soft">${reason}</span>`}`,
    kind: 'long',
  },
  { name: 'Received', of: ({ received_at }) => moment('en', received_at) },
];

function body(deps: Deps, event: Detail): Html {
  const { caused } = event;
  const amount = (value: number, unit: string) => parts.amountOf(deps, event.program, value, unit);
  const rewards = parts.rewardsTable(deps, caused.rewards);
  const payments = parts.table(
    'Payments',
    [
      { name: 'Payment', of: (each) => parts.paymentLink(each.id, each.source_payment_id), kind: 'long' },
      { name: 'By', of: (each) => parts.memberLink(each.program, each.member_id), kind: 'long' },
      {
        name: 'Amount',
        of: (each) =>
          each.amount === null || each.currency === null ? '–' : amountIn('en', each.amount, each.currency),
        kind: 'n',
      },
      { name: 'Earned', of: (each) => (each.reason === null ? parts.badge('yes', 'good') : parts.badge(each.reason)) },
    ] satisfies parts.Column<Detail['caused']['payments'][number]>[],
    caused.payments,
  );
  const deliveries = parts.table(
    'Deliveries',
    [
      { name: 'Reward', of: (each) => parts.rewardLink(each.reward_id), kind: 'nowrap' },
      { name: 'What', of: (each) => `${each.kind} at ${parts.plain(each.sink)}` },
      { name: 'Amount', of: (each) => amount(each.amount, each.unit), kind: 'n' },
      { name: 'State', of: (each) => html`${parts.badge(each.state)} ${each.outcome ?? ''}` },
    ] satisfies parts.Column<Detail['caused']['deliveries'][number]>[],
    caused.deliveries,
  );
  const isNothing = [caused.rewards, caused.payments, caused.deliveries].every((list) => list.length === 0);
  return html`<div class="grid"><section class="card"><h2>What it is</h2><dl class="facts">
<dt>State</dt><dd>${parts.badge(event.state)} ${event.reason ?? ''}</dd><dt>Its own id</dt><dd><code>${event.event_id}</code></dd>
<dt>Received</dt><dd>${moment('en', event.received_at)}</dd>${event.occurred_at !== null && html`<dt>Happened</dt><dd>${moment('en', event.occurred_at)}</dd>`}
<dt>Sha-256</dt><dd><code>${event.body_sha256}</code></dd></dl></section></div>
<section class="card"><h2>What it caused</h2>${isNothing ? parts.empty('Nothing that is booked') : html`${caused.rewards.length > 0 && rewards}${caused.payments.length > 0 && payments}${caused.deliveries.length > 0 && deliveries}`}</section>
<section class="card"><h2>The raw body</h2>${event.body === null ? parts.empty('No longer kept') : html`<pre tabindex="0">${pretty(event.body)}</pre>`}</section>`;
}

/** As it came, but for line breaks where it is JSON. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
