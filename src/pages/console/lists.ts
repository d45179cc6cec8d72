/**
 * The plain lists: payments that earned nothing, the audit log, the state of the service; and every list as a file.
 * Promises: what the admin API answers, as it answers it. Must never: have a filter of its own.
 */
import type { Request, Response } from 'express';
import type * as z from 'zod';
import { auditPage } from '../../http/admin/audit.ts';
import { ledgerCheck } from '../../http/admin/ledger-check.ts';
import { programSummary } from '../../http/admin/program-schemas.ts';
import { adminRewardPage, inboxEventPage, paymentPage } from '../../http/admin/schemas.ts';
import type { Deps } from '../../http/deps.ts';
import type { Route } from '../../http/routes.ts';
import { type Html, html } from '../../mail/html.ts';
import type { Ask } from '../ask.ts';
import { amountIn, count, moment } from '../words.ts';
import { sendCsv } from './csv.ts';
import { createKeep, type Keep } from './kept.ts';
import { showPage } from './layout.ts';
import * as parts from './parts.ts';
import { only, REWARD_FILTER } from './rewards.ts';

type Asker = (req: Request, res: Response) => Ask;
type Query = Readonly<Record<string, string | undefined>>;

const PAYMENT_FILTER = ['program', 'source', 'member', 'reason', 'from', 'to', 'limit', 'cursor'];
const EVENT_FILTER = ['program', 'source', 'type', 'state', 'from', 'to', 'limit', 'cursor'];
const AUDIT_FILTER = ['program', 'actor', 'action', 'target', 'from', 'to', 'limit', 'cursor'];

export function listPageRoutes(deps: Deps, asker: Asker): Route[] {
  const common = { method: 'get', answers: 'text/html', credential: 'admin:read' } as const;
  const keep = createKeep();
  const file = { ...common, answers: 'text/csv' } as const;
  /** The whole list, page by page, as the filter has it. */
  const csv = <F extends z.ZodType<{ data: Record<string, unknown>[]; next_cursor: string | null }>>(
    name: string,
    form: F,
    path: string,
    names: readonly string[],
    more: Query = {},
  ): Route => ({
    ...file,
    path: `/${name}.csv`,
    summary: `The list of ${name} as a file`,
    handle: async (req, res) => {
      const ask = asker(req, res);
      const filter = only(req.query as Query, names);
      await sendCsv(res, name, (cursor) =>
        ask(form, 'get', path, { query: { ...filter, ...more, limit: '100', cursor } }),
      );
    },
  });
  return [
    csv('rewards', adminRewardPage, '/rewards', REWARD_FILTER),
    csv('events', inboxEventPage, '/events', EVENT_FILTER),
    csv('payments', paymentPage, '/payments', PAYMENT_FILTER, { earned: 'false' }),
    csv('audit', auditPage, '/audit', AUDIT_FILTER),
    {
      ...common,
      path: '/payments',
      summary: 'Payments that earned nothing, and why',
      handle: (req, res) => payments(deps, asker, req, res),
    },
    {
      ...common,
      path: '/audit',
      summary: 'Who did what, when, and why',
      handle: (req, res) => audit(deps, asker, req, res),
    },
    {
      ...common,
      path: '/health',
      summary: 'Backlog, sinks, ledger and seal',
      handle: (req, res) => health(deps, asker, keep, req, res),
    },
  ];
}

async function payments(deps: Deps, asker: Asker, req: Request, res: Response): Promise<void> {
  const query = req.query as Query;
  const asked = { ...only(query, PAYMENT_FILTER), earned: 'false' };
  const page = await asker(req, res)(paymentPage, 'get', '/payments', { query: asked });
  const columns: parts.Column<(typeof page.data)[number]>[] = [
    { name: 'Payment', of: (each) => html`<code>${each.source_payment_id}</code>`, kind: 'long' },
    { name: 'By', of: (each) => parts.memberLink(each.program, each.member_id), kind: 'long' },
    {
      name: 'Amount',
      of: ({ amount, currency }) => (amount === null || currency === null ? '–' : amountIn('en', amount, currency)),
      kind: 'n',
    },
    { name: 'Why nothing', of: ({ reason }) => parts.badge(reason ?? '') },
    { name: 'Source', of: ({ source, program }) => html`${source} <span class="soft">${program}</span>` },
    { name: 'Paid', of: ({ paid_at: at }) => (at === null ? '' : moment('en', at)) },
  ];
  const list =
    page.data.length === 0
      ? parts.empty('Every payment earned something')
      : parts.table('Payments', columns, page.data);
  const choices = [
    parts.programChoice(deps),
    { name: 'reason', label: 'Reason' },
    { name: 'source', label: 'Source' },
    { name: 'member', label: 'Member' },
  ];
  showPage(req, res, {
    title: 'Unearned payments',
    lead: 'Payments that nobody was rewarded for, each with its reason.',
    section: '/admin/payments',
    body: html`${parts.filters('/admin/payments', query, choices)}<div class="card">${list}${parts.moreOf('/admin/payments', query, page.next_cursor, '/admin/payments.csv')}</div>`,
  });
}

