/**
 * Stripe's promotion codes as referral codes: which code each carries, and who was given one.
 * Promises: a promotion code carries its own text, unless its metadata names another code (the owner's `ALICE20` for a
 * member's K7M2XQ), as the metadata of those that we make does. Must never: take a coupon for a code; many promotion codes share one.
 */
import { at, requiredText, text } from './json.ts';
import { codesOf } from './people.ts';
import { idOf, type Outcome, promotionCodesIn, reader, requiredId, type StripeEvent } from './stripe-context.ts';

export function promotionCodeKnown(event: StripeEvent): Outcome {
  const { object: promotion, source, account } = event;
  const named = codesOf(
    source.codeFrom.filter((path) => path.startsWith('metadata.')),
    reader(event),
  )[0];
  const objectId = requiredId(promotion, 'id');
  const isOurs = at(promotion, 'metadata.plusone_program') !== undefined;
  const code = (isOurs ? text(at(promotion, 'metadata.ref')) : named?.code) ?? requiredText(promotion, 'code');
  return [{ fact: 'code_alias', provider: 'stripe', account, objectId, code }];
}

/** A customer or a subscription got a discount; since 2025-03-31 no invoice in a webhook says by which promotion code. */
export function discountGiven(event: StripeEvent): Outcome {
  const { object: discount, account } = event;
  const customerId = idOf(discount.customer);
  const codes = promotionCodesIn({ ...event, object: { discounts: [discount] } });
  if (customerId === undefined || codes.length === 0) return 'names_no_code';
  return [{ fact: 'customer', provider: 'stripe', account, customerId, memberIds: [], codes, newcomersOnly: true }];
}
