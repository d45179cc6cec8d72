/**
 * Which tier somebody stands in, now and then.
 * Promises: by qualified referrals a tier is kept once it is reached; by monthly volume everybody begins anew each
 * calendar month (UTC). What is paid goes by the tier at the payment's own time; what is granted, its cap and its
 * expiry by the tier in force at that moment. A tier that an admin gave holds in either case. Must never: move anybody
 * down by itself.
 */
import { type Program, type Tier, tierOf } from './program.ts';
import type { Person } from './records.ts';
import type { World } from './world.ts';

/** `2026-03`, in UTC. */
export function monthOf(at: Date): string {
  return at.toISOString().slice(0, 7);
}

/** The highest tier whose line `count` has reached. */
export function tierFor(program: Program, count: bigint): Tier | undefined {
  return program.tiers.findLast((tier) => tier.from <= count);
}

/** `tier` as kept with the person; `volume` of the month. */
export function tierInForce(program: Program, tier: string | null, volume: bigint): Tier | undefined {
  const isMonths = program.tiersBy === 'monthly_volume' && tier === null;
  return isMonths ? tierFor(program, volume) : tierOf(program, { tier });
}

/** The tier by which something is granted now. */
export function tierNow(world: World, program: Program, person: Person, now: Date): Tier | undefined {
  return tierInForce(program, person.tier, volumeOf(world, person, now));
}

/** The tier that a payment of this time earns by. */
export function tierAt(world: World, program: Program, person: Person, at: Date): Tier | undefined {
  const changes = world.tierChanges.by('person', person.id).filter((change) => change.since <= at);
  const last = changes.sort((a, b) => a.since.getTime() - b.since.getTime() || (a.id < b.id ? -1 : 1)).at(-1);
  const isGiven = program.tiersBy === 'qualified' || person.tier !== null;
  return tierInForce(program, (isGiven && last?.tier) || null, volumeOf(world, person, at));
}

function volumeOf(world: World, person: Person, at: Date): bigint {
  return world.monthVolumes.get(`${person.id}\n${monthOf(at)}`)?.net ?? 0n;
}
