/**
 * The internet of a browser test: every host on one https server of this machine.
 * Promises: what a page asks for that nobody serves is kept in `missed`, so that a test sees any third-party request.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSigned } from './certificate.ts';

export type Handler = (req: IncomingMessage, res: ServerResponse) => void;

/** HTML by path; what begins with `/*` is a script. A page may bring headers of its own. */
export interface Page {
  readonly html: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Internet {
  readonly missed: string[] = [];
  /** Every request: `host/path`. */
  readonly asked: string[] = [];
  readonly #awaited = new Set<{ readonly ending: string; readonly resolve: (status: number) => void }>();
  readonly #hosts = new Map<string, Handler>();
  readonly #server = https.createServer(selfSigned(), (req, res) => this.#serve(req, res));

  static async start(): Promise<Internet> {
    const internet = new Internet();
    await new Promise<void>((resolve) => internet.#server.listen(0, '127.0.0.1', resolve));
    return internet;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  host(name: string, handler: Handler): void {
    this.#hosts.set(name, handler);
  }

  pages(name: string, pages: Readonly<Record<string, Page | Handler>>): void {
    this.host(name, (req, res) => {
      const { pathname } = new URL(req.url ?? '/', `https://${name}`);
      const page = pages[pathname];
      if (typeof page === 'function') return page(req, res);
      if (!page) return this.#miss(req, res);
      res.writeHead(200, { 'Content-Type': page.type ?? 'text/html; charset=utf-8', ...page.headers }).end(page.html);
    });
  }

  /** Takes what any page posts to this address. */
  takes(name: string, path: string, take: (body: string) => void): void {
    const cors = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*' };
    this.pages(name, {
      [path]: (req, res) => {
        const chunks: Buffer[] = [];
        req.on('data', (chunk: Buffer) => chunks.push(chunk));
        req.on('end', () => {
          if (req.method === 'POST') take(Buffer.concat(chunks).toString());
          res.writeHead(200, cors).end();
        });
      },
    });
  }

  /** When the next request whose address ends like this has been answered; a page that is left does not hear of it. */
  async answered(ending: string): Promise<number> {
    return await new Promise((resolve) => this.#awaited.add({ ending, resolve }));
  }

  #serve(req: IncomingMessage, res: ServerResponse): void {
    this.asked.push(`${req.headers.host}${req.url}`);
    for (const each of this.#awaited) {
      if (!req.url?.endsWith(each.ending) || req.method === 'OPTIONS') continue;
      this.#awaited.delete(each);
      res.once('finish', () => each.resolve(res.statusCode));
    }
    const handler = this.#hosts.get((req.headers.host ?? '').split(':')[0] as string);
    if (handler) handler(req, res);
    else this.#miss(req, res);
  }

  #miss(req: IncomingMessage, res: ServerResponse): void {
    if (!req.url?.endsWith('/favicon.ico')) this.missed.push(`${req.headers.host}${req.url}`);
    res.writeHead(404).end();
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
