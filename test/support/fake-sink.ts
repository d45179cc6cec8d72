/**
 * A product's billing over HTTP on loopback, which misbehaves when told to: for tests, the demo and the bench.
 * Promises: checks every signature with the official package, and that the bytes of a key never change; `faults` names
 * what was wrong. Must never: be imported by src.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { serveLocally } from './local-server.ts';

/** `…_after`: the credit is applied first. `stall` never answers, `reset` cuts the connection. */
export type SinkMode =
  | 'ok'
  | 'known'
  | 'accepted'
  | 'refuse'
  | 'gone'
  | 'redirect'
  | 'error'
  | 'error_after'
  | 'reset'
  | 'reset_after'
  | 'stall'
  | 'stall_after'
  | 'too_many'
  | 'busy'
  | 'slow'
  | 'huge';

export type LookupMode = 'ok' | 'empty_list' | 'web_page' | 'error';

export interface SinkRequest {
  readonly method: string;
  readonly key: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

export interface FakeSink {
  readonly url: string;
  readonly secret: string;
  mode: SinkMode;
  /** One for each coming POST, before `mode` holds again. */
  next: SinkMode[];
  lookupMode: LookupMode;
  /** A sink that keeps keys applies a key once; one that does not, as often as it is told. */
  keepsKeys: boolean;
  retryAfter: string | undefined;
  /** A reference for all, instead of one for each credit. */
  reference: string | undefined;
  readonly requests: SinkRequest[];
  readonly posts: () => number;
  readonly faults: string[];
  /** How often the credit with this key was applied. */
  readonly applied: (key: string) => number;
  readonly close: () => Promise<void>;
}

export interface FakeSinkOptions {
  readonly secret?: string;
  readonly port?: number;
  readonly slowMs?: number;
}

export async function startFakeSink(options: FakeSinkOptions = {}): Promise<FakeSink> {
  const secret = options.secret ?? `whsec_${Buffer.from('a secret of thirty-two bytes, ok').toString('base64')}`;
  const applied = new Map<string, number>();
  const bytes = new Map<string, string>();
  const { origin, close } = await serveLocally((request, response) => void serve(request, response), options.port);
  const sink: FakeSink = {
    url: `${origin}/credits`,
    secret,
    mode: 'ok',
    next: [],
    lookupMode: 'ok',
    keepsKeys: true,
    retryAfter: undefined,
    reference: undefined,
    requests: [],
    posts: () => sink.requests.filter(({ method }) => method === 'POST').length,
    faults: [],
    applied: (key) => applied.get(key) ?? 0,
    close,
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const method = request.method ?? '';
    const url = new URL(request.url ?? '/', 'http://sink');
    const key =
      url.searchParams.get('idempotency_key') ?? decodeURIComponent(String(request.headers['idempotency-key']));
    sink.requests.push({ method, key, body, headers: request.headers });
    verify(request.headers, body);
    if (method === 'GET') return lookup(response, key);
    const before = bytes.get(key);
    if (before !== undefined && before !== body) sink.faults.push(`the bytes of ${key} changed`);
    bytes.set(key, body);
    answer(response, sink.next.shift() ?? sink.mode, key);
  }

  function verify(headers: IncomingMessage['headers'], body: string): void {
    try {
      new Webhook(secret).verify(body, headers as Record<string, string>);
    } catch (error) {
      sink.faults.push(`signature: ${String(error)}`);
    }
  }

  function apply(key: string): void {
    const times = sink.applied(key);
    if (!sink.keepsKeys || times === 0) applied.set(key, times + 1);
  }

  function lookup(response: ServerResponse, key: string): void {
    if (sink.lookupMode === 'error') return void response.writeHead(500).end();
    if (sink.lookupMode === 'web_page') return void response.writeHead(200).end('<!doctype html><p>Hello');
    if (sink.lookupMode === 'empty_list') return void response.writeHead(200).end('[]');
    if (sink.applied(key) === 0) return void response.writeHead(404).end();
    response.writeHead(200).end(JSON.stringify({ found: true, reference: `ref ${key}` }));
  }

  function answer(response: ServerResponse, mode: SinkMode, key: string): void {
    if (/^(ok|accepted|slow|huge)$|_after$/.test(mode)) apply(key);
    const done = () => response.writeHead(200).end(JSON.stringify({ reference: sink.reference ?? `ref ${key}` }));
    const retryAfter = sink.retryAfter === undefined ? {} : { 'retry-after': sink.retryAfter };
    switch (mode) {
      case 'ok':
        return void done();
      case 'slow':
        return void setTimeout(done, options.slowMs ?? 100);
      case 'huge':
        return void response.writeHead(200).end(`{"x":"${'x'.repeat(5_000_000)}"}`);
      case 'known':
        return void response.writeHead(409).end();
      case 'accepted':
        return void response.writeHead(202).end();
      case 'refuse':
        return void response.writeHead(422).end('{"code":"no_such_member"}');
      case 'gone':
        return void response.writeHead(410).end();
      case 'redirect':
        return void response.writeHead(307, { location: '/elsewhere' }).end();
      case 'too_many':
        return void response.writeHead(429, retryAfter).end();
      case 'busy':
        return void response.writeHead(503, retryAfter).end();
      case 'error':
      case 'error_after':
        return void response.writeHead(500).end();
      case 'reset':
      case 'reset_after':
        return void response.destroy();
      case 'stall':
      case 'stall_after':
        return;
    }
  }

  return sink;
}
