/**
 * What a program file says about the Open Source Fund: the share of revenue, whose code counts for how much, and how
 * it is paid out.
 * Promises: a fund needs a share and components; the rest has defaults. Must never: name who is paid; commits do.
 */
import * as z from 'zod';
import { decimal, duration, endpointUrl, flag, identifier, percent, text, whole } from './program-scalars.ts';

const glob = text(300);

const repository = z.strictObject({
  path: text(1000).describe('a local checkout with its whole history'),
  package: text(500).describe('which component of the SBOM it is: a package URL or a name'),
  revision: text(200).prefault('v{version}').describe('the released revision; {version} is what the SBOM says'),
});

const component = z.strictObject({
  name: identifier().describe('as reports call it'),
  weight: decimal().prefault('1').describe('how much a line counts, such as 2.0'),
  files: z.array(glob).min(1, 'must name at least one').describe('globs over <repository>/<path>'),
});

const exclude = z.strictObject({
  authors: z.array(text()).prefault([]).describe('globs over `Name <address>`, beside the bots that are known'),
  files: z.array(glob).prefault([]).describe('globs over <repository>/<path>, beside what is generated or vendored'),
  bulk_files: whole(2, 1_000_000)
    .prefault(50)
    .describe('a commit that rewrites so many files line by line is a bulk rename'),
});

const payout = z.discriminatedUnion('sink', [
  z.strictObject({ sink: z.literal('csv').describe('`fund export` writes what is to be paid') }),
  z.strictObject({
    sink: z.literal('webhook').describe('a signed POST, payout.create'),
    url: endpointUrl().describe('where to'),
    secret: z.string().optional().describe('the signing secret, as a variable'),
    secrets: z.array(z.string()).min(1, 'must name at least one').optional().describe('several, newest first'),
    idempotent: flag().prefault(true).describe('false: it cannot tell a repetition; then we try once and ask a person'),
  }),
]);

export const fundSchema = z
  .strictObject({
    share: percent().describe('the part of the base that the fund pays out'),
    of: z.literal('referred_net').prefault('referred_net').describe('the base: net payments of referred members'),
    minimum_payout: decimal().prefault('50').describe('less rolls over to the next month'),
    keep_unregistered: duration().prefault('180d').describe('how long the share of whoever has not registered is kept'),
    since: z
      .string()
      .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-11')
      .optional()
      .describe('the first month that counts; by default the one in which the fund is first seen'),
    sbom: text(1000).optional().describe("path of the current release's SBOM; without it runs are made by hand"),
    repositories: z.record(identifier(), repository).prefault({}).describe('first-party and forked code'),
    components: z
      .array(component)
      .min(1, 'must name at least one')
      .describe('whose lines count for how much; the first that matches a file has it'),
    exclude: exclude.prefault({}).describe('what does not count'),
    payout: payout.prefault({ sink: 'csv' }).describe('where payouts go; never to the credits'),
  })
  .describe('the Open Source Fund: a share of revenue for the people whose code ships');

export type FundFile = z.output<typeof fundSchema>;
