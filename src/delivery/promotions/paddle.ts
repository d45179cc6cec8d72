/**
 * A referral code as a discount at Paddle: with the terms of the owner's discount, under the member's code.
 * Promises: Paddle itself refuses a second discount of one code; found by it before it is made again; its custom data
 * names the code, whatever had to be left out of the text.
 */
import type { Discount } from '@paddle/paddle-node-sdk';
import { classifyPaddle, connectPaddle, type PaddleConnection } from '../paddle-client.ts';
import type { Outcome, Promoter, Wanted } from './promotion.ts';
import { certainty } from './stripe.ts';

type Create = Parameters<PaddleConnection['discounts']['create']>[0];

export const paddlePromoter: Promoter = {
  async make(account, wanted, way) {
    const { discounts, last } = await connectPaddle(account, way);
    try {
      if (wanted.attempt > 1) {
        for await (const known of discounts.list({ code: [textOf(wanted.code)] })) return foundAs(known, wanted);
      }
      const terms = await discounts.get(account.discount);
      return made(await discounts.create(copyOf(terms, wanted)));
    } catch (error) {
      const outcome = certainty(classifyPaddle(error, last()));
      return outcome.did === 'refused' && wanted.attempt === 1 ? { ...outcome, did: 'later' } : outcome;
    }
  },
  async end(account, objectId, way) {
    const { discounts, last } = await connectPaddle(account, way);
    try {
      await discounts.update(objectId, { status: 'archived' });
      return { did: 'ended' };
    } catch (error) {
      return certainty(classifyPaddle(error, last()));
    }
  },
};

function copyOf(terms: Discount, { program, code }: Wanted): Create {
  const { type, amount, description, currencyCode, recur, maximumRecurringIntervals: months } = terms;
  return {
    type,
    amount,
    description,
    recur,
    code: textOf(code),
    enabledForCheckout: true,
    customData: { ref: code, plusone_program: program },
    ...(currencyCode && { currencyCode }),
    ...(months && { maximumRecurringIntervals: months }),
    ...(terms.usageLimit && { usageLimit: terms.usageLimit }),
    ...(terms.restrictTo && { restrictTo: terms.restrictTo }),
    ...(terms.expiresAt && { expiresAt: terms.expiresAt }),
  };
}

/** Paddle takes letters and digits, 32 at most, as members' codes have. */
const textOf = (code: string): string => code.replaceAll(/[^A-Za-z0-9]/g, '');

function foundAs(known: Discount, wanted: Wanted): Outcome {
  const { ref, plusone_program: program } = (known.customData ?? {}) as Record<string, unknown>;
  if (ref !== wanted.code || program !== wanted.program) return { did: 'refused', reason: 'code_of_another' };
  return made(known);
}

function made({ id, code, customData }: Discount): Outcome {
  const type = 'discount.created';
  const body = { event_id: `made:${id}`, event_type: type, data: { id, code, custom_data: customData } };
  return { did: 'made', objectId: id, event: { type, body } };
}
