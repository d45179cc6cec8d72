/**
 * Amounts in somebody's language, by Intl; pure.
 * Promises: exact however large; points are whole, and money that is shown as points is points. Must never: round what
 * is owed.
 */
import { exponentOf, formatDecimal } from '../model/money.ts';
import type { Program } from '../model/program.ts';

/** Making one is slow, using it is not. */
const made = new Map<string, Intl.NumberFormat>();

export function numberFormat(language: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${language} ${JSON.stringify(options)}`;
  const known = made.get(key) ?? new Intl.NumberFormat(language, options);
  made.set(key, known);
  return known;
}

/** Minor units of a currency, or points; `$12.50`, `12,50 $`, `1,000 credits`. */
export function amountIn(
  language: string,
  amount: number | bigint,
  unit: string,
  program?: Pick<Program, 'unit'>,
): string {
  const own = program?.unit;
  const whole = (value: number | bigint) => numberFormat(language, { maximumFractionDigits: 0 }).format(value);
  if (own?.kind === 'points' && own.name === unit) return `${whole(amount)} ${unit}`;
  if (own && 'shownAs' in own && own.shownAs && own.currency === unit) {
    return `${whole(BigInt(amount) / own.shownAs.per)} ${own.shownAs.name}`;
  }
  if (!/^[a-z]{3}$/i.test(unit)) return `${whole(amount)} ${unit}`;
  const decimals = exponentOf(unit);
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const format = numberFormat(language, { style: 'currency', currency: unit.toUpperCase(), ...digits });
  return format.format(formatDecimal(BigInt(amount), decimals) as Intl.StringNumericLiteral);
}
