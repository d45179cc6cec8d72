/**
 * From whatever was thrown to the problem that is answered.
 * Promises: the database away, or a program busy, is 503 with Retry-After; a body that Express could not read is the
 * sender's 4xx; anything else is our 500 and an error in the log. Must never: answer our own fault with a 4xx, for some
 * senders never retry one.
 */
import type { ErrorRequestHandler } from 'express';
import { isUnavailable } from '../db/transaction.ts';
import { ProgramBusy } from '../engine/run.ts';
import { Problem, type ProblemCode, sendProblem } from './problems.ts';

/** What body-parser and raw-body call their errors. */
const BODY_ERRORS: Readonly<Record<string, ProblemCode>> = {
  'entity.too.large': 'too_large',
  'entity.parse.failed': 'not_parseable',
  'encoding.unsupported': 'unsupported_encoding',
  'charset.unsupported': 'unsupported_encoding',
  'request.size.invalid': 'bad_request',
  'request.aborted': 'bad_request',
};

export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof ProgramBusy) return new Problem('busy');
  if (isUnavailable(error)) return new Problem('unavailable');
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown };
  const ofBody = typeof type === 'string' ? BODY_ERRORS[type] : undefined;
  if (ofBody) return new Problem(ofBody);
  // Express marks only what the request itself did wrong: a path that does not decode.
  if (error instanceof URIError && status === 400) return new Problem('bad_request', 'The path could not be decoded');
  return new Problem('internal_error');
}

/** The last middleware. `res.locals.error` is what the request log prints with a 5xx. */
export const errorHandler: ErrorRequestHandler = (error, _req, res, next) => {
  const problem = problemOf(error);
  if (!(error instanceof Problem)) res.locals.error = error;
  if (res.headersSent) {
    next(error);
    return;
  }
  sendProblem(res, problem);
};
