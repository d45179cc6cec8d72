/**
 * The console's routes, and how it lets people in.
 * Promises: each page names the credential that it needs; who has none is asked to sign in and comes back. Must never:
 * answer a page to whoever may not see it.
 */

import { adminOf, refuseBelow } from '../../http/admin-auth.ts';
import type { Deps } from '../../http/deps.ts';
import { Problem } from '../../http/problems.ts';
import { type AdminCredential, type Guards, isOfAdmin, type Route } from '../../http/routes.ts';
import { askerOf } from '../ask.ts';
import { assetRoutes, seeOther } from '../send.ts';
import { accountRoutes } from './account.ts';
import { appealPageRoutes } from './appeals.ts';
import { eventPageRoutes } from './events.ts';
import { fundPageRoutes } from './fund.ts';
import { healthRoutes } from './health.ts';
import { heldRoutes } from './held.ts';
import { listPageRoutes } from './lists.ts';
import { memberPageRoutes } from './members.ts';
import { overviewRoutes } from './overview.ts';
import { paymentPageRoutes } from './payment.ts';
import { programPageRoutes } from './programs.ts';
import { rewardPageRoutes } from './reward.ts';
import { rewardRoutes } from './rewards.ts';
import { setupRoutes } from './setup.ts';
import { signInRoutes, signInUrl } from './sign-in.ts';

export { showProblem } from './layout.ts';

export function consoleRoutes(deps: Deps, api: readonly Route[]): Route[] {
  const asker = askerOf(api, ({ credential }, res) => {
    // Signing in is for those who are nobody yet.
    if (isOfAdmin(credential)) refuseBelow(credential as AdminCredential, adminOf(res));
  });
  return [
    ...assetRoutes(''),
    ...signInRoutes(deps, asker),
    ...overviewRoutes(deps, asker),
    ...listPageRoutes(deps, asker),
    ...healthRoutes(deps, asker),
    ...heldRoutes(deps, asker),
    ...paymentPageRoutes(deps, asker),
    ...fundPageRoutes(deps, asker),
    ...rewardRoutes(deps, asker),
    ...rewardPageRoutes(deps, asker),
    ...eventPageRoutes(deps, asker),
    ...memberPageRoutes(deps, asker),
    ...programPageRoutes(deps, asker),
    ...setupRoutes(deps, asker),
    ...appealPageRoutes(deps, asker),
    ...accountRoutes(deps, asker),
  ];
}

/** Like the API's, but whoever is not signed in is led to where they can. */
export function consoleGuards(deps: Deps, guards: Guards): Guards {
  return (credential) => {
    const guard = guards(credential);
    return async (req, res, next) => {
      try {
        await guard(req, res, next);
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'unauthorized') throw error;
        seeOther(res, await signInUrl(deps, req));
      }
    };
  };
}
