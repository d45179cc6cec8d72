/**
 * The state of the service: what waits, what is stuck, how catching up goes, and whether the books are right.
 * Promises: what is dear to count is kept for a while, and the page says when it was counted. Must never: call
 * something right that was not looked at.
 */
import type { Request, Response } from 'express';
import type * as z from 'zod';
import { type BreakerState, describeBreaker } from '../../delivery/breaker.ts';
import { catchUpList } from '../../http/admin/catch-ups.ts';
import { ledgerCheck } from '../../http/admin/ledger-check.ts';
import { programSummary } from '../../http/admin/program-schemas.ts';
import type { Deps } from '../../http/deps.ts';
import { type Keep, keepDear, PATIENCE_MS } from '../../http/kept.ts';
import type { Route } from '../../http/routes.ts';
import { type Html, html } from '../../texts/html.ts';
import { type Translator, translatorOf } from '../../texts/translator.ts';
import type { Ask } from '../ask.ts';
import { showPage } from './layout.ts';
import * as parts from './parts.ts';

type Asker = (req: Request, res: Response) => Ask;
type Ledger = z.output<typeof ledgerCheck>;
type Line = Omit<z.output<typeof programSummary>, 'breaker'> & { readonly breaker: BreakerState };

type CatchUp = z.output<typeof catchUpList>['data'][number];

export function healthRoutes(deps: Deps, asker: Asker): Route[] {
  // Of their own: who is waited for does not wait for the books.
  const [keep, keepBooks] = [keepDear(), keepDear()];
  return [
    {
      method: 'get',
      path: '/health',
      credential: 'admin:read',
      answers: 'text/html',
      summary: 'Backlog, sinks, catching up, ledger and seal',
      handle: (req, res) => health(deps, asker, { keep, keepBooks }, req, res),
    },
  ];
}

async function health(
  deps: Deps,
  asker: Asker,
  { keep, keepBooks }: Readonly<Record<'keep' | 'keepBooks', Keep>>,
  req: Request,
  res: Response,
): Promise<void> {
  const t = translatorOf(req);
  const ask = asker(req, res);
  const programs = deps.programs.all();
  const [books, catchUps, ...lines] = await Promise.all([
    keepBooks(
      'ledger',
      async () => ({ at: new Date(), ledger: await ask(ledgerCheck, 'get', '/ledger/check') }),
      PATIENCE_MS,
    ),
    ask(catchUpList, 'get', '/catch-ups'),
    ...programs.map(async ({ no, program: { program } }): Promise<Line | undefined> => {
      const question = { params: { program } };
      const read = () => ask(programSummary, 'get', '/programs/:program/summary', question);
      const summary = (await keep(program, read, PATIENCE_MS))?.value;
      // Never kept: it is looked at while it changes.
      return summary && { ...summary, breaker: await describeBreaker(deps.pools, no) };
    }),
  ]);
  showPage(req, res, {
    title: t('nav.health'),
    lead: t('health.lead'),
    section: '/admin/health',
    live: !books || books.isOld || lines.includes(undefined) ? 2 : 30,
    body: html`${books ? stateOfBooks(t, books.value) : parts.counting(t, req, 'counting.ledger')}<section class="card"><h2>${t('health.work')}</h2>${work(t, books?.value.ledger, lines)}</section>
<section class="card"><h2>${t('health.catchUp')}</h2><p class="soft">${t('health.catchUpLead')}</p>${caughtUp(t, catchUps.data)}</section>`,
  });
}

interface Books {
  readonly ledger: Ledger;
  readonly at: Date;
}

function stateOfBooks(t: Translator, { ledger, at }: Books): Html {
  if (ledger.balanced) {
    return html`<p class="note good">${t('health.balanced', { at: t.moment(at) })}</p>`;
  }
  const columns: parts.Column<Ledger['differences'][number]>[] = [
    { name: t('column.program'), of: (each) => each.program },
    { name: t('health.check'), of: (each) => t.word(each.check) },
    { name: t('column.what'), of: (each) => each.what, kind: 'long' },
    { name: t('health.stored'), of: (each) => t.amount(each.stored, each.unit), kind: 'n' },
    { name: t('health.entries'), of: (each) => t.amount(each.entries, each.unit), kind: 'n' },
  ];
  return html`<p class="note bad" role="alert">${t('health.unbalanced', { n: ledger.drift })}</p>
${ledger.differences.length > 0 && html`<section class="card">${parts.fileTable(t, t('health.differences'), columns, ledger.differences)}</section>`}`;
}

