/**
 * Questions to an identity provider's API, over our own way out.
 * Promises: an answer that is not 2xx and JSON fails with one word. Must never: put a key or what was answered into it.
 */
import { TIMING } from '../../delivery/backoff.ts';
import { ListFailed, type ListPorts } from './list.ts';

/** A page of 100 users with their metadata. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;

export interface Asked {
  readonly base: string;
  readonly token: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Query = Readonly<Record<string, string | number | undefined>>;

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
  { http, signal }: ListPorts,
  url: URL,
  headers: Readonly<Record<string, string>>,
  form?: string,
): Promise<unknown> {
  const answer = await http.send({
    url: url.href,
    method: form === undefined ? 'GET' : 'POST',
    headers: { accept: 'application/json', ...headers },
    body: form,
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMING.tryMs)]),
    bodyBytesMax: BODY_BYTES_MAX,
  });
  if (answer.kind !== 'answered') throw new ListFailed(answer.detail);
  if (answer.status < 200 || answer.status >= 300) throw new ListFailed(`http_${answer.status}`);
  try {
    return JSON.parse(answer.body);
  } catch {
    throw new ListFailed('not_json');
  }
}

function below(base: string, path: string): URL {
  return new URL(path, base.endsWith('/') ? base : `${base}/`);
}
