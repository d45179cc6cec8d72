/**
 * The first page: how each program is doing, what waits for a person, and the last thirty days of one of them.
 * Promises: a page never waits long for figures (http/kept.ts); those that are still being counted stand in it a moment
 * later. Must never: add up amounts of two units, or say that nothing waits before it was counted.
 */
import type { Request, Response } from 'express';
import type * as z from 'zod';
import { mayAct } from '../../accounts/admin-users.ts';
import { programSummary } from '../../http/admin/program-schemas.ts';
import { adminOf } from '../../http/admin-auth.ts';
import type { Deps } from '../../http/deps.ts';
import { type Keep, keepDear, PATIENCE_MS } from '../../http/kept.ts';
import type { Route } from '../../http/routes.ts';
import { type Html, html } from '../../mail/html.ts';
import { formatPercent } from '../../model/money.ts';
import type { LoadedProgram } from '../../model/program.ts';
import type { Ask } from '../ask.ts';
import { amountIn, count, day, percent } from '../words.ts';
import { showPage } from './layout.ts';
import * as sql from './overview.sql.ts';
import * as parts from './parts.ts';
import { daysBetween, plot } from './plot.ts';

const DAY_MS = 86_400_000;
const DAYS = 30;
const AMBASSADOR_OVER = 10;

type Asker = (req: Request, res: Response) => Ask;
type Summary = z.output<typeof programSummary>;
/** `is` undefined: it is being counted. */
type Line = Pick<Summary, 'program' | 'name' | 'mode'> & {
  readonly is: Summary | undefined;
  readonly isOld: boolean;
};

export function overviewRoutes(deps: Deps, asker: Asker): Route[] {
  const keep = keepDear();
  return [
    {
      method: 'get',
      path: '/',
      credential: 'admin:read',
      answers: 'text/html',
      summary: 'How the programs are doing',
      handle: async (req, res) => {
        const ask = asker(req, res);
        const { program } = req.query as Record<string, string | undefined>;
        const all = deps.programs.all();
        const loaded = parts.programOfPage(deps, program) ?? all[0];
        const lineOf = async ({ program: { program: name, ...rest } }: LoadedProgram): Promise<Line> => {
          const read = () => ask(programSummary, 'get', '/programs/:program/summary', { params: { program: name } });
          const told = await keep(`summary ${name}`, read, PATIENCE_MS);
          return { program: name, name: rest.name, mode: rest.mode, is: told?.value, isOld: told?.isOld ?? true };
        };
        const [days, lines] = await Promise.all([loaded && readDays(deps, keep, loaded), Promise.all(all.map(lineOf))]);
        const shown = lines.find((each) => each.program === loaded?.program.program);
        const isCounting = (loaded && !days) || lines.some(({ is }) => !is);
        showPage(req, res, {
          title: 'Overview',
          lead: 'What your programs bring, cost, and need from you.',
          section: '/admin',
          acts: html`<a class="button" href="/admin/setup${loaded && `?program=${loaded.program.program}`}">Set up a source</a>`,
          live: isCounting || days?.isOld || lines.some(({ isOld }) => isOld) ? 1 : 30,
          body: html`${isCounting ? parts.counting(req) : waiting(lines)}${programs(deps, lines, shown?.program)}${shown?.is && days && details(shown.is, days.value, mayAct(adminOf(res).role, 'owner'))}`,
        });
      },
    },
  ];
}

function waiting(lines: readonly Line[]): Html | undefined {
  const sum = (of: (each: Summary) => number) => lines.reduce((total, { is }) => total + (is ? of(is) : 0), 0);
  const all = [
    {
      n: sum((each) => each.failures.count),
      words: ['failed credit', 'failed credits'],
      path: '/admin/failed',
      tone: 'bad',
    },
    {
      n: sum((each) => each.holds.count),
      words: ['reward held for a look', 'rewards held for a look'],
      path: '/admin/held',
      tone: 'warn',
    },
    {
      n: sum((each) => each.work.parked_events),
      words: ['event that could not be handled', 'events that could not be handled'],
      path: '/admin/events?state=parked',
      tone: 'bad',
    },
  ];
  const some = all.filter(({ n }) => n > 0);
  if (some.length === 0) return html`<p class="note good">Nothing waits for you.</p>`;
  return html`${some.map(({ n, words, path, tone }) => html`<p class="note ${tone}"><a href="${path}">${count('en', n)} ${words[n === 1 ? 0 : 1]}</a></p>`)}`;
}

