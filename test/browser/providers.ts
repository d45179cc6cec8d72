/**
 * The providers' side of a browser test: their hosts with scripts that behave as theirs do for a page, and the webhooks
 * that they send when somebody has paid or signed up.
 * Promises: what a page hands to a provider is kept in `handed`, and comes back in the webhook, as in life.
 */
import type { BrowserScene } from './scene.ts';

/** Elements read their attributes once, when they come onto the page. */
const ELEMENTS = `
class Pay extends HTMLElement {
  connectedCallback() {
    queueMicrotask(() => {
      const id = this.getAttribute('client-reference-id');
      this.innerHTML = '<button type="button">Pay</button>';
      this.firstChild.onclick = () => location.assign('https://checkout.stripe.com/pay' + (id ? '?client_reference_id=' + id : ''));
    });
  }
}
customElements.define('stripe-pricing-table', class extends Pay {});
customElements.define('stripe-buy-button', class extends Pay {});`;

const PADDLE = `
window.Paddle = {
  Initialize() {
    for (const button of document.querySelectorAll('.paddle_button')) {
      button.onclick = () => pay({ items: [], customData: JSON.parse(button.dataset.customData || 'null') });
    }
  },
  Checkout: { open: (options) => pay(options), updateCheckout: (options) => pay(options) },
};
const pay = (options) => fetch('https://checkout.paddle.com/pay', { method: 'POST', body: JSON.stringify(options) })
  .then(() => document.body.append('paid'));`;

/** As ClerkJS: an instance on the window, whose client comes later and whose sign-ups are of one class. */
const CLERK = `(() => {
class SignUp {
  create(params) {
    return fetch('https://clerk.dev/sign_ups', { method: 'POST', body: JSON.stringify(params) }).then(() => document.body.append('signed up'));
  }
}
class Clerk {
  listeners = [];
  addListener(listener) { this.listeners.push(listener); }
  async load() {
    await new Promise(requestAnimationFrame);
    this.client = { signUp: new SignUp() };
    for (const listener of this.listeners) listener(this);
  }
  mountSignUp(node, props) {
    node.innerHTML = '<button id="mounted" type="button">Continue</button>';
    node.firstChild.onclick = () => this.client.signUp.create({ emailAddress: 'bob@work.example', ...props });
  }
}
window.Clerk = new Clerk();
})()`;

const script = (html: string) => ({ html, type: 'text/javascript' });

export class Providers {
  readonly #scene: BrowserScene;
  /** What pages handed over, newest last. */
  readonly handed: unknown[] = [];

  constructor(scene: BrowserScene) {
    this.#scene = scene;
    const { internet } = scene;
    const hosted = (host: string, path: string) =>
      internet.pages(host, {
        [path]: (req, res) => {
          const url = new URL(req.url ?? '/', 'https://stripe.test');
          this.handed.push(url.searchParams.get('client_reference_id'));
          res.writeHead(200, { 'Content-Type': 'text/html' }).end('<title>Checkout</title>');
        },
      });
    hosted('buy.stripe.com', '/test_14k');
    hosted('checkout.stripe.com', '/pay');
    internet.pages('js.stripe.com', { '/v3/pricing-table.js': script(ELEMENTS) });
    internet.pages('cdn.paddle.com', { '/paddle/v2/paddle.js': script(PADDLE) });
    internet.pages('cdn.clerk.dev', { '/clerk.js': script(CLERK) });
    internet.takes('checkout.paddle.com', '/pay', (body) => this.handed.push(JSON.parse(body).customData ?? null));
    internet.takes('clerk.dev', '/sign_ups', (body) => this.handed.push(JSON.parse(body).unsafeMetadata ?? null));
  }

  get last(): unknown {
    return this.handed.at(-1);
  }

  /** Stripe tells of the payment, with what the page had handed over. */
  async stripePaid(n: string, more: object = {}): Promise<void> {
    const object = {
      id: `cs_${n}`,
      object: 'checkout.session',
      mode: 'payment',
      payment_status: 'paid',
      status: 'complete',
      amount_total: 10_000,
      currency: 'usd',
      customer: `cus_${n}`,
      payment_intent: `pi_${n}`,
      invoice: null,
      client_reference_id: this.last,
      metadata: {},
      customer_details: { email: `${n}@work.example` },
      total_details: { amount_tax: 0, amount_discount: 0 },
      ...more,
    };
    const created = Math.floor(Date.parse('2026-05-01T10:00:00Z') / 1000);
    const event = { id: `evt_${n}`, object: 'event', created, livemode: false, type: 'checkout.session.completed' };
    await this.#scene.service.post('stripe', { ...event, data: { object } });
  }

  async stripeCustomer(n: string, email: string): Promise<void> {
    const event = {
      id: `evt_cus_${n}`,
      object: 'event',
      created: Date.parse('2026-05-01T00:10:00Z') / 1000,
      livemode: false,
    };
    const object = { id: `cus_${n}`, object: 'customer', email, metadata: {} };
    await this.#scene.service.post('stripe', { ...event, type: 'customer.created', data: { object } });
  }

  async paddlePaid(n: string): Promise<void> {
    const data = {
      id: `txn_${n}`,
      status: 'completed',
      origin: 'web',
      customer_id: `ctm_${n}`,
      currency_code: 'USD',
      custom_data: this.last,
      details: { totals: { grand_total: '10000', total: '10000', tax: '0', credit: '0', grand_total_tax: '0' } },
      payments: [{ status: 'captured', captured_at: '2026-05-01T10:00:00Z' }],
    };
    const event = { event_id: `evt_${n}`, event_type: 'transaction.completed', occurred_at: '2026-05-01T10:00:05Z' };
    await this.#scene.service.post('paddle', { ...event, data });
  }

  async clerkSignedUp(id: string, email: string): Promise<void> {
    const data = {
      id,
      object: 'user',
      created_at: Date.parse('2026-05-01T00:00:10Z'),
      primary_email_address_id: 'idn_1',
      email_addresses: [{ id: 'idn_1', email_address: email, verification: { status: 'verified' } }],
      unsafe_metadata: this.last ?? {},
      public_metadata: {},
    };
    await this.#scene.service.post('clerk', { type: 'user.created', object: 'event', timestamp: Date.now(), data });
  }
}
