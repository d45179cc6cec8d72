/**
 * A reward as the admin API shows it: exactly the contract's fields.
 * Promises: ids of members are the product's own; amounts are integers, rates percent strings, times ISO. Must never:
 * show our person ids.
 */
import { formatPercent } from '../../model/money.ts';
import type { RewardStatus } from '../../model/records.ts';
import { integer, writeId } from '../input.ts';

export interface RewardRow {
  readonly program: string;
  readonly program_no: number;
  readonly id: bigint;
  readonly rule: string;
  readonly beneficiary: 'referrer' | 'referee';
  readonly beneficiary_member: string;
  readonly referrer_member: string;
  readonly referee_member: string;
  readonly status: RewardStatus;
  readonly reason: string | null;
  readonly outcome: string | null;
  readonly flags: string[];
  readonly amount: bigint;
  readonly reversed_amount: bigint;
  readonly forfeited_amount: bigint;
  readonly unit: string;
  readonly rate: bigint | null;
  readonly base_amount: bigint | null;
  readonly base_currency: string | null;
  readonly source: string | null;
  readonly source_payment_id: string | null;
  readonly idempotency_key: string;
  readonly program_version: number;
  readonly created_at: Date;
  readonly credited_at: Date | null;
  readonly vests_at: Date | null;
  readonly expires_at: Date | null;
}

export function rewardJson(row: RewardRow) {
  return {
    id: writeId('rw', row.id),
    program: row.program,
    rule: row.rule,
    to: row.beneficiary,
    member_id: row.beneficiary_member,
    referrer_id: row.referrer_member,
    referee_id: row.referee_member,
    status: row.status,
    reason: row.reason,
    outcome: row.outcome,
    flags: row.flags,
    amount: integer(row.amount),
    reversed_amount: integer(row.reversed_amount),
    forfeited_amount: integer(row.forfeited_amount),
    unit: row.unit,
    rate: row.rate === null ? null : formatPercent(row.rate),
    base: row.base_amount === null ? null : { amount: integer(row.base_amount), currency: row.base_currency },
    source: row.source,
    source_payment_id: row.source_payment_id,
    idempotency_key: row.idempotency_key,
    program_version: row.program_version,
    created_at: row.created_at,
    credited_at: row.credited_at,
    vests_at: row.vests_at,
    expires_at: row.expires_at,
  };
}

export type RewardJson = ReturnType<typeof rewardJson>;
