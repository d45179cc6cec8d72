/**
 * The Open Source Fund to the outside: registering, the pages behind links, and the sink's word on payouts. Must never:
 * be there for a program without a fund, or count a line; src/fund/ does.
 */
import type { Deps } from '../deps.ts';
import type { Route } from '../routes.ts';
import { confirmRoutes } from './confirm.ts';
import { contributorRoutes } from './contributor.ts';
import { payoutRoutes } from './payouts.ts';
import { reportPageRoutes } from './report.ts';

export function fundRoutes(deps: Deps): Route[] {
  return [...contributorRoutes(deps), ...payoutRoutes(deps), ...confirmRoutes(deps), ...reportPageRoutes(deps)];
}
