/**
 * The audit log; and every list as a file.
 * Promises: what the admin API answers, as it answers it. Must never: have a filter of its own.
 */
import type { Request, Response } from 'express';
import type * as z from 'zod';
import { adminAppealPage } from '../../http/admin/appeals.ts';
import { auditPage } from '../../http/admin/audit.ts';
import { adminRewardPage, inboxEventPage, paymentPage } from '../../http/admin/schemas.ts';
import type { Deps } from '../../http/deps.ts';
import type { Route } from '../../http/routes.ts';
import { html } from '../../texts/html.ts';
import { translatorOf } from '../../texts/translator.ts';
import type { Ask } from '../ask.ts';
import { sendCsv } from './csv.ts';
import { showPage } from './layout.ts';
import * as parts from './parts.ts';
import { PAYMENT_FILTER } from './payment.ts';
import { only, REWARD_FILTER } from './rewards.ts';

type Asker = (req: Request, res: Response) => Ask;
type Query = Readonly<Record<string, string | undefined>>;

const EVENT_FILTER = ['program', 'source', 'type', 'state', 'from', 'to', 'limit', 'cursor'];
const APPEAL_FILTER = ['program', 'state', 'member', 'limit', 'cursor'];
const AUDIT_FILTER = ['program', 'actor', 'action', 'target', 'from', 'to', 'limit', 'cursor'];

export function listPageRoutes(deps: Deps, asker: Asker): Route[] {
  const common = { method: 'get', answers: 'text/html', credential: 'admin:read' } as const;
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
    csv('held', adminRewardPage, '/rewards', REWARD_FILTER, { status: 'pending', reason: 'held' }),
    csv('failed', adminRewardPage, '/rewards', REWARD_FILTER, { status: 'failed' }),
    csv('appeals', adminAppealPage, '/appeals', APPEAL_FILTER),
    csv('events', inboxEventPage, '/events', EVENT_FILTER),
    csv('payments', paymentPage, '/payments', PAYMENT_FILTER, { earned: 'false' }),
    csv('audit', auditPage, '/audit', AUDIT_FILTER),
    {
      ...common,
      path: '/audit',
      summary: 'Who did what, when, and why',
      handle: (req, res) => audit(deps, asker, req, res),
    },
  ];
}

async function audit(deps: Deps, asker: Asker, req: Request, res: Response): Promise<void> {
  const t = translatorOf(req);
  const query = req.query as Query;
  const page = await asker(req, res)(auditPage, 'get', '/audit', { query: only(query, AUDIT_FILTER) });
  const columns: parts.Column<(typeof page.data)[number]>[] = [
    { name: t('column.at'), of: ({ at }) => t.moment(at) },
    {
      name: t('audit.who'),
      of: (each) => each.actor_name ?? (each.actor === 'admin' ? t('audit.token') : each.actor),
      kind: 'long',
    },
    { name: t('audit.did'), of: ({ action }) => html`<code>${action}</code>` },
    {
      name: t('audit.to'),
      of: ({ target, program }) => html`${target} ${program !== null && html`<span class="soft">${program}</span>`}`,
      kind: 'long',
    },
    { name: t('column.reason'), of: ({ reason }) => reason ?? '', kind: 'long' },
  ];
  const list = page.data.length === 0 ? parts.empty(t('audit.none')) : parts.table(t('nav.audit'), columns, page.data);
  const choices = [
    parts.programChoice(t, deps),
    { name: 'action', label: t('audit.action') },
    { name: 'target', label: t('audit.target') },
  ];
  showPage(req, res, {
    title: t('nav.audit'),
    lead: t('audit.lead'),
    section: '/admin/audit',
    live: 30,
    body: html`${parts.filters(t, '/admin/audit', query, choices)}<div class="card">${list}${parts.moreOf(t, '/admin/audit', query, page.next_cursor, '/admin/audit.csv')}</div>`,
  });
}
