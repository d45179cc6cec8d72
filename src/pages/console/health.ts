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
import { type Html, html } from '../../mail/html.ts';
import type { Ask } from '../ask.ts';
import { count, moment } from '../words.ts';
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
    title: 'Health',
    lead: 'What waits, what is stuck, and whether the books are right.',
    section: '/admin/health',
    live: !books || books.isOld || lines.includes(undefined) ? 2 : 30,
    body: html`${books ? stateOfBooks(books.value) : parts.counting(req, 'The ledger is')}<section class="card"><h2>Work</h2>${work(books?.value.ledger, lines)}</section>
<section class="card"><h2>Catching up</h2><p class="soft">What the providers know and no webhook brought: asked of their own lists, and fed to the inbox.</p>${caughtUp(catchUps.data)}</section>`,
  });
}

interface Books {
  readonly ledger: Ledger;
  readonly at: Date;
}

function stateOfBooks({ ledger, at }: Books): Html {
  if (ledger.balanced) {
    return html`<p class="note good">The ledger is in balance: every transaction, balance, reward, lot and spend was added up anew (${moment('en', at)}).</p>`;
  }
  const columns: parts.Column<Ledger['differences'][number]>[] = [
    { name: 'Program', of: (each) => each.program },
    { name: 'Check', of: (each) => each.check },
    { name: 'What', of: (each) => each.what, kind: 'long' },
    { name: 'Stored', of: (each) => `${each.stored} ${each.unit}`, kind: 'n' },
    { name: 'By the entries', of: (each) => `${each.entries} ${each.unit}`, kind: 'n' },
  ];
  return html`<p class="note bad" role="alert">The ledger is not in balance: ${count('en', ledger.drift)} differences.</p>
${ledger.differences.length > 0 && html`<section class="card">${parts.fileTable('Differences', columns, ledger.differences)}</section>`}`;
}

function work(ledger: Ledger | undefined, counted: readonly (Line | undefined)[]): Html {
  const lines = counted.filter((each) => each !== undefined);
  const columns: parts.Column<Line>[] = [
    { name: 'Program', of: ({ name }) => name, kind: 'long' },
    { name: 'Sink', of: sinkOf, kind: 'long' },
    { name: 'Events waiting', of: ({ work: is }) => count('en', is.waiting_events), kind: 'n' },
    {
      name: 'Not handled',
      of: ({ work: is, program }) =>
        html`<a href="/admin/events?program=${program}&amp;state=parked">${count('en', is.parked_events)}</a>`,
      kind: 'n',
    },
    { name: 'Credits under way', of: ({ work: is }) => count('en', is.open_deliveries), kind: 'n' },
    { name: 'Waiting for a person', of: ({ work: is }) => count('en', is.parked_deliveries), kind: 'n' },
    {
      name: 'Sealed to',
      of: ({ program }) => ledger?.programs.find((each) => each.program === program)?.sealed_to ?? '–',
      kind: 'nowrap',
    },
  ];
  return html`${lines.length < counted.length && html`<p class="soft">Some programs are being counted; they stand here at the next look.</p>`}${parts.fileTable('Work', columns, lines)}`;
}

function sinkOf({ sink, breaker: { state, failures, since, lastError: said } }: Line): Html {
  const word =
    said !== null && html`<br><span class="soft">${count('en', failures)} failed in a row, the last: ${said}</span>`;
  if (state === 'closed') return html`${parts.plain(sink)}${word}`;
  const told = state === 'open' ? parts.badge('left alone', 'bad') : parts.badge('to be tried again', 'warn');
  return html`${parts.plain(sink)} ${told}<br><span class="soft">since ${since === null ? 'a while' : moment('en', since)}</span>${word}`;
}

function caughtUp(sources: readonly CatchUp[]): Html {
  if (sources.length === 0) {
    return parts.empty(
      'No source can be asked',
      'Give a source an api_key in its program file, and it is asked every hour.',
    );
  }
  const columns: parts.Column<CatchUp>[] = [
    { name: 'Source', of: ({ source, program }) => html`${source} <span class="soft">${program}</span>`, kind: 'long' },
    { name: 'Last run', of: ({ last }) => (last ? moment('en', last.started_at) : 'not yet') },
    { name: 'Listed', of: ({ last }) => (last ? count('en', last.listed) : ''), kind: 'n' },
    { name: 'Missing, and fed', of: ({ last }) => (last ? fedOf(last) : ''), kind: 'n' },
    { name: 'State', of: ({ last }) => (last ? stateOf(last) : ''), kind: 'long' },
    { name: 'Complete until', of: (each) => (each.complete_until === null ? '–' : moment('en', each.complete_until)) },
  ];
  return parts.fileTable('Catching up', columns, sources);
}

function fedOf({ missing, missing_types: types }: NonNullable<CatchUp['last']>): Html {
  const lines = Object.entries(types).map(([type, n]) => html`<br><span class="soft">${type} ${count('en', n)}</span>`);
  return html`${count('en', missing)}${lines}`;
}

function stateOf({ ended_at: endedAt, error }: NonNullable<CatchUp['last']>): Html {
  if (error !== null) return html`${parts.badge('failed', 'bad')} <code>${error}</code>`;
  return endedAt === null ? parts.badge('under way', 'warn') : parts.badge('done', 'good');
}
