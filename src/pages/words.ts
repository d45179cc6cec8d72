/**
 * Amounts, times and counts in somebody's language, by Intl.
 * Promises: an amount is exact however large it is; points are whole; times are UTC and say so in the machine's form,
 * too. Must never: add up, or round what is owed.
 */
import { type Html, html } from '../mail/html.ts';
import { exponentOf, formatDecimal } from '../model/money.ts';
import type { Program } from '../model/program.ts';

export type Language = 'en' | 'de';

/** Making one is slow, using it is not. */
const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function numberFormat(language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${language} ${JSON.stringify(options)}`;
  const known = made.get(key) ?? new Intl.NumberFormat(language, options);
  made.set(key, known);
  return known as Intl.NumberFormat;
}

function dateFormat(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${JSON.stringify(options)}`;
  const known = made.get(key) ?? new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' });
  made.set(key, known);
  return known as Intl.DateTimeFormat;
}

type UnitOf = Pick<Program, 'unit'> | undefined;

/** Minor units of a currency, or points; `$12.50`, `12,50 $`, `1,000 credits`. */
export function amountIn(language: Language, amount: number | bigint, unit: string, program?: UnitOf): string {
  const own = program?.unit;
  if (own?.kind === 'points' && own.name === unit) return `${count(language, amount)} ${unit}`;
  if (own && 'shownAs' in own && own.shownAs && own.currency === unit) {
    return `${count(language, BigInt(amount) / own.shownAs.per)} ${own.shownAs.name}`;
  }
  if (!/^[a-z]{3}$/i.test(unit)) return `${count(language, amount)} ${unit}`;
  const decimals = exponentOf(unit);
  const options = { style: 'currency', currency: unit.toUpperCase() } as const;
  const format = numberFormat(language, {
    ...options,
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return format.format(formatDecimal(BigInt(amount), decimals) as Intl.StringNumericLiteral);
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

/** The language of ours that a browser likes best. */
export function languageOf(accept: string | undefined): Language {
  for (const part of (accept ?? '').toLowerCase().split(',')) {
    const name = part.trim().slice(0, 2);
    if (name === 'en' || name === 'de') return name;
  }
  return 'en';
}
