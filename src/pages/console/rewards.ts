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
import { type Html, html } from '../../texts/html.ts';
import { plain, type Translator, translatorOf } from '../../texts/translator.ts';
import type { Ask } from '../ask.ts';
import { queryOf, seeOther } from '../send.ts';
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
        const t = translatorOf(req);
        const query = req.query as Query;
        const page = await asker(req, res)(adminRewardPage, 'get', '/rewards', { query: only(query, REWARD_FILTER) });
        const choices = [
          parts.programChoice(t, deps),
          { name: 'status', label: t('rewards.status'), options: REWARD_STATUSES, shown: t.word },
          { name: 'member', label: t('column.member') },
          { name: 'flag', label: t('column.flag') },
          { name: 'from', label: t('column.from'), type: 'date' as const },
          { name: 'to', label: t('column.before'), type: 'date' as const },
        ];
        showPage(req, res, {
          title: t('rewards.title'),
          lead: t('rewards.lead'),
          section: '/admin/rewards',
          live: 30,
          body: html`${parts.filters(t, '/admin/rewards', query, choices)}${listCard(t, deps, { query, page, path: '/admin/rewards', csv: '/admin/rewards.csv', acts: ['approve', 'reject', 'reverse'] })}`,
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
  const t = translatorOf(req);
  const query = req.query as Query;
  const asked = { status: 'failed', limit: '100', program: query.program, cursor: query.cursor };
  const page = await asker(req, res)(adminRewardPage, 'get', '/rewards', { query: asked });
  const groups = new Set(page.data.map(({ program }) => program));
  const given = { query, page, path: '/admin/failed', csv: '/admin/failed.csv', nothing: t('failed.none') };
  showPage(req, res, {
    title: t('failed.title'),
    lead: t('failed.lead'),
    section: '/admin/failed',
    live: 10,
    body: html`${Array.from(groups, (program) => approveAll(t, deps, program))}${listCard(t, deps, { ...given, acts: ['approve', 'reject'] })}`,
  });
}

/** After an outage of a sink: one button for everything that it missed. */
function approveAll(t: Translator, { programs }: Deps, program: string): Html {
  const loaded = programs.byName(program);
  return html`<form class="card row" method="post" action="/admin/rewards">
<input type="hidden" name="all" value="failed"><input type="hidden" name="program" value="${program}"><input type="hidden" name="back" value="/admin/failed">
<span><strong>${loaded?.program.name ?? program}</strong> <span class="soft">${t('failed.creditsBy', { sink: t.word(loaded?.program.sink.kind ?? 'sink') })}</span></span>
<button class="first" name="action" value="approve">${t('failed.approveAll', { program: loaded?.program.name ?? program })}</button></form>`;
}

type Act = 'approve' | 'reject' | 'reverse';

interface Listed {
  readonly query: Query;
  readonly page: z.output<typeof adminRewardPage>;
  readonly path: string;
  readonly csv: string;
  readonly acts: readonly Act[];
  readonly nothing?: string;
}

function listCard(
  t: Translator,
  deps: Deps,
  { query, page, path, csv, acts, nothing = t('rewards.none') }: Listed,
): Html {
  const more = parts.moreOf(t, path, query, page.next_cursor, csv);
  if (page.data.length === 0) return html`<div class="card">${parts.empty(nothing)}${query.cursor && more}</div>`;
  const back = `${path}${queryOf(only(query, REWARD_FILTER))}`;
  return html`<form class="card" method="post" action="/admin/rewards"><input type="hidden" name="back" value="${back}">
${chosenBar(t, acts)}
${parts.table(t('rewards.title'), columnsOf(t, deps), page.data)}${more}</form>`;
}

/** What is done with those whose boxes are ticked. */
export function chosenBar(t: Translator, acts: readonly Act[]): Html {
  const needed = t(acts.includes('reverse') ? 'rewards.neededToEnd' : 'rewards.neededToReject');
  return html`${parts.NO_ENTER}<div class="acts-bar"><div><label for="reason">${t('column.reason')} <span class="soft">${needed}</span></label><input id="reason" name="reason" maxlength="1000"></div>
${acts.map((each) => html`<button name="action" value="${each}"${each === 'reverse' && html` class="bad"`}>${t(`act.${each}`)}</button>`)}
<span class="soft">${t('rewards.chosen', { chosen: html`<span data-chosen>0</span>` })}</span></div>
<label data-all hidden><span class="row"><input type="checkbox"> ${t('rewards.chooseAll')}</span></label>`;
}

function columnsOf(t: Translator, deps: Deps): parts.Column<RewardItem>[] {
  return [
    {
      name: t('column.choose'),
      of: (each) =>
        html`<input type="checkbox" name="ids" value="${each.id}" aria-label="${t('rewards.choose', { id: each.id })}">`,
    },
    { name: t('column.reward'), of: (each) => parts.rewardLink(each.id), kind: 'nowrap' },
    { name: t('column.for'), of: (each) => parts.memberLink(t, each.program, each.member_id), kind: 'long' },
    {
      name: t('column.amount'),
      of: (each) => parts.amountOf(t, deps, each.program, each.amount, each.unit),
      kind: 'n',
    },
    { name: t('column.state'), of: (each) => parts.rewardState(t, each) },
    {
      name: t('column.flags'),
      of: (each) => html`${each.flags.map((flag) => html`${parts.badge(t, flag, 'warn')} `)}`,
    },
    {
      name: t('rewards.programAndRule'),
      of: (each) => html`${each.program} <span class="soft">${plain(each.rule)}</span>`,
    },
    { name: t('column.made'), of: (each) => t.moment(each.created_at) },
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
