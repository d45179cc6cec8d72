/**
 * What a referral itself earns: by its signup, its qualification, or the referee's usage.
 * Promises: a reward's amount is decided once, when it is earned, by the tier and the cap of that moment. Must never:
 * make a second reward of one referral by one rule.
 */
import type { FoldContext } from '../model/fold.ts';
import { type Program, rewardUnit, type SignupRule, type Tier, type UsageRule } from '../model/program.ts';
import type { Finding, Reward, UsageTotal } from '../model/records.ts';
import { tierNow } from '../model/tiers.ts';
import type { World } from '../model/world.ts';
import { takeAllowance } from './cap.ts';
import { newReward, type Parties } from './new-reward.ts';
import { vestsAt } from './waits.ts';

export type ReferralRule = SignupRule | UsageRule;

export type Standing =
  /** Nothing to show for it yet. */
  | { readonly kind: 'not_yet' }
  | { readonly kind: 'waits'; readonly reason: 'qualifying' }
  | { readonly kind: 'earned'; readonly saw: Finding['saw'] }
  | { readonly kind: 'lost'; readonly reason: string };

const NOT_YET: Standing = { kind: 'not_yet' };

export function referralRules(program: Program): ReferralRule[] {
  return program.rules.filter((rule) => rule.when !== 'payment' && rule.when !== 'rank');
}

/** Where this referral stands by this rule. */
export function standingOf(rule: ReferralRule, { referral }: Parties, usage: UsageTotal | undefined): Standing {
  const { status, completedAt, qualifiedAt, reason } = referral;
  // What a signup would have earned is shown as denied; what would have come later is not.
  if (status === 'denied') return rule.when === 'usage' ? NOT_YET : { kind: 'lost', reason: reason ?? 'denied' };
  if (status !== 'completed') return NOT_YET;
  switch (rule.when) {
    case 'signup':
      return { kind: 'earned', saw: { completed_at: completedAt } };
    case 'qualified':
      if (qualifiedAt) return { kind: 'earned', saw: { qualified_at: qualifiedAt } };
      return reason ? { kind: 'lost', reason } : { kind: 'waits', reason: 'qualifying' };
    case 'usage': {
      const used = (rule.billable ? usage?.billable : usage?.quantity) ?? 0n;
      return used >= rule.count ? { kind: 'earned', saw: { count: Number(rule.count) } } : NOT_YET;
    }
  }
}

/** The reward as it begins, before it is known whether it will be earned. */
export function beginReward(world: World, ctx: FoldContext, rule: ReferralRule, parties: Parties): Reward {
  const { program } = ctx.loaded;
  const count = rule.when === 'usage' ? `:${rule.count}` : '';
  const amount = fullAmount(rule, tierFor(world, ctx, rule, parties));
  return newReward(ctx, rule, parties, {
    idempotencyKey: `ref:auto:${rule.name}:${parties.referee.memberId}${count}`,
    unit: program.unit.kind === 'money' ? rewardUnit(program.unit, program.unit.currency) : program.unit.name,
    amount,
    fixedAmount: amount,
    conversionNum: 1n,
    explain: parties.referral.evidence,
  });
}

/** The beneficiary's, at this moment. */
function tierFor(
  world: World,
  { loaded, now }: FoldContext,
  rule: ReferralRule,
  { referee, referrer }: Parties,
): Tier | undefined {
  return tierNow(world, loaded.program, rule.to === 'referrer' ? referrer : referee, now);
}

function fullAmount(rule: ReferralRule, tier: Tier | undefined): bigint {
  return rule.amount.kind === 'fixed' ? rule.amount.amount : (tier?.credit ?? 0n);
}

/** Earned at this moment: amount, cap and vesting are decided, for good. */
export function earnReward(
  world: World,
  ctx: FoldContext,
  rule: ReferralRule,
  parties: Parties,
  reward: Reward,
  saw: Finding['saw'],
): { readonly reward: Reward; readonly isCapped: boolean } {
  const tier = tierFor(world, ctx, rule, parties);
  const full = fullAmount(rule, tier);
  const allowance = takeAllowance(world, rule, reward, full);
  const seen = { ...saw, ...(tier && { tier: tier.name }), ...(allowance !== null && { cap_left: Number(allowance) }) };
  const isCapped = allowance === 0n;
  const amount = isCapped ? full : (allowance ?? full);
  const said = isCapped ? 'cap_reached' : `earns ${amount} ${reward.unit}`;
  const earned: Reward = {
    ...reward,
    amount,
    allowance: isCapped ? null : allowance,
    fixedAmount: full,
    vestsAt: vestsAt(rule, ctx.now),
    explain: [...reward.explain, { asked: `rule ${rule.name}`, saw: seen, said }],
  };
  return { reward: earned, isCapped };
}
