/**
 * Questions to a provider's API that has no SDK here, over our own way out.
 * Promises: an answer that is not 2xx and JSON fails with one word; whoever says "too many" is asked again when they say.
 * Must never: put a key or what was answered into the word.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { retryAfterSeconds, TIMING } from '../../delivery/backoff.ts';
import type { HttpAnswer } from '../../delivery/egress.ts';
import { ListFailed, type ListPorts } from './list.ts';

/** A page of 100 users with their metadata. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;

export interface Asked {
  readonly base: string;
  readonly token: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Query = Readonly<Record<string, string | number | undefined>>;

/** Their limits are by the minute. */
const PAUSE_S = 60;
const PAUSE_S_MAX = 5 * 60;
const PAUSES_MAX = 5;

/** GET with a bearer token; `path` is below the base. */
export async function askJson(ports: ListPorts, asked: Asked, path: string, query: Query): Promise<unknown> {
  const url = below(asked.base, path);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  return await send(ports, url, { ...asked.headers, authorization: `Bearer ${asked.token}` });
}

/** OAuth's client credentials: `api_key` is `<client id>:<secret>`. */
export async function tokenFor(ports: ListPorts, base: string, path: string, what: Query): Promise<string> {
  const [, id, secret] = /^([^:]+):(.+)$/.exec(ports.source.apiKey ?? '') ?? [];
  if (id === undefined || secret === undefined) throw new ListFailed('api_key_is_not_id_and_secret');
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret });
  for (const [name, value] of Object.entries(what)) form.set(name, String(value));
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const { access_token: token } = (await send(ports, below(base, path), headers, form.toString())) as {
    access_token?: unknown;
  };
  if (typeof token !== 'string' || token === '') throw new ListFailed('no_token');
  return token;
}

export function required(value: string | undefined, word: string): string {
  if (value === undefined) throw new ListFailed(word);
  return value;
}

async function send(
  ports: ListPorts,
  url: URL,
  headers: Readonly<Record<string, string>>,
  form?: string,
): Promise<unknown> {
  const answer = await patiently(ports, url, headers, form);
  if (answer.kind !== 'answered') throw new ListFailed(answer.detail);
  if (answer.status < 200 || answer.status >= 300) throw new ListFailed(`http_${answer.status}`);
  try {
    return JSON.parse(answer.body);
  } catch {
    throw new ListFailed('not_json');
  }
}

async function patiently(
  { http, signal }: ListPorts,
  url: URL,
  headers: Readonly<Record<string, string>>,
  form: string | undefined,
): Promise<HttpAnswer> {
  for (let pauses = 0; ; pauses++) {
    const answer = await http.send({
      url: url.href,
      method: form === undefined ? 'GET' : 'POST',
      headers: { accept: 'application/json', ...headers },
      body: form,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMING.tryMs)]),
      bodyBytesMax: BODY_BYTES_MAX,
    });
    const isTooMuch = answer.kind === 'answered' && answer.status === 429;
    if (!isTooMuch || pauses === PAUSES_MAX) return answer;
    const seconds = retryAfterSeconds(answer.headers['retry-after'], new Date()) ?? PAUSE_S;
    if (seconds > PAUSE_S_MAX) return answer;
    await sleep(seconds * 1000, undefined, { signal });
  }
}

function below(base: string, path: string): URL {
  return new URL(path, base.endsWith('/') ? base : `${base}/`);
}