function work(t: Translator, ledger: Ledger | undefined, counted: readonly (Line | undefined)[]): Html {
  const lines = counted.filter((each) => each !== undefined);
  const columns: parts.Column<Line>[] = [
    { name: t('column.program'), of: ({ name }) => name, kind: 'long' },
    { name: t('column.sink'), of: (each) => sinkOf(t, each), kind: 'long' },
    { name: t('health.waiting'), of: ({ work: is }) => t.count(is.waiting_events), kind: 'n' },
    {
      name: t('health.parked'),
      of: ({ work: is, program }) =>
        html`<a href="/admin/events?program=${program}&amp;state=parked">${t.count(is.parked_events)}</a>`,
      kind: 'n',
    },
    { name: t('health.underWay'), of: ({ work: is }) => t.count(is.open_deliveries), kind: 'n' },
    { name: t('health.forPerson'), of: ({ work: is }) => t.count(is.parked_deliveries), kind: 'n' },
    {
      name: t('health.sealedTo'),
      of: ({ program }) => ledger?.programs.find((each) => each.program === program)?.sealed_to ?? '–',
      kind: 'nowrap',
    },
  ];
  return html`${lines.length < counted.length && html`<p class="soft">${t('health.counting')}</p>`}${parts.fileTable(t, t('health.work'), columns, lines)}`;
}

function sinkOf(t: Translator, { sink, breaker: { state, failures, since, lastError: said } }: Line): Html {
  const word = said !== null && html`<br><span class="soft">${t('health.failedInRow', { n: failures, said })}</span>`;
  if (state === 'closed') return html`${t.word(sink)}${word}`;
  const told = state === 'open' ? parts.badge(t, 'left_alone', 'bad') : parts.badge(t, 'to_be_tried_again', 'warn');
  const began = since === null ? t('health.sinceAWhile') : t('health.since', { at: t.moment(since) });
  return html`${t.word(sink)} ${told}<br><span class="soft">${began}</span>${word}`;
}

function caughtUp(t: Translator, sources: readonly CatchUp[]): Html {
  if (sources.length === 0) {
    return parts.empty(t('health.noSource'), t('health.noSourceMore'));
  }
  const columns: parts.Column<CatchUp>[] = [
    {
      name: t('column.source'),
      of: ({ source, program }) => html`${source} <span class="soft">${program}</span>`,
      kind: 'long',
    },
    { name: t('health.lastRun'), of: ({ last }) => (last ? t.moment(last.started_at) : t('health.notYet')) },
    { name: t('health.listed'), of: ({ last }) => (last ? t.count(last.listed) : ''), kind: 'n' },
    { name: t('health.fed'), of: ({ last }) => (last ? fedOf(t, last) : ''), kind: 'n' },
    { name: t('column.state'), of: ({ last }) => (last ? stateOf(t, last) : ''), kind: 'long' },
    {
      name: t('health.completeUntil'),
      of: (each) => (each.complete_until === null ? '–' : t.moment(each.complete_until)),
    },
  ];
  return parts.fileTable(t, t('health.catchUp'), columns, sources);
}

function fedOf(t: Translator, { missing, missing_types: types }: NonNullable<CatchUp['last']>): Html {
  const lines = Object.entries(types).map(([type, n]) => html`<br><span class="soft">${type} ${t.count(n)}</span>`);
  return html`${t.count(missing)}${lines}`;
}

function stateOf(t: Translator, { ended_at: endedAt, error }: NonNullable<CatchUp['last']>): Html {
  if (error !== null) return html`${parts.badge(t, 'failed', 'bad')} <code>${error}</code>`;
  return endedAt === null ? parts.badge(t, 'under_way', 'warn') : parts.badge(t, 'done', 'good');
}
