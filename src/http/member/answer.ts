/**
 * From values to what an answer's schema says: the compiler holds the two together, tests parse every answer.
 * Must never: send an object of the database as it is.
 */
import type { Response } from 'express';
import type * as z from 'zod';

export function answer<T extends z.ZodType>(res: Response, _form: T, value: z.input<T>): void {
  res.json(value);
}

export const iso = (time: Date): string => time.toISOString();

export function isoOrNull(time: Date | null): string | null {
  return time === null ? null : time.toISOString();
}
