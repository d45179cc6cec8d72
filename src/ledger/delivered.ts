/**
 * An outside sink: the credit lives in the billing system; the ledger follows what the sink confirmed.
 * Promises: one open delivery at a time; a change that comes meanwhile is made good when that one is settled. Must
 * never: change or cancel a request that a sender may have sent, or reverse what is not known to have arrived.
 */
import type { Cause, FoldContext } from '../model/fold.ts';
import type { LoadedProgram } from '../model/program.ts';
import type { DeliveryIntent, Reward } from '../model/records.ts';
import { customerValue, type World } from '../model/world.ts';
import { reversalReason, save } from './history.ts';
import { earnPending, postMoves } from './postings.ts';

export function settleDelivered(world: World, ctx: FoldContext, reward: Reward, target: bigint, cause: Cause): Reward {
  if (reward.inFlight !== null && !withdrawn(world, reward, target)) return save(world, ctx, reward, cause);
  const free: Reward = { ...reward, inFlight: null, outcome: null };
  if (target > free.deliveredAmount) {
    const earned = earnPending(world, ctx, free, target - free.deliveredAmount, cause);
    if (needsCustomer(ctx) && !customerOf(world, ctx.loaded, earned)) {
      return save(world, ctx, { ...earned, status: 'pending', reason: 'no_account' }, cause);
    }
    return plan(
      world,
      ctx,
      earned,
      earned.deliveredAmount === 0n && earned.creditedAt === null ? 'create' : 'restore',
      target - free.deliveredAmount,
      cause,
    );
  }
  const settled = earnPending(world, ctx, free, 0n, cause);
  if (target < settled.deliveredAmount)
    return plan(world, ctx, settled, 'reverse', settled.deliveredAmount - target, cause);
  return save(world, ctx, { ...settled, ...standing(settled, target) }, cause);
}

function standing(reward: Reward, target: bigint): Pick<Reward, 'status' | 'reason'> {
  const gone = reward.amount > 0n && target === 0n;
  if (gone) return { status: 'reversed', reason: reversalReason(reward) };
  return { status: 'credited', reason: null };
}

/** Only a first credit that certainly never reached the sink is taken out of its hands. */
function withdrawn(world: World, reward: Reward, target: bigint): boolean {
  const open = reward.inFlight === null ? undefined : world.openDeliveries.get(reward.inFlight);
  if (open?.kind !== 'create' || target > 0n) return false;
  if (open.state !== 'planned' && open.state !== 'refused') return false;
  world.openDeliveries.put({ ...open, state: 'cancelled' });
  return true;
}

function needsCustomer(ctx: FoldContext): boolean {
  return 'source' in ctx.loaded.program.sink;
}

/** The beneficiary's customer at the sink's provider: where a Stripe credit goes. */
export function customerOf(world: World, loaded: LoadedProgram, reward: Reward): string | undefined {
  const { sink, sources } = loaded.program;
  if (!('source' in sink)) return undefined;
  const provider = sources.find((source) => source.name === sink.source)?.kind ?? 'stripe';
  const prefix = customerValue(provider, '', '');
  const alias = world.aliases
    .by('person', reward.personId)
    .find((a) => a.kind === 'customer' && a.value.startsWith(prefix));
  return alias?.value.slice(prefix.length);
}

function keyOf(reward: Reward, kind: DeliveryIntent['kind']): string {
  if (kind === 'create') return reward.idempotencyKey;
  const n = kind === 'reverse' ? reward.reverseCount + 1 : reward.restoreCount + 1;
  return `${reward.idempotencyKey}:${kind}:${n}`;
}

function plan(
  world: World,
  ctx: FoldContext,
  reward: Reward,
  kind: DeliveryIntent['kind'],
  amount: bigint,
  cause: Cause,
): Reward {
  const id = ctx.nextId();
  const intent: DeliveryIntent = {
    id,
    rewardId: reward.id,
    kind,
    amount,
    unit: reward.unit,
    idempotencyKey: keyOf(reward, kind),
    createdAt: cause.at,
    triedOnce: cause.triedOnce,
    causeId: cause.id,
    personId: reward.personId,
  };
  world.deliveries.put(intent);
  const counts = {
    reverseCount: reward.reverseCount + (kind === 'reverse' ? 1 : 0),
    restoreCount: reward.restoreCount + (kind === 'restore' ? 1 : 0),
  };
  const waits = kind === 'create' || (kind === 'restore' && reward.status === 'reversed');
  const status: Pick<Reward, 'status' | 'reason'> = waits
    ? { status: 'pending', reason: 'delivering' }
    : { status: 'credited', reason: null };
  return save(world, ctx, { ...reward, ...counts, ...status, inFlight: id }, cause);
}

/** What the sink said of the open delivery, folded. The caller settles the reward again afterwards. */
export function takeResult(
  world: World,
  ctx: FoldContext,
  reward: Reward,
  delivery: { readonly id: bigint; readonly kind: DeliveryIntent['kind']; readonly amount: bigint },
  result: 'confirmed' | 'refused' | 'unknown' | 'given_up',
  cause: Cause,
): Reward {
  if (result !== 'confirmed') return takeFailure(world, ctx, reward, delivery.kind, result, cause);
  const flags = reward.flags.filter((flag) => flag !== 'reversal_undelivered');
  const free: Reward = { ...reward, inFlight: null, outcome: null, flags };
  const { amount } = delivery;
  if (delivery.kind === 'reverse') {
    postMoves(
      world,
      ctx,
      'reverse',
      reward,
      [
        { account: 'delivered', amount: -amount },
        { account: 'rewards', amount },
      ],
      cause,
    );
    return save(
      world,
      ctx,
      { ...free, deliveredAmount: free.deliveredAmount - amount, postedAmount: free.postedAmount - amount },
      cause,
    );
  }
  postMoves(
    world,
    ctx,
    'deliver',
    reward,
    [
      { account: 'pending', amount: -amount },
      { account: 'delivered', amount },
    ],
    cause,
  );
  const credited: Reward = {
    ...free,
    status: 'credited',
    reason: null,
    deliveredAmount: free.deliveredAmount + amount,
    creditedAt: free.creditedAt ?? cause.at,
  };
  return save(world, ctx, credited, cause);
}

function takeFailure(
  world: World,
  ctx: FoldContext,
  reward: Reward,
  kind: DeliveryIntent['kind'],
  result: 'refused' | 'unknown' | 'given_up',
  cause: Cause,
): Reward {
  const outcome = result === 'refused' ? 'refused' : 'unknown';
  if (kind === 'reverse') {
    const flags = reward.flags.includes('reversal_undelivered')
      ? reward.flags
      : [...reward.flags, 'reversal_undelivered'];
    return save(world, ctx, { ...reward, flags, status: 'credited', reason: null, outcome }, cause);
  }
  const reason = result === 'given_up' ? 'given_up' : outcome;
  return save(
    world,
    ctx,
    { ...reward, status: reward.status === 'credited' ? 'credited' : 'failed', reason, outcome },
    cause,
  );
}
