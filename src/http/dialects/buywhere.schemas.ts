/**
 * What BuyWhere's API asks and answers: the models of its specification, and where that is silent, in its style.
 * Promises: credits are whole; addresses of others are masked. Must never: gain a field in a model that the
 * specification writes out.
 */
import * as z from 'zod';
import { PASSWORD_LENGTH, weaknessOf } from '../../accounts/passwords.ts';
import { text } from '../input.ts';
import { pageShape } from '../pages.ts';

const time = z.iso.datetime();
const credits = z.int();
const count = z.int();

export const referralCodeAnswer = z
  .strictObject({
    referral_code: z.string(),
    referral_url: z.url(),
    share_text: z.string(),
    total_referrals: count,
    credits_earned: credits.describe('with what vests'),
    credits_available: credits,
  })
  .meta({ id: 'BuyWhereReferralCode' });

/** ReferralCode. */
export const codeAnswer = z
  .strictObject({
    code: z.string(),
    developer_id: z.string(),
    is_active: z.boolean(),
    max_uses: count.nullable(),
    uses_count: count,
    created_at: time,
  })
  .meta({ id: 'BuyWhereRevokedCode' });

/** ReferralCredit: a line of the ledger; what is taken back is a line of its own, below zero. */
const creditAnswer = z
  .strictObject({
    id: z.string(),
    referrer_id: z.string(),
    referee_id: z.string(),
    credit_amount: credits,
    reason: z.string(),
    created_at: time,
  })
  .meta({ id: 'BuyWhereReferralCredit' });

export const REFERRAL_STATUSES = ['pending', 'signed_up', 'first_api_call', 'active_user', 'rejected'] as const;

const referral = z
  .strictObject({
    developer_id: z.string(),
    email: z.string().nullable().describe('masked'),
    status: z.enum(REFERRAL_STATUSES).describe('the last milestone'),
    reason: z.string().nullable().describe('why it was rejected'),
    credits_earned: credits,
    credits_vesting: credits,
    created_at: time,
    completed_at: time.nullable(),
    credits: z.array(creditAnswer),
  })
  .meta({ id: 'BuyWhereReferral' });

export const referralsQuery = z.strictObject(pageShape);
export const referralsAnswer = z
  .strictObject({
    total_referrals: count,
    credits_earned: credits,
    referrals: z.array(referral),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'BuyWhereReferrals' });

export const statsAnswer = z
  .strictObject({
    referral_code: z.string().nullable(),
    referral_url: z.url().nullable(),
    uses_count: count.describe('how often the code was used'),
    total_referrals: count.describe('completed signups'),
    pending_referrals: count,
    active_referrals: count.describe('used the API in the last 30 days'),
    referrals_last_30_days: count,
    last_referral_at: time.nullable(),
    credits_earned: credits,
    credits_earned_last_30_days: credits,
    credits_vesting: credits,
    credits_used: credits,
    credits_available: credits,
    by_reason: z
      .record(z.string(), z.strictObject({ count, credits }))
      .describe('what was earned, by the reason in the ledger'),
  })
  .meta({ id: 'BuyWhereReferralStats' });

const email = z.string().trim().max(320).pipe(z.email('is not an e-mail address'));
const { min, max } = PASSWORD_LENGTH;

export const signupBody = z
  .strictObject({
    email,
    password: z
      .string('is required')
      .min(min, `must have at least ${min} characters`)
      .max(max, `must have at most ${max} characters`),
    name: text(200),
    referral_code: z
      .string()
      .trim()
      .max(200)
      .regex(/^[^\0]*$/, 'contains a NUL')
      .nullish()
      .describe('empty: none'),
  })
  .superRefine(({ password, email: address, name }, context) => {
    const weakness = weaknessOf(password, [address, address.split('@')[0] ?? '', name]);
    if (weakness) context.addIssue({ code: 'custom', path: ['password'], message: weakness });
  })
  .meta({ id: 'BuyWhereSignup' });

/** Developer, and what a signup says once. */
export const signupAnswer = z
  .strictObject({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    referred_by: z.string().nullable(),
    referral_code: z.string().nullable(),
    referral_credits_earned: credits.describe('vested: used and balance'),
    referral_credits_used: credits,
    referral_credits_balance: credits,
    referred_developers_count: count,
    created_at: time,
    api_key: z.string().describe('shown this once'),
    referral: z
      .strictObject({ applied: z.literal(false), reason: z.string(), message: z.string() })
      .optional()
      .describe('only when a code was given and brings no bonus'),
  })
  .meta({ id: 'BuyWhereDeveloper' });
