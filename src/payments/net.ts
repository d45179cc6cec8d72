/**
 * What was really paid and what of it is left, in exact fractions.
 * Promises: a refund takes its proportional share of the tax, or the part that the provider states; the same cent is
 * never deducted twice, and what is left is never below zero. Must never: round; the one division comes later.
 */
import { maxOf } from '../model/money.ts';
import type { Deduction, Payment, PaymentAlias } from '../model/records.ts';
import { objectKey, type World } from '../model/world.ts';

export interface Counted {
  readonly amount: bigint;
  readonly tax: bigint | null;
}

/** Money that has gone back: succeeded refunds and lost disputes. */
export function takesMoney(deduction: Deduction): boolean {
  return deduction.status === 'succeeded' || deduction.status === 'lost';
}

/** All refunds and disputes of a payment; of an object that two invoices share, this payment's part. */
export function deductionsOf(world: World, payment: Payment): Deduction[] {
  const own = world.paymentAliases.by('payment', payment.id).flatMap((alias) => ofObject(world, alias));
  const shared = world.paymentLinks.by('payment', payment.id).flatMap((link) => {
    if (world.paymentAliases.get(objectKey(link))?.paymentId !== null) return [];
    const all = world.paymentLinks.by('object', objectKey(link));
    const total = all.reduce((sum, each) => sum + each.amountPaid, 0n);
    if (total === 0n) return [];
    return world.deductions.by('object', objectKey(link)).map((deduction) => ({
      ...deduction,
      amount: (deduction.amount * link.amountPaid) / total,
      tax: deduction.tax === null ? null : (deduction.tax * link.amountPaid) / total,
    }));
  });
  return [...own, ...shared];
}

function ofObject(world: World, alias: PaymentAlias): Deduction[] {
  return world.deductions.by('object', objectKey(alias));
}

/**
 * What is left to earn on, times `gross`: for `of: net`, (net − what went back without its tax) × gross; for `of:
 * gross`, (gross − what went back) × gross. 0n once all of it went back.
 */
export function remaining(
  figures: { readonly gross: bigint; readonly tax: bigint },
  counted: readonly Counted[],
  of: 'net' | 'gross',
): bigint {
  const { gross, tax } = figures;
  const gone = counted.reduce((sum, each) => sum + each.amount, 0n);
  if (gone >= gross) return 0n;
  if (of === 'gross') return (gross - gone) * gross;
  const net = gross - tax;
  let left = net * gross;
  for (const { amount, tax: stated } of counted) {
    left -= stated === null ? net * amount : maxOf(0n, amount - stated) * gross;
  }
  return maxOf(0n, left);
}
