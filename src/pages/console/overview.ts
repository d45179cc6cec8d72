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
import { formatPercent } from '../../model/money.ts';
import type { LoadedProgram } from '../../model/program.ts';
import { type Html, html } from '../../texts/html.ts';
import { type Translator, translatorOf } from '../../texts/translator.ts';
import type { Ask } from '../ask.ts';
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
        const t = translatorOf(req);
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
          title: t('nav.overview'),
          lead: t('overview.lead'),
          section: '/admin',
          acts: html`<a class="button" href="/admin/setup${loaded && `?program=${loaded.program.program}`}">${t('overview.setUp')}</a>`,
          live: isCounting || days?.isOld || lines.some(({ isOld }) => isOld) ? 1 : 30,
          body: html`${isCounting ? parts.counting(t, req) : waiting(t, lines)}${programs(t, deps, lines, shown?.program)}${shown?.is && days && details(t, shown.is, days.value, mayAct(adminOf(res).role, 'owner'))}`,
        });
      },
    },
  ];
}

function waiting(t: Translator, lines: readonly Line[]): Html | undefined {
  const sum = (of: (each: Summary) => number) => lines.reduce((total, { is }) => total + (is ? of(is) : 0), 0);
  const all = [
    {
      n: sum((each) => each.failures.count),
      words: 'overview.failed',
      path: '/admin/failed',
      tone: 'bad',
    },
    {
      n: sum((each) => each.holds.count),
      words: 'overview.held',
      path: '/admin/held',
      tone: 'warn',
    },
    {
      n: sum((each) => each.work.parked_events),
      words: 'overview.parked',
      path: '/admin/events?state=parked',
      tone: 'bad',
    },
  ] as const;
  const some = all.filter(({ n }) => n > 0);
  if (some.length === 0) return html`<p class="note good">${t('overview.nothingWaits')}</p>`;
  return html`${some.map(({ n, words, path, tone }) => html`<p class="note ${tone}"><a href="${path}">${t(words, { n })}</a></p>`)}`;
}

function programs(t: Translator, deps: Deps, lines: readonly Line[], shown: string | undefined): Html {
  const counted = (of: (is: Summary) => Html | string) => (line: Line) => (line.is ? of(line.is) : '…');
  const columns: parts.Column<Line>[] = [
    {
      name: t('column.program'),
      of: (each) =>
        html`<a href="/admin?program=${each.program}"${each.program === shown && html` aria-current="true"`}><strong>${each.name}</strong></a> ${each.mode === 'test' && parts.badge(t, 'test')}`,
      kind: 'long',
    },
    { name: t('nav.members'), of: counted(({ funnel }) => t.count(funnel.members)), kind: 'n' },
    { name: t('column.referredSignups'), of: counted(({ funnel }) => t.count(funnel.completed_referrals)), kind: 'n' },
    { name: t('column.paying'), of: counted(({ funnel }) => t.count(funnel.paying)), kind: 'n' },
    { name: t('column.credited'), of: counted((is) => sums(t, deps, is, is.cost)), kind: 'n' },
    {
      name: t('nav.held'),
      of: counted((is) => html`<a href="/admin/held?program=${is.program}">${t.count(is.holds.count)}</a>`),
      kind: 'n',
    },
    {
      name: t('overview.failedHead'),
      of: counted((is) => html`<a href="/admin/failed?program=${is.program}">${t.count(is.failures.count)}</a>`),
      kind: 'n',
    },
  ];
  return html`<section class="card" aria-labelledby="programs"><h2 id="programs">${t('nav.programs')}</h2>${parts.fileTable(t, t('nav.programs'), columns, lines)}</section>`;
}

