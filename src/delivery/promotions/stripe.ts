/**
 * A referral code as a promotion code at Stripe: the coupon is the owner's, the text is the member's code.
 * Promises: for a buyer's first order only, so that nobody lives on it; found by its text before it is made again; its
 * metadata names the code, whatever had to be left out of the text.
 */
import type Stripe from 'stripe';
import { boundedKey, classifyStripe, connectStripe } from '../stripe-client.ts';
import type { Outcome, Promoter, Wanted } from './promotion.ts';

export const stripePromoter: Promoter = {
  async make(account, wanted, way) {
    const { stripe, last } = connectStripe(account, way);
    try {
      if (wanted.attempt > 1) {
        const known = await find(stripe, wanted);
        if (known) return known;
      }
      const key = boundedKey(`${wanted.program}:${wanted.source}:${wanted.codeKey}:${wanted.attempt}`, 'promotion:');
      return made(await stripe.promotionCodes.create(paramsOf(account.discount, wanted), { idempotencyKey: key }));
    } catch (error) {
      const outcome = certainty(classifyStripe(error, last()));
      // The text is taken, perhaps by ourselves; whoever looks knows.
      return outcome.did === 'refused' && wanted.attempt === 1 ? { ...outcome, did: 'later' } : outcome;
    }
  },
  async end(account, objectId, way) {
    const { stripe, last } = connectStripe(account, way);
    try {
      await stripe.promotionCodes.update(objectId, { active: false });
      return { did: 'ended' };
    } catch (error) {
      return certainty(classifyStripe(error, last()));
    }
  },
};

function paramsOf(coupon: string, { program, code }: Wanted): Stripe.PromotionCodeCreateParams {
  return {
    promotion: { type: 'coupon', coupon },
    code: textOf(code),
    metadata: { ref: code, plusone_program: program },
    restrictions: { first_time_transaction: true },
  };
}

/** Stripe takes letters, digits and dashes. */
const textOf = (code: string): string => code.replaceAll('_', '-');

async function find(stripe: Stripe, { code, program }: Wanted): Promise<Outcome | undefined> {
  const { data } = await stripe.promotionCodes.list({ code: textOf(code), active: true, limit: 1 });
  const [known] = data;
  if (!known) return undefined;
  const ours = known.metadata?.ref === code && known.metadata.plusone_program === program;
  return ours ? made(known) : { did: 'refused', reason: 'code_of_another' };
}

function made(promotion: Stripe.PromotionCode): Outcome {
  const { id, created, livemode } = promotion;
  const type = 'promotion_code.created';
  const body = { id: `made:${id}`, object: 'event', type, created, livemode, data: { object: promotion } };
  return { did: 'made', objectId: id, event: { type, body } };
}

export function certainty(answer: { readonly answer: string; readonly detail?: string }): Outcome {
  const reason = answer.detail ?? answer.answer;
  return answer.answer === 'refused' ? { did: 'refused', reason } : { did: 'later', reason };
}
