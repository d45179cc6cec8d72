/**
 * The parts that the forms of all APIs share.
 * Promises: amounts are integers in minor units (points: whole points), times ISO 8601 in UTC, absent is null. A form
 * with a name (`meta({ id })`) is one component of the document, wherever it is used. Must never: have two forms of one
 * name.
 */
import * as z from 'zod';

export const time = z.iso.datetime();
export const amount = z.int();
export const unit = z.string();
export const noQuery = z.strictObject({});

/** A cursor page of these. */
export const pageOf = <T extends z.ZodType>(name: string, item: T) =>
  z
    .strictObject({
      data: z.array(item),
      next_cursor: z.string().nullable().describe('what `cursor` asks for the next page; null: this was the last'),
    })
    .meta({ id: name });

export const REWARD_STATUSES = ['pending', 'credited', 'failed', 'reversed', 'rejected'] as const;

export const rewardStatus = z.enum(REWARD_STATUSES).meta({
  id: 'RewardStatus',
  description:
    'pending: decided, not yet credited (`reason` says what for). credited: in the ledger, and confirmed by the sink. ' +
    'failed: the sink refused or could not be reached; Approve tries again. reversed: taken back whole. ' +
    'rejected: refused by an admin or by a rule.',
});

export const base = z
  .strictObject({ amount, currency: z.string().nullable() })
  .meta({ id: 'Base', description: 'what a share was taken of' });
