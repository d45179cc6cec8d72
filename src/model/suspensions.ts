/**
 * Records of suspensions: what they are for, what they took, who appealed, and who reported whom.
 * Must never: be changed in place; a change is a new record put into the world.
 */
import type { Finding } from './records.ts';

/** Why a referrer is suspended, in the words that a program's terms use. */
export const SUSPENSION_REASONS = [
  'self_referral',
  'fake_accounts',
  'incentive_abuse',
  'trademark_misuse',
  'click_fraud',
  'credit_cycling',
] as const;
export type SuspensionReason = (typeof SUSPENSION_REASONS)[number];

/** One suspension of one member, from its beginning to its end; at most one of a person stands. */
export interface Suspension {
  readonly id: bigint;
  readonly personId: bigint;
  /** One of SUSPENSION_REASONS, or an admin's own words. */
  readonly reason: string | null;
  readonly detail: string | null;
  /** An admin, or `signal <name>`. */
  readonly by: string;
  /** Whose signup or payment the signal was asked about. */
  readonly refereeId: bigint | null;
  readonly evidence: readonly Finding[];
  readonly at: Date;
  readonly liftedAt: Date | null;
  readonly liftedBy: string | null;
}

/** A reward that a suspension took, and what of it stood in the ledger; given back once, when the suspension is lifted. */
export interface Forfeit {
  readonly id: bigint;
  /** Who is suspended: the reward may be somebody else's, of the same referral. */
  readonly personId: bigint;
  readonly rewardId: bigint;
  readonly unit: string;
  readonly amount: bigint;
  readonly at: Date;
  readonly restoredAt: Date | null;
}

export interface Appeal {
  readonly id: bigint;
  readonly suspensionId: bigint;
  readonly personId: bigint;
  readonly message: string | null;
  readonly state: 'open' | 'granted' | 'refused';
  readonly createdAt: Date;
  readonly dueAt: Date;
  readonly decidedAt: Date | null;
  readonly decidedBy: string | null;
  readonly note: string | null;
}

/** Somebody's word against a code; nothing follows but that an admin sees it. */
export interface Report {
  readonly id: bigint;
  readonly personId: bigint;
  readonly codeKey: string;
  readonly reason: string | null;
  readonly message: string | null;
  readonly createdAt: Date;
}
