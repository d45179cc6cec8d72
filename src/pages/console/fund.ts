/**
 * The Open Source Fund of a program: its months, who is paid, and how each payout stands.
 * Promises: what waits for a person stands out, and is settled by the admin API with the word in the audit log. Must
 * never: show where somebody is paid.
 */
import type { Request, Response } from 'express';
import * as z from 'zod';
import { mayAct } from '../../accounts/admin-users.ts';
import { fundContributors, fundPayouts, fundRuns, PAYOUT_STATES, settledPayout } from '../../http/admin/fund.ts';
import { adminOf } from '../../http/admin-auth.ts';
import type { Deps } from '../../http/deps.ts';
import { param, type Route } from '../../http/routes.ts';
import { formatPercent } from '../../model/money.ts';
import { type Html, html } from '../../texts/html.ts';
import { type Translator, translatorOf } from '../../texts/translator.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { seeOther } from '../send.ts';
import { sendCsv } from './csv.ts';
import { showPage } from './layout.ts';
import * as parts from './parts.ts';
import { only } from './rewards.ts';

type Asker = (req: Request, res: Response) => Ask;
type Query = Readonly<Record<string, string | undefined>>;
type Runs = z.output<typeof fundRuns>;
type Contributors = z.output<typeof fundContributors>;
type Payout = z.output<typeof fundPayouts>['data'][number];

const FILTER = ['program', 'month', 'contributor', 'status', 'limit', 'cursor'];
const TONES: Readonly<Record<string, string>> = { confirmed: 'good', parked: 'bad', refused: 'bad', accepted: 'warn' };

const text = z.string().max(1000).default('');
const posted = z.object({ program: text, word: z.enum(['paid', 'refused', 'retry']), reference: text });

export function fundPageRoutes(deps: Deps, asker: Asker): Route[] {
  const common = { method: 'get', answers: 'text/html', credential: 'admin:read' } as const;
  return [
    { ...common, path: '/fund', summary: 'The Open Source Fund', handle: (req, res) => show(deps, asker, req, res) },
    {
      ...common,
      path: '/payouts.csv',
      answers: 'text/csv',
      summary: 'The payouts of a fund as a file',
      handle: async (req, res) => {
        const ask = asker(req, res);
        const filter = only(req.query as Query, FILTER);
        await sendCsv(res, 'payouts', (cursor) =>
          ask(fundPayouts, 'get', '/fund/payouts', { query: { ...filter, limit: '100', cursor } }),
        );
      },
    },
    {
      ...common,
      path: '/contributors.csv',
      answers: 'text/csv',
      summary: 'The contributors of a fund as a file',
      handle: async (req, res) => {
        const query = only(req.query as Query, ['program']);
        const { data } = await asker(req, res)(fundContributors, 'get', '/fund/contributors', { query });
        await sendCsv(res, 'contributors', async () => ({ data, next_cursor: null }));
      },
    },
    {
      ...common,
      method: 'post',
      path: '/payouts/:id',
      credential: 'admin',
      body: 'form',
      summary: 'Says how a payout ended',
      handle: async (req, res) => {
        const { program, word, reference } = posted.parse(req.body ?? {});
        const body = { program, word, reference: reference.trim() || undefined };
        const ask = asker(req, res);
        const question = { params: { id: param(req, 'id') }, body };
        const refused = await refusalOf(() => ask(settledPayout, 'post', '/fund/payouts/:id/settle', question));
        seeOther(res, '/admin/fund', { program, ...(refused ? { code: refused.code } : { done: 'settled' }) });
      },
    },
  ];
}

