/**
 * What fake-stripe keeps, and how calls change it, after Stripe's API reference (2026-10-28.endive).
 * Promises: parameters are checked against the reference, values too where we send one. Must never: be imported by src.
 */
export interface BalanceTransaction {
  readonly id: string;
  readonly object: 'customer_balance_transaction';
  readonly customer: string;
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Record<string, string>;
}

export interface CreditGrant {
  readonly id: string;
  readonly object: 'billing.credit_grant';
  readonly customer: string;
  readonly name: string;
  readonly category: string;
  readonly amount: { readonly type: 'monetary'; readonly monetary: { currency: string; value: number } };
  metadata: Record<string, string>;
  voided_at: number | null;
  /** Not of Stripe's object: it has paid for something. */
  used?: boolean;
}

export interface PromotionCode {
  readonly id: string;
  readonly object: 'promotion_code';
  readonly code: string;
  active: boolean;
  readonly promotion: { readonly type: 'coupon'; readonly coupon: string };
  readonly restrictions: { readonly first_time_transaction: boolean };
  readonly metadata: Record<string, string>;
}

export interface StripeObjects {
  readonly transactions: BalanceTransaction[];
  readonly grants: CreditGrant[];
  readonly promotionCodes: PromotionCode[];
  readonly events: { readonly id: string; readonly type: string; readonly created: number; delivered?: boolean }[];
  /** Of the lists of money: each as Stripe's reference has it, as far as a test looks. */
  readonly charges: Money[];
  readonly refunds: Money[];
  readonly disputes: Money[];
  readonly invoices: Money[];
  readonly invoicePayments: (Money & { readonly payment: object })[];
  readonly sessions: Money[];
}

interface Money {
  readonly id: string;
  readonly created: number;
  readonly payment_intent?: string | null;
  readonly [field: string]: unknown;
}

export type Change = { readonly made: unknown } | { readonly error: string };
type Params = { [name: string]: string | Params };

export const noObjects = (): StripeObjects => ({
  transactions: [],
  grants: [],
  promotionCodes: [],
  events: [],
  charges: [],
  refunds: [],
  disputes: [],
  invoices: [],
  invoicePayments: [],
  sessions: [],
});

const BALANCE = /^\/v1\/customers\/(\w+)\/balance_transactions$/;
const GRANT = /^\/v1\/billing\/credit_grants\/(\w+?)(\/void)?$/;
const PROMOTION = /^\/v1\/promotion_codes\/(\w+)$/;

const PAGES = ['limit', 'starting_after'];
const CREATED = ['created[gte]', 'created[lte]'];
/** The parameters that Stripe's reference names, of those that anybody here would send. */
const ASKED: Readonly<Record<string, readonly string[]>> = {
  '/v1/events': [...PAGES, ...CREATED, 'delivery_success', 'type'],
  '/v1/charges': [...PAGES, ...CREATED, 'customer', 'payment_intent'],
  '/v1/refunds': [...PAGES, ...CREATED, 'charge', 'payment_intent'],
  '/v1/disputes': [...PAGES, ...CREATED, 'charge', 'payment_intent'],
  '/v1/invoice_payments': [
    ...PAGES,
    ...CREATED,
    'invoice',
    'status',
    'payment[type]',
    'payment[payment_intent]',
    'payment[charge]',
  ],
  '/v1/checkout/sessions': [...PAGES, ...CREATED, 'customer', 'payment_intent', 'subscription', 'status'],
};
const INVOICE = /^\/v1\/invoices\/(in_\w+)$/;

/** One object, where the path names one. */
export function objectOf(stripe: StripeObjects, { pathname }: URL): object | undefined {
  return stripe.invoices.find(({ id }) => id === INVOICE.exec(pathname)?.[1]);
}