function programs(deps: Deps, lines: readonly Line[], shown: string | undefined): Html {
  const counted = (of: (is: Summary) => Html | string) => (line: Line) => (line.is ? of(line.is) : '…');
  const columns: parts.Column<Line>[] = [
    {
      name: 'Program',
      of: (each) =>
        html`<a href="/admin?program=${each.program}"${each.program === shown && html` aria-current="true"`}><strong>${each.name}</strong></a> ${each.mode === 'test' && parts.badge('test')}`,
      kind: 'long',
    },
    { name: 'Members', of: counted(({ funnel }) => count('en', funnel.members)), kind: 'n' },
    { name: 'Referred signups', of: counted(({ funnel }) => count('en', funnel.completed_referrals)), kind: 'n' },
    { name: 'Paying', of: counted(({ funnel }) => count('en', funnel.paying)), kind: 'n' },
    { name: 'Credited', of: counted((is) => sums(deps, is, is.cost)), kind: 'n' },
    {
      name: 'Held',
      of: counted((is) => html`<a href="/admin/held?program=${is.program}">${count('en', is.holds.count)}</a>`),
      kind: 'n',
    },
    {
      name: 'Failed',
      of: counted((is) => html`<a href="/admin/failed?program=${is.program}">${count('en', is.failures.count)}</a>`),
      kind: 'n',
    },
  ];
  return html`<section class="card" aria-labelledby="programs"><h2 id="programs">Programs</h2>${parts.fileTable('Programs', columns, lines)}</section>`;
}

function sums(deps: Deps, { program }: Summary, given: readonly { unit: string; amount: number }[]): Html {
  if (given.length === 0) return html`–`;
  return html`${given.map(({ unit, amount }, at) => html`${at > 0 && html`<br>`}${parts.amountOf(deps, program, amount, unit)}`)}`;
}

type Days = NonNullable<Awaited<ReturnType<typeof readDays>>>['value'];

async function readDays({ clock, pools: { knex } }: Deps, keep: Keep, { no }: LoadedProgram) {
  const now = await clock.now();
  const to = new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS + DAY_MS);
  const span = { from: new Date(to.getTime() - DAYS * DAY_MS), to };
  const read = async () => ({
    span,
    days: await sql.readDays(knex, no, span),
    rewards: await sql.readRewardDays(knex, no, span),
    cost: await sql.readCost(knex, no, span),
    top: await sql.readTop(knex, no),
    sources: await sql.readSources(knex, no, span),
    channels: await sql.readChannels(knex, no, span),
    ambassadors: await sql.readAmbassadors(knex, no, span, AMBASSADOR_OVER),
  });
  return await keep(`days ${no} ${to.getTime()}`, read, PATIENCE_MS);
}

function details(summary: Summary, read: Days, mayRate: boolean): Html {
  const { span, days, rewards, cost, top, sources, channels, ambassadors } = read;
  const axis = daysBetween(span.from, span.to);
  const by = new Map(days.map((row) => [row.day, row]));
  const of = (name: 'clicks' | 'signups' | 'qualified' | 'paying') => axis.map((each) => by.get(each)?.[name] ?? 0);
  const statuses = ['credited', 'pending', 'failed', 'rejected'];
  const counted = new Map(rewards.map((row) => [`${row.day} ${row.status}`, row.count]));
  return html`<h2>${summary.name}, the last ${DAYS} days</h2>
${funnel(summary, cost)}
<div class="grid"><section class="card" aria-labelledby="p1"><h2 id="p1">Referred people</h2>${plot({
    title: 'Referred people',
    days: axis,
    isGrouped: true,
    series: [
      { name: 'Clicked', values: of('clicks') },
      { name: 'Signed up', values: of('signups') },
      { name: 'Qualified', values: of('qualified') },
      { name: 'Paid first', values: of('paying') },
    ],
  })}</section>
<section class="card" aria-labelledby="p2"><h2 id="p2">Rewards by their state now</h2>${plot({ title: 'Rewards', days: axis, series: statuses.map((name) => ({ name, values: axis.map((each) => counted.get(`${each} ${name}`) ?? 0) })) })}</section></div>
<div class="grid"><section class="card" aria-labelledby="top"><h2 id="top">Top referrers</h2>${topTable(summary.program, top)}</section>
<div class="stack"><section class="card" aria-labelledby="so"><h2 id="so">Sources of payments</h2>${sourceTable(summary.program, sources)}</section>
<section class="card" aria-labelledby="un"><h2 id="un">Payments that earned nothing</h2>${unearned(summary)}</section></div></div>
<div class="grid"><section class="card" aria-labelledby="ch"><h2 id="ch">Channels and campaigns</h2>${channelTable(channels)}</section>
<section class="card" aria-labelledby="am"><h2 id="am">Ambassador candidates</h2><p class="soft">More than ${AMBASSADOR_OVER} people whom they brought have paid in ${DAYS} days.</p>${ambassadorTable(summary.program, ambassadors, mayRate)}</section></div>`;
}

