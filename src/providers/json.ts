/**
 * Safe reading of a verified body, whose shape nobody promised.
 * Promises: a read never throws; it sees own properties only, so that a key `__proto__` is a key like any other; text
 * that PostgreSQL or a person could not take (NUL, endless) counts as absent. Must never: guess a money amount; what
 * must be there and is not an exact integer is NotUnderstood, and the event is parked.
 */
import { NotUnderstood } from '../model/facts.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Longer ids do not fit an index row, and no provider sends them; a longer name or user agent is of no use to us. */
const TEXT_LENGTH_MAX = 500;
/** A year-1 date is Go's zero time: Paddle and Supabase send it for "not set". */
const EARLIEST_MS = 1;
const LATEST_MS = Date.UTC(9999, 11, 31);
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/i;

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object, or an empty one; Paddle's old data has `[]` where an object stands today. */
export function record(value: unknown): Json {
  return isRecord(value) ? value : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Reads a dotted path, `details.totals.tax`; undefined where any part of the way is missing. */
export function at(value: unknown, path: string): unknown {
  let here = value;
  for (const key of path.split('.')) {
    if (!isRecord(here) || !Object.hasOwn(here, key)) return undefined;
    here = here[key];
  }
  return here;
}

/** Trimmed text, or undefined when absent, empty or unusable. Whole numbers count: ids are often numbers at the sender. */
export function text(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value !== 'string' || value.includes('\0')) return undefined;
  const trimmed = value.trim();
  return trimmed === '' || trimmed.length > TEXT_LENGTH_MAX ? undefined : trimmed;
}

export function email(value: unknown): string | undefined {
  const address = text(value);
  return address?.includes('@') ? address : undefined;
}

export function requiredText(object: unknown, path: string): string {
  const found = text(at(object, path));
  if (found === undefined) throw new NotUnderstood(path, 'missing or not text');
  return found;
}

/** `usd`; currencies are lower case inside. */
export function requiredCurrency(object: unknown, path: string): string {
  const code = requiredText(object, path).toLowerCase();
  if (!/^[a-z]{3}$/.test(code)) throw new NotUnderstood(path, 'not a currency code');
  return code;
}

/** A time that fell on a day people could have paid on, else undefined. */
export function instant(ms: number): Date | undefined {
  return ms >= EARLIEST_MS && ms <= LATEST_MS ? new Date(ms) : undefined;
}

export function timeFromSeconds(value: unknown): Date | undefined {
  return typeof value === 'number' ? instant(value * 1000) : undefined;
}

export function timeFromIso(value: unknown): Date | undefined {
  return typeof value === 'string' && ISO_TIME.test(value) ? instant(Date.parse(value)) : undefined;
}

export function requiredTime(time: Date | undefined, field: string): Date {
  if (time === undefined) throw new NotUnderstood(field, 'missing or not a time');
  return time;
}
