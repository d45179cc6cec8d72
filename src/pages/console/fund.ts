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
import { type Html, html } from '../../mail/html.ts';
import { formatPercent } from '../../model/money.ts';
import { type Ask, refusalOf } from '../ask.ts';
import { seeOther } from '../send.ts';
import { amountIn, count, day, moment } from '../words.ts';
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
  const query = req.query as Query;
  const funded = deps.programs.all().filter(({ program }) => program.fund !== undefined);
  const loaded = funded.find(({ program }) => program.program === query.program) ?? funded[0];
  const page = { title: 'Open Source Fund', section: '/admin/fund' } as const;
  if (!loaded) {
    const hint = html`A program with <code>fund:</code> in its file pays a share of what it brings in to the people whose code ships.`;
    showPage(req, res, { ...page, body: html`<div class="card">${parts.empty('No program has a fund', hint)}</div>` });
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
    { name: 'program', label: 'Program', options: funded.map((each) => each.program.program) },
    { name: 'month', label: 'Month of the payouts', options: runs.data.map(({ month }) => month) },
    { name: 'status', label: 'State of the payouts', options: PAYOUT_STATES },
  ];
  const mayDecide = mayAct(adminOf(res).role, 'owner');
  showPage(req, res, {
    ...page,
    lead: html`${loaded.program.name}: ${formatPercent(loaded.program.fund?.share ?? 0n)} of what referred members pay goes to the people whose code ships.`,
    live: 30,
    body: html`${figures(runs, people)}<section class="card"><h2>Months</h2>${months(runs)}</section>
<section class="card"><h2>Contributors</h2>${contributors(people)}</section>
${parts.filters('/admin/fund', { ...query, program }, choices)}
<section class="card"><h2>Payouts</h2>${payoutTable(program, payouts.data, mayDecide)}${parts.moreOf('/admin/fund', { ...query, program }, payouts.next_cursor, '/admin/payouts.csv')}</section>`,
  });
}

function figures({ data, currency }: Runs, { data: people }: Contributors): Html {
  const sum = (of: (each: Contributors['data'][number]) => number) =>
    amountIn(
      'en',
      people.reduce((total, each) => total + of(each), 0),
      currency,
    );
  const proved = people.filter((each) => each.proved_at !== null).length;
  const all: (readonly [string, string, string])[] = [
    ['Contributors', count('en', proved), `${count('en', people.length - proved)} have not answered yet`],
    ['Owed', sum(({ owed }) => owed), 'to be paid, or below the smallest payout'],
    ['Paid', sum(({ paid }) => paid), 'and confirmed'],
    [
      'Last month',
      data[0]?.month ?? '–',
      data[0] ? `${amountIn('en', data[0].distributed, currency)} distributed` : 'not run yet',
    ],
  ];
  return html`<dl class="figures">${all.map(([name, value, more]) => html`<div class="figure"><dt>${name}</dt><dd>${value}<small>${more}</small></dd></div>`)}</dl>`;
}

function months({ program, currency, page_url: report, data }: Runs): Html {
  if (data.length === 0) return parts.empty('The fund has not run yet', 'It runs on the 1st, for the month before.');
  const money = (of: (run: Runs['data'][number]) => number) => (run: Runs['data'][number]) =>
    amountIn('en', of(run), currency);
  const columns: parts.Column<Runs['data'][number]>[] = [
    { name: 'Month', of: ({ month }) => html`<a href="${report}?month=${month}">${month}</a>`, kind: 'nowrap' },
    { name: 'Referred members paid', of: money(({ base }) => base), kind: 'n' },
    { name: 'Share', of: ({ share }) => share, kind: 'n' },
    { name: 'Granted', of: money(({ granted }) => granted), kind: 'n' },
    { name: 'Carried and returned', of: money(({ carried, returned }) => carried + returned), kind: 'n' },
    { name: 'Distributed', of: money(({ distributed }) => distributed), kind: 'n' },
    { name: 'To', of: ({ contributors: n }) => count('en', n), kind: 'n' },
    { name: 'Paid out', of: money(({ paid_out: paid }) => paid), kind: 'n' },
    {
      name: 'As a file',
      of: ({ month }) =>
        html`<a href="/admin/v1/fund/report/csv?program=${program}&amp;month=${month}&amp;table=lines">CSV<span class="hidden-text"> of ${month}</span></a>`,
    },
  ];
  return parts.fileTable('Months', columns, data);
}