function funnel({ funnel: is }: Summary, cost: readonly sql.CostRow[]): Html {
  const share = (part: number, whole: number) => (whole === 0 ? '' : `${percent('en', part / whole)} of these`);
  const [most] = cost;
  const figures: (readonly [string, string, string])[] = [
    ['Members', count('en', is.members), `${count('en', is.signups)} signed up`],
    ['Clicks', count('en', is.clicks), 'on referral links'],
    ['Referred', count('en', is.referrals), `${count('en', is.denied_referrals)} denied`],
    ['Referred signups', count('en', is.completed_referrals), share(is.completed_referrals, is.referrals)],
    ['Paying', count('en', is.paying), share(is.paying, is.completed_referrals)],
  ];
  const money =
    most &&
    ([
      'Cost of referred revenue',
      most.revenue === 0n ? '–' : percent('en', Number(most.cost) / Number(most.revenue)),
      `${amountIn('en', most.cost, most.currency)} of ${amountIn('en', most.revenue, most.currency)} in 30 days`,
    ] as const);
  return html`<dl class="figures">${[...figures, ...(money ? [money] : [])].map(([name, value, more]) => html`<div class="figure"><dt>${name}</dt><dd>${value}<small>${more}</small></dd></div>`)}</dl>`;
}

function topTable(program: string, rows: readonly sql.TopRow[]): Html {
  if (rows.length === 0) return parts.empty('Nobody has referred anyone yet');
  return parts.fileTable(
    'Top referrers',
    [
      { name: 'Member', of: (row) => parts.memberLink(program, row.member_id), kind: 'long' },
      { name: 'Signups', of: (row) => count('en', row.completed), kind: 'n' },
      { name: 'Qualified', of: (row) => count('en', row.qualified), kind: 'n' },
      { name: 'Last', of: (row) => (row.last_at ? day('en', row.last_at) : '') },
    ],
    rows,
  );
}

function unearned({ program, unearned_payments: rows }: Summary): Html {
  if (rows.length === 0) return parts.empty('Every payment earned something');
  const columns: parts.Column<(typeof rows)[number]>[] = [
    {
      name: 'Why',
      of: ({ reason }) =>
        html`<a href="/admin/payments?program=${program}&amp;reason=${reason}">${parts.plain(reason)}</a>`,
    },
    { name: 'Payments', of: (row) => count('en', row.count), kind: 'n' },
  ];
  return parts.fileTable('Payments that earned nothing', columns, rows);
}

function sourceTable(program: string, rows: readonly sql.SourceRow[]): Html {
  if (rows.length === 0) return parts.empty('No payments in these days');
  return parts.fileTable(
    'Sources of payments',
    [
      {
        name: 'Source',
        of: ({ source }) => html`<a href="/admin/events?program=${program}&amp;source=${source}">${source}</a>`,
      },
      { name: 'Payments', of: (row) => count('en', row.payments), kind: 'n' },
      { name: 'Rewarded', of: (row) => count('en', row.earned), kind: 'n' },
      { name: 'Their net', of: (row) => amountIn('en', row.revenue, row.currency), kind: 'n' },
    ],
    rows,
  );
}

function channelTable(rows: readonly sql.ChannelRow[]): Html {
  if (rows.length === 0) return parts.empty('No signups in these days');
  return parts.fileTable(
    'Channels and campaigns',
    [
      { name: 'Channel', of: (row) => row.channel ?? html`<span class="soft">by the code itself</span>`, kind: 'long' },
      { name: 'Campaign', of: (row) => row.campaign ?? '', kind: 'long' },
      { name: 'Signups', of: (row) => count('en', row.signups), kind: 'n' },
      { name: 'Paying', of: (row) => count('en', row.paying), kind: 'n' },
    ],
    rows,
  );
}

function ambassadorTable(program: string, rows: readonly sql.AmbassadorRow[], mayRate: boolean): Html {
  if (rows.length === 0) return parts.empty('Nobody yet');
  const rate = (row: sql.AmbassadorRow) => {
    if (row.rate !== null) return formatPercent(row.rate);
    if (!mayRate) return '';
    return html`<form class="row" method="post" action="/admin/members/${encodeURIComponent(row.member_id)}"><input type="hidden" name="program" value="${program}"><input type="hidden" name="back" value="overview"><input class="short" name="rate" aria-label="Rate for ${row.member_id}" value="10%"><button>Give this rate</button></form>`;
  };
  return parts.fileTable(
    'Ambassador candidates',
    [
      { name: 'Member', of: (row) => parts.memberLink(program, row.member_id), kind: 'long' },
      { name: 'Active', of: (row) => count('en', row.active), kind: 'n' },
      { name: 'Own rate', of: rate },
    ],
    rows,
  );
}
