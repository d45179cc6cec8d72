/**
 * One payment, many objects: sessions, invoices, intents and charges of the same money meet in one row.
 * Promises: an object names one payment for ever; two rows that turn out to be one are merged, and the one that has
 * earned stays. Must never: merge two invoices; an object that two of them share is an alias of neither.
 */
import type { PaymentObject } from '../model/facts.ts';
import type { FoldContext, FoldEvent } from '../model/fold.ts';
import type { Payment, PaymentAlias } from '../model/records.ts';
import { objectKey, type World } from '../model/world.ts';
import { mergePayments } from './merge.ts';
import { freeName, rename } from './names.ts';

/** nameRank of an invoice, a Paddle transaction, a `standard` payment: what stands for a whole payment by itself. */
const WHOLE = 0;

export interface ObjectsOf {
  readonly provider: string;
  readonly account: string;
  readonly objects: readonly PaymentObject[];
}

/** The payment that these objects are, created as a stub when nothing has named it, merged when several have. */
export function paymentOf(world: World, ctx: FoldContext, event: FoldEvent, named: ObjectsOf): Payment {
  const objects = [...named.objects].sort((a, b) => a.nameRank - b.nameRank);
  let payment: Payment | undefined;
  const unknown: PaymentObject[] = [];
  for (const object of objects) {
    const alias = aliasOf(world, named, object.id);
    const found = alias?.paymentId != null ? world.payments.get(alias.paymentId) : undefined;
    if (!alias) unknown.push(object);
    if (!found || found.id === payment?.id) continue;
    if (payment && areTwoWholes(payment, found)) share(world, alias as PaymentAlias);
    else if (payment === undefined && areTwoNames(found, objects)) share(world, alias as PaymentAlias);
    else payment = payment ? mergePayments(world, payment, found) : found;
  }
  payment ??= createStub(world, ctx, event, named, objects);
  for (const object of unknown) {
    world.paymentAliases.put({ ...at(named, object.id), paymentId: payment.id });
  }
  const best = objects[0];
  return best ? rename(world, payment, best) : payment;
}

/** `same_as: ["stripe:pi_…"]`: the other provider's object is this payment too. */
export function sameAs(
  world: World,
  payment: Payment,
  other: { readonly provider: string; readonly object: string },
): Payment {
  const where = { provider: other.provider, account: '', objectId: other.object };
  const alias = world.paymentAliases.get(objectKey(where));
  if (!alias) {
    world.paymentAliases.put({ ...where, paymentId: payment.id });
    return payment;
  }
  const found = alias.paymentId === null ? undefined : world.payments.get(alias.paymentId);
  return found && found.id !== payment.id ? mergePayments(world, payment, found) : payment;
}

function at(named: { provider: string; account: string }, objectId: string) {
  return { provider: named.provider, account: named.account, objectId };
}

function aliasOf(world: World, named: { provider: string; account: string }, id: string): PaymentAlias | undefined {
  return world.paymentAliases.get(objectKey(at(named, id)));
}

function areTwoWholes(a: Payment, b: Payment): boolean {
  return a.nameRank === WHOLE && b.nameRank === WHOLE && a.provider === b.provider;
}

/** The fact names an invoice that nobody knows yet, and an object of it already belongs to another invoice. */
function areTwoNames(found: Payment, objects: readonly PaymentObject[]): boolean {
  const whole = objects.find((object) => object.nameRank === WHOLE);
  return whole !== undefined && found.nameRank === WHOLE && found.sourcePaymentId.replace(/^.*\//, '') !== whole.id;
}

function share(world: World, alias: PaymentAlias): void {
  world.paymentAliases.put({ ...alias, paymentId: null });
}

function createStub(
  world: World,
  ctx: FoldContext,
  event: FoldEvent,
  named: ObjectsOf,
  objects: readonly PaymentObject[],
): Payment {
  const best = objects[0] as PaymentObject;
  const payment: Payment = {
    id: ctx.nextId(),
    source: event.source,
    provider: named.provider,
    account: named.account,
    sourcePaymentId: freeName(world, event.source, best.id),
    nameRank: best.nameRank,
    mode: ctx.loaded.program.mode,
    figures: null,
    figuresRank: 0,
    kind: null,
    paidAt: null,
    personId: null,
    payerBy: null,
    payerRank: 9_999,
    emailHash: null,
    instrumentHash: null,
    matchUntil: null,
    unmatched: false,
    mergedInto: null,
    reason: 'no_payment_yet',
    createdAt: ctx.now,
  };
  world.payments.put(payment);
  return payment;
}
