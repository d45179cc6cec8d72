/**
 * What a program file says about the outside: where webhooks come from and where credits go.
 * Promises: which keys hold secrets is said here, once. Must never: know the kinds of source (the provider registry
 * does), or judge a secret (its provider does).
 */
import * as z from 'zod';
import { dottedPath, endpointUrl, flag, identifier } from './program-scalars.ts';

/** Keys whose values never get into a stored version, a hash or a message; the same under sources, delivery and auth. */
const SECRET_KEYS = ['secret', 'secrets', 'api_key'];
const SECRET_PLACES = ['sources', 'delivery', 'auth', 'fund'];

export function isSecretPath(path: readonly PropertyKey[]): boolean {
  const key = path.findLast((part) => typeof part === 'string');
  return SECRET_PLACES.includes(String(path[0])) && SECRET_KEYS.includes(String(key));
}

const secrets = {
  secret: z.string().optional().describe('the signing secret, as a variable'),
  secrets: z
    .array(z.string())
    .min(1, 'must name at least one')
    .optional()
    .describe('several while one is being replaced, newest first'),
};

const apiKey = z.string().describe('API key, as a variable');
const apiBase = endpointUrl().optional().describe('where the API is, if not where it always is');

export const sourceSchema = z
  .strictObject({
    kind: identifier().describe('stripe, paddle, clerk, … or standard, the generic one'),
    ...secrets,
    member_from: z
      .array(dottedPath())
      .min(1)
      .optional()
      .describe("where the payer's member id stands, strongest first"),
    code_from: z.array(dottedPath()).optional().describe('where a referral code may stand, strongest first'),
    api_key: apiKey.optional().describe('for questions to the provider that no webhook answers'),
    api_base: apiBase,
    accounts: z
      .array(z.string().regex(/^[\w-]{1,64}$/, 'must be the id of an account'))
      .min(1, 'must name at least one')
      .optional()
      .describe('whose lists are read: connected accounts (Stripe), stores (Lemon Squeezy), organizations (Polar)'),
    discount: z
      .string()
      .min(1)
      .optional()
      .describe('the coupon (Stripe) or discount (Paddle) that buyers get by a member’s code; needs api_key'),
  })
  .describe('one source of webhooks');

const account = {
  api_key: apiKey,
  source: identifier()
    .optional()
    .describe("the source whose customers are this account's; not needed if there is one of its kind"),
  api_base: apiBase,
};

const sinkKinds = [
  z.strictObject({ sink: z.literal('ledger').describe('the ledger here is the balance') }),
  z.strictObject({
    sink: z.literal('webhook').describe('a signed POST to the product'),
    url: endpointUrl().describe('where to'),
    ...secrets,
    idempotent: flag().prefault(true).describe('false: it cannot tell a repetition; then we try once and ask a person'),
    lookup: flag().prefault(false).describe('true: GET <url>?idempotency_key= tells whether a credit was done'),
  }),
  z.strictObject({ sink: z.literal('stripe_balance').describe("the customer's balance at Stripe"), ...account }),
  z.strictObject({ sink: z.literal('stripe_credit_grant').describe('a billing credit grant at Stripe'), ...account }),
  z.strictObject({ sink: z.literal('paddle_discount').describe('a discount at Paddle'), ...account }),
] as const;

export const deliverySchema = z.discriminatedUnion('sink', [...sinkKinds]).describe('where credits go');

export type SourceFile = z.output<typeof sourceSchema>;
export type DeliveryFile = z.output<typeof deliverySchema>;

/** For a key that a sink does not know: which would. */
export function sinksThatKnow(key: string): string[] {
  return sinkKinds.filter((kind) => key in kind.shape).flatMap((kind) => [...kind.shape.sink.values]);
}
