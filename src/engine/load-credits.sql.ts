/**
 * The part of the world that credit needs: what those hold who may be credited, and the lots of those who spend.
 * Promises: set-based like the rest; a spend sees lots enough for all that its batch takes from that person, whatever
 * else the batch does to them. Must never: read all the lots of somebody who has very many.
 */
import type { Lot } from '../model/records.ts';
import type { Balance } from '../model/world.ts';
import type { Keys } from './keys.ts';
import { fetch, type Loader, personIds, rows } from './loader.sql.ts';
import * as tables from './tables.sql.ts';

export async function loadCredits(load: Loader, keys: Keys): Promise<void> {
  if (load.ctx.loaded.program.sink.kind !== 'ledger') return;
  await Promise.all([loadDueLots(load, keys), loadCapped(load), loadVoided(load, keys), loadDraws(load, keys)]);
}

export async function fetchBalances(load: Loader, persons: readonly bigint[]): Promise<void> {
  if (persons.length === 0) return;
  const text = `select f.person_id, f.account, f.unit, f.balance from unnest($2::bigint[]) as k(id)
    cross join lateral (select * from balances b where b.program_no = $1 and b.person_id = k.id offset 0) f`;
  for (const { person_id: personId, ...row } of await rows(load, 'load balances', text, [persons]))
    load.world.balances.load({ personId, ...row } as Balance);
}

async function loadDueLots(load: Loader, keys: Keys): Promise<void> {
  await fetch(load, load.world.lots, tables.LOTS, { by: ['rewardId'], keys: [[...keys.lots]] });
}

/** Where a tier has a cap, anybody at hand may be credited: what they have, and what of it should have expired. */
async function loadCapped(load: Loader): Promise<void> {
  const { world, ctx } = load;
  if (!ctx.loaded.program.tiers.some((tier) => tier.maxBalance !== undefined)) return;
  const persons = Array.from(world.persons.all(), (person) => person.id);
  const past = 'and t.remaining > 0 and t.expires_at <= $3';
  await Promise.all([
    fetchBalances(load, persons),
    fetch(load, world.lots, tables.LOTS, { by: ['personId'], keys: [persons], more: past, values: [ctx.now] }),
  ]);
}

async function loadVoided(load: Loader, keys: Keys): Promise<void> {
  const { world } = load;
  const ids = [...keys.voids];
  if (ids.length === 0) return;
  const [taken] = await Promise.all([
    fetch(load, world.spendLots, tables.SPEND_LOTS, { by: ['spendId'], keys: [ids] }),
    fetch(load, world.spends, tables.SPENDS, { by: ['id'], keys: [ids] }),
  ]);
  const lots = [...new Set(taken.map((each) => each.rewardId))];
  await Promise.all([
    fetch(load, world.lots, tables.LOTS, { by: ['rewardId'], keys: [lots] }),
    fetch(load, world.debts, tables.DEBTS, { by: ['rewardId'], keys: [lots] }),
  ]);
}

interface Wanted {
  readonly personId: bigint;
  readonly unit: string;
  readonly wanted: bigint;
}

/** How much each person is about to be asked for, by unit. Those who are joined in this batch spend together. */
function wantedOf({ world, ctx }: Loader, keys: Keys): Wanted[] {
  const { spend, unit } = ctx.loaded.program;
  const own = unit.kind === 'points' ? unit.name : unit.currency;
  const joining = new Set(
    personIds(
      world,
      keys.ties.flatMap((tie) => [tie.customer, ...tie.members]),
    ),
  );
  const wanted = new Map<string, Wanted>();
  const want = (personId: bigint, of: string, amount: bigint) => {
    const key = `${personId}\n${of}`;
    wanted.set(key, { personId, unit: of, wanted: (wanted.get(key)?.wanted ?? 0n) + amount });
  };
  for (const draw of keys.draws) {
    const personId = world.aliases.get(draw.alias)?.personId;
    const amount = draw.unit === null ? draw.amount * (spend?.per ?? 0n) : draw.amount;
    if (personId === undefined || amount === 0n) continue;
    for (const each of joining.has(personId) ? joining : [personId]) want(each, draw.unit ?? own, amount);
  }
  return [...wanted.values()];
}

async function loadDraws(load: Loader, keys: Keys): Promise<void> {
  const { world, ctx } = load;
  const wanted = wantedOf(load, keys);
  if (wanted.length === 0) return;
  const known = keys.draws.map((draw) => draw.key);
  await Promise.all([
    fetch(load, world.spends, tables.SPENDS, { by: ['idempotencyKey'], keys: [[...new Set(known)]] }),
    fetchBalances(
      load,
      wanted.map((each) => each.personId),
    ),
    loadOpenLots(load, wanted, ctx.now),
  ]);
}

/** Lots of the rewards at hand are here already: a refund in the same batch may empty them, so they are not counted. */
async function loadOpenLots(load: Loader, wanted: readonly Wanted[], now: Date): Promise<void> {
  const { world } = load;
  const atHand = Array.from(world.rewards.all(), (reward) => reward.id);
  const text = `select ${tables.asRecord(tables.LOTS, 'l')} from unnest($2::bigint[], $3::text[], $4::bigint[]) as w(person_id, unit, wanted)
    cross join lateral open_lots($1, w.person_id, w.unit, w.wanted, $5, $6::bigint[]) l`;
  const columns = [wanted.map((w) => w.personId), wanted.map((w) => w.unit), wanted.map((w) => w.wanted)];
  for (const lot of await rows<Lot>(load, 'load open lots', text, [...columns, now, atHand])) world.lots.load(lot);
}
