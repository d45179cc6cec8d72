/**
 * The few shapes of ledger transactions, each balanced by construction.
 * Promises: every amount that comes in goes out of another account of the same unit. Must never: post zero lines or
 * touch two persons.
 */
import type { Cause, FoldContext } from '../model/fold.ts';
import type { Entry, PersonAccount, ProgramAccount, Reward, TransactionKind } from '../model/records.ts';
import type { World } from '../model/world.ts';

export interface Move {
  readonly account: PersonAccount | ProgramAccount;
  readonly amount: bigint;
}

/** Whose money moves, and for what: a reward or a spend. */
export interface Subject {
  readonly personId: bigint;
  readonly unit: string;
  readonly rewardId: bigint | null;
  readonly spendId: bigint | null;
}

const PROGRAM_ACCOUNTS: ReadonlySet<string> = new Set(['rewards', 'spent', 'expired', 'forfeited']);

/** Posts one transaction; lines of zero are left out, and nothing is posted when none is left. */
export function post(
  world: World,
  ctx: FoldContext,
  kind: TransactionKind,
  { personId, unit, rewardId, spendId }: Subject,
  moves: readonly Move[],
  cause: Cause,
): void {
  const entries: Entry[] = moves
    .filter((move) => move.amount !== 0n)
    .map(({ account, amount }) => ({ personId: PROGRAM_ACCOUNTS.has(account) ? 0n : personId, account, unit, amount }));
  if (entries.length === 0) return;
  const sum = entries.reduce((total, entry) => total + entry.amount, 0n);
  if (sum !== 0n) throw new Error(`bug: ${kind} of ${rewardId ?? spendId} is out of balance by ${sum}`);
  world.post({ id: ctx.nextId(), kind, rewardId, spendId, causeId: cause.id, at: cause.at, entries });
}

/** The same for a reward. */
export function postMoves(
  world: World,
  ctx: FoldContext,
  kind: TransactionKind,
  reward: Reward,
  moves: readonly Move[],
  cause: Cause,
): void {
  const { personId, unit, id } = reward;
  post(world, ctx, kind, { personId, unit, rewardId: id, spendId: null }, moves, cause);
}

/** Brings the pending account to `wanted` for a reward that has not been credited. Returns the reward as posted. */
export function earnPending(world: World, ctx: FoldContext, reward: Reward, wanted: bigint, cause: Cause): Reward {
  const held = reward.postedAmount - reward.deliveredAmount;
  const diff = wanted - held;
  if (diff === 0n) return reward;
  postMoves(
    world,
    ctx,
    diff > 0n ? 'earn' : 'reverse',
    reward,
    [
      { account: 'rewards', amount: -diff },
      { account: 'pending', amount: diff },
    ],
    cause,
  );
  return { ...reward, postedAmount: reward.postedAmount + diff };
}
