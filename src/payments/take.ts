/**
 * Facts of payments, kept as they were told.
 * Promises: the highest rank's figures hold, whoever came last; the earliest time that any object names is the time.
 * Must never: decide what anything earns.
 */
import type { DisputeFact, PaymentFact, PaymentLinkFact, RefundFact } from '../model/facts.ts';
import type { FoldContext, FoldEvent } from '../model/fold.ts';
import type { Deduction, Payment } from '../model/records.ts';
import { objectKey, type World } from '../model/world.ts';
import { paymentOf, sameAs } from './objects.ts';

export function takePayment(world: World, ctx: FoldContext, event: FoldEvent, fact: PaymentFact): Payment {
  let payment = paymentOf(world, ctx, event, fact);
  for (const other of fact.sameAs) payment = sameAs(world, payment, other);
  const alone = fact.standsAlone || payment.nameRank === 0;
  const waits = !alone && !payment.unmatched && (payment.figures === null || payment.matchUntil !== null);
  const higher = fact.rank > payment.figuresRank;
  const taken: Payment = {
    ...payment,
    source: payment.figures ? payment.source : event.source,
    mode: higher ? modeOf(ctx, event) : payment.mode,
    figures: higher ? figuresOf(fact) : payment.figures,
    figuresRank: higher ? fact.rank : payment.figuresRank,
    kind: payment.kind ?? fact.kind ?? null,
    paidAt: payment.paidAt && payment.paidAt <= fact.paidAt ? payment.paidAt : fact.paidAt,
    instrumentHash: payment.instrumentHash ?? (fact.instrument ? ctx.keyed.hash('instrument', fact.instrument) : null),
    matchUntil: waits ? (payment.matchUntil ?? new Date(ctx.now.getTime() + ctx.loaded.program.matchWithin)) : null,
    unmatched: payment.unmatched && !alone,
    reason: payment.reason === 'no_payment_yet' ? null : payment.reason,
  };
  world.payments.put(taken);
  return taken;
}

function figuresOf(fact: PaymentFact): Payment['figures'] {
  return {
    currency: fact.currency,
    gross: fact.gross,
    tax: fact.tax,
    discount: fact.discount ?? null,
    creditApplied: fact.creditApplied ?? null,
    settled: fact.settled ?? null,
  };
}

/** An event whose body does not say test or live counts as the program's mode. */
function modeOf(ctx: FoldContext, event: FoldEvent): 'test' | 'live' {
  return (event.content.kind === 'facts' ? event.content.normalized.mode : undefined) ?? ctx.loaded.program.mode;
}

/** An invoice was paid by this object: they are one payment, unless the object pays two invoices. */
export function takeLink(world: World, ctx: FoldContext, event: FoldEvent, fact: PaymentLinkFact): Payment[] {
  const objects = [fact.invoice, fact.object, ...fact.others];
  const payment = paymentOf(world, ctx, event, { ...fact, objects });
  const where = { provider: fact.provider, account: fact.account, objectId: fact.object.id };
  world.paymentLinks.put({ ...where, paymentId: payment.id, amountPaid: fact.amountPaid });
  const named = { ...(world.payments.get(payment.id) ?? payment), matchUntil: null, unmatched: false };
  world.payments.put(named);
  return sharers(world, where, named);
}

/** All payments that a change of this object touches: more than one where invoices share it. */
function sharers(
  world: World,
  where: { provider: string; account: string; objectId: string },
  payment: Payment,
): Payment[] {
  const ids = new Set([payment.id, ...world.paymentLinks.by('object', objectKey(where)).map((link) => link.paymentId)]);
  return Array.from(ids, (id) => world.payments.get(id)).filter((found) => found !== undefined);
}

/** Statuses move on a lattice: a final one stays, whichever came last. */
const FINAL: ReadonlySet<Deduction['status']> = new Set(['failed', 'won', 'lost']);
const WEIGHT: Readonly<Record<Deduction['status'], number>> = {
  pending: 0,
  warning: 0,
  open: 1,
  succeeded: 1,
  lost: 2,
  failed: 3,
  won: 3,
};

export function takeRefund(world: World, ctx: FoldContext, event: FoldEvent, fact: RefundFact): Payment[] {
  return takeDeduction(world, ctx, event, fact, {
    kind: 'refund',
    deductionId: fact.refundId,
    amount: fact.amount,
    tax: fact.tax ?? null,
    status: fact.status,
  });
}

export function takeDispute(world: World, ctx: FoldContext, event: FoldEvent, fact: DisputeFact): Payment[] {
  return takeDeduction(world, ctx, event, fact, {
    kind: 'dispute',
    deductionId: fact.disputeId,
    amount: fact.amount,
    tax: fact.tax ?? null,
    status: fact.status,
  });
}

function takeDeduction(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  fact: RefundFact | DisputeFact,
  told: Pick<Deduction, 'kind' | 'deductionId' | 'amount' | 'tax' | 'status'>,
): Payment[] {
  const first = [...fact.objects].sort((a, b) => a.nameRank - b.nameRank)[0];
  if (!first) return [];
  const where = { provider: fact.provider, account: fact.account, objectId: first.id };
  const known = world.deductions.get(`${fact.provider}\n${fact.account}\n${told.kind}\n${told.deductionId}`);
  const objectId = known?.objectId ?? first.id;
  if (!known || WEIGHT[told.status] > WEIGHT[known.status]) {
    world.deductions.put({
      ...where,
      objectId,
      ...told,
      amount: known && FINAL.has(known.status) ? known.amount : told.amount,
    });
  } else if (WEIGHT[told.status] === WEIGHT[known.status] && told.amount > known.amount && !FINAL.has(known.status)) {
    // Lemon Squeezy tells refunds as a running sum under one id: the larger one is the later one, whenever it comes.
    world.deductions.put({ ...known, amount: told.amount, tax: told.tax });
  }
  const shared = world.paymentAliases.get(objectKey(where));
  if (shared?.paymentId === null) {
    const links = world.paymentLinks.by('object', objectKey(where));
    return links.map((link) => world.payments.get(link.paymentId)).filter((found) => found !== undefined);
  }
  return [paymentOf(world, ctx, event, fact)];
}
