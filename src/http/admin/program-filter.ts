/**
 * The filter `program=`, and the member ids that only mean something together with it.
 * Promises: a name that no program has is 404, not an empty list. Must never: guess the program when there are several.
 */
import type { Deps } from '../deps.ts';
import { Problem } from '../problems.ts';

type Needs = Pick<Deps, 'programs'>;

export function programNo({ programs }: Needs, name: string): number {
  const loaded = programs.byName(name);
  if (!loaded) throw new Problem('unknown_program');
  return loaded.no;
}

export function programFilter(deps: Needs, name: string | undefined): number | undefined {
  return name === undefined ? undefined : programNo(deps, name);
}
