/**
 * Plots as SVG in the page: stacked bars by day, with the same figures as a table beside them; pure.
 * Promises: nothing depends on colour alone, for the table says the same; no script. Must never: cut a bar off.
 */
import { type Html, html } from '../../texts/html.ts';
import type { Translator } from '../../texts/translator.ts';
import { table } from './parts.ts';

export interface Series {
  readonly name: string;
  /** One for each day. */
  readonly values: readonly number[];
}

export interface Plot {
  readonly title: string;
  readonly days: readonly string[];
  readonly series: readonly Series[];
  /** Bars beside one another instead of on top. */
  readonly isGrouped?: boolean;
}

const WIDTH = 500;
const HEIGHT = 190;
const LEFT_MIN = 34;
const LETTER = 6.5;
const BOTTOM = 22;
const TOP = 8;

export function plot(t: Translator, { title, days, series, isGrouped = false }: Plot): Html {
  const totals = days.map((_day, at) => {
    const values = series.map(({ values: of }) => of[at] ?? 0);
    return isGrouped ? Math.max(0, ...values) : values.reduce((sum, each) => sum + each, 0);
  });
  const top = niceTop(Math.max(1, ...totals));
  const left = Math.max(LEFT_MIN, Math.ceil(t.count(top).length * LETTER) + 8);
  const step = (WIDTH - left) / Math.max(1, days.length);
  const scale = (value: number) => (value / top) * (HEIGHT - BOTTOM - TOP);
  const bars = days.map((_day, at) => {
    let under = 0;
    return series.map(({ values }, no) => {
      const height = scale(values[at] ?? 0);
      const width = isGrouped ? (step * 0.8) / series.length : step * 0.8;
      const x = left + at * step + (isGrouped ? no * width : 0);
      const y = HEIGHT - BOTTOM - height - (isGrouped ? 0 : under);
      under += height;
      return (
        height > 0 &&
        html`<rect class="s${no + 1}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" rx="1"/>`
      );
    });
  });
  const lines = [0, top / 2, top].map((value) => {
    const y = (HEIGHT - BOTTOM - scale(value)).toFixed(1);
    return html`<line class="axis" x1="${left}" x2="${WIDTH}" y1="${y}" y2="${y}"/><text x="${left - 6}" y="${Number(y) + 4}" text-anchor="end">${Number.isInteger(value) && t.count(value)}</text>`;
  });
  const ends = [days[0], days.at(-1)].map((day, at) =>
    day === undefined
      ? undefined
      : html`<text x="${at === 0 ? left : WIDTH}" y="${HEIGHT - 5}" text-anchor="${at === 0 ? 'start' : 'end'}">${t.dayText(day)}</text>`,
  );
  return html`<figure><svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${t('plot.byDay', { title })}">${lines}${bars}${ends}</svg>
<ul class="legend">${series.map(
    ({ name, values }, no) =>
      html`<li><i class="s${no + 1}"></i>${name} <strong>${t.count(
        values.reduce((sum, each) => sum + each, 0),
      )}</strong></li>`,
  )}</ul>
<details><summary>${t('plot.asTable')}</summary>${table(
    title,
    [
      { name: t('plot.day'), of: (at: number) => t.dayText(days[at] ?? '') },
      ...series.map(({ name, values }) => ({
        name,
        of: (at: number) => t.count(values[at] ?? 0),
        kind: 'n' as const,
      })),
    ],
    days.map((_day, at) => at).filter((at) => (totals[at] ?? 0) > 0),
  )}</details></figure>`;
}

/** 1, 2, 5, 10, 20, 50 …: the next at or above. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const nice = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= value) ?? value;
  return Math.max(2, nice);
}

export function daysBetween(from: Date, to: Date): string[] {
  const days: string[] = [];
  for (let at = from.getTime(); at < to.getTime(); at += 86_400_000) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}
