/**
 * The orders and refunds of Polar and Lemon Squeezy, newest first, each as the webhook of it tells.
 * Promises: refunds are looked for on orders of some months, for neither list is by when money went back. Must never:
 * tell of an order that was paid before the program began.
 */
import { type Asked, askJson } from './ask.ts';
import { type List, type Listed, ListFailed, type ListPorts, madeOf, type Window } from './list.ts';

/** Either takes a hundred at most. */
const PAGE = 100;
/** How long after the order it may have been paid in the end, or given back. */
const LATER_MS = 90 * 86_400_000;

type Item = Readonly<Record<string, unknown>>;

/** One page's items, and what was on it besides. */
type ReadPage = (number: number) => Promise<{ readonly items: unknown; readonly pages: unknown }>;

async function* newestFirst(read: ReadPage, createdAt: (item: Item) => unknown, since: Date): AsyncIterable<Item> {
  for (let number = 1; ; number++) {
    const { items, pages } = await read(number);
    if (!Array.isArray(items) || typeof pages !== 'number') throw new ListFailed('not_a_list');
    for (const item of items as Item[]) {
      const at = timeOf(createdAt(item));
      if (at && at < since) return;
      yield item;
    }
    if (number >= pages) return;
  }
}

/** From where lists are read, and from where what was paid counts. */
function reach({ since, began }: Window): { readonly from: Date; readonly paidFrom: Date } {
  const from = new Date(since.getTime() - LATER_MS);
  return { from, paidFrom: from < began ? began : from };
}

/** Whose lists: each of the accounts that the program file names, else all that the key may see. */
const accountsOf = ({ source }: ListPorts): readonly (string | undefined)[] => source.accounts ?? [undefined];

const POLAR_PAID: ReadonlySet<unknown> = new Set(['paid', 'refunded', 'partially_refunded']);

export const listPolar: List = async function* (ports, window) {
  const asked: Asked = { base: ports.source.apiBase ?? 'https://api.polar.sh', token: ports.source.apiKey ?? '' };
  const { from, paidFrom } = reach(window);
  for (const organization of accountsOf(ports)) {
    const read = (path: string) => async (page: number) => {
      const query = { organization_id: organization, sorting: '-created_at', page, limit: PAGE };
      const answer = (await askJson(ports, asked, path, query)) as { items?: unknown; pagination?: Item } | null;
      return { items: answer?.items, pages: answer?.pagination?.max_page };
    };
    for await (const order of newestFirst(read('v1/orders/'), ({ created_at: at }) => at, from)) {
      const paidAt = timeOf(order.created_at);
      if (POLAR_PAID.has(order.status) && paidAt && paidAt >= paidFrom) yield polarEvent('order.paid', order, paidAt);
    }
    for await (const refund of newestFirst(read('v1/refunds/'), ({ created_at: at }) => at, from))
      yield polarEvent('refund.updated', refund, timeOf(refund.created_at), String(refund.status));
  }
};

/** `state`: an object that changes is told once in each. */
function polarEvent(type: string, data: Item, at: Date | undefined, state?: string): Listed {
  const id = state === undefined ? String(data.id) : `${String(data.id)}:${state}`;
  return madeOf(type, id, { type, timestamp: at?.toISOString(), data }, at);
}

const LEMON_HEADERS = { accept: 'application/vnd.api+json', 'content-type': 'application/vnd.api+json' };

/**
 * No list has the custom data of a checkout: an order that is found here is known by its address, until the webhook that
 * was lost is sent again from Lemon Squeezy's dashboard, or somebody attaches it. A subscription's first invoice is its
 * order.
 */
export const listLemonSqueezy: List = async function* (ports, window) {
  const base = ports.source.apiBase ?? 'https://api.lemonsqueezy.com';
  const asked: Asked = { base, token: ports.source.apiKey ?? '', headers: LEMON_HEADERS };
  for (const store of accountsOf(ports)) {
    const read = (path: string) => async (page: number) => {
      const query = { 'filter[store_id]': store, 'page[number]': page, 'page[size]': PAGE };
      const answer = (await askJson(ports, asked, path, query)) as { data?: unknown; meta?: { page?: Item } } | null;
      return { items: answer?.data, pages: answer?.meta?.page?.lastPage };
    };
    yield* lemonMoney(read('v1/orders'), window, { paid: 'order_created', refunded: 'order_refunded' });
    const ofInvoices = { paid: 'subscription_payment_success', refunded: 'subscription_payment_refunded' };
    yield* lemonMoney(read('v1/subscription-invoices'), window, ofInvoices);
  }
};

async function* lemonMoney(
  read: ReadPage,
  window: Window,
  types: { readonly paid: string; readonly refunded: string },
): AsyncIterable<Listed> {
  const { from, paidFrom } = reach(window);
  for await (const object of newestFirst(read, (item) => attributesOf(item).created_at, from)) {
    const { created_at: created, refunded, refunded_amount: sum } = attributesOf(object);
    const createdAt = timeOf(created);
    if (createdAt && createdAt >= paidFrom) yield lemonEvent(types.paid, object, createdAt);
    if (refunded === true || (typeof sum === 'number' && sum > 0))
      yield lemonEvent(types.refunded, object, createdAt, String(sum ?? 'all'));
  }
}

function lemonEvent(type: string, data: Item, at: Date | undefined, state?: string): Listed {
  const id = state === undefined ? String(data.id) : `${String(data.id)}:${state}`;
  const meta = { event_name: type, test_mode: attributesOf(data).test_mode };
  return madeOf(type, id, { meta, data }, at);
}

function attributesOf({ attributes }: Item): Item {
  if (typeof attributes !== 'object' || attributes === null) throw new ListFailed('not_a_list');
  return attributes as Item;
}

function timeOf(value: unknown): Date | undefined {
  const time = typeof value === 'string' ? new Date(value) : undefined;
  return time && time.getTime() > 0 ? time : undefined;
}
