/**
 * The forms of everything that the member API asks and answers, one schema each; OpenAPI is generated from them.
 * Must never: have a field for an address that is not masked, or an id of ours for a person.
 */
import * as z from 'zod';
import { MEMBER_SCOPES } from '../../accounts/member-keys.ts';
import { amount, base, pageOf, rewardStatus, time, unit } from '../forms.ts';
import { text } from '../input.ts';
import { pageShape } from '../pages.ts';

export const pageQuery = z.strictObject(pageShape);

const codeShape = { code: z.string().nullable(), url: z.url().nullable() };

const SHARED_ON = ['x', 'linkedin', 'telegram', 'email'] as const;
export type SharedOn = (typeof SHARED_ON)[number];

const shareTexts = z
  .strictObject({ x: z.string(), linkedin: z.string(), telegram: z.string(), email: z.string() })
  .meta({ id: 'ShareTexts', description: 'the link in a sentence, ready to post' });

/** Vesting counts as earned and as pending: it is theirs, and not yet to be used. 30 days: today (UTC) and 29 before. */
const sums = { earned: amount, earned_last_30_days: amount, pending: amount };

const unitFigures = z
  .strictObject({
    unit,
    balance: amount.nullable().describe('null where the balance is kept by the product'),
    delivered: amount.nullable().describe('what the product was given; null where the balance is kept here'),
    debt: amount.describe('owed, because a reward was taken back after it was used'),
    ...sums,
  })
  .meta({ id: 'UnitFigures', description: 'what the member has of one unit' });

const lifetimeCap = z
  .strictObject({ rule: z.string(), cap: amount, used: amount, remaining: amount })
  .meta({ id: 'LifetimeCap' });

export const limits = z
  .strictObject({
    max_balance: amount.nullable(),
    credits_expire_after_days: z.number().nullable(),
    code_max_uses: z.int().nullable(),
    code_uses: z.int().nullable(),
    lifetime_caps: z.array(lifetimeCap),
  })
  .meta({ id: 'Limits' });

export const meAnswer = z
  .strictObject({
    member_id: z.string(),
    ...codeShape,
    share_text: shareTexts.nullable().describe('null while there is no code'),
    tier: z.string().nullable(),
    unit: unit.nullable().describe('null where rewards are in the currency of each payment and there are several'),
    balance: unitFigures.shape.balance,
    delivered: unitFigures.shape.delivered,
    totals: z.strictObject({
      earned: amount.nullable(),
      earned_last_30_days: amount.nullable(),
      pending: amount.nullable(),
      signups: z.int(),
      active: z.int(),
      qualified: z.int(),
    }),
    by_unit: z.array(unitFigures),
    limits,
    suspended: z.boolean(),
  })
  .meta({ id: 'Me' });

const reward = z
  .strictObject({
    id: z.string(),
    rule: z.string(),
    to: z.enum(['referrer', 'referee']),
    status: rewardStatus,
    reason: z.string().nullable(),
    amount,
    reversed_amount: amount,
    forfeited_amount: amount,
    unit,
    base: base.nullable(),
    rate: z.string().nullable(),
    created_at: time,
    credited_at: time.nullable(),
    vests_at: time.nullable(),
    expires_at: time.nullable(),
    vouchers: z.array(z.string()).describe('the discount codes to redeem, where credits are given as such'),
  })
  .meta({ id: 'Reward' });
export type RewardAnswer = z.input<typeof reward>;
export const rewardsAnswer = pageOf('RewardPage', reward);

const referral = z
  .strictObject({
    id: z.string(),
    status: z.enum(['pending', 'completed', 'denied', 'void']),
    reason: z.string().nullable(),
    email: z.string().nullable().describe('masked; null for somebody of another organization'),
    code: z.string(),
    channel: z.string().nullable(),
    campaign: z.string().nullable(),
    created_at: time,
    completed_at: time.nullable(),
    first_paid_at: time.nullable(),
    earned: z.array(z.strictObject({ unit, amount })).describe('by this member, from this referral'),
  })
  .meta({ id: 'Referral' });
