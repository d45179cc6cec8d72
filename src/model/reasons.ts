/**
 * Why a value does not fit, in words that stand behind the field's name: `amount: must be a whole number`.
 * Promises: one set of words for what the APIs are sent and for what webhooks tell. Must never: repeat the value; it
 * may be a secret, or somebody's address.
 */
import type * as z from 'zod';

const NAMES: Readonly<Record<string, string>> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

const COUNTED: Readonly<Record<string, readonly [one: string, more: string]>> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
};

/** For zod's `error`; undefined where a schema has words of its own, and for what is rare. */
export function plainReason(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      return `must be ${NAMES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'invalid_union':
      return Array.isArray(issue.options) ? oneOf(issue.options) : undefined;
    case 'too_small':
      if (issue.origin === 'number' && issue.inclusive === false) return `must be more than ${issue.minimum}`;
      return `must ${least(issue.origin, 'at least', issue.minimum)}`;
    case 'too_big':
      return `must ${least(issue.origin, 'at most', issue.maximum)}`;
    default:
      return undefined;
  }
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? `must be ${String(values[0])}` : `must be one of ${values.join(', ')}`;
}

/** `be at least 1`, `have at most 50 entries`. */
function least(origin: string, bound: string, limit: number | bigint): string {
  const of = COUNTED[origin];
  return of === undefined ? `be ${bound} ${limit}` : `have ${bound} ${limit} ${of[Number(limit) === 1 ? 0 : 1]}`;
}
