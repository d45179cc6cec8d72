/**
 * The forms of the Open Source Fund.
 */
import * as z from 'zod';
import { USERNAME } from '../../fund/contributors.ts';
import { REPORT_TABLES } from '../../fund/report-forms.ts';
import { amount, time, unit } from '../forms.ts';
import { text } from '../input.ts';

const DETAILS_MAX = 20;
const month = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'is not a month such as 2026-05')
  .describe('as 2026-05; by default the last that was run');

export const monthQuery = z.strictObject({ month: month.optional() });
export const csvQuery = z.strictObject({
  month: month.optional(),
  table: z.enum(REPORT_TABLES).default('lines').describe('which table'),
});
export const adminQuery = z.strictObject({ program: text(100), ...monthQuery.shape });
export const adminCsvQuery = z.strictObject({ program: text(100), ...csvQuery.shape });

export const registerBody = z
  .strictObject({
    github_username: z.string().regex(USERNAME, 'is no name that GitHub allows').describe('under which to be shown'),
    email: z.email('is no address').max(254).describe('an address that their commits carry'),
  })
  .meta({ id: 'NewContributor', examples: [{ github_username: 'alice', email: 'alice@example.com' }] });

export const confirmBody = z
  .strictObject({ code: text(200).describe('from the mail') })
  .meta({ id: 'ContributorCode' });

export const detailsBody = z
  .strictObject({
    details: z
      .record(z.string(), text(500))
      .refine((given) => Object.keys(given).length > 0, 'names nothing')
      .refine((given) => Object.keys(given).length <= DETAILS_MAX, `has more than ${DETAILS_MAX} fields`)
      .refine((given) => Object.keys(given).every((name) => /^\w{1,50}$/.test(name)), 'has a name that is not a word')
      .describe('as the sink asks for them'),
  })
  .meta({ id: 'PayoutDetails', examples: [{ details: { iban: 'DE89370400440532013000', holder: 'Alice Author' } }] });

export const contributor = z
  .strictObject({
    id: z.string(),
    github_username: z.string(),
    addresses: z.int().describe('how many were proved'),
    proved_at: time.nullable(),
    has_details: z.boolean().describe('whether it is known where to pay'),
    owed: amount,
    paid: amount,
    currency: unit,
    report_url: z.string().nullable().describe('a page with their lines, open to whoever has this link'),
  })
  .meta({ id: 'Contributor' });

const payout = z
  .strictObject({ id: z.string(), amount, status: z.string() })
  .meta({ id: 'Payout', description: 'all that was owed; status as of deliveries: confirmed when the money is there' });

const own = z.strictObject({ repository: z.string(), component: z.string(), weight: z.number(), lines: z.int() });

export const ownReport = z
  .strictObject({
    month: z.string(),
    currency: unit,
    lines: z.int(),
    weighted_lines: z.number(),
    all_weighted_lines: z.number().describe('of everybody'),
    distributed: amount,
    share: amount,
    payout: payout.nullable(),
    by_component: z.array(own.meta({ id: 'OwnLines' })),
  })
  .meta({ id: 'OwnReport' });

const counted = { lines: z.int(), weighted_lines: z.number(), contributors: z.int() };
const leftOut = z
  .strictObject({ why: z.string(), what: z.string().nullable(), files: z.int(), lines: z.int() })
  .meta({ id: 'LeftOut' });

const explain = z
  .strictObject({
    sbom: z.string(),
    share: z.string(),
    of: z.string(),
    minimum_payout: amount,
    payments: z.int(),
    payments_without_rate: z.int(),
    components: z.array(z.strictObject({ name: z.string(), weight: z.number() }).meta({ id: 'ComponentWeight' })),
    repositories: z.array(
      z
        .strictObject({
          name: z.string(),
          package: z.string(),
          version: z.string().nullable(),
          revision: z.string(),
          commit: z.string(),
          commits: z.int(),
          files: z.int(),
          lines: z.int(),
          left_out: z.array(leftOut),
        })
        .meta({ id: 'AttributedRepository' }),
    ),
  })
  .meta({ id: 'FundExplanation' });

export const report = z
  .strictObject({
    program: z.string(),
    month: z.string(),
    currency: unit,
    created_at: time,
    base: amount.describe('what referred members paid, net, that no earlier run counted'),
    share: z.string(),
    of: z.string(),
    granted: amount,
    carried: amount.describe('what the fund held before'),
    returned: amount.describe('kept for somebody who did not come in time'),
    fund: amount,
    distributed: amount,
    sbom_sha256: z.string(),
    explain,
    contributors: z.array(
      z
        .strictObject({
          contributor: z.string().describe('the GitHub name, or the address masked'),
          registered: z.boolean(),
          lines: z.int(),
          weighted_lines: z.number(),
          share: amount,
          kept: amount,
          returned: amount,
          keep_until: time.nullable(),
          payout: payout.nullable(),
        })
        .meta({ id: 'ContributorShare' }),
    ),
    repositories: z.array(z.strictObject({ repository: z.string(), ...counted }).meta({ id: 'RepositoryLines' })),
    components: z.array(z.strictObject({ component: z.string(), ...counted }).meta({ id: 'ComponentLines' })),
    lines: z.array(
      z
        .strictObject({
          contributor: z.string(),
          repository: z.string(),
          component: z.string(),
          weight: z.number(),
          lines: z.int(),
        })
        .meta({ id: 'CountedLines' }),
    ),
    page_url: z.string().describe('the same as a page, open to whoever has this link'),
  })
  .meta({ id: 'FundReport' });
