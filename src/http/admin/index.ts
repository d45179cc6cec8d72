/**
 * The admin API: one list of routes for each resource, all behind an admin's credential but the sign-in.
 * Promises: a route that asks for another credential stops the start. Must never: stand on a program's host
 * (program-host.ts).
 */
import type { Deps } from '../deps.ts';
import { isOfAdmin, type Route } from '../routes.ts';
import { appealRoutes } from './appeals.ts';
import { auditRoutes } from './audit.ts';
import { catchUpRoutes } from './catch-ups.ts';
import { codeRoutes } from './codes.ts';
import { eraseRoutes } from './erase.ts';
import { eventRoutes } from './events.ts';
import { fundRoutes } from './fund.ts';
import { fundReportRoutes } from './fund-report.ts';
import { keyRoutes } from './keys.ts';
import { ledgerRoutes } from './ledger-check.ts';
import { memberRoutes } from './members.ts';
import { moderationRoutes } from './moderation.ts';
import { ownAccountRoutes } from './own-account.ts';
import { paymentActionRoutes } from './payment-actions.ts';
import { paymentRoutes } from './payments.ts';
import { programRoutes } from './programs.ts';
import { reportRoutes } from './reports.ts';
import { rewardActionRoutes } from './reward-actions.ts';
import { rewardRoutes } from './rewards.ts';
import { sessionRoutes } from './session.ts';
import { sourceSecretRoutes } from './source-secrets.ts';
import { testClockRoutes } from './test-clock.ts';
import { userRoutes } from './users.ts';

export function adminRoutes(deps: Deps): Route[] {
  const routes = [
    ...moderationRoutes(deps),
    ...rewardActionRoutes(deps),
    ...rewardRoutes(deps),
    ...eventRoutes(deps),
    ...paymentRoutes(deps),
    ...paymentActionRoutes(deps),
    ...memberRoutes(deps),
    ...eraseRoutes(deps),
    ...codeRoutes(deps),
    ...appealRoutes(deps),
    ...reportRoutes(deps),
    ...programRoutes(deps),
    ...keyRoutes(deps),
    ...sourceSecretRoutes(deps),
    ...sessionRoutes(deps),
    ...ownAccountRoutes(deps),
    ...userRoutes(deps),
    ...auditRoutes(deps),
    ...ledgerRoutes(deps),
    ...catchUpRoutes(deps),
    ...fundRoutes(deps),
    ...fundReportRoutes(deps),
    ...testClockRoutes(deps),
  ];
  const lax = routes.find(({ credential }) => !isOfAdmin(credential) && credential !== 'password');
  if (lax) throw new Error(`bug: ${lax.method} ${lax.path} of the admin API asks for no admin`);
  return routes;
}