export type ReferralAnswer = z.input<typeof referral>;
export const referralsAnswer = pageOf('ReferralPage', referral);

const ledgerItem = z
  .strictObject({
    id: z.string(),
    kind: z.string(),
    reason: z.string().nullable().describe("the rule's label, or what was spent for"),
    reward_id: z.string().nullable(),
    spend_id: z.string().nullable(),
    created_at: time,
    entries: z.array(z.strictObject({ account: z.enum(['pending', 'available', 'delivered', 'debt']), unit, amount })),
  })
  .meta({ id: 'LedgerTransaction' });
export type LedgerAnswer = z.input<typeof ledgerItem>;
export const ledgerAnswer = pageOf('LedgerPage', ledgerItem);

const label = text(100).nullish();
export const linkBody = z.strictObject({ channel: label, campaign: label }).meta({ id: 'NewLink' });
export const linkAnswer = z
  .strictObject({
    code: z.string(),
    url: z.url(),
    channel: z.string().nullable(),
    campaign: z.string().nullable(),
    clicks: z.int().describe('of people; machines are not counted'),
    uses: z.int(),
    signups: z.int(),
    suspended: z.boolean(),
    created_at: time,
  })
  .meta({ id: 'Link' });
export const linksAnswer = pageOf('LinkPage', linkAnswer);

const CHOSEN_CODE = /^[A-Za-z0-9_-]{4,32}$/;
export const codeBody = z
  .strictObject({
    code: z.string().regex(CHOSEN_CODE, 'must be 4 to 32 letters, digits, - or _'),
  })
  .meta({ id: 'ChosenCode' });
export const codeAnswer = z
  .strictObject({ ...codeShape, previous_code: z.string().nullable() })
  .meta({ id: 'OwnCode' });

export const claimBody = z.strictObject({ code: text(200) }).meta({ id: 'NewClaim' });
export const claimAnswer = z
  .strictObject({
    id: z.string(),
    code: z.string(),
    status: referral.shape.status,
    reason: z.string().nullable(),
    created_at: time,
  })
  .meta({ id: 'Claim' });

export const lookupAnswer = z
  .union([
    z.strictObject({ valid: z.literal(true), code: z.string(), referrer_name: z.string().optional() }),
    z.strictObject({ valid: z.literal(false) }),
  ])
  .meta({ id: 'CodeLookup' });

export const boardAnswer = z
  .strictObject({
    period: z.strictObject({ from: time, to: time }),
    data: z.array(z.strictObject({ rank: z.int(), name: z.string(), signups: z.int(), is_me: z.boolean() })),
  })
  .meta({ id: 'Leaderboard' });

const scope = z.enum(MEMBER_SCOPES, `is none of ${MEMBER_SCOPES.join(', ')}`);
export const keyBody = z
  .strictObject({
    name: text(100).nullish(),
    scopes: z.array(scope).min(1).max(MEMBER_SCOPES.length).optional().describe('those of the credential by default'),
  })
  .meta({ id: 'NewMemberKey' });
export const keyAnswer = z
  .strictObject({
    id: z.string(),
    name: z.string().nullable(),
    prefix: z.string(),
    scopes: z.array(scope),
    created_at: time,
    last_used_at: time.nullable(),
    revoked_at: time.nullable(),
  })
  .meta({ id: 'MemberKey' });
export const keysAnswer = pageOf('MemberKeyPage', keyAnswer);
export const newKeyAnswer = z
  .strictObject({ ...keyAnswer.shape, key: z.string().describe('shown this once') })
  .meta({ id: 'CreatedMemberKey' });

export const pngQuery = z.strictObject({
  size: z.coerce
    .number('must be a whole number from 64 to 2048')
    .int()
    .min(64)
    .max(2048)
    .default(512)
    .describe('width in pixels'),
});
