/**
 * Stripe's lists: the events that it could not deliver (it keeps them for 30 days), and the money itself.
 * Promises: an event keeps its id, so the webhook that still comes is a duplicate. A charge that nobody told us of, or
 * of which nothing says whether an invoice stands behind it, is told with its invoice, or with the word that there is
 * none; one with which an invoice is just being paid waits for the next run. Each connected account is asked by itself,
 * and one that does not answer keeps nobody from the others. Must never: ask for more of a charge that is known.
 */
import type Stripe from 'stripe';
import { connectStripe } from '../../delivery/stripe-client.ts';
import { type List, type Listed, type ListPorts, lotsOf, madeOf, type Window } from './list.ts';

const EVENTS_KEPT_MS = 30 * 86_400_000;
const PAGE = 100;

export const listStripe: List = async function* (ports, window) {
  const { apiKey = '', apiBase, accounts = [] } = ports.source;
  let failed: unknown;
  for (const account of [undefined, ...accounts]) {
    const { stripe } = connectStripe({ apiKey, apiBase, account }, ports);
    try {
      yield* account ? ofAccount(account, stripe, ports, window) : listsOf(stripe, ports, window);
    } catch (error) {
      failed ??= error;
    }
  }
  if (failed !== undefined) throw failed;
};

async function* listsOf(stripe: Stripe, ports: ListPorts, window: Window): AsyncIterable<Listed> {
  yield* events(stripe, window);
  yield* charges(stripe, ports, window);
  yield* refundsAndDisputes(stripe, window);
}

/** Each event names the account, as the webhooks of Connect do. */
async function* ofAccount(account: string, stripe: Stripe, ports: ListPorts, window: Window): AsyncIterable<Listed> {
  const named = (listed: Listed): Listed => ({ ...listed, body: { ...listed.body, account } });
  const news = async (listed: readonly Listed[]) => {
    const asked = new Map(listed.map((each) => [named(each), each]));
    return (await ports.news([...asked.keys()])).flatMap((each) => asked.get(each) ?? []);
  };
  for await (const listed of listsOf(stripe, { ...ports, news }, window)) yield named(listed);
}

/** Also those of money that was begun long ago and paid late, as bank debits are: charges are listed by their beginning. */
async function* events(stripe: Stripe, { since, until, whole }: Window): AsyncIterable<Listed> {
  const oldest = new Date(until.getTime() - EVENTS_KEPT_MS);
  const created = within({ since: since < oldest ? oldest : since, until });
  const asked = { created, limit: PAGE, ...(whole ? {} : { delivery_success: false }) };
  for await (const event of stripe.events.list(asked)) {
    yield { eventId: event.id, type: event.type, occurredAt: at(event.created), body: event, made: false };
  }
}

async function* charges(stripe: Stripe, ports: ListPorts, window: Window): AsyncIterable<Listed> {
  const listed = stripe.charges.list({ created: within(window), limit: PAGE });
  for await (const lot of lotsOf(listed, PAGE)) {
    const paid = new Map(
      lot
        .filter((charge) => charge.paid && charge.captured)
        .map((charge) => [asEvent('charge.succeeded', charge), charge]),
    );
    for (const news of await ports.news([...paid.keys()])) {
      const charge = paid.get(news);
      if (charge) yield* wholeCharge(stripe, charge);
    }
  }
}

/** The charge with what else tells of the same money: its invoices, else the page that it was paid on. */
async function* wholeCharge(stripe: Stripe, charge: Stripe.Charge): AsyncIterable<Listed> {
  const intent = idOf(charge.payment_intent);
  const payment = intent
    ? ({ type: 'payment_intent', payment_intent: intent } as const)
    : ({ type: 'charge', charge: charge.id } as const);
  let invoiced = false;
  for await (const link of stripe.invoicePayments.list({ payment, limit: PAGE })) {
    // The invoice's own events are on their way; told as standing alone, the charge would earn beside it.
    if (link.status === 'open') return;
    if (link.status !== 'paid') continue;
    const invoice = await stripe.invoices.retrieve(idOf(link.invoice) ?? '');
    yield asEvent('invoice.paid', { ...invoice, id: idOf(link.invoice) ?? '' });
    yield asEvent('invoice_payment.paid', link);
    invoiced = true;
  }
  if (!invoiced && intent) {
    for await (const session of stripe.checkout.sessions.list({ payment_intent: intent, limit: PAGE }))
      yield asEvent('checkout.session.completed', session);
  }
  // As before 2025-03-31, when a charge said so itself: `invoice: null` is "none".
  const alone: Known = { ...charge, invoice: null };
  yield asEvent('charge.succeeded', invoiced ? charge : alone);
}

async function* refundsAndDisputes(stripe: Stripe, window: Window): AsyncIterable<Listed> {
  const asked = { created: within(window), limit: PAGE };
  for await (const refund of stripe.refunds.list(asked))
    yield asEvent('refund.updated', refund, refund.status ?? 'pending');
  for await (const dispute of stripe.disputes.list(asked))
    yield asEvent('charge.dispute.updated', dispute, dispute.status);
}

interface Known {
  readonly id: string;
  readonly created?: number;
  readonly livemode?: boolean;
  readonly invoice?: unknown;
}

/** `state`: an object that changes is told once in each. */
function asEvent(type: string, object: Known, state?: string): Listed {
  const { created, livemode } = object;
  const id = state === undefined ? object.id : `${object.id}:${state}`;
  const body = { id: `catch-up:${type}:${id}`, object: 'event', type, created, livemode, data: { object } };
  return madeOf(type, id, body, at(created));
}

function within({ since, until }: Pick<Window, 'since' | 'until'>): { gte: number; lte: number } {
  return { gte: Math.floor(since.getTime() / 1000), lte: Math.floor(until.getTime() / 1000) };
}

function idOf(reference: string | { id?: string } | null | undefined): string | undefined {
  return typeof reference === 'string' ? reference : reference?.id;
}

function at(created: number | undefined): Date | undefined {
  return created === undefined ? undefined : new Date(created * 1000);
}
