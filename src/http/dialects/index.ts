/**
 * The APIs that programs had before, spoken beside our own: `api:` in a program file names which.
 * Promises: a dialect is there in programs that name it and nowhere else. Must never: decide anything; each maps the
 * member API's own use cases to the words of its seed.
 */
import type { Deps } from '../deps.ts';
import type { Route } from '../routes.ts';
import { buywhereRoutes } from './buywhere.ts';
import { hanzoRoutes } from './hanzo.ts';
import { kortixRoutes } from './kortix.ts';

export const DIALECTS: ReadonlyMap<string, (deps: Deps) => Route[]> = new Map([
  ['hanzo', hanzoRoutes],
  ['buywhere', buywhereRoutes],
  ['kortix', kortixRoutes],
]);

export function dialectRoutes(deps: Deps): Route[] {
  return Array.from(DIALECTS).flatMap(([dialect, routes]) => routes(deps).map((route) => ({ ...route, dialect })));
}
