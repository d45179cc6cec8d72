/**
 * Which tier somebody stands in, now and then.
 * Promises: by qualified referrals a tier is kept once it is reached; a share goes by the tier in force at the payment's
 * own time. By monthly volume everybody begins anew each calendar month (UTC). Must never: move anybody down by itself.
 */
import { type Program, type Tier, tierOf } from '../model/program.ts';
import type { Person } from '../model/records.ts';
import type { World } from '../model/world.ts';

/** `2026-03`, in UTC. */
export function monthOf(at: Date): string {
  return at.toISOString().slice(0, 7);
}

/** The highest tier whose line `count` has reached. */
function tierFor(program: Program, count: bigint): Tier | undefined {
  return program.tiers.findLast((tier) => tier.from <= count);
}

/** The tier that a payment of this time earns by. */
export function tierAt(world: World, program: Program, person: Person, at: Date): Tier | undefined {
  if (program.tiersBy === 'monthly_volume' && person.tier === null) {
    return tierFor(program, world.monthVolumes.get(`${person.id}\n${monthOf(at)}`)?.net ?? 0n);
  }
  const changes = world.tierChanges.by('person', person.id).filter((change) => change.since <= at);
  const last = changes.sort((a, b) => a.since.getTime() - b.since.getTime() || (a.id < b.id ? -1 : 1)).at(-1);
  return tierOf(program, { tier: last?.tier ?? null });
}

/** The tier to which these qualified referrals lift somebody, when it is higher than theirs. */
export function tierReached(program: Program, person: Person, qualified: bigint): Tier | undefined {
  const reached = program.tiersBy === 'qualified' ? tierFor(program, qualified) : undefined;
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
