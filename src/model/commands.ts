/**
 * What people, timers and sinks tell the engine: events of the internal source, folded in the same batches as webhooks.
 * Promises: each is plain JSON (ids as decimal text), so that it stands in the inbox and is replayed with everything
 * else. Must never: carry a secret; what names a person is blanked with the body when the person is erased.
 */
import type { RewardStatus } from './records.ts';

export const INTERNAL_SOURCE = 'plusone';

export type Command =
  | {
      readonly command: 'reward.approve';
      readonly rewardId: string;
      readonly actor: string;
      readonly note: string | null;
      readonly ifStatus?: RewardStatus;
    }
  | {
      readonly command: 'reward.reject';
      readonly rewardId: string;
      readonly actor: string;
      readonly note: string;
      /** A failed credit whose outcome is unknown is rejected only by somebody who has looked at the sink. */
      readonly confirmAbsent: boolean;
      readonly ifStatus?: RewardStatus;
    }
  | {
      readonly command: 'reward.reverse';
      readonly rewardId: string;
      readonly actor: string;
      readonly note: string;
      readonly ifStatus?: RewardStatus;
    }
  /** Decides nothing. */
  | { readonly command: 'reward.note'; readonly rewardId: string; readonly actor: string; readonly note: string }
  | {
      readonly command: 'member.patch';
      readonly memberId: string;
      readonly actor: string;
      readonly rate?: string | null;
      readonly tier?: string | null;
      readonly suspended?: boolean;
      /** One of the six reasons, or an admin's own words. */
      readonly suspendedReason?: string | null;
      readonly suspendedDetail?: string | null;
      readonly note?: string | null;
    }
  /** Everything about the person goes but the ledger; also about those who were joined into them. */
  | {
      readonly command: 'member.erase';
      readonly memberId: string;
      readonly actor: string;
      readonly note: string | null;
    }
  /** A member was seen with a token of the product's: made on first sight, never a signup by itself. */
  | {
      readonly command: 'member.seen';
      readonly memberId: string;
      readonly email?: string;
      readonly emailVerified?: boolean;
      readonly name?: string;
      readonly orgId?: string;
    }
  /** The member says that this code brought them. */
  | { readonly command: 'claim.make'; readonly memberId: string; readonly code: string }
  | { readonly command: 'code.refresh'; readonly memberId: string }
  | { readonly command: 'code.set'; readonly memberId: string; readonly code: string }
  | { readonly command: 'code.revoke'; readonly memberId: string }
  | {
      readonly command: 'link.make';
      readonly memberId: string;
      readonly channel: string | null;
      readonly campaign: string | null;
    }
  /** A browser told that a visitor of ours sent a form with an address. */
  | { readonly command: 'visit.claimed'; readonly claimId: string }
  /** An admin's word on one code. */
  | {
      readonly command: 'code.patch';
      readonly code: string;
      readonly actor: string;
      readonly maxUses?: number | null;
      /** ISO 8601. */
      readonly expiresAt?: string | null;
      readonly suspended?: boolean;
    }
  /** An admin names the referrer, or the code, of whoever made this payment; `memberId` is who they are called if nobody knows. */
  | {
      readonly command: 'payment.attach';
      readonly paymentId: string;
      readonly memberId: string;
      readonly actor: string;
      readonly note: string;
      readonly code?: string;
      readonly referrerId?: string;
    }
  /** The person has a customer at the sink now; what waited for one is delivered, page by page. */
  | { readonly command: 'account.known'; readonly personId: string }
  /** Carries on with a suspension, or with its lifting, page by page. */
  | { readonly command: 'suspension.settle'; readonly personId: string }
  | {
      readonly command: 'report.make';
      readonly code: string;
      readonly reason: string | null;
      readonly message: string | null;
    }
  | {
      readonly command: 'appeal.make';
      readonly suspensionId: string;
      readonly memberId: string;
      readonly message: string;
    }
  | {
      readonly command: 'appeal.grant' | 'appeal.refuse';
      readonly appealId: string;
      readonly actor: string;
      readonly note: string | null;
    }
  /** A payment has waited its `match_within`. */
  | { readonly command: 'payment.match_due'; readonly paymentId: string }
  /** A month of the leaderboard (`2026-03`) is over. */
  | { readonly command: 'rank.close'; readonly rule: string; readonly month: string }
  /** A referral that has not qualified in its time. */
  | { readonly command: 'referral.due'; readonly refereeId: string }
  /** A signal found, when another was asked about, that this referee belongs to it. */
  | { readonly command: 'referral.hold'; readonly refereeId: string; readonly signal: string }
  /** A registry has told since when there is a domain; null: it does not say. */
  | { readonly command: 'domain.told'; readonly domainHash: string; readonly registeredAt: string | null }
  /** What the network of an address is; null: whoever was asked does not say. */
  | {
      readonly command: 'network.told';
      readonly ipHash: string;
      readonly country: string | null;
      readonly asn: number | null;
      readonly kinds: readonly string[] | null;
    }
  /** Pending rewards whose vesting or settlement is due. */
  | { readonly command: 'reward.due'; readonly rewardId: string }
  /** The time of a credit has come: what is left of the lot of this reward expires. */
  | { readonly command: 'lot.expire'; readonly lot: string }
  | {
      readonly command: 'credit.spend';
      readonly memberId: string;
      readonly unit: string;
      readonly amount: string;
      readonly idempotencyKey: string;
      readonly reason: string | null;
    }
  | { readonly command: 'credit.void'; readonly spendId: string }
  | {
      readonly command: 'delivery.result';
      readonly deliveryId: string;
      readonly rewardId: string;
      readonly result: 'confirmed' | 'refused' | 'unknown' | 'given_up';
      /** What the sink itself said of a refusal. */
      readonly note?: string;
    };

/** Why a command was not carried out; http/problems.ts has the status of each. */
export type CommandRefusal =
  | 'unknown_reward'
  | 'unknown_member'
  | 'not_approvable'
  | 'already_approved'
  | 'status_changed'
  | 'not_rejectable'
  | 'not_reversible'
  | 'outcome_unknown'
  | 'unknown_code'
  | 'code_taken'
  | 'no_code'
  | 'already_referred'
  | 'self_referral'
  | 'same_organization'
  | 'fewer_than_uses'
  | 'member_suspended'
  | 'code_revoked'
  | 'code_suspended'
  | 'code_expired'
  | 'code_used_up'
  | 'unknown_payment'
  | 'member_erased'
  | 'not_attachable'
  | 'unknown_spend'
  | 'insufficient_credits'
  | 'idempotency_conflict'
  | 'not_our_balance'
  | 'not_suspended'
  | 'unknown_appeal'
  | 'appeal_decided';

export type CommandOutcome = { readonly ok: true } | { readonly ok: false; readonly code: CommandRefusal };

export const DONE: CommandOutcome = { ok: true };

export function refuse(code: CommandRefusal): CommandOutcome {
  return { ok: false, code };
}