function sums(
  t: Translator,
  deps: Deps,
  { program }: Summary,
  given: readonly { unit: string; amount: number }[],
): Html {
  if (given.length === 0) return html`–`;
  return html`${given.map(({ unit, amount }, at) => html`${at > 0 && html`<br>`}${parts.amountOf(t, deps, program, amount, unit)}`)}`;
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

function details(t: Translator, summary: Summary, read: Days, mayRate: boolean): Html {
  const { span, days, rewards, cost, top, sources, channels, ambassadors } = read;
  const axis = daysBetween(span.from, span.to);
  const by = new Map(days.map((row) => [row.day, row]));
  const of = (name: 'clicks' | 'signups' | 'qualified' | 'paying') => axis.map((each) => by.get(each)?.[name] ?? 0);
  const statuses = ['credited', 'pending', 'failed', 'rejected'];
  const counted = new Map(rewards.map((row) => [`${row.day} ${row.status}`, row.count]));
  return html`<h2>${t('overview.inAll', { program: summary.name })}</h2>
${funnel(t, summary, cost)}
<h2>${t('overview.lastDays', { n: DAYS })}</h2>
<div class="grid"><section class="card" aria-labelledby="p1"><h2 id="p1">${t('overview.people')}</h2>${plot(t, {
    title: t('overview.people'),
    days: axis,
    isGrouped: true,
    series: [
      { name: t('overview.clicked'), values: of('clicks') },
      { name: t('overview.signedUp'), values: of('signups') },
      { name: t('column.qualified'), values: of('qualified') },
      { name: t('overview.paidFirst'), values: of('paying') },
    ],
  })}</section>
<section class="card" aria-labelledby="p2"><h2 id="p2">${t('overview.rewardsByState')}</h2>${plot(t, { title: t('rewards.title'), days: axis, series: statuses.map((name) => ({ name: t.word(name), values: axis.map((each) => counted.get(`${each} ${name}`) ?? 0) })) })}</section></div>
<div class="grid"><section class="card" aria-labelledby="top"><h2 id="top">${t('overview.top')}</h2>${topTable(t, summary.program, top)}</section>
<div class="stack"><section class="card" aria-labelledby="so"><h2 id="so">${t('overview.sources')}</h2>${sourceTable(t, summary.program, sources)}</section>
<section class="card" aria-labelledby="un"><h2 id="un">${t('overview.unearned')}</h2>${unearned(t, summary)}</section></div></div>
<div class="grid"><section class="card" aria-labelledby="ch"><h2 id="ch">${t('overview.channels')}</h2>${channelTable(t, channels)}</section>
<section class="card" aria-labelledby="am"><h2 id="am">${t('overview.ambassadors')}</h2><p class="soft">${t('overview.ambassadorsMore', { over: AMBASSADOR_OVER, n: DAYS })}</p>${ambassadorTable(t, summary.program, ambassadors, mayRate)}</section></div>`;
}

function funnel(t: Translator, { funnel: is }: Summary, cost: readonly sql.CostRow[]): Html {
  const share = (part: number, whole: number) =>
    whole === 0 ? '' : t('overview.ofThese', { share: t.percent(part / whole) });
  const [most] = cost;
  const figures: (readonly [string, string, string])[] = [
    [t('nav.members'), t.count(is.members), t('overview.signedUpCount', { n: is.signups })],
    [t('overview.clicks'), t.count(is.clicks), t('overview.clicksMore')],
    [t('overview.referred'), t.count(is.referrals), t('overview.denied', { n: is.denied_referrals })],
    [t('column.referredSignups'), t.count(is.completed_referrals), share(is.completed_referrals, is.referrals)],
    [t('column.paying'), t.count(is.paying), share(is.paying, is.completed_referrals)],
  ];
  const money =
    most &&
    ([
      t('overview.cost'),
      most.revenue === 0n ? '–' : t.percent(Number(most.cost) / Number(most.revenue)),
      t('overview.costMore', {
        cost: t.amount(most.cost, most.currency),
        revenue: t.amount(most.revenue, most.currency),
        n: DAYS,
      }),
    ] as const);
  return html`<dl class="figures">${[...figures, ...(money ? [money] : [])].map(([name, value, more]) => html`<div class="figure"><dt>${name}</dt><dd>${value}<small>${more}</small></dd></div>`)}</dl>`;
}

function topTable(t: Translator, program: string, rows: readonly sql.TopRow[]): Html {
  if (rows.length === 0) return parts.empty(t('overview.noTop'));
  return parts.fileTable(
    t,
    t('overview.top'),
    [
      { name: t('column.member'), of: (row) => parts.memberLink(t, program, row.member_id), kind: 'long' },
      { name: t('column.signups'), of: (row) => t.count(row.completed), kind: 'n' },
      { name: t('column.qualified'), of: (row) => t.count(row.qualified), kind: 'n' },
      { name: t('overview.last'), of: (row) => (row.last_at ? t.day(row.last_at) : '') },
    ],
    rows,
  );
}

function unearned(t: Translator, { program, unearned_payments: rows }: Summary): Html {
  if (rows.length === 0) return parts.empty(t('overview.allEarned'));
  const columns: parts.Column<(typeof rows)[number]>[] = [
    {
      name: t('overview.why'),
      of: ({ reason }) => html`<a href="/admin/payments?program=${program}&amp;reason=${reason}">${t.word(reason)}</a>`,
    },
    { name: t('column.payments'), of: (row) => t.count(row.count), kind: 'n' },
  ];
  return parts.fileTable(t, t('overview.unearned'), columns, rows);
}

function sourceTable(t: Translator, program: string, rows: readonly sql.SourceRow[]): Html {
  if (rows.length === 0) return parts.empty(t('overview.noPayments'));
  return parts.fileTable(
    t,
    t('overview.sources'),
    [
      {
        name: t('column.source'),
        of: ({ source }) => html`<a href="/admin/events?program=${program}&amp;source=${source}">${source}</a>`,
      },
      { name: t('column.payments'), of: (row) => t.count(row.payments), kind: 'n' },
      { name: t('overview.rewarded'), of: (row) => t.count(row.earned), kind: 'n' },
      { name: t('overview.net'), of: (row) => t.amount(row.revenue, row.currency), kind: 'n' },
    ],
    rows,
  );
}

function channelTable(t: Translator, rows: readonly sql.ChannelRow[]): Html {
  if (rows.length === 0) return parts.empty(t('overview.noSignups'));
  return parts.fileTable(
    t,
    t('overview.channels'),
    [
      {
        name: t('overview.channel'),
        of: (row) => row.channel ?? html`<span class="soft">${t('overview.byCode')}</span>`,
        kind: 'long',
      },
      { name: t('overview.campaign'), of: (row) => row.campaign ?? '', kind: 'long' },
      { name: t('column.signups'), of: (row) => t.count(row.signups), kind: 'n' },
      { name: t('column.paying'), of: (row) => t.count(row.paying), kind: 'n' },
    ],
    rows,
  );
}

function ambassadorTable(t: Translator, program: string, rows: readonly sql.AmbassadorRow[], mayRate: boolean): Html {
  if (rows.length === 0) return parts.empty(t('members.nobody'));
  const rate = (row: sql.AmbassadorRow) => {
    if (row.rate !== null) return t.rate(formatPercent(row.rate));
    if (!mayRate) return '';
    return html`<form class="row" method="post" action="/admin/members/${encodeURIComponent(row.member_id)}"><input type="hidden" name="program" value="${program}"><input type="hidden" name="back" value="overview"><input class="short" name="rate" aria-label="${t('overview.rateFor', { member: row.member_id })}" value="10%"><button>${t('overview.giveRate')}</button></form>`;
  };
  return parts.fileTable(
    t,
    t('overview.ambassadors'),
    [
      { name: t('column.member'), of: (row) => parts.memberLink(t, program, row.member_id), kind: 'long' },
      { name: t('overview.active'), of: (row) => t.count(row.active), kind: 'n' },
      { name: t('members.ownRate'), of: rate },
    ],
    rows,
  );
}
