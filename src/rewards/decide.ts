/**
 * What one payment earns, for whom, by which rules.
 * Promises: a decision sticks: a reward keeps the rate, conversion and program version that made it, and only its
 * amounts follow the facts. Must never: make a second reward for the same payment, rule and person.
 */
import type { FoldContext } from '../model/fold.ts';
import { minOf } from '../model/money.ts';
import type { PaymentRule, Program, Tier } from '../model/program.ts';
import type { Finding, Payment, Person, Reward } from '../model/records.ts';
import { newReward, type Parties } from './new-reward.ts';
import { type Earning, earn, fullAmount, type Terms, target } from './rules/payment.ts';
import { settlementAfter, vestsAt } from './waits.ts';

export interface Decision {
  /** The reward as it should stand: amount, terms, explanation; status and postings come later. */
  readonly reward: Reward;
  readonly isNew: boolean;
  /** What the beneficiary should have of it now, after refunds and lost disputes. */
  readonly target: bigint;
  /** Waits for a rate; nothing is owed yet. */
  readonly waits: 'no_rate' | null;
}

export interface PaymentParties extends Parties {
  readonly payment: Payment;
}

export type RuleOutcome =
  | { readonly kind: 'decided'; readonly decision: Decision }
  | { readonly kind: 'nothing'; readonly reason: string; readonly finding: Finding };

export function paymentRules(program: Program): PaymentRule[] {
  return program.rules.filter((rule) => rule.when === 'payment');
}

export interface PaymentFacts {
  /** remaining() for the rule's base. */
  readonly left: bigint;
  /** The reward that this rule has already made of this payment. */
  readonly existing: Reward | undefined;
  /** The beneficiary's tier at the payment's own time. */
  readonly tier: Tier | undefined;
}

export function decidePayment(
  ctx: FoldContext,
  rule: PaymentRule,
  parties: PaymentParties,
  { left, existing, tier }: PaymentFacts,
): RuleOutcome {
  const { program } = ctx.loaded;
  const person = rule.to === 'referrer' ? parties.referrer : parties.referee;
  const rate = existing?.rate ?? rateFor(rule, person, tier);
  const fixed = existing ? existing.fixedAmount : fixedFor(rule, tier);
  const earning = earn({ program, rule, payment: parties.payment, rate, fixed });
  if (earning.kind === 'nothing') return { kind: 'nothing', reason: earning.reason, finding: earning.finding };
  const figures = parties.payment.figures;
  if (!figures) throw new Error('bug: a payment without figures earned something');
  const terms: Terms =
    earning.kind === 'earns'
      ? stickyTerms(earning.terms, existing)
      : { unit: earning.unit, rate, fixed, conversion: { num: 0n, den: 1n } };
  const full = fullAmount(terms, figures, rule.of);
  const reward = existing ?? blank(ctx, rule, parties, earning.finding, fixed);
  const amount = minOf(full, reward.allowance ?? full);
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
    explain: existing ? restated(existing, base, earning, { ...terms, full }) : reward.explain,
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

/**
 * What the rule saw, told anew once better figures have come: an intent knows no tax, its session does. What signals said
 * stays, for they were asked once.
 */
function restated(
  { explain, baseAmount, conversionNum }: Reward,
  base: bigint,
  earning: Exclude<Earning, { kind: 'nothing' }>,
  { unit, full }: { readonly unit: string; readonly full: bigint },
): Reward['explain'] {
  const hasRate = conversionNum === 0n && earning.kind === 'earns';
  if (baseAmount === base && !hasRate) return explain;
  const said = earning.kind === 'earns' ? `earns ${full} ${unit}` : earning.finding.said;
  return explain.map((each) => (each.asked === earning.finding.asked ? { ...earning.finding, said } : each));
}

/** A conversion that was once applied is kept; one that waited for a rate takes it now. */
function stickyTerms(terms: Terms, existing: Reward | undefined): Terms {
  if (!existing || existing.conversionNum === 0n) return terms;
  return { ...terms, conversion: { num: existing.conversionNum, den: existing.conversionDen } };
}

/** An individual rate lifts a referrer's share; a referee's share is the rule's own. */
function rateFor(rule: PaymentRule, person: Person, tier: Tier | undefined): bigint | null {
  if (rule.pays.kind !== 'share') return null;
  if (rule.to === 'referrer' && person.rate !== null) return person.rate;
  return rule.pays.share.kind === 'fixed' ? rule.pays.share.rate : (tier?.share ?? 0n);
}

function fixedFor({ pays }: PaymentRule, tier: Tier | undefined): bigint | null {
  if (pays.kind !== 'amount') return null;
  return pays.amount.kind === 'fixed' ? pays.amount.amount : (tier?.credit ?? 0n);
}

function blank(
  ctx: FoldContext,
  rule: PaymentRule,
  parties: PaymentParties,
  finding: Finding,
  fixed: bigint | null,
): Reward {
  const { payment, referral } = parties;
  const isFirstRule = paymentRules(ctx.loaded.program)[0]?.name === rule.name;
  const told = payment.paidAt && payment.paidAt > payment.createdAt ? payment.paidAt : payment.createdAt;
  return newReward(ctx, rule, parties, {
    source: payment.source,
    sourcePaymentId: payment.sourcePaymentId,
    paymentId: payment.id,
    idempotencyKey: `ref:auto:${payment.sourcePaymentId}${isFirstRule ? '' : `:${rule.name}`}`,
    fixedAmount: fixed,
    vestsAt: vestsAt(rule, ctx.now),
    settlesAt: rule.settle === 'monthly' ? settlementAfter(told) : null,
    explain: [...referral.evidence, finding],
  });
}
