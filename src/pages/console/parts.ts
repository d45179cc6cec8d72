/**
 * What the pages of the console have in common: tables, filters, badges, links to what is named.
 * Promises: a state is told in words, never by its colour alone; a table scrolls on a small screen, not the page. Must
 * never: take what the outside sent for markup.
 */
import type { Request } from 'express';
import type { Deps } from '../../http/deps.ts';
import type { ProblemCode } from '../../http/problems.ts';
import { type Html, html } from '../../mail/html.ts';
import type { LoadedProgram } from '../../model/program.ts';
import { queryOf } from '../send.ts';
import { amountIn } from '../words.ts';

export interface Column<Row> {
  readonly name: string;
  readonly of: (row: Row) => Html | string | number;
  /** n: a number, at the right. */
  readonly kind?: 'n' | 'long' | 'nowrap';
}

export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): Html {
  const heads = columns.map(({ name, kind }) => html`<th scope="col"${kind === 'n' && html` class="n"`}>${name}</th>`);
  const lines = rows.map(
    (row) => html`<tr>${columns.map(({ of, kind }) => html`<td class="${kind ?? ''}">${of(row)}</td>`)}</tr>`,
  );
  return html`<div class="scroll" role="group" aria-label="${caption}" tabindex="0"><table><caption class="hidden-text">${caption}</caption><thead><tr>${heads}</tr></thead><tbody>${lines}</tbody></table></div>`;
}

/** With a button that saves what is seen as a file, for tables that are no list of their own; needs the page's script. */
export function fileTable<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): Html {
  return html`<div data-file="${caption}">${table(caption, columns, rows)}<p class="more" data-save hidden><span></span><button type="button" class="plain">CSV<span class="hidden-text"> of ${caption}</span></button></p></div>`;
}

export function empty(title: string, more: Html | string = ''): Html {
  return html`<div class="empty"><strong>${title}</strong>${more}</div>`;
}

/** For figures that take longer than somebody waits: the page asks for them again by itself, or by the link. */
export function counting(req: Request, what: string = 'The figures are'): Html {
  return html`<p class="note" role="status">${what} being counted, and stand here in a moment. <a href="${req.originalUrl}">Look again</a></p>`;
}

/** The link to the next page of a list. */
export function moreOf(
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  next: string | null,
  csv?: string,
): Html {
  const { cursor: _cursor, done: _done, n: _n, code: _code, refused: _refused, ...filter } = query;
  const first = query.cursor && html`<a href="${path}${queryOf(filter)}">Back to the newest</a>`;
  const older =
    next !== null && html`<a class="button" href="${path}${queryOf({ ...filter, cursor: next })}">Older</a>`;
  const file = csv !== undefined && html`<a href="${csv}${queryOf(filter)}">CSV</a>`;
  return html`<div class="more"><span class="row">${older}${first}</span>${file}</div>`;
}

const TONES: Readonly<Record<string, string>> = {
  credited: 'good',
  completed: 'good',
  handled: 'good',
  confirmed: 'good',
  done: 'good',
  pending: 'warn',
  failed: 'bad',
  parked: 'bad',
  refused: 'bad',
  unknown: 'bad',
  suspended: 'bad',
};

export function badge(text: string, tone = TONES[text] ?? ''): Html {
  return html`<span class="badge ${tone}">${plain(text)}</span>`;
}

/** A long address may break after a stop or a slash, rather than within a word. */
export function breakable(address: string): Html {
  return html`<span class="url">${address.split(/(?<=[/.@])/).map((part) => html`${part}<wbr>`)}</span>`;
}

/** `cap_reached` → `cap reached`. */
export const plain = (code: string): string => code.replaceAll('_', ' ');

export function rewardState(reward: {
  readonly status: string;
  readonly reason: string | null;
  readonly outcome: string | null;
}): Html {
  const why = reward.status === 'failed' ? reward.outcome : reward.status === 'credited' ? null : reward.reason;
  return html`${badge(reward.status)}${why !== null && html` <span class="soft">${plain(why)}</span>`}`;
}

export const rewardLink = (id: string): Html => html`<a href="/admin/rewards/${id}">${id}</a>`;
export const eventLink = (id: string): Html => html`<a href="/admin/events/${id}">${id}</a>`;

export const paymentLink = (id: string, name: string): Html =>
  html`<a href="/admin/payments/${id}"><code>${name}</code></a>`;

export function memberLink(program: string, id: string | null): Html {
  if (id === null) return html`<span class="soft">nobody known</span>`;
  return html`<a href="/admin/members/${encodeURIComponent(id)}${queryOf({ program })}">${id}</a>`;
}

export function amountOf(deps: Pick<Deps, 'programs'>, program: string, amount: number, unit: string): string {
  const own = deps.programs.byName(program)?.program;
  return amountIn('en', amount, unit, own?.unit.kind === 'points' ? own : undefined);
}

/** First in a form with several decisions: Enter in a field takes none of them. */
export const NO_ENTER = html`<button disabled hidden></button>`;

export interface ShownReward {
  readonly id: string;
  readonly program: string;
  readonly rule: string;
  readonly member_id: string;
  readonly amount: number;
  readonly unit: string;
  readonly status: string;
  readonly reason: string | null;
  readonly outcome: string | null;
}

/** Rewards beside what caused them. */
export function rewardsTable(deps: Pick<Deps, 'programs'>, rewards: readonly ShownReward[]): Html {
  const columns: Column<ShownReward>[] = [
    { name: 'Reward', of: (each) => rewardLink(each.id), kind: 'nowrap' },
    { name: 'Rule', of: (each) => plain(each.rule) },
    { name: 'For', of: (each) => memberLink(each.program, each.member_id), kind: 'long' },
    { name: 'Amount', of: (each) => amountOf(deps, each.program, each.amount, each.unit), kind: 'n' },
    { name: 'State', of: (each) => rewardState(each), kind: 'nowrap' },
  ];
  return table('Rewards', columns, rewards);
}

export interface Choice {
  readonly name: string;
  readonly label: string;
  /** None: a field to type into. */
  readonly options?: readonly string[];
  readonly type?: 'date';
}

/** A form by which a list is narrowed down; works by GET, so that the address can be kept. */
export function filters(
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  given: readonly Choice[],
): Html {
  const fields = given.map(({ name, label, options, type }) => {
    const value = query[name] ?? '';
    const input = options
      ? html`<select id="f-${name}" name="${name}"><option value="">All</option>${options.map(
          (each) => html`<option value="${each}"${each === value && html` selected`}>${plain(each)}</option>`,
        )}</select>`
      : html`<input id="f-${name}" name="${name}" type="${type ?? 'search'}" value="${value}">`;
    return html`<div><label for="f-${name}">${label}</label>${input}</div>`;
  });
  return html`<form class="filters" method="get" action="${path}">${fields}<button>Show</button></form>`;
}

export const programChoice = ({ programs }: Pick<Deps, 'programs'>): Choice => ({
  name: 'program',
  label: 'Program',
  options: programs.all().map(({ program }) => program.program),
});

/** The program that the page is about: as asked, else the first. */
export function programOfPage(
  { programs }: Pick<Deps, 'programs'>,
  name: string | undefined,
): LoadedProgram | undefined {
  return name === undefined ? programs.all()[0] : programs.byName(name);
}

export type Told = {
  readonly done?: string;
  readonly n?: string;
  readonly code?: ProblemCode;
  readonly refused?: string;
};
