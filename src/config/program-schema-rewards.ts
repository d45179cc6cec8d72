/**
 * What a program file says about earning: tiers, qualifying, reward rules, limits.
 * Promises: each kind of rule knows its own keys and no others. Must never: turn amounts into numbers (their decimals
 * come from the unit, which program-resolve knows), or look at more than one key at a time.
 */
import * as z from 'zod';
import { decimal, duration, durationOrNever, flag, identifier, percent, text, whole } from './program-scalars.ts';

const COUNT_MAX = 1_000_000_000;

const tier = z.strictObject({
  name: identifier().describe('name of the tier'),
  from: decimal().describe('from how many qualified referrals, or from what monthly volume, a member is in it'),
  credit: decimal().optional().describe('what `amount: tier.credit` gives'),
  share: percent().optional().describe('what `share: tier.share` gives'),
  max_balance: decimal().optional().describe('most unused credit a member may hold; what comes on top is forfeited'),
  expires_after: durationOrNever().prefault('never').describe('how long a credit can be used'),
});

const tierList = z.array(tier).min(1, 'must name at least one tier');

export const tiersSchema = z
  .union([
    tierList,
    z.strictObject({
      by: z.enum(['qualified', 'monthly_volume']).describe('what the lines are counted in'),
      list: tierList.describe('the tiers, lowest first'),
    }),
  ])
  .describe('tiers, lowest first: by qualified referrals and one way, or by the net volume of a calendar month');

export const qualifySchema = z
  .strictObject({
    when: z.enum(['signup', 'payment', 'usage']).describe('what makes a referral count'),
    count: whole(1, COUNT_MAX).prefault(1).describe('how many payments, or what quantity of usage'),
    billable: flag().prefault(false).describe('only billable usage counts'),
    within: duration().optional().describe('how soon after the signup; later ones do not qualify'),
  })
  .describe('when a referral is qualified; with tiers and without this key: at signup');

const ruleBase = {
  to: z.enum(['referrer', 'referee']).describe('who gets it'),
  label: text(60).optional().describe("the ledger's word for it; the rule's name by default"),
  vests_after: duration(0).optional().describe('how long it stays pending, and can be taken back without a trace'),
  lifetime_cap: decimal()
    .optional()
    .describe('most that one member may ever get by this rule; the last may be partial'),
};

/** Its text is an amount of the unit, or tier.credit. */
const amount = decimal();
const share = z.union([percent(), z.literal('tier.share')]);

const onceRule = z.strictObject({
  ...ruleBase,
  when: z.enum(['signup', 'qualified']).describe('once for each referral'),
  amount: amount.describe('an amount in the unit, or tier.credit'),
});

const usageRule = z.strictObject({
  ...ruleBase,
  when: z.literal('usage').describe('once, when the referee has used so much'),
  amount: amount.describe('an amount in the unit, or tier.credit'),
  count: whole(1, COUNT_MAX).prefault(1).describe('the quantity of usage that earns it'),
  billable: flag().prefault(false).describe('only billable usage counts'),
});

const paymentRule = z.strictObject({
  ...ruleBase,
  when: z.literal('payment').describe('for each payment of the referee'),
  share: share.optional().describe('a percentage in quotes, or tier.share; rounded down once'),
  amount: amount.optional().describe('instead of a share: an amount in the unit for each payment, or tier.credit'),
  of: z.enum(['net', 'gross']).prefault('net').describe('of what was paid, without tax (net) or with it'),
  minimum_payment: decimal()
    .optional()
    .describe('least net that earns; with `currency: payment` in hundreds of minor units'),
  kinds: z
    .array(z.enum(['top_up', 'invoice', 'one_off']))
    .prefault([])
    .describe('only payments of these kinds, where the source tells the kind'),
  settle: z
    .enum(['at_once', 'monthly'])
    .prefault('at_once')
    .describe('monthly: pending, credited on the 1st of the next month'),
});

const rankRule = z.strictObject({
  ...ruleBase,
  when: z.literal('rank').describe('each month, for the first of the leaderboard'),
  top: whole(1, 1000).describe('how many places earn it'),
  amount: amount.describe('an amount in the unit, or tier.credit'),
});

const ruleKinds = [onceRule, usageRule, paymentRule, rankRule] as const;

export const rewardsSchema = z
  .record(
    identifier(),
    z.discriminatedUnion('when', [...ruleKinds]).describe('one rule; its name is part of its idempotency keys'),
  )
  .refine((rules) => Object.keys(rules).length > 0, 'must have at least one rule')
  .describe('what is earned, by rules with names of your own');

export const limitsSchema = z
  .strictObject({
    one_referral_per: z
      .literal('email_domain')
      .optional()
      .describe('of one code, only the first signup of a domain earns'),
    except: z
      .literal('public_mailboxes')
      .optional()
      .describe('gmail.com and the like never count as one domain, said or not'),
  })
  .describe('whom a program refuses although nothing is wrong with them');

export type TierFile = z.output<typeof tier>;
export type RuleFile = z.output<(typeof ruleKinds)[number]>;

/** For a key that a rule does not know: with which `when` it would. */
export function ruleKindsThatKnow(key: string): string[] {
  return ruleKinds.filter((kind) => key in kind.shape).flatMap((kind) => whenOf(kind));
}

function whenOf({ shape }: (typeof ruleKinds)[number]): readonly string[] {
  return shape.when instanceof z.ZodLiteral ? [...shape.when.values] : shape.when.options;
}
