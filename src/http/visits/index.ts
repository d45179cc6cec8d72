/**
 * What visitors of the product meet: the link, the snippet, and where it tells of them.
 */
import type { Deps } from '../deps.ts';
import type { Route } from '../routes.ts';
import { beaconRoute } from './beacon.ts';
import { linkRoute } from './link.ts';
import { snippetRoute } from './snippet.ts';

export function visitRoutes(deps: Deps): Route[] {
  return [linkRoute(deps), snippetRoute(deps), beaconRoute(deps)];
}
