/**
 * The generic source: Plusone's own canonical events under a Standard Webhooks signature.
 * Promises: the event's id is the `webhook-id` header; a payment's ids belong to the source that told them (its name
 * is the account), so two products may number alike. Must never: fill in a payment's time; without `paid_at` and
 * `timestamp` the event is parked, for velocity and tiers go by it.
 */
import {
  type Fact,
  FIGURES_RANK,
  type MemberFact,
  type Normalized,
  NotUnderstood,
  type PaymentFact,
} from '../model/facts.ts';
import type { InboundRequest, Provider, SourceConfig, Verified } from '../model/provider.ts';
import { type CanonicalEvent, canonicalData, isCanonicalType, parseCanonical } from './canonical.ts';
import { at, requiredTime, text, timeFromIso } from './json.ts';
import { opened, refused } from './signatures.ts';
import { proveStandard, refuseStandardSecret, standardKeys } from './standard-webhooks.ts';

type DataOf<T extends CanonicalEvent['type']> = Extract<CanonicalEvent, { type: T }>['data'];

export const standard: Provider = {
  kind: 'standard',
  handles: Object.keys(canonicalData),
  defaults: { memberFrom: [], codeFrom: [] },
  refuseSecret: refuseStandardSecret,
  verify,
  normalize,
};

function verify(request: InboundRequest, source: SourceConfig, now: Date): Verified {
  const proof = proveStandard(request, { family: 'webhook', keys: standardKeys(source.secrets) }, now);
  if (!proof.ok) return refused(proof.refusal);
  return opened(request.raw, (body) => ({
    id: proof.id,
    type: body.type,
    occurredAt: timeFromIso(body.timestamp),
  }));
}

function normalize(body: unknown, { type }: { readonly type: string }, source: SourceConfig): Normalized {
  const occurredAt = timeFromIso(at(body, 'timestamp'));
  if (!isCanonicalType(type)) return { mode: undefined, occurredAt, facts: [], ignored: 'unknown_type' };
  const parsed = parseCanonical(body);
  if (!parsed.ok) throw new NotUnderstood(parsed.field, parsed.reason);
  return { mode: undefined, occurredAt, facts: [factOf(parsed.event, source.name)], ignored: undefined };
}

/** What one canonical event says. `account` is the name of the source, or of what stands for one at `POST /v1/events`. */
export function factOf(event: CanonicalEvent, account: string): Fact {
  const whose = { provider: 'standard', account } as const;
  switch (event.type) {
    case 'member.created':
      return memberCreated(event.data);
    case 'member.updated': {
      const { member_id: memberId, email, email_verified: verified, org_id: orgId } = event.data;
      return {
        fact: 'member',
        change: 'updated',
        memberId,
        email: email ?? undefined,
        emailVerified: verified ?? undefined,
        orgId: orgId ?? undefined,
        codes: [],
      };
    }
    case 'member.deleted':
      return { fact: 'member_deleted', memberId: event.data.member_id };
    case 'payment.succeeded':
      return { ...whose, ...paymentOf(event.data, timeFromIso(event.timestamp)) };
    case 'payment.refunded': {
      const { refund_id: refundId, payment_id: id, amount, status } = event.data;
      return {
        fact: 'refund',
        ...whose,
        refundId,
        objects: [{ id, nameRank: 0 }],
        amount: BigInt(amount),
        status: status ?? 'succeeded',
      };
    }
    case 'payment.disputed': {
      const { dispute_id: disputeId, payment_id: id, amount, status } = event.data;
      return { fact: 'dispute', ...whose, disputeId, objects: [{ id, nameRank: 0 }], amount: BigInt(amount), status };
    }
    case 'usage.recorded': {
      const { usage_id: usageId, member_id: memberId, quantity, billable } = event.data;
      // Not said to be billable is not billable: what qualifies people for money must be told.
      return {
        fact: 'usage',
        usageId,
        memberId,
        quantity: BigInt(quantity ?? 1),
        billable: billable ?? false,
        at: timeFromIso(event.timestamp),
      };
    }
  }
}

function memberCreated(data: DataOf<'member.created'>): MemberFact {
  const code = text(data.referral_code);
  return {
    fact: 'member',
    change: 'created',
    memberId: data.member_id,
    email: data.email,
    emailVerified: data.email_verified ?? undefined,
    name: text(data.name),
    codes: code === undefined ? [] : [{ code, carrier: 'referral_code' }],
    ip: text(data.ip),
    userAgent: text(data.user_agent),
    fingerprint: text(data.fingerprint),
    visitorId: text(data.visitor_id),
    orgId: data.org_id ?? undefined,
    createdAt: timeFromIso(data.created_at),
  };
}

function paymentOf(
  data: DataOf<'payment.succeeded'>,
  timestamp: Date | undefined,
): Omit<PaymentFact, 'provider' | 'account'> {
  const code = text(data.referral_code);
  return {
    fact: 'payment',
    objects: [{ id: data.payment_id, nameRank: 0 }],
    rank: FIGURES_RANK.invoice,
    currency: data.currency.toLowerCase(),
    gross: BigInt(data.amount),
    tax: BigInt(data.tax ?? 0),
    discount: data.discount ? BigInt(data.discount) : undefined,
    creditApplied: data.credit_applied ? BigInt(data.credit_applied) : undefined,
    paidAt: requiredTime(timeFromIso(data.paid_at) ?? timestamp, 'timestamp'),
    payers: data.member_id ? [{ by: 'member_id', memberId: data.member_id }] : [],
    customerId: data.customer_id ?? undefined,
    email: data.email ?? undefined,
    codes: code === undefined ? [] : [{ code, carrier: 'referral_code' }],
    kind: data.kind ?? undefined,
    instrument: text(data.instrument),
    standsAlone: true,
    sameAs: (data.same_as ?? []).map((name) => {
      const colon = name.indexOf(':');
      return { provider: name.slice(0, colon), object: name.slice(colon + 1) };
    }),
  };
}
