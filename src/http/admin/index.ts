/**
 * The admin API: one list of routes for each resource, all behind the admin token.
 * Promises: a route that asks for another credential stops the start. Must never: stand on a program's host
 * (program-host.ts).
 */
import type { Deps } from '../deps.ts';
import type { Route } from '../routes.ts';
import { auditRoutes } from './audit.ts';
import { codeRoutes } from './codes.ts';
import { eventRoutes } from './events.ts';
import { keyRoutes } from './keys.ts';
import { ledgerRoutes } from './ledger-check.ts';
import { memberRoutes } from './members.ts';
import { paymentRoutes } from './payments.ts';
import { programRoutes } from './programs.ts';
import { rewardActionRoutes } from './reward-actions.ts';
import { rewardRoutes } from './rewards.ts';
import { testClockRoutes } from './test-clock.ts';

export function adminRoutes(deps: Deps): Route[] {
  const routes = [
    ...rewardActionRoutes(deps),
    ...rewardRoutes(deps),
    ...eventRoutes(deps),
    ...paymentRoutes(deps),
    ...memberRoutes(deps),
    ...codeRoutes(deps),
    ...programRoutes(deps),
    ...keyRoutes(deps),
    ...auditRoutes(deps),
    ...ledgerRoutes(deps),
    ...testClockRoutes(deps),
  ];
  const lax = routes.find((route) => route.credential !== 'admin');
  if (lax) throw new Error(`bug: ${lax.method} ${lax.path} of the admin API asks for no admin token`);
  return routes;
}
