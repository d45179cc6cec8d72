/**
 * Where a seed shows its paths with /api before them and without, both are there.
 */
import type { Route } from '../routes.ts';

export function withApiPrefix(routes: readonly Route[]): Route[] {
  return routes.flatMap((route) => [route, { ...route, path: `/api${route.path}` }]);
}
