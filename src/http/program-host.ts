/**
 * Which program a request is for: by `/p/:program`, or by a host that the program's file names.
 * Promises: the admin API answers on no program's host, unless PUBLIC_URL is that host. Must never: trust a forwarded
 * host beyond what TRUST_PROXY says (Express's `hostname` does that).
 */
import type { Request, RequestHandler, Router } from 'express';
import type { Deps } from './deps.ts';
import { Problem } from './problems.ts';
import { param } from './routes.ts';

type Programs = Pick<Deps, 'programs'>;

/** Lower-case, without a port. */
export function hostOf(req: Request): string {
  return (req.hostname ?? '').toLowerCase();
}

/** For a router under `/p/:program`. */
export function programByName({ programs }: Programs): RequestHandler {
  return (req, res, next) => {
    const program = programs.byName(param(req, 'program'));
    if (!program) throw new Problem('unknown_program');
    res.locals.program = program;
    next();
  };
}

/** Runs the program's routes at the root of its hosts, and nothing elsewhere. */
export function programByHost({ programs }: Programs, routes: Router): RequestHandler {
  return (req, res, next) => {
    const program = programs.byHost(hostOf(req));
    if (!program) {
      next();
      return;
    }
    res.locals.program = program;
    routes(req, res, next);
  };
}

/** Before everything under /admin. */
export function adminHost({ programs, env }: Programs & Pick<Deps, 'env'>): RequestHandler {
  const own = new URL(env.publicUrl).hostname.toLowerCase();
  return (req, _res, next) => {
    const host = hostOf(req);
    next(host !== own && programs.byHost(host) ? new Problem('not_found') : undefined);
  };
}