async function audit(deps: Deps, asker: Asker, req: Request, res: Response): Promise<void> {
  const query = req.query as Query;
  const page = await asker(req, res)(auditPage, 'get', '/audit', { query: only(query, AUDIT_FILTER) });
  const columns: parts.Column<(typeof page.data)[number]>[] = [
    { name: 'At', of: ({ at }) => moment('en', at) },
    {
      name: 'Who',
      of: (each) => each.actor_name ?? (each.actor === 'admin' ? 'the admin token' : each.actor),
      kind: 'long',
    },
    { name: 'Did', of: ({ action }) => html`<code>${action}</code>` },
    {
      name: 'To',
      of: ({ target, program }) => html`${target} ${program !== null && html`<span class="soft">${program}</span>`}`,
      kind: 'long',
    },
    { name: 'Reason', of: ({ reason }) => reason ?? '', kind: 'long' },
  ];
  const list =
    page.data.length === 0
      ? parts.empty('Nothing has been done by hand yet')
      : parts.table('Audit', columns, page.data);
  const choices = [parts.programChoice(deps), { name: 'action', label: 'Action' }, { name: 'target', label: 'Target' }];
  showPage(req, res, {
    title: 'Audit',
    lead: 'Who did what, when, and why. It can be added to, never changed.',
    section: '/admin/audit',
    body: html`${parts.filters('/admin/audit', query, choices)}<div class="card">${list}${parts.moreOf('/admin/audit', query, page.next_cursor, '/admin/audit.csv')}</div>`,
  });
}

async function health(deps: Deps, asker: Asker, keep: Keep, req: Request, res: Response): Promise<void> {
  const ask = asker(req, res);
  const names = deps.programs.all().map(({ program }) => program.program);
  const [{ ledger, at }, ...summaries] = await Promise.all([
    keep('ledger', async () => ({ at: new Date(), ledger: await ask(ledgerCheck, 'get', '/ledger/check') })),
    ...names.map((program) =>
      keep(program, () => ask(programSummary, 'get', '/programs/:program/summary', { params: { program } })),
    ),
  ]);
  const columns: parts.Column<(typeof summaries)[number]>[] = [
    { name: 'Program', of: ({ name }) => name, kind: 'long' },
    { name: 'Sink', of: ({ sink }) => parts.plain(sink) },
    { name: 'Events waiting', of: ({ work }) => count('en', work.waiting_events), kind: 'n' },
    {
      name: 'Not handled',
      of: ({ work, program }) =>
        html`<a href="/admin/events?program=${program}&amp;state=parked">${count('en', work.parked_events)}</a>`,
      kind: 'n',
    },
    { name: 'Credits under way', of: ({ work }) => count('en', work.open_deliveries), kind: 'n' },
    { name: 'Waiting for a person', of: ({ work }) => count('en', work.parked_deliveries), kind: 'n' },
    {
      name: 'Sealed to',
      of: ({ program }) => ledger.programs.find((each) => each.program === program)?.sealed_to ?? '–',
      kind: 'nowrap',
    },
  ];
  const state: Html = ledger.balanced
    ? html`<p class="note good">The ledger is in balance: every transaction, balance, reward, lot and spend was added up anew (${moment('en', at)}).</p>`
    : html`<p class="note bad" role="alert">The ledger is not in balance: ${count('en', ledger.drift)} differences.</p>`;
  const differences = parts.table(
    'Differences',
    [
      { name: 'Program', of: (each) => each.program },
      { name: 'Check', of: (each) => each.check },
      { name: 'What', of: (each) => each.what, kind: 'long' },
      { name: 'Stored', of: (each) => `${each.stored} ${each.unit}`, kind: 'n' },
      { name: 'By the entries', of: (each) => `${each.entries} ${each.unit}`, kind: 'n' },
    ] satisfies parts.Column<(typeof ledger.differences)[number]>[],
    ledger.differences,
  );
  showPage(req, res, {
    title: 'Health',
    lead: 'What waits, what is stuck, and whether the books are right.',
    section: '/admin/health',
    body: html`${state}${ledger.differences.length > 0 && html`<section class="card">${differences}</section>`}<section class="card"><h2>Work</h2>${parts.table('Work', columns, summaries)}</section>`,
  });
}
