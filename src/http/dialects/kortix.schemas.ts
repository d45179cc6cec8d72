/**
 * What Kortix's API asks and answers, to the letter of its documentation.
 * Promises: credits are platform credits, not dollars. Must never: gain a field that the documentation does not have.
 */
import * as z from 'zod';
import { text } from '../input.ts';
import { inviteNote } from '../member/invite.ts';
import { pageShape } from '../pages.ts';

const time = z.iso.datetime();
const credits = z.int();

export const codeAnswer = z.strictObject({ referral_code: z.string() }).meta({ id: 'KortixCode' });

export const refreshAnswer = z
  .strictObject({
    success: z.literal(true),
    old_code: z.string().nullable(),
    new_code: z.string(),
    message: z.string(),
  })
  .meta({ id: 'KortixRefreshedCode' });

export const statsAnswer = z
  .strictObject({
    referral_code: z.string().nullable(),
    total_referrals: z.int().describe('people who used the code, pending ones too'),
    successful_referrals: z.int().describe('completed referrals that earned credits'),
    total_credits_earned: credits,
    remaining_earnable_credits: credits.nullable().describe('null: without a limit'),
    max_earnable_credits: credits.nullable().describe('null: without a limit'),
    has_reached_limit: z.boolean(),
    last_referral_at: time.nullable(),
  })
  .meta({ id: 'KortixStats' });

const OFFSET_MAX = 1_000_000;
export const historyQuery = z.strictObject({
  limit: pageShape.limit,
  offset: z.coerce.number('must be a whole number of at least 0').int().min(0).max(OFFSET_MAX).default(0),
});
export const historyAnswer = z
  .array(
    z.strictObject({
      referred_account_id: z.string(),
      referred_at: time,
      status: z.enum(['successful', 'pending']),
      credits_awarded: credits,
    }),
  )
  .meta({ id: 'KortixHistory' });

export const validateBody = z.strictObject({ code: text(200) }).meta({ id: 'KortixCodeToValidate' });
export const validateAnswer = z
  .union([
    z.strictObject({ valid: z.literal(true), referrer_id: z.string() }),
    z.strictObject({ valid: z.literal(false) }),
  ])
  .meta({ id: 'KortixValidity' });

const email = text(320);
/** A personal note is advised, and no field is named for it. */
const note = inviteNote;
export const sendBody = z.strictObject({ email, note }).meta({ id: 'KortixInvite' });
const sentAnswer = { success: z.boolean(), message: z.string() };
export const sendAnswer = z.strictObject(sentAnswer).meta({ id: 'KortixSent' });
export const sendBulkBody = z
  .strictObject({ emails: z.array(email).min(1).max(50), note })
  .meta({ id: 'KortixInvites' });
export const sendBulkAnswer = z
  .strictObject({
    ...sentAnswer,
    results: z.array(z.strictObject({ email: z.string(), ...sentAnswer })),
    success_count: z.int(),
    total_count: z.int(),
  })
  .meta({ id: 'KortixSentInvites' });
