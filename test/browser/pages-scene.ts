/**
 * The console and the portal in a real browser, on a service of their own with a billing system that can go away.
 * Promises: whatever a page complains of is kept; a page is looked at by axe, and for what runs out of a phone's side.
 */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openBrowser } from '../support/browser.ts';
import { type FakeSink, startFakeSink } from '../support/fake-sink.ts';
import { ADMIN_TOKEN, type StartOptions, TestService } from '../support/service.ts';
import { secretFor } from '../support/sign.ts';

export const DESKTOP = { viewport: { width: 1280, height: 900 } } as const;
export const PHONE = { viewport: { width: 375, height: 740 }, hasTouch: true } as const;
export const OWNER = { name: 'Ann Owner', email: 'ann@example.com', password: 'three purple elephants' } as const;

const AXE = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export class PagesScene {
  readonly service: TestService;
  readonly sink: FakeSink;
  readonly url: string;
  /** What pages complained of. */
  readonly complaints: string[] = [];
  readonly #browser: Browser;
  readonly #server: http.Server;

  private constructor(service: TestService, sink: FakeSink, server: http.Server, browser: Browser) {
    this.service = service;
    this.sink = sink;
    this.#server = server;
    this.#browser = browser;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(options: StartOptions = {}): Promise<PagesScene> {
    const sink = await startFakeSink({ secret: secretFor('standard', 'billing') });
    const [service, browser] = await Promise.all([TestService.start({ sinkUrl: sink.url, ...options }), openBrowser()]);
    const server = http.createServer(service.app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new PagesScene(service, sink, server, browser);
  }

  async open(path: string, options: BrowserContextOptions = DESKTOP): Promise<Page> {
    const context = await this.#browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'], ...options });
    context.setDefaultTimeout(8_000);
    const tab = await context.newPage();
    tab.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(`${tab.url()}: ${message.text()}`);
    });
    tab.on('pageerror', (error) => this.complaints.push(`${tab.url()}: ${error.message}`));
    await tab.goto(this.url + path);
    return tab;
  }

  /** The first owner, made by the first-run page; afterwards, signed in. */
  async owner(options?: BrowserContextOptions): Promise<Page> {
    const tab = await this.open('/admin', options);
    if (tab.url().endsWith('/first-run')) {
      await tab.getByLabel('Admin token').fill(ADMIN_TOKEN);
      await tab.getByLabel('Your name').fill(OWNER.name);
    }
    return await entered(tab, OWNER.email, OWNER.password);
  }

  async signIn(email: string, password: string, code = ''): Promise<Page> {
    const tab = await this.open('/admin/sign-in');
    await tab.getByLabel('One-time code').fill(code);
    return await entered(tab, email, password);
  }

  /** What is wrong with the page as it is now: for everybody, and on a phone. */
  async faultsOf(tab: Page): Promise<string[]> {
    await tab.evaluate(AXE);
    const found = await tab.evaluate(async (rules) => {
      // biome-ignore lint/suspicious/noExplicitAny: axe puts itself there
      const { violations } = await (globalThis as any).axe.run({ runOnly: rules });
      return (violations as { id: string; nodes: { html: string }[] }[]).map(
        ({ id, nodes }) => `${id}: ${nodes[0]?.html}`,
      );
    }, RULES);
    const beyond = await tab.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    return Number(beyond) > 0 ? [...found, `${tab.url()} is ${beyond} pixels too wide`] : found;
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
    this.#server.closeAllConnections();
    await this.service.stop();
    await this.sink.close();
  }
}

async function entered(tab: Page, email: string, password: string): Promise<Page> {
  await tab.getByLabel('E-mail').fill(email);
  await tab.getByLabel('Password').fill(password);
  await tab.getByRole('button').click();
  await tab.getByRole('heading', { name: 'Overview' }).waitFor();
  return tab;
}
