/**
 * What one payment earns, for whom, by which rules.
 * Promises: a decision sticks: a reward keeps the rate, conversion and program version that made it, and only its
 * amounts follow the facts. Must never: make a second reward for the same payment, rule and person.
 */
import type { FoldContext } from '../model/fold.ts';
import { minOf } from '../model/money.ts';
import type { PaymentRule, Program } from '../model/program.ts';
import type { Finding, Payment, Person, Referral, Reward } from '../model/records.ts';
import { earn, fullAmount, type Terms, target } from './rules/payment.ts';

export interface Decision {
  /** The reward as it should stand: amount, terms, explanation; status and postings come later. */
  readonly reward: Reward;
  readonly isNew: boolean;
  /** What the beneficiary should have of it now, after refunds and lost disputes. */
  readonly target: bigint;
  /** Waits for a rate; nothing is owed yet. */
  readonly waits: 'no_rate' | null;
}

export interface PaymentParties {
  readonly payment: Payment;
  readonly referral: Referral;
  readonly referee: Person;
  readonly referrer: Person;
}

export type RuleOutcome =
  | { readonly kind: 'decided'; readonly decision: Decision }
  | { readonly kind: 'nothing'; readonly reason: string; readonly finding: Finding };

export function paymentRules(program: Program): PaymentRule[] {
  return program.rules.filter((rule) => rule.when === 'payment');
}

/** `left` is remaining() for the rule's base; `existing` the reward this rule has already made of this payment. */
export function decidePayment(
  ctx: FoldContext,
  rule: PaymentRule,
  parties: PaymentParties,
  left: bigint,
  existing: Reward | undefined,
): RuleOutcome {
  const { program } = ctx.loaded;
  const person = rule.to === 'referrer' ? parties.referrer : parties.referee;
  const rate = existing?.rate ?? rateFor(rule, person);
  const fixed = rule.pays.kind === 'amount' && rule.pays.amount.kind === 'fixed' ? rule.pays.amount.amount : null;
  const earning = earn({ program, rule, payment: parties.payment, rate, fixed });
  if (earning.kind === 'nothing') return { kind: 'nothing', reason: earning.reason, finding: earning.finding };
  const figures = parties.payment.figures;
  if (!figures) throw new Error('bug: a payment without figures earned something');
  const terms: Terms =
    earning.kind === 'earns'
      ? stickyTerms(earning.terms, existing)
      : { unit: earning.unit, rate, fixed, conversion: { num: 0n, den: 1n } };
  const amount = fullAmount(terms, figures, rule.of);
  const reward = existing ?? blank(ctx, rule, parties, person, earning.finding);
  const base = rule.of === 'net' ? figures.gross - figures.tax : figures.gross;
  const decided: Reward = {
    ...reward,
    amount,
    unit: terms.unit,
    rate: terms.rate,
    conversionNum: terms.conversion.num,
    conversionDen: terms.conversion.den,
    baseAmount: base,
    baseCurrency: figures.currency,
  };
  return {
    kind: 'decided',
    decision: {
      reward: decided,
      isNew: existing === undefined,
      target: minOf(amount, target(terms, figures, rule.of, left)),
      waits: earning.kind === 'waits' ? earning.reason : null,
    },
  };
}

/** A conversion that was once applied is kept; one that waited for a rate takes it now. */
function stickyTerms(terms: Terms, existing: Reward | undefined): Terms {
  if (!existing || existing.conversionNum === 0n) return terms;
  return { ...terms, conversion: { num: existing.conversionNum, den: existing.conversionDen } };
}

/** An individual rate lifts a referrer's share; a referee's share is the rule's own. */
function rateFor(rule: PaymentRule, person: Person): bigint | null {
  if (rule.pays.kind !== 'share') return null;
  if (rule.to === 'referrer' && person.rate !== null) return person.rate;
  return rule.pays.share.kind === 'fixed' ? rule.pays.share.rate : 0n;
}

function blank(
  ctx: FoldContext,
  rule: PaymentRule,
  { payment, referral, referee, referrer }: PaymentParties,
  person: Person,
  finding: Finding,
): Reward {
  const { program, version } = ctx.loaded;
  const isFirstRule = paymentRules(program)[0]?.name === rule.name;
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
    rate: null,
    conversionNum: 0n,
    conversionDen: 1n,
    baseAmount: null,
    baseCurrency: null,
    source: payment.source,
    sourcePaymentId: payment.sourcePaymentId,
    paymentId: payment.id,
    idempotencyKey: `ref:auto:${payment.sourcePaymentId}${isFirstRule ? '' : `:${rule.name}`}`,
    programVersion: version,
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
    explain: [...referral.evidence, finding],
  };
}
