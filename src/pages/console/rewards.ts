/**
 * Rewards as a list: all of them with filters, those whose credit failed; and what is done with many at once.
 * Promises: an action goes through the admin API, one result for each, and the page says how many went well and why the
 * others did not. Must never: act on more than what was chosen.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { bulkAnswer } from '../../http/admin/reward-actions.ts';
import { adminRewardPage } from '../../http/admin/schemas.ts';
import type { Deps } from '../../http/deps.ts';
import { REWARD_STATUSES } from '../../http/forms.ts';
import type { ProblemCode } from '../../http/problems.ts';
import type { Route } from '../../http/routes.ts';
import { type Html, html } from '../../mail/html.ts';
import type { Ask } from '../ask.ts';
import { queryOf, seeOther } from '../send.ts';
import { moment } from '../words.ts';
import { showPage } from './layout.ts';
import * as parts from './parts.ts';

type Asker = (req: Request, res: Response) => Ask;
export type RewardItem = z.output<typeof adminRewardPage>['data'][number];
type Query = Readonly<Record<string, string | undefined>>;

export const REWARD_FILTER = [
  'program',
  'status',
  'reason',
  'flag',
  'member',
  'from',
  'to',
  'limit',
  'cursor',
] as const;

export function only(query: Query, names: readonly string[]): Query {
  return Object.fromEntries(names.map((name) => [name, query[name]]));
}

const one = z.string().max(2000);
const bulkForm = z.object({
  action: z.enum(['approve', 'reject', 'reverse']),
  ids: z.union([one.transform((id) => [id]), z.array(one)]).default([]),
  all: one.optional(),
  reason: one.default(''),
  confirm_absent: one.optional(),
  back: one.default('/admin/rewards'),
  program: one.optional(),
});

export function rewardRoutes(deps: Deps, asker: Asker): Route[] {
  const common = { method: 'get', answers: 'text/html', credential: 'admin:read' } as const;
  return [
    {
      ...common,
      path: '/rewards',
      summary: 'Rewards, with filters',
      handle: async (req, res) => {
        const query = req.query as Query;
        const page = await asker(req, res)(adminRewardPage, 'get', '/rewards', { query: only(query, REWARD_FILTER) });
        const choices = [
          parts.programChoice(deps),
          { name: 'status', label: 'Status', options: REWARD_STATUSES },
          { name: 'member', label: 'Member' },
          { name: 'flag', label: 'Flag' },
          { name: 'from', label: 'From', type: 'date' as const },
          { name: 'to', label: 'Before', type: 'date' as const },
        ];
        showPage(req, res, {
          title: 'Rewards',
          lead: 'Every reward stands in exactly one state; open one to see why.',
          section: '/admin/rewards',
          live: 30,
          body: html`${parts.filters('/admin/rewards', query, choices)}${listCard(deps, { query, page, path: '/admin/rewards', csv: '/admin/rewards.csv', acts: ['approve', 'reject', 'reverse'] })}`,
        });
      },
    },
    {
      ...common,
      path: '/failed',
      summary: 'Credits that the sink refused or that did not reach it',
      handle: (req, res) => failed(deps, asker, req, res),
    },
    {
      ...common,
      method: 'post',
      path: '/rewards',
      credential: 'admin:moderate',
      body: 'form',
      summary: 'Approves, rejects or reverses what was chosen',
      handle: (req, res) => bulk(asker, req, res),
    },
  ];
}

async function failed(deps: Deps, asker: Asker, req: Request, res: Response): Promise<void> {
  const query = req.query as Query;
  const asked = { status: 'failed', limit: '100', program: query.program, cursor: query.cursor };
  const page = await asker(req, res)(adminRewardPage, 'get', '/rewards', { query: asked });
  const groups = new Set(page.data.map(({ program }) => program));
  const given = { query, page, path: '/admin/failed', csv: '/admin/failed.csv', nothing: 'No credit has failed' };
  showPage(req, res, {
    title: 'Failed credits',
    lead: 'Owed, and not yet with the billing system. Approve tries each again under its old key: nothing is paid twice.',
    section: '/admin/failed',
    live: 10,
    body: html`${Array.from(groups, (program) => approveAll(deps, program))}${listCard(deps, { ...given, acts: ['approve', 'reject'] })}`,
  });
}

/** After an outage of a sink: one button for everything that it missed. */
function approveAll({ programs }: Deps, program: string): Html {
  const loaded = programs.byName(program);
  return html`<form class="card row" method="post" action="/admin/rewards">
<input type="hidden" name="all" value="failed"><input type="hidden" name="program" value="${program}"><input type="hidden" name="back" value="/admin/failed">
<span><strong>${loaded?.program.name ?? program}</strong> <span class="soft">credits by ${parts.plain(loaded?.program.sink.kind ?? 'a sink')}</span></span>
<button class="first" name="action" value="approve">Approve all of ${loaded?.program.name ?? program}</button></form>`;
}

