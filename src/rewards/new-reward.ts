/**
 * A reward as it begins: who, by which rule, under which key, and nothing posted.
 * Promises: the key names what earned it, so that the same cause makes the same reward. Must never: be called for a
 * rule and a cause that has made one already.
 */
import type { FoldContext } from '../model/fold.ts';
import type { Rule } from '../model/program.ts';
import type { Person, Referral, Reward } from '../model/records.ts';

export interface Parties {
  readonly referral: Referral;
  readonly referee: Person;
  readonly referrer: Person;
}

type Made = Pick<Reward, 'idempotencyKey' | 'explain'> & Partial<Reward>;

type Of = Pick<Parties, 'referee' | 'referrer'> & { readonly referral: Pick<Referral, 'flags'> };

export function newReward(ctx: FoldContext, rule: Rule, parties: Of, made: Made): Reward {
  const { referral, referee, referrer } = parties;
  const person = rule.to === 'referrer' ? referrer : referee;
  return {
    id: ctx.nextId(),
    rule: rule.name,
    beneficiary: rule.to,
    personId: person.id,
    memberId: person.memberId,
    referrerId: referrer.id,
    refereeId: referee.id,
    status: 'pending',
    reason: null,
    outcome: null,
    flags: referral.flags,
    unit: '',
    amount: 0n,
    reversedAmount: 0n,
    forfeitedAmount: 0n,
    postedAmount: 0n,
    allowance: null,
    fixedAmount: null,
    rate: null,
    conversionNum: 0n,
    conversionDen: 1n,
    baseAmount: null,
    baseCurrency: null,
    source: null,
    sourcePaymentId: null,
    paymentId: null,
    programVersion: ctx.loaded.version,
    released: false,
    approvedAt: null,
    deliveredAmount: 0n,
    inFlight: null,
    reverseCount: 0,
    restoreCount: 0,
    createdAt: ctx.now,
    creditedAt: null,
    vestsAt: null,
    settlesAt: null,
    expiresAt: null,
    ...made,
  };
}
