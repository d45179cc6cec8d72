/**
 * What lifts somebody to a tier: qualified referrals for good, or the volume of a month.
 * Promises: a payment counts in the volume of its month once. Must never: move anybody down.
 */
import { type Program, type Tier, tierOf } from '../model/program.ts';
import type { Person } from '../model/records.ts';
import { monthOf, tierFor } from '../model/tiers.ts';
import type { World } from '../model/world.ts';

/**
 * The tier to which these qualified referrals lift somebody, when it is higher than theirs. `had`: tiers they have stood
 * in; one that an admin took away is not given back by the next referral.
 */
export function tierReached(
  program: Program,
  person: Person,
  qualified: bigint,
  had: readonly string[],
): Tier | undefined {
  const reached = program.tiersBy === 'qualified' ? tierFor(program, qualified) : undefined;
  if (reached && person.tier !== null && had.includes(reached.name)) return undefined;
  const present = tierOf(program, person);
  return reached && (!present || reached.from > present.from) ? reached : undefined;
}

/** A payment that earned a share counts in the volume of its month, once. */
export function addVolume(world: World, program: Program, person: Person, at: Date, net: bigint): void {
  if (program.tiersBy !== 'monthly_volume') return;
  const month = monthOf(at);
  const before = world.monthVolumes.get(`${person.id}\n${month}`)?.net ?? 0n;
  world.monthVolumes.put({ personId: person.id, month, net: before + net });
}
