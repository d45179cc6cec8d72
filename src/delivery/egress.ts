/**
 * The way out: every request that Plusone sends to an address from a program file goes through here.
 * Promises: the address is judged inside the connection's own lookup, at each dial, so that a name cannot change
 * between the check and the use; the answer tells apart what certainly never left us from what may have arrived;
 * replies are cut at a size. Must never: follow a redirect, or name an address in what it tells.
 */
import dns from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { Agent, buildConnector, Dispatcher } from 'undici';
import { lazily } from '../model/lazily.ts';
import { type Permits, permitsFor, type Scheme } from './addresses.ts';

export interface HttpRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** The deadline; when it fires, the outcome is `broken`. */
  readonly signal: AbortSignal;
  /** The rest of a longer reply is not read. */
  readonly bodyBytesMax?: number;
  /** A connection of its own: one that the other side has just closed would leave the outcome unknown. */
  readonly fresh?: boolean;
}

export type HttpAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Lower-cased names; of repeated ones the first. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** Not one byte of the request has left: no such name, refused connection, refused address, bad certificate. */
  | { readonly kind: 'not_sent'; readonly detail: string }
  /** It may have arrived and may have been carried out. */
  | { readonly kind: 'broken'; readonly detail: string };

export interface Http {
  send(wanted: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** The part of dns.lookup that is used; tests bring their own. */
export type Resolve = (
  hostname: string,
  options: { all: true; family?: number },
  done: (error: NodeJS.ErrnoException | null, addresses: { address: string; family: number }[]) => void,
) => void;

export interface HttpOptions {
  /** CIDR list of EGRESS_ALLOW. */
  readonly allow: readonly string[];
  readonly resolve?: Resolve;
}

const BODY_BYTES_MAX = 64 * 1024;
/** Shorter than a try's own deadline, so that an address that does not answer counts as not sent, not as unknown. */
const CONNECT_TIMEOUT_MS = 5_000;

/** The connection was never there. It carries no `code`: undici would queue the request again for some of them. */
class NotConnected extends Error {}

/** For how long a connection without a request is kept. */
const IDLE_MS = 1_000;

type Undici = typeof import('undici');

export function createHttp({ allow, resolve = dns.lookup as Resolve }: HttpOptions): Http {
  const permits = permitsFor(allow);
  // Undici is read with the first request: it holds 12 MB, and a ledger of our own asks nobody.
  const way = lazily(async () => openWay(await import('undici'), permits, resolve));
  return {
    send: async (wanted) => await send(await way.get(), wanted),
    close: async () => {
      const { agent, agentOfOne } = (await way.made()) ?? {};
      await Promise.all([agent?.destroy(), agentOfOne?.destroy()]);
    },
  };
}

interface Way {
  readonly undici: Undici;
  readonly agent: Agent;
  /** Whose connections carry one request each. */
  readonly agentOfOne: Agent;
}

function openWay(undici: Undici, permits: Permits, resolve: Resolve): Way {
  const connect = guardedConnector(undici, permits, resolve);
  // Servers close idle connections after 5 s and more: one that closes while we send would look like a try that failed.
  const kept = { connect, allowH2: false, keepAliveTimeout: IDLE_MS, keepAliveMaxTimeout: IDLE_MS };
  return {
    undici,
    agent: new undici.Agent(kept),
    agentOfOne: new undici.Agent({ connect, allowH2: false, pipelining: 0 }),
  };
}

function guardedConnector(undici: Undici, permits: Permits, resolve: Resolve): buildConnector.connector {
  const connectorFor = (scheme: Scheme) =>
    undici.buildConnector({
      allowH2: false,
      timeout: CONNECT_TIMEOUT_MS,
      lookup: guardedLookup((address) => permits(address, scheme), resolve),
    });
  const connectors = new Map<string, buildConnector.connector>([
    ['https:', connectorFor('https:')],
    ['http:', connectorFor('http:')],
  ]);
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    const connector = connectors.get(options.protocol);
    // A literal address is dialled without any lookup.
    const refused = isIP(host) !== 0 && !permits(host, options.protocol as Scheme);
    if (!connector || refused) {
      queueMicrotask(() => callback(new NotConnected('egress_refused'), null));
      return;
    }
    connector(options, (...[error, socket]) => {
      if (error) callback(new NotConnected(reasonOf(error)), null);
      else callback(null, socket);
    });
  };
}

function guardedLookup(permitted: (address: string) => boolean, resolve: Resolve): LookupFunction {
  return (hostname, options, done) => {
    const family = options.family === 4 || options.family === 6 ? options.family : 0;
    resolve(hostname, { all: true, family }, (error, found) => {
      if (error) return done(error, '', 0);
      const usable = found.filter(({ address }) => permitted(address));
      const [first] = usable;
      if (!first) return done(Object.assign(new Error('egress refused'), { code: 'EGRESS_REFUSED' }), '', 0);
      if (options.all) done(null, usable);
      else done(null, first.address, first.family);
    });
  };
}

async function send({ undici, agent, agentOfOne }: Way, wanted: HttpRequest): Promise<HttpAnswer> {
  const { url, method, headers, body, signal, fresh, bodyBytesMax = BODY_BYTES_MAX } = wanted;
  if (!URL.canParse(url)) return { kind: 'not_sent', detail: 'not_a_url' };
  try {
    const response = await undici.request(url, {
      dispatcher: fresh ? agentOfOne : agent,
      method,
      headers,
      body,
      signal,
      // The signal is the only deadline.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const text = await readCapped(response.body, bodyBytesMax);
    return { kind: 'answered', status: response.statusCode, headers: flat(response.headers), body: text };
  } catch (error) {
    if (error instanceof NotConnected) return { kind: 'not_sent', detail: error.message };
    const code = codeOf(error);
    if (code === 'und_err_invalid_arg' || code === 'und_err_not_supported') return { kind: 'not_sent', detail: code };
    return { kind: 'broken', detail: signal.aborted ? 'timeout' : (code ?? 'connection_broken') };
  }
}

async function readCapped(body: Dispatcher.ResponseData['body'], bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop ends the stream and with it the connection.
    if (bytes >= bytesMax) break;
  }
  return Buffer.concat(chunks).subarray(0, bytesMax).toString('utf8');
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const single: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) single[name.toLowerCase()] = first;
  }
  return single;
}

function reasonOf(error: unknown): string {
  return codeOf(error) ?? 'not_connected';
}

/** Codes name no address; messages do. */
function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code.toLowerCase() : undefined;
}
