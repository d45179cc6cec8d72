/**
 * Money out of JSON: exact integers in minor units, or nothing.
 * Promises: what comes back is what the sender wrote. A fraction, a negative, text where a number belongs, and
 * anything above 2^53-1 (JSON.parse has already rounded it) is `bad_amount` and parks the event. Must never: round,
 * except where a tax is shared out, and there once.
 */
import { NotUnderstood } from '../model/facts.ts';
import { minOf } from '../model/money.ts';
import { at } from './json.ts';

const MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Stripe writes amounts as JSON integers. */
export function minorFromNumber(value: unknown): bigint | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
}

/** For the few amounts that have a direction, such as a balance that was used or owed. */
export function signedFromNumber(value: unknown): bigint | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

/** Paddle writes amounts as text, "1999". */
export function minorFromText(value: unknown): bigint | undefined {
  if (typeof value !== 'string' || !/^\d{1,16}$/.test(value)) return undefined;
  const amount = BigInt(value);
  return amount <= MAX ? amount : undefined;
}

type Read = (value: unknown) => bigint | undefined;

/** An amount that must be there. */
export function requiredAmount(object: unknown, path: string, read: Read): bigint {
  const amount = read(at(object, path));
  if (amount === undefined) throw new NotUnderstood(path, 'bad_amount');
  return amount;
}

/** An amount that may be absent or null, but if it is there it must be one. */
export function optionalAmount(object: unknown, path: string, read: Read): bigint | undefined {
  const value = at(object, path);
  return value === undefined || value === null ? undefined : requiredAmount(object, path, read);
}

/** Sums `amount` over a list of parts, as `read` understands it; undefined when the list is not there. */
export function sumOf(parts: unknown, read: Read, field: string): bigint | undefined {
  if (!Array.isArray(parts)) return undefined;
  let sum = 0n;
  for (const part of parts) {
    const amount = read(at(part, 'amount'));
    if (amount === undefined) throw new NotUnderstood(field, 'bad_amount');
    sum += amount;
  }
  return sum;
}

/** An amount that only explains, and is left out when it is zero or unreadable. */
export function shown(amount: bigint | undefined): bigint | undefined {
  return amount !== undefined && amount > 0n ? amount : undefined;
}

/**
 * The tax in `paid` when `total` had `tax` in it and only a part was paid in money (credit paid the rest). Rounded to
 * the nearest, once: floor would leave part of the tax in every base, always to the same side, and two halves of an
 * invoice would add up to less tax than the invoice has. More than `total` (an old debt was paid too) has no more tax.
 */
export function taxShare(tax: bigint, paid: bigint, total: bigint): bigint {
  if (total <= 0n) return 0n;
  if (paid >= total) return minOf(tax, paid);
  return minOf((2n * tax * paid + total) / (2n * total), paid);
}