function moneyOf(stripe: StripeObjects, { pathname, searchParams }: URL): readonly Money[] | undefined {
  const [since, until] = CREATED.map((name) => searchParams.get(name));
  const intent = searchParams.get('payment_intent');
  const lists: Readonly<Record<string, readonly Money[]>> = {
    '/v1/charges': stripe.charges,
    '/v1/refunds': stripe.refunds,
    '/v1/disputes': stripe.disputes,
    '/v1/checkout/sessions': stripe.sessions,
    '/v1/invoice_payments': stripe.invoicePayments.filter(({ payment }) =>
      Object.values(payment).includes(
        searchParams.get('payment[payment_intent]') ?? searchParams.get('payment[charge]'),
      ),
    ),
  };
  return lists[pathname]
    ?.filter((each) => intent === null || each.payment_intent === intent)
    .filter(({ created }) => created >= Number(since ?? 0) && created <= Number(until ?? Number.POSITIVE_INFINITY))
    .toSorted((a, b) => b.created - a.created);
}

export function listOf(
  stripe: StripeObjects,
  { pathname, searchParams }: URL,
): { readonly data: readonly { readonly id: string }[] } | { readonly error: string } {
  const foreign = [...searchParams.keys()].find((name) => ASKED[pathname]?.includes(name) === false);
  if (foreign) return { error: 'parameter_unknown' };
  const money = moneyOf(stripe, { pathname, searchParams } as URL);
  if (money) return { data: money };
  const customer = BALANCE.exec(pathname)?.[1] ?? searchParams.get('customer');
  const newestFirst = <O>(objects: readonly O[]) => [...objects].reverse();
  if (BALANCE.test(pathname)) return { data: newestFirst(stripe.transactions.filter((t) => t.customer === customer)) };
  if (pathname === '/v1/billing/credit_grants')
    return { data: newestFirst(stripe.grants.filter((grant) => grant.customer === customer)) };
  if (pathname === '/v1/promotion_codes') {
    const code = searchParams.get('code')?.toLowerCase();
    return { data: newestFirst(stripe.promotionCodes.filter((each) => !code || each.code.toLowerCase() === code)) };
  }
  if (pathname === '/v1/events') {
    const since = Number(searchParams.get('created[gte]') ?? 0);
    const undelivered = searchParams.get('delivery_success') === 'false';
    const found = stripe.events.filter((event) => event.created >= since && !(undelivered && event.delivered));
    return { data: found.map(({ delivered: _, ...event }) => event).sort((a, b) => b.created - a.created) };
  }
  return { error: 'resource_missing' };
}

export function changeOf(stripe: StripeObjects, path: string, body: string): Change {
  const given = paramsOf(body);
  const grant = GRANT.exec(path);
  if (BALANCE.test(path)) return balanceTransaction(stripe, BALANCE.exec(path)?.[1] ?? '', given);
  if (path === '/v1/billing/credit_grants') return creditGrant(stripe, given);
  if (grant) return grantChange(stripe, grant[1] ?? '', grant[2] !== undefined, given);
  if (path === '/v1/promotion_codes') return promotionCode(stripe, given);
  if (PROMOTION.test(path)) return promotionChange(stripe, PROMOTION.exec(path)?.[1] ?? '', given);
  return { error: 'resource_missing' };
}

function balanceTransaction(stripe: StripeObjects, customer: string, given: Params): Change {
  const wrong = unknown(given, ['amount', 'currency', 'description', 'metadata']);
  if (wrong) return wrong;
  if (!/^-?[1-9]\d*$/.test(String(given.amount)) || !/^[a-z]{3}$/.test(String(given.currency)))
    return { error: 'parameter_invalid_integer' };
  const made: BalanceTransaction = {
    id: `cbtxn_${stripe.transactions.length + 1}`,
    object: 'customer_balance_transaction',
    customer,
    amount: Number(given.amount),
    currency: String(given.currency),
    metadata: metadataOf(given),
  };
  stripe.transactions.push(made);
  return { made };
}

