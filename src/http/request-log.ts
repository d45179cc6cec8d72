/**
 * One line a request: id, method, route, status, time, and the code of the problem.
 * Promises: the route is the pattern (`/admin/v1/members/:id`), so that ids and addresses stay out. Must never: log a
 * header, a body, a query string, an address, or the values that a database error quotes.
 */
import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { sqlState } from '../db/transaction.ts';

/** For the root logger: should anybody hand it a request or a program one day, the secrets in them stay out. */
export const redaction = {
  paths: ['authorization', 'cookie', 'secret', 'secrets', 'token', 'email', 'ip', 'body', 'headers'].flatMap((key) => [
    key,
    `*.${key}`,
    `*.*.${key}`,
  ]),
  censor: '[redacted]',
};

/** Asked every few seconds or thousands of times a second: their successes are in the metrics and the inbox. */
const QUIET: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics', '/p/:program/webhooks/:source']);

export function requestLog(log: Logger): RequestHandler {
  return (req, res, next) => {
    const start = performance.now();
    res.once('close', () => {
      const level = levelOf(res);
      if (!log.isLevelEnabled(level)) return;
      const { error } = res.locals as { error?: unknown };
      const duration_ms = Math.round((performance.now() - start) * 10) / 10;
      log[level](
        { request_id: randomUUID(), ...line(req.method, res), duration_ms, ...(error ? { err: loggable(error) } : {}) },
        'request',
      );
    });
    next();
  };
}

function levelOf(res: Response): 'debug' | 'info' | 'warn' | 'error' {
  if (res.statusCode === 503) return 'warn';
  if (res.statusCode >= 500) return 'error';
  return QUIET.has(routeOf(res)) && res.statusCode < 400 ? 'debug' : 'info';
}

export function routeOf(res: Response): string {
  return typeof res.locals.route === 'string' ? res.locals.route : 'unmatched';
}

function line(method: string, res: Response): Record<string, unknown> {
  const program = res.locals.program as { program: { program: string } } | undefined;
  return {
    method,
    route: routeOf(res),
    program: program?.program.program,
    status: res.statusCode,
    code: res.locals.problem,
  };
}

/** Type, code, message and frames. A database error's message may quote a value, and knex's even the whole statement. */
export function loggable(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const state = sqlState(error);
  const frames = (error.stack ?? '').split('\n').filter((each) => /^\s+at /.test(each));
  const { constraint, table, routine } = error as { constraint?: string; table?: string; routine?: string };
  const said = state ? { constraint, table, routine } : { message: error.message };
  return { type: error.name, code: (error as { code?: string }).code, ...said, stack: frames.join('\n') };
}
