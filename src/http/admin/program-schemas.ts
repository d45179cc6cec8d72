/**
 * The forms of what the admin API answers about programs. Amounts stand beside their unit, never added across units.
 */
import * as z from 'zod';
import { amount, pageOf, rewardStatus, time, unit } from '../forms.ts';

const programShape = {
  program: z.string(),
  name: z.string(),
  mode: z.enum(['test', 'live']),
  version: z.int().describe('counts the versions of the program file'),
  url: z.url(),
  hosts: z.array(z.string()),
  unit: z.union([
    z.strictObject({ kind: z.literal('money'), currency: z.string() }),
    z.strictObject({ kind: z.literal('points'), name: z.string() }),
  ]),
  sink: z.string(),
  sources: z.array(z.strictObject({ name: z.string(), kind: z.string(), url: z.url() })),
  rules: z.array(
    z.strictObject({
      name: z.string(),
      to: z.enum(['referrer', 'referee']),
      when: z.enum(['signup', 'qualified', 'usage', 'payment', 'rank']),
    }),
  ),
  tiers: z.array(z.string()),
  signals: z.array(z.strictObject({ name: z.string(), then: z.enum(['flag', 'hold', 'deny', 'suspend']) })),
};
export const programPage = pageOf('ProgramPage', z.strictObject(programShape).meta({ id: 'Program' }));

const count = z.int();
const sum = { count, amount };
const funnel = z
  .strictObject({
    clicks: count,
    members: count,
    signups: count,
    completed_signups: count,
    referrals: count,
    completed_referrals: count,
    denied_referrals: count,
    paying: count,
  })
  .meta({ id: 'Funnel' });
const work = z
  .strictObject({ waiting_events: count, parked_events: count, open_deliveries: count, parked_deliveries: count })
  .meta({ id: 'Work' });

const breaker = z
  .strictObject({
    state: z.enum(['closed', 'open', 'half_open']).describe('open: the sink is left alone for a while'),
    failures: count.describe('in a row'),
    since: time.nullable(),
    last_error: z.string().nullable(),
  })
  .meta({ id: 'Breaker' });

export const programSummary = z
  .strictObject({
    ...programShape,
    funnel,
    rewards: z.array(z.strictObject({ status: rewardStatus, unit, ...sum })),
    cost: z.array(z.strictObject({ unit, ...sum })).describe('what is credited, less what was taken back'),
    holds: z.strictObject({
      count,
      amounts: z.array(z.strictObject({ unit, ...sum })),
      flags: z.array(z.strictObject({ flag: z.string(), count })),
    }),
    failures: z.strictObject({
      count,
      by_outcome: z.array(z.strictObject({ outcome: z.string().nullable(), unit, ...sum })),
    }),
    unearned_payments: z.array(z.strictObject({ reason: z.string(), count })),
    work,
    breaker,
  })
  .meta({ id: 'ProgramSummary' });
