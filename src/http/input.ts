/**
 * Reading what the outside sends, by zod.
 * Promises: an unknown key is refused and named, so that a mistyped filter never means "all"; text holds nothing that
 * PostgreSQL would choke on. Must never: let an object of the outside through unread, so a key `__proto__` is harmless.
 */
import type { Request } from 'express';
import * as z from 'zod';
import { plainReason } from '../model/reasons.ts';
import { type FieldProblem, Problem } from './problems.ts';
import { heldToDeclared } from './routes.ts';

const NO_NUL = /^[^\0]*$/;

export const text = (max: number) => z.string().trim().min(1).max(max).regex(NO_NUL, 'contains a NUL');

/** A moment, or the beginning of a day in UTC. */
export const moment = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], { error: 'is not a time such as 2026-05-01T00:00:00Z' })
  .transform((value) => new Date(value));

export function readBody<T extends z.ZodType>(req: Request, schema: T): z.output<T> {
  heldToDeclared(req.res, 'body', schema);
  return read(schema, req.body ?? {}, 'body');
}

export function readHeaders<T extends z.ZodObject>(req: Request, schema: T): z.output<T> {
  heldToDeclared(req.res, 'headers', schema);
  const given = Object.keys(schema.shape).map((name) => [name, req.get(name) || undefined]);
  return read(schema, Object.fromEntries(given), 'headers');
}

export function readQuery<T extends z.ZodObject>(req: Request, schema: T): z.output<T> {
  heldToDeclared(req.res, 'query', schema);
  const given = Object.entries(req.query).filter(([, value]) => value !== '');
  return read(schema, Object.fromEntries(given), 'query');
}

function read<T extends z.ZodType>(schema: T, value: unknown, where: string): z.output<T> {
  const parsed = schema.safeParse(value, { error: plainReason });
  if (parsed.success) return parsed.data;
  const errors: FieldProblem[] = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [...issue.path, key].join('.'), reason: 'is not known here' }))
      : [{ field: issue.path.join('.') || where, reason: issue.message }],
  );
  throw new Problem('invalid_request', { detail: errors.map((e) => `${e.field}: ${e.reason}`).join('; '), errors });
}

/** `rw_12` or `12`. */
export function readId(value: string, prefix: string): bigint | undefined {
  const digits = value.startsWith(`${prefix}_`) ? value.slice(prefix.length + 1) : value;
  return /^\d{1,18}$/.test(digits) ? BigInt(digits) : undefined;
}

export const writeId = (prefix: string, id: bigint): string => `${prefix}_${id}`;

/** Amounts leave as JSON integers. A sum past 2^53 would be wrong in most readers, so it is refused, not rounded. */
export function integer(amount: bigint): number {
  const value = Number(amount);
  if (!Number.isSafeInteger(value)) throw new Error(`bug: ${amount} does not fit into a JSON number`);
  return value;
}
