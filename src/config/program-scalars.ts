/**
 * The scalars of a program file: durations, decimals, percentages, names, URLs, each with the sentence that refuses it.
 * Promises: a number that a variable filled in (text) counts like one that was written. Must never: print the text that
 * it refuses where that may be a secret, or turn an amount into a float.
 */
import * as z from 'zod';
import { parsePercent } from '../model/money.ts';
import type { DurationMs } from '../model/program.ts';

const SECOND_MS = 1000;
const DAY_MS = 86_400 * SECOND_MS;
/** A year is 365 days: rewards expire after so many days, not on a date of the calendar. */
const UNIT_MS: Readonly<Record<string, number>> = {
  s: SECOND_MS,
  m: 60 * SECOND_MS,
  h: 3600 * SECOND_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
  y: 365 * DAY_MS,
};
const DURATION_MAX_MS = 100 * 365 * DAY_MS;

const DURATION = /^(\d{1,6})([smhdwy])$/;

/** `24h` in milliseconds; undefined for what is no duration, or more than 100 years. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit = ''] = DURATION.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  return ms <= DURATION_MAX_MS ? ms : undefined;
}

const NO_DURATION = 'must be a duration such as 30m, 24h, 7d or 1y';

/** At least `least` ms. */
export function duration(least: 0 | 1 = 1) {
  return z
    .string(NO_DURATION)
    .regex(DURATION, NO_DURATION)
    .transform((text, context): number => {
      const ms = parseDuration(text);
      if (ms !== undefined && ms >= least) return ms;
      context.addIssue(ms === undefined ? 'must be at most 100y' : 'must be longer than 0');
      return z.NEVER;
    });
}

export function durationOrNever() {
  const reason = `${NO_DURATION}, or never`;
  return z
    .string(reason)
    .regex(/^(\d{1,6}[smhdwy]|never)$/, reason)
    .transform((text, context): DurationMs => {
      const ms = text === 'never' ? text : parseDuration(text);
      if (ms !== undefined && ms !== 0) return ms;
      context.addIssue(ms === 0 ? 'must be longer than 0' : 'must be at most 100y, or never');
      return z.NEVER;
    });
}

/** The text of a decimal. How many places it may have is known only with the program's unit. */
export function decimal() {
  return z.union([z.number(), z.string()], 'must be an amount such as 5 or 12.50').transform(String);
}

export function percent() {
  return z.string('must be a percentage in quotes, such as "2.5%"').transform((text, context) => {
    try {
      return parsePercent(text);
    } catch (error) {
      context.addIssue((error as Error).message);
      return z.NEVER;
    }
  });
}

export function whole(least: number, most: number) {
  const reason = `must be a whole number from ${least} to ${most}`;
  return z
    .union([z.int(reason).min(least, reason).max(most, reason), z.string().regex(/^\d{1,15}$/, reason)], reason)
    .transform(Number)
    .refine((count) => count >= least && count <= most, reason);
}

export function flag() {
  const reason = 'must be true or false';
  return z.union([z.boolean(), z.enum(['true', 'false'])], reason).transform((given) => String(given) === 'true');
}

export function text(most = 200) {
  return z.string().min(1, 'must not be empty').max(most);
}

/** What becomes part of keys, URLs and columns: lower case, beginning with a letter. */
export function identifier() {
  return z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,39}$/, 'must begin with a letter and have at most 40 of a-z, 0-9, _ and -');
}

export function slug() {
  return z.string().regex(/^[a-z0-9][a-z0-9-]{1,39}$/, 'must be 2 to 40 of a-z, 0-9 and -, as it stands in URLs');
}

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()));

export function isCurrency(code: string): boolean {
  return CURRENCIES.has(code);
}

/** A page that people are sent to. Anything but http(s) could run as script. */
export function pageUrl() {
  return z.string().refine((text) => {
    const url = webUrl(text);
    return url?.protocol === 'https:' || (url !== undefined && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname));
  }, 'must be an https:// URL without a password (http:// only for localhost)');
}

/** An address that the service itself calls; which ones it may reach by plain http, EGRESS_ALLOW says. */
export function endpointUrl() {
  return z.string().refine((text) => webUrl(text) !== undefined, 'must be an http(s):// URL without a password');
}

function webUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) && !url.username && !url.password ? url : undefined;
}

const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';

export function hostname() {
  const pattern = new RegExp(`^(?=.{1,253}$)${LABEL}(\\.${LABEL})*$`);
  return z.string().regex(pattern, 'must be a host name in lower case, without scheme and port');
}

/** A place in a webhook's body: `metadata.user_id`. */
export function dottedPath() {
  const part = '[A-Za-z0-9_-]+';
  return z.string().regex(new RegExp(`^${part}(\\.${part})*$`), 'must be a path such as metadata.user_id');
}

/** Text for people in which `{name}` stands for something known. */
export function template(known: readonly string[], most = 2000) {
  return text(most).superRefine((given, context) => {
    for (const [whole, name = ''] of given.matchAll(/\{([^{}]*)\}/g)) {
      if (!known.includes(name)) {
        context.addIssue(`does not know ${whole}; it knows ${known.map((name) => `{${name}}`).join(', ')}`);
      }
    }
  });
}