async function show(deps: Deps, asker: Asker, req: Request, res: Response): Promise<void> {
  const t = translatorOf(req);
  const query = req.query as Query;
  const funded = deps.programs.all().filter(({ program }) => program.fund !== undefined);
  const loaded = funded.find(({ program }) => program.program === query.program) ?? funded[0];
  const page = { title: t('fund.title'), section: '/admin/fund' } as const;
  if (!loaded) {
    const hint = t('fund.noneMore', { field: html`<code>fund:</code>` });
    showPage(req, res, { ...page, body: html`<div class="card">${parts.empty(t('fund.none'), hint)}</div>` });
    return;
  }
  const { program } = loaded.program;
  const ask = asker(req, res);
  const own = { query: { program } };
  const [runs, people, payouts] = await Promise.all([
    ask(fundRuns, 'get', '/fund/runs', own),
    ask(fundContributors, 'get', '/fund/contributors', own),
    ask(fundPayouts, 'get', '/fund/payouts', { query: { ...only(query, FILTER), program } }),
  ]);
  const choices: parts.Choice[] = [
    { name: 'program', label: t('column.program'), options: funded.map((each) => each.program.program) },
    { name: 'month', label: t('fund.monthOf'), options: runs.data.map(({ month }) => month), shown: t.month },
    { name: 'status', label: t('fund.stateOf'), options: PAYOUT_STATES, shown: t.word },
  ];
  const mayDecide = mayAct(adminOf(res).role, 'owner');
  showPage(req, res, {
    ...page,
    lead: t('fund.lead', {
      program: loaded.program.name,
      share: t.rate(formatPercent(loaded.program.fund?.share ?? 0n)),
    }),
    live: 30,
    body: html`${figures(t, runs, people)}<section class="card"><h2>${t('fund.months')}</h2>${months(t, runs)}</section>
<section class="card"><h2>${t('fund.contributors')}</h2>${contributors(t, people)}</section>
${parts.filters(t, '/admin/fund', { ...query, program }, choices)}
<section class="card"><h2>${t('fund.payouts')}</h2>${payoutTable(t, program, payouts.data, mayDecide)}${parts.moreOf(t, '/admin/fund', { ...query, program }, payouts.next_cursor, '/admin/payouts.csv')}</section>`,
  });
}

function figures(t: Translator, { data, currency }: Runs, { data: people }: Contributors): Html {
  const sum = (of: (each: Contributors['data'][number]) => number) =>
    t.amount(
      people.reduce((total, each) => total + of(each), 0),
      currency,
    );
  const proved = people.filter((each) => each.proved_at !== null).length;
  const all: (readonly [string, string, string])[] = [
    [t('fund.contributors'), t.count(proved), t('fund.unanswered', { n: people.length - proved })],
    [t('fund.owed'), sum(({ owed }) => owed), t('fund.owedMore')],
    [t('fund.paid'), sum(({ paid }) => paid), t('fund.paidMore')],
    [
      t('fund.lastMonth'),
      data[0] ? t.month(data[0].month) : '–',
      data[0] ? t('fund.distributedSum', { amount: t.amount(data[0].distributed, currency) }) : t('fund.notRun'),
    ],
  ];
  return html`<dl class="figures">${all.map(([name, value, more]) => html`<div class="figure"><dt>${name}</dt><dd>${value}<small>${more}</small></dd></div>`)}</dl>`;
}

function months(t: Translator, { program, currency, page_url: report, data }: Runs): Html {
  if (data.length === 0) return parts.empty(t('fund.noMonths'), t('fund.noMonthsMore'));
  const money = (of: (run: Runs['data'][number]) => number) => (run: Runs['data'][number]) =>
    t.amount(of(run), currency);
  const columns: parts.Column<Runs['data'][number]>[] = [
    {
      name: t('column.month'),
      of: ({ month }) => html`<a href="${report}?month=${month}">${t.month(month)}</a>`,
      kind: 'nowrap',
    },
    { name: t('fund.base'), of: money(({ base }) => base), kind: 'n' },
    { name: t('fund.share'), of: ({ share }) => t.rate(share), kind: 'n' },
    { name: t('fund.granted'), of: money(({ granted }) => granted), kind: 'n' },
    { name: t('fund.carried'), of: money(({ carried, returned }) => carried + returned), kind: 'n' },
    { name: t('fund.distributed'), of: money(({ distributed }) => distributed), kind: 'n' },
    { name: t('fund.to'), of: ({ contributors: n }) => t.count(n), kind: 'n' },
    { name: t('fund.paidOut'), of: money(({ paid_out: paid }) => paid), kind: 'n' },
    {
      name: t('fund.file'),
      of: ({ month }) =>
        html`<a href="/admin/v1/fund/report/csv?program=${program}&amp;month=${month}&amp;table=lines">CSV<span class="hidden-text"> ${t('table.of', { caption: t.month(month) })}</span></a>`,
    },
  ];
  return parts.fileTable(t, t('fund.months'), columns, data);
}

