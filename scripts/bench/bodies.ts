/**
 * The webhooks of the bench: distinct Stripe checkout sessions of some 4 KB, in the shape of an API version of 2024.
 * Promises: pure; the same number gives the same body, amount and reward, so that what must stand in the ledger is known
 * before the first byte is sent. Event times lie minutes apart: no burst of first payments that would be held.
 */
export interface Stream {
  /** Ids of another stream never meet these. */
  readonly label: string;
  readonly count: number;
  /** Payments go round these members, `bench_0` first. */
  readonly members: number;
  /** Event time of the first payment, Unix seconds. */
  readonly from: number;
}

export const MEMBERS = 2_000;
export const REFERRERS = 200;

/** Ten first payments for each referrer, 2,000 of these apart: five days and more, where the signal looks at one. */
const SECONDS_APART = 300;
const RATE_PERCENT = 5n;

export const memberId = (index: number): string => `bench_${index}`;
export const referrerId = (index: number): string => `bench_referrer_${index}`;
export const referrerOf = (member: number): string => referrerId(member % REFERRERS);

export interface Payment {
  readonly gross: number;
  readonly tax: number;
}

/** 10.00 to 109.99, a tenth of it tax. */
export function paymentOf(index: number): Payment {
  const gross = 1_000 + ((index * 7_919) % 10_000);
  return { gross, tax: Math.floor(gross / 10) };
}

/** What the program owes for a whole stream, minor units: each reward rounded down by itself. */
export function owed(stream: Stream): bigint {
  let sum = 0n;
  for (let index = 0; index < stream.count; index++) {
    const { gross, tax } = paymentOf(index);
    sum += (BigInt(gross - tax) * RATE_PERCENT) / 100n;
  }
  return sum;
}

export function bodyOf(stream: Stream, index: number): string {
  const { gross, tax } = paymentOf(index);
  const created = stream.from + index * SECONDS_APART;
  const id = `${stream.label}${String(index).padStart(8, '0')}`;
  const event = {
    id: `evt_1Q${id}`,
    object: 'event',
    api_version: '2024-12-18.acacia',
    created,
    data: { object: sessionOf({ id, gross, tax, created, member: index % stream.members }) },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type: 'checkout.session.completed',
  };
  // Stripe sends its bodies indented.
  return JSON.stringify(event, null, 2);
}

interface SessionParts extends Payment {
  readonly id: string;
  readonly created: number;
  readonly member: number;
}

function sessionOf({ id, gross, tax, created, member }: SessionParts) {
  const person = memberId(member);
  return {
    id: `cs_test_a1${id}`,
    object: 'checkout.session',
    ...SESSION_FIXED,
    amount_subtotal: gross - tax,
    amount_total: gross,
    client_reference_id: person,
    created: created - 120,
    currency: 'usd',
    customer: `cus_Q${person}`,
    customer_details: {
      address: {
        city: 'Lisboa',
        country: 'PT',
        line1: 'Rua das Flores 12',
        line2: null,
        postal_code: '1200-195',
        state: null,
      },
      email: `${person}@example.com`,
      name: `Member ${member}`,
      phone: null,
      tax_exempt: 'none',
      tax_ids: [],
    },
    expires_at: created + 86_280,
    invoice: null,
    metadata: {
      user_id: person,
      kind: 'top_up',
      workspace: `ws_${member}`,
      price_list: '2026-spring',
      region: 'eu-west-1',
    },
    payment_intent: `pi_3Q${id}`,
    success_url: `https://claudexia.tech/dashboard/billing?session_id={CHECKOUT_SESSION_ID}&workspace=ws_${member}`,
    total_details: {
      amount_discount: 0,
      amount_shipping: 0,
      amount_tax: tax,
      breakdown: {
        discounts: [],
        taxes: [{ amount: tax, rate: TAX_RATE, taxability_reason: 'standard_rated', taxable_amount: gross - tax }],
      },
    },
  };
}

const TAX_RATE = {
  id: 'txr_1QPlus0neVat',
  object: 'tax_rate',
  active: true,
  country: 'PT',
  description: 'Imposto sobre o valor acrescentado, continente',
  display_name: 'IVA',
  effective_percentage: 11.11,
  inclusive: false,
  jurisdiction: 'Portugal',
  jurisdiction_level: 'country',
  livemode: false,
  percentage: 11.11,
  rate_type: 'percentage',
  state: null,
  tax_type: 'vat',
} as const;

const SESSION_FIXED = {
  adaptive_pricing: { enabled: false },
  after_expiration: null,
  allow_promotion_codes: null,
  automatic_tax: { enabled: true, liability: { type: 'self' }, provider: 'stripe', status: 'complete' },
  billing_address_collection: 'required',
  cancel_url: 'https://claudexia.tech/dashboard/billing?canceled=1',
  consent: { promotions: null, terms_of_service: 'accepted' },
  consent_collection: { payment_method_reuse_agreement: null, promotions: 'none', terms_of_service: 'required' },
  currency_conversion: null,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  customer_creation: 'always',
  customer_email: null,
  discounts: [],
  invoice_creation: { enabled: false },
  livemode: false,
  locale: 'en',
  mode: 'payment',
  payment_link: null,
  payment_method_collection: 'always',
  payment_method_options: { card: { request_three_d_secure: 'automatic' } },
  payment_method_types: ['card', 'link'],
  payment_status: 'paid',
  phone_number_collection: { enabled: false },
  recovered_from: null,
  setup_intent: null,
  shipping_address_collection: null,
  shipping_cost: null,
  shipping_details: null,
  shipping_options: [],
  status: 'complete',
  submit_type: 'auto',
  subscription: null,
  tax_id_collection: { enabled: true, required: 'never' },
  ui_mode: 'hosted',
  url: null,
} as const;
