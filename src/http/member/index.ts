/**
 * The member API: what a member sees and does, each route with the credential that it needs and the forms of what it
 * asks and answers. Must never: decide anything; what changes something is a command to the engine.
 */
import type { Deps } from '../deps.ts';
import { ownExportRoutes } from '../export.ts';
import type { Route } from '../routes.ts';
import { appealRoutes } from './appeals.ts';
import { claimRoutes } from './claims.ts';
import { inviteRoutes } from './invites.ts';
import { leaderboardRoutes } from './leaderboard.ts';
import { linkRoutes } from './links.ts';
import { listRoutes } from './lists.ts';
import { lookupRoutes } from './lookup.ts';
import { mailRoutes } from './mails.ts';
import { meRoutes } from './me.ts';
import { ownCodeRoutes } from './own-code.ts';
import { ownKeyRoutes } from './own-keys.ts';
import { qrRoutes } from './qr.ts';
import { reportRoutes } from './reports.ts';

export function memberRoutes(deps: Deps): Route[] {
  return [
    ...meRoutes(deps),
    ...listRoutes(deps),
    ...linkRoutes(deps),
    ...ownCodeRoutes(deps),
    ...ownKeyRoutes(deps),
    ...qrRoutes(deps),
    ...inviteRoutes(deps),
    ...claimRoutes(deps),
    ...lookupRoutes(deps),
    ...leaderboardRoutes(deps),
    ...mailRoutes(deps),
    ...reportRoutes(deps),
    ...appealRoutes(deps),
    ...ownExportRoutes(deps),
  ];
}
