/**
 * The product's pages in a real browser, and the service that their snippet talks to.
 * Promises: hosts as in life: the landing page, the app, the links and the service each on their own; a context a test.
 */
import type { Browser, BrowserContext, Page as Tab } from 'playwright-core';
import { openBrowser } from '../support/browser.ts';
import { Internet, type Page } from '../support/internet.ts';
import { TestService } from '../support/service.ts';

export const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36';
export const SNIPPET = '<script src="https://plusone.test/p/claudexia/plusone.js"></script>';

export const page = (body: string, head = SNIPPET): Page => ({
  html: `<!doctype html><html><head><title>A product</title>${head}</head><body>${body}</body></html>`,
});

export class BrowserScene {
  readonly internet: Internet;
  readonly service: TestService;
  readonly #browser: Browser;
  /** Alice's: she brings everybody here. */
  readonly code: string;
  #contexts: BrowserContext[] = [];
  /** What pages complained of. */
  readonly complaints: string[] = [];

  private constructor(internet: Internet, service: TestService, browser: Browser, code: string) {
    this.internet = internet;
    this.service = service;
    this.#browser = browser;
    this.code = code;
  }

  static async start(edit: (yaml: string) => string = (yaml) => yaml): Promise<BrowserScene> {
    const internet = await Internet.start();
    const [service, browser] = await Promise.all([
      TestService.start({
        edit: (yaml) => edit(yaml.replace('hosts: []', 'hosts: [go.claudexia.tech]')),
        variables: { PUBLIC_URL: 'https://plusone.test' },
      }),
      openBrowser({ hosts: internet.address }),
    ]);
    for (const host of ['plusone.test', 'go.claudexia.tech']) internet.host(host, service.app);
    await service.tell('member.created', { member_id: 'alice', email: 'alice@example.com' });
    return new BrowserScene(internet, service, browser, await service.codeOf('alice'));
  }

  /** A person with a browser of their own. */
  async person(options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({ ignoreHTTPSErrors: true, userAgent: USER_AGENT, ...options });
    context.setDefaultTimeout(5_000);
    context.on('weberror', (error) => this.complaints.push(error.error().message));
    this.#contexts.push(context);
    return context;
  }

  async open(url: string, context?: BrowserContext): Promise<Tab> {
    const tab = await (context ?? (await this.person())).newPage();
    await tab.goto(url);
    return tab;
  }

  /** Who referred this member, and by which carrier. */
  async referral(memberId: string): Promise<[string, string] | null> {
    const { body } = await this.service.admin('GET', `/members/${memberId}?program=claudexia`);
    return body.referred_by ? [body.referred_by.member_id, body.referred_by.carrier] : null;
  }

  async clicks(): Promise<number> {
    return (await this.service.admin('GET', '/programs/claudexia/summary')).body.funnel.clicks;
  }

  async leave(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }

  async stop(): Promise<void> {
    await this.leave();
    await this.#browser.close();
    await this.internet.stop();
    await this.service.stop();
  }
}