function contributors({ program, currency, data }: Contributors): Html {
  if (data.length === 0)
    return parts.empty(
      'Nobody has registered yet',
      html`<code>npm run cli -- contributor register</code>, or in the portal.`,
    );
  const columns: parts.Column<Contributors['data'][number]>[] = [
    {
      name: 'GitHub',
      of: (each) =>
        html`<a href="/admin/fund?program=${program}&amp;contributor=${each.id}">${each.github_username}</a> ${each.member_id !== null && html`<span class="soft">${parts.memberLink(program, each.member_id)}</span>`}`,
      kind: 'long',
    },
    {
      name: 'Address',
      of: (each) =>
        each.proved_at === null
          ? parts.badge('not proved', 'warn')
          : html`${parts.badge('proved', 'good')} ${day('en', each.proved_at)}`,
    },
    {
      name: 'Where to pay',
      of: (each) => (each.has_details ? parts.badge('known', 'good') : parts.badge('not known', 'warn')),
    },
    { name: 'Owed', of: (each) => amountIn('en', each.owed, currency), kind: 'n' },
    { name: 'Paid', of: (each) => amountIn('en', each.paid, currency), kind: 'n' },
  ];
  return html`${parts.table('Contributors', columns, data)}<p class="more"><span></span><a href="/admin/contributors.csv?program=${program}">CSV</a></p>`;
}

function payoutTable(program: string, rows: readonly Payout[], mayDecide: boolean): Html {
  if (rows.length === 0) return parts.empty('No payout fits');
  const columns: parts.Column<Payout>[] = [
    { name: 'Payout', of: ({ id }) => html`<code>${id}</code>`, kind: 'nowrap' },
    { name: 'Month', of: ({ month }) => month, kind: 'nowrap' },
    { name: 'To', of: (each) => each.github_username, kind: 'long' },
    { name: 'Amount', of: (each) => amountIn('en', each.amount, each.currency), kind: 'n' },
    {
      name: 'State',
      of: ({ status, detail, reference }) =>
        html`${parts.badge(status, TONES[status] ?? '')} <span class="soft">${detail ?? reference ?? ''}</span>`,
      kind: 'long',
    },
    { name: 'Tries', of: ({ attempts }) => count('en', attempts), kind: 'n' },
    { name: 'Settled', of: ({ settled_at: at }) => (at === null ? '' : moment('en', at)) },
    ...(mayDecide ? [{ name: 'Say how it ended', of: (each: Payout) => settling(program, each) }] : []),
  ];
  return parts.table('Payouts', columns, rows);
}

/** Only of what somebody was handed. */
function settling(program: string, { id, status, sink, first_try_at: handed }: Payout): Html | string {
  if (handed === null || status === 'confirmed' || status === 'refused' || status === 'sending') return '';
  return html`<form class="row" method="post" action="/admin/payouts/${id}">${parts.NO_ENTER}<input type="hidden" name="program" value="${program}">
<input class="short" name="reference" aria-label="Reference of ${id}" placeholder="Reference" maxlength="255"><button name="word" value="paid" data-confirm="The money of ${id} has arrived?">Paid</button><button class="bad" name="word" value="refused" data-confirm="The money of ${id} has not arrived and will not?">Refused</button>${sink === 'webhook' && html`<button name="word" value="retry">Send again</button>`}</form>`;
}
