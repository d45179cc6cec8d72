/**
 * The pages: the console for whoever runs programs, the portal for whoever refers.
 * Promises: their routes are data like those of the API, each with its credential; what fails is a page, too. Must
 * never: decide anything; a page asks the API.
 */
import { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import type { Pages } from '../http/app.ts';
import { problemOf } from '../http/errors.ts';
import { PROBLEMS, Problem } from '../http/problems.ts';
import { adminHost } from '../http/program-host.ts';
import { mount, type Route } from '../http/routes.ts';
import { consoleGuards, consoleRoutes, showProblem } from './console/index.ts';
import { portalProblem, portalRoutes } from './portal/index.ts';
import { portalGuards } from './portal/session.ts';
import { seeOther } from './send.ts';

export const pages: Pages = (deps, tables, guards) => {
  const admin = Router();
  admin.use(isPage, mount(consoleRoutes(deps, tables.admin.routes), '/admin', consoleGuards(deps, guards)));
  admin.use((req, _res, next) => next(isOfApi(req.path) ? undefined : new Problem('not_found')));
  admin.use(problemPage(showProblem));
  const program = Router();
  const isPortal: RequestHandler = (req, res, next) => {
    res.locals.isPage = /^\/portal(\/|$)/.test(req.path);
    next(res.locals.isPage ? undefined : 'router');
  };
  program.use(isPortal, mount(portalRoutes(deps, tables.program.routes), '/p/:program', portalGuards(deps, guards)));
  program.use(problemPage(portalProblem));
  const front = mount([frontDoor], '', () => adminHost(deps));
  return { front, admin, program };
};

/** The address that the start prints. A program's host has the console nowhere, so nothing is at its root, either. */
const frontDoor: Route = {
  method: 'get',
  path: '/',
  credential: 'none',
  summary: 'Leads to the console',
  answers: 'text/html',
  statuses: [303],
  handle: (_req, res) => {
    res.locals.isPage = true;
    seeOther(res, '/admin');
  },
};

const isOfApi = (path: string): boolean => path === '/v1' || path.startsWith('/v1/');

const isPage: RequestHandler = (req, res, next) => {
  res.locals.isPage = !isOfApi(req.path);
  next(res.locals.isPage ? undefined : 'router');
};

/** What went wrong as a page, with the status that the API would answer. */
function problemPage(show: (req: Request, res: Response, problem: Problem) => void): ErrorRequestHandler {
  return (error, req, res, next) => {
    if (!res.locals.isPage || res.headersSent) {
      next(error);
      return;
    }
    const problem = problemOf(error);
    if (!(error instanceof Problem)) res.locals.error = error;
    const [status] = PROBLEMS[problem.code];
    res.locals.problem = problem.code;
    res.status(status);
    show(req, res, problem);
  };
}
