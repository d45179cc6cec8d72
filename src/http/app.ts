/**
 * The whole HTTP face: middleware in its order, and every route with its credential.
 * Promises: helmet on every answer; raw bytes for webhooks before any JSON parser; a problem document for whatever has
 * no route. Must never: hold a rule of the business.
 */
import http from 'node:http';
import net from 'node:net';
import express, { type Express, type Router } from 'express';
import helmet, { type HelmetOptions } from 'helmet';
import { adminRoutes } from './admin/index.ts';
import { appealPageRoutes } from './appeal-page.ts';
import { guardsFor } from './auth.ts';
import type { Deps } from './deps.ts';
import { dialectRoutes } from './dialects/index.ts';
import { errorHandler } from './errors.ts';
import { fundRoutes } from './fund/index.ts';
import { healthRoutes } from './health.ts';
import { memberRoutes } from './member/index.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { documentRoutes } from './openapi/routes.ts';
import { Problem } from './problems.ts';
import { adminHost, programByHost, programByName } from './program-host.ts';
import { requestLog } from './request-log.ts';
import { type Guards, mount, type Route } from './routes.ts';
import { creditRoutes } from './server/credits.ts';
import { eventRoutes } from './server/events.ts';
import { portalLinkRoutes } from './server/portal-links.ts';
import { spendRoutes } from './server/spends.ts';
import { unsubscribeRoutes } from './unsubscribe.ts';
import { visitRoutes } from './visits/index.ts';
import { webhookDoor, webhookRoutes } from './webhooks.ts';

/** Where a list of routes stands. A program's routes stand at the root of its hosts, too. */
export interface MountedRoutes {
  readonly prefix: '' | '/p/:program' | '/admin/v1';
  readonly routes: readonly Route[];
}

/** Pages for people stand on the routes of the API; the document tells of the API only. */
export type Pages = (
  deps: Deps,
  tables: ReturnType<typeof allRoutes>,
  guards: Guards,
) => { readonly front: Router; readonly admin: Router; readonly program: Router };

/** Every route of the API; createApp mounts these, the pages, and nothing else. */
export function allRoutes(deps: Deps, metrics: Metrics): { [K in 'open' | 'program' | 'admin']: MountedRoutes } {
  const tables: ReturnType<typeof allRoutes> = {
    open: {
      prefix: '',
      routes: [...healthRoutes(deps, metrics), ...documentRoutes(deps, () => Object.values(tables))],
    },
    program: {
      prefix: '/p/:program',
      routes: [
        ...webhookRoutes(deps),
        ...unsubscribeRoutes(deps),
        ...appealPageRoutes(deps),
        ...visitRoutes(deps),
        ...eventRoutes(deps),
        ...creditRoutes(deps),
        ...spendRoutes(deps),
        ...portalLinkRoutes(deps),
        ...memberRoutes(deps),
        ...fundRoutes(deps),
        ...dialectRoutes(deps),
      ],
    },
    admin: { prefix: '/admin/v1', routes: adminRoutes(deps) },
  };
  return tables;
}

/** What helmet sets on every answer is the same each time: it is asked once. */
function fixedHeaders(publicUrl: string): readonly (readonly [string, string])[] {
  const response = new http.ServerResponse(new http.IncomingMessage(new net.Socket()));
  helmet(helmetOptions(publicUrl))(response.req, response, () => {});
  response.setHeader('Cache-Control', 'no-store');
  return response.getHeaderNames().map((name) => [name, String(response.getHeader(name))]);
}

/** An answer is no page and may load nothing; each page says itself what it needs. */
const NO_PAGE = {
  useDefaults: false,
  directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
};

/** Without https there is nothing to be strict about. */
function helmetOptions(publicUrl: string): HelmetOptions {
  return { contentSecurityPolicy: NO_PAGE, ...(!publicUrl.startsWith('https:') && { strictTransportSecurity: false }) };
}

export function createApp(deps: Deps, pages?: Pages): Express {
  const app = express();
  const { trustProxy } = deps.env;
  app.set('trust proxy', typeof trustProxy === 'object' ? [...trustProxy] : trustProxy);
  app.set('etag', false);
  app.disable('x-powered-by');
  app.set('query parser', 'simple');

  const metrics = createMetrics(deps);
  app.use(metrics.observe);
  app.use(requestLog(deps.log));
  const fixed = fixedHeaders(deps.env.publicUrl);
  app.use(webhookDoor(deps, fixed));
  app.use((_req, res, next) => {
    for (const [name, value] of fixed) res.setHeader(name, value);
    next();
  });

  const guards = guardsFor(deps);
  const tables = allRoutes(deps, metrics);
  const { open, program, admin } = tables;
  const programRouter = mount(program.routes, program.prefix, guards);
  app.use(mount(open.routes, open.prefix, guards));
  app.use('/admin', adminHost(deps));
  app.use(admin.prefix, mount(admin.routes, admin.prefix, guards));
  if (pages) {
    const made = pages(deps, tables, guards);
    app.use('/admin', made.admin);
    programRouter.use(made.program);
    app.use(made.front);
  }
  app.use(program.prefix, programByName(deps), programRouter);
  app.use(programByHost(deps, programRouter));

  app.use(() => {
    throw new Problem('not_found');
  });
  app.use(errorHandler);
  return app;
}
