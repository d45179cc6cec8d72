/**
 * What was told of the networks that somebody was seen in.
 */
import type { NetworkCheck } from '../model/figures.ts';
import type { World } from '../model/world.ts';

export function networksOf(world: World, personId: bigint): { readonly seen: boolean; readonly told: NetworkCheck[] } {
  const own = world.facts.by('person', personId).filter(({ kind }) => kind === 'ip');
  const told = own.flatMap(({ valueHash }) => world.networkChecks.get(valueHash) ?? []);
  return { seen: own.length > 0, told: told.filter(({ toldAt }) => toldAt !== null) };
}
