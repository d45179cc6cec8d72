/**
 * The request of a payout, made once when it is planned; pure.
 * Promises: it says who, how much, where to and for which month, under a key that never changes. Must never: be kept
 * unencrypted; it holds payout details.
 */
import { exactNumber } from '../delivery/sinks/sink.ts';

export interface NewPayout {
  readonly id: bigint;
  readonly program: string;
  readonly month: string;
  readonly contributorId: bigint;
  readonly username: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly details: Readonly<Record<string, string>>;
  readonly at: Date;
}

export function payoutKey({ program, month, contributorId }: Pick<NewPayout, 'program' | 'month' | 'contributorId'>) {
  return `fund:${program}:${month}:${contributorId}`;
}

export function payoutRequest(payout: NewPayout): string {
  return JSON.stringify({
    type: 'payout.create',
    timestamp: payout.at.toISOString(),
    data: {
      program: payout.program,
      payout_id: `po_${payout.id}`,
      idempotency_key: payoutKey(payout),
      contributor_id: `con_${payout.contributorId}`,
      github_username: payout.username,
      amount: exactNumber(payout.amount),
      currency: payout.currency,
      month: payout.month,
      details: payout.details,
    },
  });
}
