/**
 * Credit that is used, and given back when its use is void.
 * Promises: one spend for each idempotency key, for ever; it takes from the lots in the order in which they expire, and
 * says what it took of each; a void gives exactly that back to the same lots, once. Must never: take more than there is,
 * or from a lot whose time has come or whose payment is in dispute.
 */
import type { Cause, FoldContext } from '../model/fold.ts';
import { minOf } from '../model/money.ts';
import type { Person, Spend } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { cancel } from './debts.ts';
import { available, expirePast, reopened, spendable } from './lots.ts';
import { post } from './postings.ts';

export interface SpendOrder {
  readonly memberId: string;
  readonly unit: string;
  readonly amount: bigint;
  readonly idempotencyKey: string;
  readonly reason: string | null;
}

export type SpendRefusal = 'idempotency_conflict' | 'insufficient_credits';

export function spend(
  world: World,
  ctx: FoldContext,
  person: Person,
  order: SpendOrder,
  cause: Cause,
): Spend | SpendRefusal {
  const [known] = world.spends.by('key', order.idempotencyKey);
  if (known) return isSame(known, person, order) ? known : 'idempotency_conflict';
  const most = spendableAmount(world, ctx, person, order.unit, cause);
  return most < order.amount ? 'insufficient_credits' : take(world, ctx, person, order, cause);
}

function spendableAmount(world: World, ctx: FoldContext, person: Person, unit: string, cause: Cause): bigint {
  expirePast(world, ctx, person.id, cause);
  return spendable(world, person.id, unit).reduce((sum, lot) => sum + lot.remaining, 0n);
}

/** The same content: by whatever name of theirs the member was called. */
function isSame(known: Spend, person: Person, { unit, amount, reason }: SpendOrder): boolean {
  return known.personId === person.id && known.unit === unit && known.amount === amount && known.reason === reason;
}

function take(world: World, ctx: FoldContext, person: Person, order: SpendOrder, cause: Cause): Spend {
  const id = ctx.nextId();
  let left = order.amount;
  for (const lot of spendable(world, person.id, order.unit)) {
    if (left === 0n) break;
    const amount = minOf(left, lot.remaining);
    world.lots.put({ ...lot, remaining: lot.remaining - amount });
    world.spendLots.put({ spendId: id, rewardId: lot.rewardId, amount });
    left -= amount;
  }
  const moves = [
    { account: 'available', amount: -order.amount },
    { account: 'spent', amount: order.amount },
  ] as const;
  post(world, ctx, 'spend', { personId: person.id, unit: order.unit, rewardId: null, spendId: id }, moves, cause);
  const spent: Spend = {
    ...order,
    id,
    personId: person.id,
    balanceAfter: available(world, person.id, order.unit),
    causeId: cause.id,
    createdAt: cause.at,
    voidedAt: null,
  };
  world.spends.put(spent);
  return spent;
}

/**
 * The lots get back what they gave, with the expiry that they had; one whose time has come meanwhile expires when the
 * timer next looks. Where the reward was taken back meanwhile, that made a debt, which would not be there without the
 * spend: it goes first.
 */
export function voidSpend(world: World, ctx: FoldContext, spent: Spend, cause: Cause): void {
  if (spent.voidedAt !== null) return;
  let cancelled = 0n;
  for (const { rewardId, amount } of world.spendLots.by('spend', spent.id)) {
    const lot = world.lots.get(rewardId);
    if (!lot) throw new Error(`bug: lot ${rewardId} of spend ${spent.id} was not loaded`);
    const owed = cancel(world, rewardId, amount);
    cancelled += owed;
    world.lots.put(reopened(lot, amount - owed));
  }
  const moves = [
    { account: 'spent', amount: -spent.amount },
    { account: 'debt', amount: cancelled },
    { account: 'available', amount: spent.amount - cancelled },
  ] as const;
  const { id: spendId, personId, unit } = spent;
  post(world, ctx, 'unspend', { personId, unit, rewardId: null, spendId }, moves, cause);
  world.spends.put({ ...spent, voidedAt: cause.at });
}

/** No key of a caller begins like this: a usage draws once, under its own id. */
export const USAGE_KEY = 'usage:';

/**
 * `spend: { on: usage, per }`: what this usage draws, or as much of it as there is. Told again, it draws nothing more.
 * undefined: the program's usage draws nothing, or there was nothing to draw.
 */
export function drawForUsage(
  world: World,
  ctx: FoldContext,
  person: Person,
  usageId: string,
  quantity: bigint,
  cause: Cause,
): Spend | undefined {
  const { spend: rule, unit, sink } = ctx.loaded.program;
  const idempotencyKey = `${USAGE_KEY}${usageId}`;
  const [known] = world.spends.by('key', idempotencyKey);
  if (known || !rule || sink.kind !== 'ledger') return known;
  const drawn = unit.kind === 'points' ? unit.name : unit.currency;
  const amount = minOf(quantity * rule.per, spendableAmount(world, ctx, person, drawn, cause));
  if (amount <= 0n) return undefined;
  const order = { memberId: person.memberId, unit: drawn, amount, idempotencyKey, reason: 'usage' };
  return take(world, ctx, person, order, cause);
}
