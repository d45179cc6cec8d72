/**
 * From values to what an answer's form says: the compiler holds the two together, and tests hold every answer against
 * the document that is made of the forms. Must never: send by another form than the route declares.
 */
import type { Response } from 'express';
import type * as z from 'zod';
import { heldToDeclared } from './routes.ts';

/** What may be given for a form: a Date where it says text, for JSON makes it one. */
export type Sent<T> = T extends string
  ? string extends T
    ? T | Date
    : T
  : T extends readonly (infer E)[]
    ? readonly Sent<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Sent<T[K]> }
      : T;

export function answer<T extends z.ZodType>(res: Response, form: T, value: Sent<z.input<T>>): void {
  heldToDeclared(res, 'answers', form);
  res.json(value);
}

export const iso = (time: Date): string => time.toISOString();

export function isoOrNull(time: Date | null): string | null {
  return time === null ? null : time.toISOString();
}