function contributors(t: Translator, { program, currency, data }: Contributors): Html {
  if (data.length === 0)
    return parts.empty(
      t('fund.nobody'),
      t('fund.nobodyMore', { command: html`<code>npm run cli -- contributor register</code>` }),
    );
  const columns: parts.Column<Contributors['data'][number]>[] = [
    {
      name: 'GitHub',
      of: (each) =>
        html`<a href="/admin/fund?program=${program}&amp;contributor=${each.id}">${each.github_username}</a> ${each.member_id !== null && html`<span class="soft">${parts.memberLink(t, program, each.member_id)}</span>`}`,
      kind: 'long',
    },
    {
      name: t('fund.address'),
      of: (each) =>
        each.proved_at === null
          ? parts.badge(t, 'not_proved', 'warn')
          : html`${parts.badge(t, 'proved', 'good')} ${t.day(each.proved_at)}`,
    },
    {
      name: t('fund.where'),
      of: (each) => (each.has_details ? parts.badge(t, 'known', 'good') : parts.badge(t, 'not_known', 'warn')),
    },
    { name: t('fund.owed'), of: (each) => t.amount(each.owed, currency), kind: 'n' },
    { name: t('fund.paid'), of: (each) => t.amount(each.paid, currency), kind: 'n' },
  ];
  return html`${parts.table(t('fund.contributors'), columns, data)}<p class="more"><span></span><a href="/admin/contributors.csv?program=${program}">CSV</a></p>`;
}

function payoutTable(t: Translator, program: string, rows: readonly Payout[], mayDecide: boolean): Html {
  if (rows.length === 0) return parts.empty(t('fund.noPayouts'));
  const columns: parts.Column<Payout>[] = [
    { name: t('fund.payout'), of: ({ id }) => html`<code>${id}</code>`, kind: 'nowrap' },
    { name: t('column.month'), of: ({ month }) => t.month(month), kind: 'nowrap' },
    { name: t('fund.to'), of: (each) => each.github_username, kind: 'long' },
    { name: t('column.amount'), of: (each) => t.amount(each.amount, each.currency), kind: 'n' },
    {
      name: t('column.state'),
      of: ({ status, detail, reference }) =>
        html`${parts.badge(t, status, TONES[status] ?? '')} <span class="soft">${detail ?? reference ?? ''}</span>`,
      kind: 'long',
    },
    { name: t('fund.tries'), of: ({ attempts }) => t.count(attempts), kind: 'n' },
    { name: t('fund.settled'), of: ({ settled_at: at }) => (at === null ? '' : t.moment(at)) },
    ...(mayDecide ? [{ name: t('fund.settle'), of: (each: Payout) => settling(t, program, each) }] : []),
  ];
  return parts.table(t('fund.payouts'), columns, rows);
}

/** Only of what somebody was handed. */
function settling(t: Translator, program: string, { id, status, sink, first_try_at: handed }: Payout): Html | string {
  if (handed === null || status === 'confirmed' || status === 'refused' || status === 'sending') return '';
  return html`<form class="row" method="post" action="/admin/payouts/${id}">${parts.NO_ENTER}<input type="hidden" name="program" value="${program}">
<input class="short" name="reference" aria-label="${t('fund.referenceOf', { id })}" placeholder="${t('fund.reference')}" maxlength="255"><button name="word" value="paid" data-confirm="${t('fund.arrived', { id })}">${t('fund.paid')}</button><button class="bad" name="word" value="refused" data-confirm="${t('fund.notArrived', { id })}">${t('fund.refused')}</button>${sink === 'webhook' && html`<button name="word" value="retry">${t('fund.again')}</button>`}</form>`;
}
