/**
 * The name a payment goes by: its invoice's id, else the payment intent's, else the charge's.
 * Promises: a name is one payment's; a better one is taken while nothing stands behind the old. Must never: rename a
 * payment under whose name a credit was posted or sent.
 */
import type { PaymentObject } from '../model/facts.ts';
import type { Payment, Reward } from '../model/records.ts';
import type { World } from '../model/world.ts';

export function hasMoneyBehind(reward: Reward): boolean {
  return (
    reward.postedAmount > 0n || reward.deliveredAmount > 0n || reward.inFlight !== null || reward.creditedAt !== null
  );
}

export function isFixed(world: World, payment: Payment): boolean {
  return world.rewards.by('payment', payment.id).some(hasMoneyBehind);
}

/** Takes a better name while nothing was posted under the old one; the rewards that wait are renamed with it. */
export function rename(world: World, payment: Payment, best: PaymentObject): Payment {
  if (best.nameRank >= payment.nameRank || best.id === payment.sourcePaymentId) return payment;
  if (isFixed(world, payment)) return payment;
  const name = freeName(world, payment.source, best.id);
  const renamed = { ...payment, sourcePaymentId: name, nameRank: best.nameRank };
  world.payments.put(renamed);
  for (const reward of world.rewards.by('payment', payment.id)) {
    const idempotencyKey = reward.idempotencyKey.replace(`:${payment.sourcePaymentId}`, `:${name}`);
    world.rewards.put({ ...reward, sourcePaymentId: name, idempotencyKey });
  }
  return renamed;
}

/** Two different payments of two sources may carry one id: the later one has its source before it. */
export function freeName(world: World, source: string, id: string): string {
  return world.payments.by('name', id).length > 0 ? `${source}/${id}` : id;
}
