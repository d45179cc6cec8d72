/**
 * What a suspension takes, or its lifting gives back: read for the commands that say so, and for no other event.
 * Promises: as many rewards as one event works off; what a sink may have in hand is not among them.
 */
import type { Appeal, Forfeit, Suspension } from '../model/suspensions.ts';
import type { Keys } from './keys.ts';
import { fetch, fetchById, type Loader, personIds, rows } from './loader.sql.ts';
import { PAGE } from './suspensions.ts';
import * as tables from './tables.sql.ts';
import * as suspensions from './tables-suspensions.sql.ts';

export async function loadSuspensions(load: Loader, keys: Keys): Promise<void> {
  const { world } = load;
  if (keys.suspensionIds.size + keys.appealIds.size > 0) await loadAppealed(load, keys);
  const people = new Set([...keys.suspendedIds, ...personIds(world, keys.suspending)]);
  for (const appeal of world.appeals.all()) people.add(appeal.personId);
  for (const suspension of world.suspensions.all()) people.add(suspension.personId);
  if (people.size === 0) return;
  const ids = [...people];
  await Promise.all([
    fetchById(load, world.persons, tables.PERSONS, ids),
    fetch(load, world.codes, tables.CODES, { by: ['personId'], keys: [ids] }),
    loadStanding(load, ids),
  ]);
  for (const { refereeId } of world.suspensions.all()) if (refereeId !== null) keys.refereeIds.add(refereeId);
  for (const { rewardId } of world.forfeits.all()) keys.rewardIds.add(rewardId);
  const pending = `select id from unnest($2::bigint[]) as p(person_id) cross join lateral (
      select r.id from rewards r where r.program_no = $1 and r.person_id = p.person_id
        and r.status = 'pending' and r.credited_at is null and r.in_flight is null and r.delivered_amount = 0
      order by r.created_at, r.id limit ${PAGE} offset 0) r`;
  for (const row of await rows(load, 'load forfeitable rewards', pending, [ids])) keys.rewardIds.add(row.id as bigint);
}

async function loadAppealed(load: Loader, keys: Keys): Promise<void> {
  const { world } = load;
  await fetchById(load, world.appeals, suspensions.APPEALS, keys.appealIds);
  const ids = [...keys.suspensionIds, ...Array.from(world.appeals.all(), (appeal) => appeal.suspensionId)];
  await fetchById(load, world.suspensions, suspensions.SUSPENSIONS, ids);
}

/** The suspensions that stand, with their appeals, and what they took: for these people, also when two are joined. */
export async function loadStanding(load: Loader, people: readonly bigint[]): Promise<void> {
  const { world } = load;
  const [standing] = await Promise.all([
    fetch<Suspension>(load, world.suspensions, suspensions.SUSPENSIONS, {
      by: ['personId'],
      keys: [people],
      more: 'and t.lifted_at is null',
    }),
    fetch<Forfeit>(load, world.forfeits, suspensions.FORFEITS, {
      by: ['personId'],
      keys: [people],
      more: `and t.restored_at is null order by t.id limit ${PAGE}`,
    }),
  ]);
  const ids = [...standing, ...world.suspensions.all()].map((suspension) => suspension.id);
  await fetch<Appeal>(load, world.appeals, suspensions.APPEALS, { by: ['suspensionId'], keys: [[...new Set(ids)]] });
}
