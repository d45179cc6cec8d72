/**
 * Who else was seen with the addresses, devices and cards at hand: for signals that compare them.
 * Promises: nothing is read for a program whose file names no such signal, and of what thousands share only a sample.
 * Must never: leave out what the people at hand were seen with themselves; it would be kept twice.
 */
import { needsOf } from '../fraud/needs.ts';
import type { FoldContext } from '../model/fold.ts';
import type { PersonFact } from '../model/records.ts';
import type { Keys } from './keys.ts';
import { fetch, fetchById, type Loader } from './loader.sql.ts';
import * as tables from './tables.sql.ts';

/** As many of those who share one thing as any signal counts. */
const SAMPLE = 64;

export async function loadSightings(load: Loader, keys: Keys): Promise<void> {
  const { world, ctx } = load;
  const { shared, payers } = needsOf(ctx.loaded.program);
  if (payers) {
    const people = Array.from(world.persons.all(), (person) => person.id);
    await fetch(load, world.facts, tables.PERSON_FACTS, { by: ['personId'], keys: [people] });
  }
  if (shared.size === 0) return;
  const wanted = sightings(load, keys, shared);
  const columns = [wanted.map(({ kind }) => kind), wanted.map(({ valueHash }) => valueHash)];
  const by = { by: ['kind', 'valueHash'], keys: columns, more: `limit ${SAMPLE}` };
  const found = await fetch(load, world.facts, tables.PERSON_FACTS, by);
  const people = found.map((fact) => fact.personId);
  await Promise.all([
    fetchById(load, world.persons, tables.PERSONS, people),
    fetchById(load, world.referrals, tables.REFERRALS, people),
  ]);
}

type Sighting = Pick<PersonFact, 'kind' | 'valueHash'>;

function sightings({ world, ctx }: Loader, keys: Keys, kinds: ReadonlySet<PersonFact['kind']>): Sighting[] {
  const found = new Map<string, Sighting>();
  const add = (kind: PersonFact['kind'], valueHash: string | null) => {
    if (valueHash !== null && kinds.has(kind)) found.set(`${kind}\n${valueHash}`, { kind, valueHash });
  };
  for (const { kind, value } of keys.seen) for (const hash of hashes(ctx, kind, value)) add(hash.kind, hash.valueHash);
  for (const { kind, valueHash } of world.facts.all()) add(kind, valueHash);
  for (const { instrumentHash } of world.payments.all()) add('instrument', instrumentHash);
  return [...found.values()];
}

function hashes(
  { keyed, subnetOf }: FoldContext,
  kind: 'ip' | 'fingerprint' | 'instrument',
  value: string,
): Sighting[] {
  const own = { kind, valueHash: keyed.hash(kind, value) };
  const subnet = kind === 'ip' ? subnetOf(value) : undefined;
  return subnet === undefined ? [own] : [own, { kind: 'subnet', valueHash: keyed.hash('ip', subnet) }];
}
