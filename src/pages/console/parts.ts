/**
 * What the pages of the console have in common: tables, filters, badges, links to what is named.
 * Promises: a state is told in words, never by its colour alone; a table scrolls on a small screen, not the page. Must
 * never: take what the outside sent for markup.
 */
import type { Request } from 'express';
import type { Deps } from '../../http/deps.ts';
import type { ProblemCode } from '../../http/problems.ts';
import type { LoadedProgram } from '../../model/program.ts';
import { type Html, html } from '../../texts/html.ts';
import { plain, type Translator } from '../../texts/translator.ts';
import { queryOf } from '../send.ts';

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
export function fileTable<Row>(
  t: Translator,
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Html {
  return html`<div data-file="${caption}">${table(caption, columns, rows)}<p class="more" data-save hidden><span></span><button type="button" class="plain">CSV<span class="hidden-text"> ${t('table.of', { caption })}</span></button></p></div>`;
}

export function empty(title: string, more: Html | string = ''): Html {
  return html`<div class="empty"><strong>${title}</strong>${more}</div>`;
}

/** For figures that take longer than somebody waits: the page asks for them again by itself, or by the link. */
export function counting(
  t: Translator,
  req: Request,
  what: 'counting.figures' | 'counting.ledger' = 'counting.figures',
): Html {
  return html`<p class="note" role="status">${t(what)} <a href="${req.originalUrl}">${t('counting.again')}</a></p>`;
}

/** The link to the next page of a list. */
export function moreOf(
  t: Translator,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  next: string | null,
  csv?: string,
): Html {
  const { cursor: _cursor, done: _done, n: _n, code: _code, refused: _refused, ...filter } = query;
  const first = query.cursor && html`<a href="${path}${queryOf(filter)}">${t('list.newest')}</a>`;
  const older =
    next !== null &&
    html`<a class="button" href="${path}${queryOf({ ...filter, cursor: next })}">${t('list.older')}</a>`;
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

/** `code` in words. */
export function badge(t: Translator, code: string, tone = TONES[code] ?? ''): Html {
  return html`<span class="badge ${tone}">${t.word(code)}</span>`;
}

/** A long address may break after a stop or a slash, rather than within a word. */
export function breakable(address: string): Html {
  return html`<span class="url">${address.split(/(?<=[/.@])/).map((part) => html`${part}<wbr>`)}</span>`;
}

export function rewardState(t: Translator, reward: Pick<ShownReward, 'status' | 'reason' | 'outcome'>): Html {
  const why = reward.status === 'failed' ? reward.outcome : reward.status === 'credited' ? null : reward.reason;
  return html`${badge(t, reward.status)}${why !== null && html` <span class="soft">${t.word(why)}</span>`}`;
}

/** Somebody by name, or the admin token. */
export const actorOf = (t: Translator, actor: string): string => t.find(`word.${actor}`) ?? actor;

export const rewardLink = (id: string): Html => html`<a href="/admin/rewards/${id}">${id}</a>`;
export const eventLink = (id: string): Html => html`<a href="/admin/events/${id}">${id}</a>`;

export const paymentLink = (id: string, name: string): Html =>
  html`<a href="/admin/payments/${id}"><code>${name}</code></a>`;

export function memberLink(t: Translator, program: string, id: string | null): Html {
  if (id === null) return html`<span class="soft">${t('member.unknown')}</span>`;
  return html`<a href="/admin/members/${encodeURIComponent(id)}${queryOf({ program })}">${id}</a>`;
}

export function amountOf(
  t: Translator,
  deps: Pick<Deps, 'programs'>,
  program: string,
  amount: number,
  unit: string,
): string {
  const own = deps.programs.byName(program)?.program;
  return t.amount(amount, unit, own?.unit.kind === 'points' ? own : undefined);
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
export function rewardsTable(t: Translator, deps: Pick<Deps, 'programs'>, rewards: readonly ShownReward[]): Html {
  const columns: Column<ShownReward>[] = [
    { name: t('column.reward'), of: (each) => rewardLink(each.id), kind: 'nowrap' },
    { name: t('column.rule'), of: (each) => plain(each.rule) },
    { name: t('column.for'), of: (each) => memberLink(t, each.program, each.member_id), kind: 'long' },
    { name: t('column.amount'), of: (each) => amountOf(t, deps, each.program, each.amount, each.unit), kind: 'n' },
    { name: t('column.state'), of: (each) => rewardState(t, each) },
  ];
  return table(t('rewards.title'), columns, rewards);
}

export interface Choice {
  readonly name: string;
  readonly label: string;
  /** None: a field to type into. */
  readonly options?: readonly string[];
  /** What an option is shown as; by itself, as it is. */
  readonly shown?: (option: string) => string;
  readonly type?: 'date';
}

/** A form by which a list is narrowed down; works by GET, so that the address can be kept. */
export function filters(
  t: Translator,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  given: readonly Choice[],
): Html {
  const fields = given.map(({ name, label, options, type, shown = (option) => option }) => {
    const value = query[name] ?? '';
    const input = options
      ? html`<select id="f-${name}" name="${name}"><option value="">${t('filter.all')}</option>${options.map(
          (each) => html`<option value="${each}"${each === value && html` selected`}>${shown(each)}</option>`,
        )}</select>`
      : html`<input id="f-${name}" name="${name}" type="${type ?? 'search'}" value="${value}">`;
    return html`<div><label for="f-${name}">${label}</label>${input}</div>`;
  });
  return html`<form class="filters" method="get" action="${path}">${fields}<button>${t('filter.show')}</button></form>`;
}

export const programChoice = (t: Translator, { programs }: Pick<Deps, 'programs'>): Choice => ({
  name: 'program',
  label: t('column.program'),
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