type Act = 'approve' | 'reject' | 'reverse';
const NAMES: Readonly<Record<Act, string>> = { approve: 'Approve', reject: 'Reject', reverse: 'Take back' };

interface Listed {
  readonly query: Query;
  readonly page: z.output<typeof adminRewardPage>;
  readonly path: string;
  readonly csv: string;
  readonly acts: readonly Act[];
  readonly nothing?: string;
}

function listCard(deps: Deps, { query, page, path, csv, acts, nothing = 'No reward fits' }: Listed): Html {
  const more = parts.moreOf(path, query, page.next_cursor, csv);
  if (page.data.length === 0) return html`<div class="card">${parts.empty(nothing)}${query.cursor && more}</div>`;
  const back = `${path}${queryOf(only(query, REWARD_FILTER))}`;
  return html`<form class="card" method="post" action="/admin/rewards"><input type="hidden" name="back" value="${back}">
${chosenBar(acts)}
${parts.table('Rewards', columnsOf(deps), page.data)}${more}</form>`;
}

/** What is done with those whose boxes are ticked. */
export function chosenBar(acts: readonly Act[]): Html {
  const needed = acts.includes('reverse') ? '(needed to reject and to take back)' : '(needed to reject)';
  return html`${parts.NO_ENTER}<div class="acts-bar"><div><label for="reason">Reason <span class="soft">${needed}</span></label><input id="reason" name="reason" maxlength="1000"></div>
${acts.map((each) => html`<button name="action" value="${each}"${each === 'reverse' && html` class="bad"`}>${NAMES[each]}</button>`)}
<span class="soft"><span data-chosen>0</span> chosen</span></div>
<label data-all hidden><span class="row"><input type="checkbox"> Choose all on this page</span></label>`;
}

function columnsOf(deps: Deps): parts.Column<RewardItem>[] {
  return [
    {
      name: 'Choose',
      of: (each) => html`<input type="checkbox" name="ids" value="${each.id}" aria-label="Choose ${each.id}">`,
    },
    { name: 'Reward', of: (each) => parts.rewardLink(each.id), kind: 'nowrap' },
    { name: 'For', of: (each) => parts.memberLink(each.program, each.member_id), kind: 'long' },
    { name: 'Amount', of: (each) => parts.amountOf(deps, each.program, each.amount, each.unit), kind: 'n' },
    { name: 'State', of: (each) => parts.rewardState(each), kind: 'nowrap' },
    { name: 'Flags', of: (each) => html`${each.flags.map((flag) => html`${parts.badge(flag, 'warn')} `)}` },
    {
      name: 'Program and rule',
      of: (each) => html`${each.program} <span class="soft">${parts.plain(each.rule)}</span>`,
    },
    { name: 'Made', of: (each) => moment('en', each.created_at) },
  ];
}

async function bulk(asker: Asker, req: Request, res: Response): Promise<void> {
  const form = bulkForm.parse(req.body ?? {});
  const back = /^\/admin\/[a-z]+(?:\/rw_\d+)?(?:\?[^\\]*)?$/.test(form.back) ? form.back : '/admin/rewards';
  const isAll = form.all === 'failed' && form.program !== undefined;
  const which = isAll ? { filter: { program: form.program, status: 'failed' } } : { ids: form.ids };
  if (!isAll && form.ids.length === 0) return seeOther(res, back);
  const reason = form.reason.trim() || undefined;
  if (form.action !== 'approve' && reason === undefined)
    return seeOther(res, withTold(back, { code: 'invalid_request' }));
  const body = { action: form.action, ...which, reason, confirm_absent: form.confirm_absent !== undefined };
  const { data } = await asker(req, res)(bulkAnswer, 'post', '/rewards/bulk', { body });
  const refused = data.filter((each) => !each.ok);
  seeOther(
    res,
    withTold(back, {
      ...(data.length > refused.length && { done: form.action, n: String(data.length - refused.length) }),
      ...(refused[0] && !refused[0].ok && { code: refused[0].code as ProblemCode, refused: String(refused.length) }),
    }),
  );
}

function withTold(path: string, told: parts.Told): string {
  const url = new URL(path, 'http://here');
  for (const name of ['done', 'n', 'code', 'refused']) url.searchParams.delete(name);
  for (const [name, value] of Object.entries(told)) url.searchParams.set(name, value);
  return `${url.pathname}${url.search}`;
}
