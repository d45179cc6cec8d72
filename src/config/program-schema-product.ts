/**
 * What a program file says about the product, the unit, codes, and how a signup finds its referrer.
 * Promises: a URL that people are sent to cannot run as script. Must never: read an amount; its decimals come from the
 * unit, which program-resolve knows.
 */
import * as z from 'zod';
import { decimal, duration, isCurrency, pageUrl, text, whole } from './program-scalars.ts';

const COOKIE_DAYS_MAX = 400; // browsers keep none longer

const currency = z.string().transform((text, context) => {
  const code = text.toLowerCase();
  if (!isCurrency(code)) context.addIssue('must be a currency code such as usd');
  return code;
});

export const productSchema = z
  .strictObject({
    home_url: pageUrl().describe('where a referral link leads'),
    signup_url: pageUrl().describe('where people sign up; the code is appended as a parameter'),
    support_email: z.email('must be an e-mail address').describe('who answers people that ask, or appeal'),
    description: text(500).optional().describe('one sentence for mails and the portal'),
    logo: pageUrl().optional().describe('picture for mails and the portal'),
    colors: z
      .record(
        z.string().regex(/^[a-z][a-z_]{0,30}$/, 'must be a name such as accent'),
        z.string().regex(/^(#[0-9a-fA-F]{3,8}|[a-z]{3,20})$/, 'must be a colour such as #4f46e5'),
      )
      .prefault({})
      .describe('colours of the portal by name, such as accent'),
  })
  .describe('the product that the program is for');

export const unitSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('money').describe('amounts are money'),
      currency: z
        .union([z.literal('payment'), currency])
        .describe('currency of the rewards; payment: the currency in which each payment was made'),
      shown_as: z
        .strictObject({
          name: text(40).describe('what people call it'),
          per: decimal().describe('what one of it is worth in the currency'),
        })
        .optional()
        .describe('credits that are money underneath'),
    }),
    z.strictObject({
      kind: z.literal('points').describe('amounts are whole points'),
      name: z
        .string()
        .regex(/^[a-z][a-z0-9_ ]{0,39}$/, 'must begin with a letter and be in lower case')
        .describe('what they are called'),
    }),
  ])
  .describe('what rewards are counted in');

export const codeSchema = z
  .strictObject({
    from: z.enum(['random', 'name']).prefault('random').describe("how a member's code is made"),
    length: whole(4, 32).prefault(8).describe('how long a random code is, and at most one from a name'),
    alphabet: z
      .string()
      .regex(/^[A-Za-z0-9_-]{8,64}$/, 'must be no_lookalikes, alphanumeric, or the letters and digits themselves')
      .prefault('no_lookalikes')
      .describe(
        'no_lookalikes (capitals and digits without vowels, 0, 1 and L), alphanumeric, or the characters themselves',
      ),
    max_uses: whole(1, 1_000_000_000).nullish().describe('how many people one code may refer'),
    on_refresh: z
      .enum(['keep', 'close_pending'])
      .prefault('keep')
      .describe('what a new code does to pending referrals of the old'),
    lookup: z.enum(['public', 'keyed']).prefault('public').describe('who may ask whether a code exists'),
  })
  .prefault({})
  .describe('the codes that members share; upper and lower case never matter');

export const attributionSchema = z
  .strictObject({
    parameter: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_-]{0,30}$/, 'must be a URL parameter')
      .prefault('ref')
      .describe('parameter that carries the code'),
    cookie_days: whole(1, COOKIE_DAYS_MAX).prefault(90).describe('how long the visitor’s cookie lives'),
    touch: z.enum(['first', 'last']).prefault('last').describe('which of several codes counts'),
    window: duration()
      .optional()
      .describe('how long after the click a signup still counts; as long as the cookie by default'),
    late: duration(0).prefault('30d').describe('how long a payment waits for somebody to claim it'),
  })
  .prefault({})
  .describe('how a signup finds its referrer');
