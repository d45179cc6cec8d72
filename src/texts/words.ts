/**
 * Amounts, times and counts in somebody's language, by Intl.
 * Promises: an amount is exact however large it is; points are whole; times are UTC and say so in the machine's form,
 * too. Must never: add up, or round what is owed.
 */
import { LANGUAGES, type Language } from '../model/language.ts';
import { numberFormat } from './amounts.ts';
import { type Html, html } from './html.ts';

export { amountIn } from './amounts.ts';

/** Making one is slow, using it is not. */
const made = new Map<string, Intl.DateTimeFormat>();

function dateFormat(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${JSON.stringify(options)}`;
  const known = made.get(key) ?? new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' });
  made.set(key, known);
  return known;
}

export function count(language: Language, value: number | bigint): string {
  return numberFormat(language, { maximumFractionDigits: 0 }).format(value);
}

export function percent(language: Language, part: number): string {
  return numberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(part);
}

/** `7.5%` of the API, as the language writes it. */
export function rateIn(language: Language, rate: string): string {
  const value = Number(rate.replace('%', ''));
  return numberFormat(language, { style: 'percent', maximumFractionDigits: 4 }).format(value / 100);
}

const MOMENT = { dateStyle: 'medium', timeStyle: 'short' } as const;
const DAY = { dateStyle: 'medium' } as const;

export function moment(language: Language, at: string | Date): Html {
  const time = new Date(at);
  return html`<time datetime="${time.toISOString()}" title="${time.toISOString()}">${dateFormat(language, MOMENT).format(time)}</time>`;
}

export function day(language: Language, at: string | Date): Html {
  const time = new Date(at);
  return html`<time datetime="${time.toISOString()}" title="${time.toISOString()}">${dayText(language, time)}</time>`;
}

export function dayText(language: Language, at: string | Date): string {
  return dateFormat(language, DAY).format(new Date(at));
}

export function monthText(language: Language, at: string | Date): string {
  return dateFormat(language, { month: 'long', year: 'numeric' }).format(new Date(at));
}

const LENGTHS = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
] as const;

/** In the largest unit that divides it. */
export function duration(language: Language, ms: number): string {
  const [length, unit] = LENGTHS.find(([each]) => ms >= each && ms % each === 0) ?? [1, 'millisecond'];
  const unitDisplay = unit === 'millisecond' ? 'short' : 'long';
  return numberFormat(language, { style: 'unit', unit, unitDisplay }).format(ms / length);
}

/** The language of ours that a browser likes best. */
export function languageOf(accept: string | undefined): Language {
  for (const part of (accept ?? '').toLowerCase().split(',')) {
    const name = part.trim().slice(0, 2);
    const ours = LANGUAGES.find((each) => each === name);
    if (ours) return ours;
  }
  return 'en';
}
