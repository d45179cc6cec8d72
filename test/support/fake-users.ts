/**
 * The user lists of the identity providers, on loopback: Clerk, WorkOS, Supabase, Logto and Auth0 under one roof.
 * Promises: keys, parameters and pages are those of each provider's reference; what is not is a fault. Must never: be
 * imported by src.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { serveLocally } from './local-server.ts';

export type User = Readonly<Record<string, unknown>>;

export interface FakeUsers {
  readonly apiBase: string;
  /** Oldest first. */
  readonly users: User[];
  /** Every answer is this status. */
  fails: number | undefined;
  requests: number;
  readonly faults: string[];
  readonly close: () => Promise<void>;
}

export async function startFakeUsers(): Promise<FakeUsers> {
  const { origin, close } = await serveLocally((request, response) => void serve(request, response));
  const fake: FakeUsers = {
    apiBase: origin,
    users: [],
    fails: undefined,
    requests: 0,
    faults: [],
    close,
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request));
    const url = new URL(request.url ?? '/', fake.apiBase);
    fake.requests++;
    const answer = answerTo(request, url, form);
    if (answer === undefined) fake.faults.push(`${request.method} ${url.pathname}`);
    const status = fake.fails ?? (answer === undefined ? 404 : 200);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}));
  }

  function answerTo(
    { method, headers }: IncomingMessage,
    { pathname, searchParams }: URL,
    form: URLSearchParams,
  ): unknown {
    const token = headers.authorization?.replace('Bearer ', '');
    const holds = (what: string, ...all: boolean[]) => {
      if (all.includes(false)) fake.faults.push(`${pathname}: ${what}`);
    };
    const given = (name: string) => searchParams.get(name) ?? '';
    const only = (...names: string[]) =>
      holds(
        'parameters',
        [...searchParams.keys()].every((name) => names.includes(name)),
      );
    const newest = fake.users.toReversed();
    const page = (from: number, size: number, users: readonly User[] = newest) => users.slice(from, from + size);
    switch (`${method} ${pathname}`) {
      case 'GET /v1/users':
        only('limit', 'offset', 'order_by');
        holds('clerk', token === 'sk_test_1', given('order_by') === '-created_at', Number(given('limit')) <= 500);
        return page(Number(given('offset')), Number(given('limit')));
      case 'GET /user_management/users': {
        only('limit', 'order', 'after');
        holds('workos', token === 'sk_test_1', given('order') === 'desc', Number(given('limit')) <= 100);
        const found = page(newest.findIndex(({ id }) => id === given('after')) + 1, Number(given('limit')));
        const more = found.at(-1) !== undefined && found.at(-1) !== newest.at(-1);
        return { object: 'list', data: found, list_metadata: { before: null, after: more ? found.at(-1)?.id : null } };
      }
      case 'GET /auth/v1/admin/users':
        only('page', 'per_page');
        holds('supabase', token === 'service_role', headers.apikey === 'service_role');
        return {
          aud: 'authenticated',
          users: page((Number(given('page')) - 1) * Number(given('per_page')), Number(given('per_page'))),
        };
      case 'POST /oidc/token':
        holds('logto token', form.get('resource') === 'https://default.logto.app/api', form.get('scope') === 'all');
        return tokenOf(form, holds);
      case 'GET /api/users':
        only('page', 'page_size');
        holds('logto', token === 'm2m', Number(given('page_size')) <= 100);
        return page((Number(given('page')) - 1) * Number(given('page_size')), Number(given('page_size')));
      case 'POST /oauth/token':
        holds('auth0 token', form.get('audience') === `${fake.apiBase}/api/v2/`);
        return tokenOf(form, holds);
      case 'GET /api/v2/users': {
        only('q', 'search_engine', 'sort', 'page', 'per_page');
        const [, from = '', to = ''] = /^created_at:\[(\S+) TO (\S+)\]$/.exec(given('q')) ?? [];
        const [number, size] = [Number(given('page')), Number(given('per_page'))];
        holds('auth0', token === 'm2m', given('sort') === 'created_at:1', given('search_engine') === 'v3', size <= 100);
        holds('auth0 shows a thousand', (number + 1) * size <= 1000);
        const found = fake.users.filter(({ created_at: at }) => String(at) >= from && String(at) <= to);
        return page(number * size, size, found);
      }
      default:
        return undefined;
    }
  }

  return fake;
}

function tokenOf(form: URLSearchParams, holds: (what: string, ...all: boolean[]) => void): object {
  const given = (name: string) => form.get(name);
  holds('client credentials', given('grant_type') === 'client_credentials');
  holds('client', given('client_id') === 'app', given('client_secret') === 'secret:with:colons');
  return { access_token: 'm2m', token_type: 'Bearer', expires_in: 3600 };
}
