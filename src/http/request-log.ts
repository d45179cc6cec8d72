/**
 * One line a request: id, method, route, status, time, and the code of the problem.
 * Promises: the route is the pattern (`/admin/v1/members/:id`), so that ids and addresses stay out. Must never: log a
 * header, a body, a query string, an address, or the values that a database error quotes.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Response } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import { sqlState } from '../db/transaction.ts';

type Middleware = (req: IncomingMessage, res: Response, next: () => void) => void;

/** For the root logger: should anybody hand it a request or a program one day, the secrets in them stay out. */
export const redaction = {
  paths: ['authorization', 'cookie', 'secret', 'secrets', 'token', 'email', 'ip', 'body', 'headers'].flatMap((key) => [
    key,
    `*.${key}`,
    `*.*.${key}`,
  ]),
  censor: '[redacted]',
};

const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

export function requestLog(log: Logger): Middleware {
  return pinoHttp<IncomingMessage, Response>({
    logger: log,
    genReqId: () => randomUUID(),
    quietReqLogger: true,
    quietResLogger: true,
    wrapSerializers: false,
    serializers: { err: loggable },
    customAttributeKeys: { reqId: 'request_id' },
    customLogLevel: (_req, res, error) => {
      if (res.statusCode === 503) return 'warn';
      if (error || res.statusCode >= 500) return 'error';
      return PROBES.has(routeOf(res)) ? 'debug' : 'info';
    },
    customSuccessObject: (req, res, value) => line(req, res, value),
    customErrorObject: (req, res, error, value) => ({ ...line(req, res, value), err: error }),
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request failed',
  });
}

export function routeOf(res: Response): string {
  return typeof res.locals.route === 'string' ? res.locals.route : 'unmatched';
}

function line(req: IncomingMessage, res: Response, value: { responseTime?: number }): Record<string, unknown> {
  const program = res.locals.program as { program: { program: string } } | undefined;
  return {
    method: req.method,
    route: routeOf(res),
    program: program?.program.program,
    status: res.statusCode,
    code: res.locals.problem,
    duration_ms: value.responseTime,
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