function creditGrant(stripe: StripeObjects, given: Params): Change {
  const allowed = [
    'amount',
    'applicability_config',
    'category',
    'customer',
    'effective_at',
    'expires_at',
    'metadata',
    'name',
    'priority',
  ];
  const wrong = unknown(given, allowed);
  if (wrong) return wrong;
  const { type, monetary } = given.amount as { type: string; monetary: { currency: string; value: string } };
  const scope = (given.applicability_config as { scope?: { price_type?: string } } | undefined)?.scope;
  if (type !== 'monetary' || !/^[1-9]\d*$/.test(monetary?.value ?? '') || !/^[a-z]{3}$/.test(monetary?.currency ?? ''))
    return { error: 'parameter_invalid_integer' };
  if (scope?.price_type !== 'metered') return { error: 'parameter_missing' };
  if (given.category !== 'promotional' && given.category !== 'paid') return { error: 'parameter_invalid_string_blank' };
  const made: CreditGrant = {
    id: `credgr_${stripe.grants.length + 1}`,
    object: 'billing.credit_grant',
    customer: String(given.customer),
    name: String(given.name ?? ''),
    category: String(given.category),
    amount: { type: 'monetary', monetary: { currency: monetary.currency, value: Number(monetary.value) } },
    metadata: metadataOf(given),
    voided_at: null,
  };
  stripe.grants.push(made);
  return { made };
}

function grantChange(stripe: StripeObjects, id: string, voids: boolean, given: Params): Change {
  const grant = stripe.grants.find((each) => each.id === id);
  if (!grant) return { error: 'resource_missing' };
  if (voids) {
    if (grant.used || grant.voided_at !== null) return { error: 'credit_grant_not_voidable' };
    grant.voided_at = 1_777_636_800;
    return { made: grant };
  }
  const wrong = unknown(given, ['metadata', 'expires_at']);
  if (wrong) return wrong;
  // An empty value takes the key away.
  const merged = { ...grant.metadata, ...metadataOf(given) };
  grant.metadata = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
  return { made: grant };
}

function promotionCode(stripe: StripeObjects, given: Params): Change {
  const allowed = [
    'promotion',
    'active',
    'code',
    'customer',
    'expires_at',
    'max_redemptions',
    'metadata',
    'restrictions',
  ];
  const wrong = unknown(given, allowed);
  if (wrong) return wrong;
  const promotion = given.promotion as { type?: string; coupon?: string } | undefined;
  const code = String(given.code ?? '');
  if (promotion?.type !== 'coupon' || !promotion.coupon) return { error: 'parameter_missing' };
  if (!/^[A-Za-z0-9-]+$/.test(code)) return { error: 'promotion_code_invalid' };
  const taken = stripe.promotionCodes.some((each) => each.active && each.code.toLowerCase() === code.toLowerCase());
  if (taken) return { error: 'resource_already_exists' };
  const restrictions = given.restrictions as { first_time_transaction?: string } | undefined;
  const made: PromotionCode = {
    id: `promo_${stripe.promotionCodes.length + 1}`,
    object: 'promotion_code',
    code,
    active: true,
    promotion: { type: 'coupon', coupon: promotion.coupon },
    restrictions: { first_time_transaction: restrictions?.first_time_transaction === 'true' },
    metadata: metadataOf(given),
  };
  stripe.promotionCodes.push(made);
  return { made };
}

function promotionChange(stripe: StripeObjects, id: string, given: Params): Change {
  const promotion = stripe.promotionCodes.find((each) => each.id === id);
  if (!promotion) return { error: 'resource_missing' };
  const wrong = unknown(given, ['active', 'metadata', 'restrictions']);
  if (wrong) return wrong;
  promotion.active = given.active === 'true';
  return { made: promotion };
}

function unknown(given: Params, allowed: readonly string[]): { error: string } | undefined {
  return Object.keys(given).some((name) => !allowed.includes(name)) ? { error: 'parameter_unknown' } : undefined;
}

function metadataOf(given: Params): Record<string, string> {
  return (given.metadata ?? {}) as Record<string, string>;
}

/** `a[b][c]=d`, as Stripe's API takes parameters. */
function paramsOf(body: string): Params {
  const params: Params = {};
  for (const [name, value] of new URLSearchParams(body)) {
    const way = name.split(/[[\]]+/).filter((part) => part !== '');
    const last = way.pop() ?? '';
    let here = params;
    for (const part of way) {
      here[part] ??= {};
      here = here[part] as Params;
    }
    here[last] = value;
  }
  return params;
}
