/**
 * What Hanzo's API asks and answers, to the letter of its documentation.
 * Promises: cents are integers, percentages numbers. Must never: gain a field that the documentation does not have.
 */
import * as z from 'zod';
import { text } from '../input.ts';

const time = z.iso.datetime();
const cents = z.int();

const label = text(100).nullish();
export const referrerBody = z
  .strictObject({
    channel: label.describe('attribution channel, such as twitter, blog, conference'),
    campaign: label.describe('campaign identifier for grouping referrals'),
  })
  .meta({ id: 'HanzoNewReferrer' });

export const linkAnswer = z
  .strictObject({
    id: z.string(),
    code: z.string(),
    url: z.url(),
    channel: z.string().nullable(),
    campaign: z.string().nullable(),
    created_at: time,
  })
  .meta({ id: 'HanzoReferrer' });

export const profileAnswer = z
  .strictObject({
    id: z.string(),
    code: z.string().nullable(),
    tier: z.string().nullable(),
    referral_count: z.int(),
    credit_balance_cents: cents,
    credit_max_cents: cents.nullable(),
    credit_expiry_days: z.number().nullable().describe('null: never'),
    revenue_share_pct: z.number(),
    revenue_share_total_cents: cents,
    revenue_share_pending_cents: cents,
    referrals: z.strictObject({ total: z.int(), qualified: z.int(), pending: z.int() }),
    created_at: time,
  })
  .meta({ id: 'HanzoProfile' });

export const codeAnswer = z
  .union([
    z.strictObject({
      valid: z.literal(true),
      code: z.string(),
      referrer_name: z.string(),
      credit_amount_cents: cents.describe('what whoever signs up with it gets'),
      tier: z.string().nullable(),
    }),
    z.strictObject({ valid: z.literal(false) }),
  ])
  .meta({ id: 'HanzoCode' });

export const claimBody = z.strictObject({ code: text(200) }).meta({ id: 'HanzoNewClaim' });

export const claimAnswer = z
  .strictObject({
    id: z.string(),
    code: z.string(),
    referrer_id: z.string(),
    referred_user_id: z.string(),
    credit_cents: cents,
    status: z.enum(['credited', 'pending', 'denied']),
    created_at: time,
  })
  .meta({ id: 'HanzoClaim' });
