/**
 * The whole vocabulary of a program file, each key with its meaning, and the JSON Schema that editors complete by.
 * Promises: a key that does not stand here is refused; every key but six has a default. Must never: compare one key
 * with another (program-resolve does), or hold a secret.
 */
import * as z from 'zod';
import { LANGUAGES } from '../model/language.ts';
import { decimal, duration, durationOrNever, flag, hostname, identifier, slug, text } from './program-scalars.ts';
import { fundSchema } from './program-schema-fund.ts';
import {
  authSchema,
  invitesSchema,
  mailsSchema,
  membersSchema,
  portalSchema,
  shareSchema,
} from './program-schema-people.ts';
import { attributionSchema, codeSchema, productSchema, unitSchema } from './program-schema-product.ts';
import { limitsSchema, qualifySchema, rewardsSchema, tiersSchema } from './program-schema-rewards.ts';
import { deliverySchema, sourceSchema } from './program-schema-sources.ts';
import { fraudSchema, mailboxesSchema, networksSchema } from './program-signals.ts';

export const programSchema = z.strictObject({
  program: slug().describe('name of the program in URLs and keys; never change it'),
  name: text(80).describe('name for people'),
  language: z.enum(LANGUAGES).prefault('en').describe('language of the mails; pages go by their reader'),
  mode: z.enum(['live', 'test']).prefault('live').describe('events of the other mode earn nothing, visibly'),
  hosts: z.array(hostname()).prefault([]).describe('host names at whose root the program is served'),
  product: productSchema,
  unit: unitSchema,
  code: codeSchema,
  attribution: attributionSchema,
  sources: z
    .record(identifier(), sourceSchema)
    .describe('where webhooks come from, by names of your own: /webhooks/<name>'),
  qualify: qualifySchema.optional(),
  tiers: tiersSchema.optional(),
  rewards: rewardsSchema,
  limits: limitsSchema.prefault({}),
  fraud: fraudSchema.prefault({}).describe('signals that are asked; one that is not named does not run'),
  networks: networksSchema,
  mailboxes: mailboxesSchema,
  moderation: z
    .strictObject({
      two_persons_above: decimal()
        .optional()
        .describe('held rewards of more than this are credited only when two persons have approved them'),
    })
    .prefault({})
    .describe('what admins may decide alone'),
  rates: z
    .record(z.string().regex(/^[a-z]{3}$/, 'must be a currency code in lower case'), decimal())
    .prefault({})
    .describe('what one of a foreign currency is worth in the unit, where the provider does not say'),
  match_within: duration(0)
    .prefault('10m')
    .describe('how long a payment waits for the invoice that may stand behind it'),
  retention: durationOrNever()
    .prefault('90d')
    .describe('how long the bodies of webhooks are kept; what they caused stays'),
  delivery: deliverySchema.prefault({ sink: 'ledger' }),
  spend: z
    .strictObject({
      on: z.literal('usage').describe('each usage event draws from the balance'),
      per: decimal().describe('amount for one of its quantity'),
    })
    .optional()
    .describe('lets usage use credits up; only with sink: ledger'),
  members: membersSchema,
  auth: authSchema,
  share: shareSchema,
  leaderboard: flag().prefault(false).describe('shows the first referrers, masked'),
  invites: invitesSchema,
  mails: mailsSchema,
  portal: portalSchema,
  fund: fundSchema.optional(),
  api: z
    .array(z.enum(['hanzo', 'buywhere', 'kortix']))
    .prefault([])
    .describe('further APIs, spoken beside our own'),
});

export type ProgramFile = z.output<typeof programSchema>;

/** JSON Schema (draft 7) of what may be written; `# yaml-language-server: $schema=…` gives completion in editors. */
export function programJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(programSchema, { io: 'input', target: 'draft-7' });
  return { $schema, title: 'Plusone program file', ...schema };
}
