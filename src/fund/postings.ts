/**
 * The few shapes of the fund's ledger transactions, each balanced by construction; pure.
 * Promises: what comes in goes out of another account; one contributor a transaction. Must never: post a line of zero.
 */
export type FundKind = 'fund_grant' | 'fund_share' | 'fund_claim' | 'fund_return' | 'fund_payout';
type FundAccount = 'fund_revenue' | 'fund' | 'fund_kept' | 'fund_owed' | 'fund_paid';

interface Move {
  /** 0n: the program's own account. */
  readonly personId: bigint;
  readonly account: FundAccount;
  readonly amount: bigint;
}

export interface Posting {
  readonly id: bigint;
  readonly kind: FundKind;
  /** The run, share or payout that it is of. */
  readonly fundId: bigint;
  /** None: there is nothing to post. */
  readonly moves: readonly Move[];
}

/** Where the money of a share goes: to the contributor, or aside while there is none. */
const holder = (contributorId: bigint | null) =>
  ({ personId: contributorId ?? 0n, account: contributorId === null ? 'fund_kept' : 'fund_owed' }) as const;
const FUND = { personId: 0n, account: 'fund' } as const;

function move(
  amount: bigint,
  from: Pick<Move, 'personId' | 'account'>,
  to: Pick<Move, 'personId' | 'account'>,
): readonly Move[] {
  return amount === 0n
    ? []
    : [
        { ...from, amount: -amount },
        { ...to, amount },
      ];
}

export const granted = (id: bigint, runId: bigint, amount: bigint): Posting => ({
  id,
  kind: 'fund_grant',
  fundId: runId,
  moves: move(amount, { personId: 0n, account: 'fund_revenue' }, FUND),
});

export const shared = (id: bigint, shareId: bigint, contributorId: bigint | null, amount: bigint): Posting => ({
  id,
  kind: 'fund_share',
  fundId: shareId,
  moves: move(amount, FUND, holder(contributorId)),
});

/** Somebody came for what was kept. */
export const claimed = (id: bigint, shareId: bigint, contributorId: bigint, amount: bigint): Posting => ({
  id,
  kind: 'fund_claim',
  fundId: shareId,
  moves: move(amount, holder(null), holder(contributorId)),
});

/** Nobody came in time. */
export const returned = (id: bigint, shareId: bigint, amount: bigint): Posting => ({
  id,
  kind: 'fund_return',
  fundId: shareId,
  moves: move(amount, holder(null), FUND),
});

export const paid = (id: bigint, payoutId: bigint, contributorId: bigint, amount: bigint): Posting => ({
  id,
  kind: 'fund_payout',
  fundId: payoutId,
  moves: move(amount, holder(contributorId), { personId: contributorId, account: 'fund_paid' }),
});
