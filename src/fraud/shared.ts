/**
 * Who was seen with the same address, device or card.
 * Promises: only keyed hashes are compared; an address at which people meet who have nothing to do with the referrer is
 * told from one that two accounts share. Must never: count somebody as their own double.
 */
import type { PersonFact } from '../model/records.ts';
import type { World } from '../model/world.ts';

type Kind = PersonFact['kind'];

/** Networks are shared by honest people: what resembles somebody by these alone holds at most. */
export const NETWORK: ReadonlySet<string> = new Set(['ip', 'subnet']);

export function isSeen(world: World, kind: Kind, personId: bigint): boolean {
  return world.facts.by('person', personId).some((fact) => fact.kind === kind);
}

/** Others who were seen with it, of those that were loaded. */
export function sharers(world: World, kind: Kind, personId: bigint): Set<bigint> {
  const found = new Set<bigint>();
  for (const own of world.facts.by('person', personId)) {
    if (own.kind !== kind) continue;
    for (const { personId: other } of world.facts.by('value', `${kind}\n${own.valueHash}`))
      if (other !== personId) found.add(other);
  }
  return found;
}
