/**
 * Two payment rows that turn out to be one.
 * Promises: the row whose reward has been posted stays, else the elder; the other keeps its own keys and earns nothing
 * more. Must never: lose an alias, a link or a figure of the row that goes.
 */
import type { Payment } from '../model/records.ts';
import type { World } from '../model/world.ts';
import { hasMoneyBehind, isFixed, rename } from './names.ts';

export function mergePayments(world: World, a: Payment, b: Payment): Payment {
  const [elder, younger] = a.id < b.id ? [a, b] : [b, a];
  const keepYounger = isFixed(world, younger) && !isFixed(world, elder);
  const [kept, gone] = keepYounger ? [younger, elder] : [elder, younger];
  for (const alias of world.paymentAliases.by('payment', gone.id)) {
    world.paymentAliases.put({ ...alias, paymentId: kept.id });
  }
  for (const link of world.paymentLinks.by('payment', gone.id)) world.paymentLinks.put({ ...link, paymentId: kept.id });
  for (const reward of world.rewards.by('payment', gone.id)) {
    // A reward that only waited for its match gives way; one with money behind it is reversed under its own keys.
    if (!hasMoneyBehind(reward)) world.rewards.remove(reward.id);
  }
  world.payments.put({ ...gone, mergedInto: kept.id, reason: 'merged', matchUntil: null });
  const merged = combined(kept, gone);
  world.payments.put(merged);
  return gone.nameRank < merged.nameRank
    ? rename(world, merged, { id: gone.sourcePaymentId, nameRank: gone.nameRank })
    : merged;
}

function combined(kept: Payment, gone: Payment): Payment {
  const figures = gone.figuresRank > kept.figuresRank ? gone : kept;
  const payer = gone.payerRank < kept.payerRank ? gone : kept;
  const times = [kept.paidAt, gone.paidAt].filter((time) => time !== null).sort((x, y) => x.getTime() - y.getTime());
  const settled = (kept.figures && !kept.matchUntil) || (gone.figures && !gone.matchUntil);
  return {
    ...kept,
    figures: figures.figures,
    figuresRank: figures.figuresRank,
    mode: figures.mode,
    kind: kept.kind ?? gone.kind,
    paidAt: times[0] ?? null,
    personId: payer.personId,
    payerBy: payer.payerBy,
    payerRank: payer.payerRank,
    emailHash: kept.emailHash ?? gone.emailHash,
    instrumentHash: kept.instrumentHash ?? gone.instrumentHash,
    matchUntil: settled ? null : (kept.matchUntil ?? gone.matchUntil),
    unmatched: false,
  };
}
