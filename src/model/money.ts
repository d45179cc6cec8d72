/**
 * Money and points, in exact integers.
 * Promises: every amount is a bigint in minor units (points: whole points); a share is rounded down once, on the
 * net, in one division. Must never: use a float, read exponents from Intl (it disagrees with ISO 4217 for 17
 * currencies), or add amounts of two units.
 */

/** Parts per million of the base: 5 % is 50_000n. Four decimals of a percent are exact. */
export type RatePpm = bigint;

const PPM_OF_ONE_PERCENT = 10_000n;
const ZERO_DECIMAL = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf'.split(' '));
const THREE_DECIMAL = new Set('bhd jod kwd omr tnd'.split(' '));

/** Decimals of a currency's minor unit as payment providers count them (Stripe's list; ISK and UGX follow Stripe). */
export function exponentOf(currency: string): number {
  const code = currency.toLowerCase();
  if (ZERO_DECIMAL.has(code)) return 0;
  return THREE_DECIMAL.has(code) ? 3 : 2;
}

/** "12.50" with 2 decimals is 1250n. Throws on anything that is not an exact decimal of at most that many places. */
export function parseDecimal(text: string, decimals: number): bigint {
  const match = /^(-?)(\d{1,15})(?:\.(\d+))?$/.exec(text.trim());
  if (!match) throw new RangeError(`"${text}" is not a decimal number`);
  const [, sign, whole, fraction = ''] = match;
  const kept = fraction.replace(/(?<!0)0+$/, '');
  if (kept.length > decimals) throw new RangeError(`"${text}" has more than ${decimals} decimals`);
  const value = BigInt(`${whole}${kept.padEnd(decimals, '0')}`);
  return sign ? -value : value;
}

/** 1250n with 2 decimals is "12.50". */
export function formatDecimal(amount: bigint, decimals: number): string {
  const sign = amount < 0n ? '-' : '';
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0');
  if (decimals === 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** "2.5%" is 25_000n. */
export function parsePercent(text: string): RatePpm {
  const match = /^(\d{1,3}(?:\.\d{1,4})?)\s*%$/.exec(text.trim());
  if (!match?.[1]) throw new RangeError(`"${text}" is not a percentage such as "2.5%"`);
  const ppm = parseDecimal(match[1], 4);
  if (ppm > 100n * PPM_OF_ONE_PERCENT) throw new RangeError(`"${text}" is more than 100%`);
  return ppm;
}

/** 25_000n is "2.5%". */
export function formatPercent(rate: RatePpm): string {
  const text = formatDecimal(rate, 4).replace(/(?:\.|(?<!0))0+$/, '');
  return `${text}%`;
}

/** How one currency's minor units become another's: amount × num / den. Stored with the reward, never looked up again. */
export interface Conversion {
  readonly num: bigint;
  readonly den: bigint;
}

export const SAME_CURRENCY: Conversion = { num: 1n, den: 1n };

/** A rate as the program file writes it (1 eur = 1.08 usd) between minor units of the two currencies. */
export function conversionFromRate(rate: string, from: string, to: string): Conversion {
  const scaled = parseDecimal(rate, 9);
  return { num: scaled * 10n ** BigInt(exponentOf(to)), den: 10n ** 9n * 10n ** BigInt(exponentOf(from)) };
}

export function convert(amount: bigint, by: Conversion): bigint {
  return (amount * by.num) / by.den;
}

export function minOf(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function maxOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
