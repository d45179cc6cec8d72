/**
 * The user lists of the identity providers, newest first, each user as the webhook of the signup tells of them.
 * Promises: reads until it meets users from before the window. Must never: tell of a user in a way that the webhook
 * does not; the provider's own file reads both.
 */
import { type Asked, askJson, required, tokenFor } from './ask.ts';
import { type List, type Listed, ListFailed, type ListPorts, madeOf, type Window } from './list.ts';

const PAGE = 100;

type User = Readonly<Record<string, unknown>>;

interface Page {
  readonly users: unknown;
  /** The cursor behind this page, where the provider gives one. */
  readonly after?: unknown;
}

interface UserList {
  readonly page: (number: number, after: string | undefined) => Promise<Page>;
  readonly createdAt: (user: User) => Date | undefined;
  readonly event: (user: User, createdAt: string | undefined) => { readonly type: string; readonly body: object };
}

type Open = (ports: ListPorts) => Promise<UserList>;

/** A list that is read page by page, from the newest. */
function newestFirst(open: Open): List {
  return async function* (ports, { since, until }) {
    const list = await open(ports);
    let after: string | undefined;
    for (let number = 0; ; number++) {
      const page = await list.page(number, after);
      const users = usersOf(page.users);
      for (const user of users) {
        const createdAt = list.createdAt(user);
        if (createdAt && createdAt < since) return;
        if (!createdAt || createdAt <= until) yield told(list, user, createdAt);
      }
      after = typeof page.after === 'string' ? page.after : undefined;
      if (users.length < PAGE || ('after' in page && after === undefined)) return;
    }
  };
}

function told(list: UserList, user: User, createdAt: Date | undefined): Listed {
  const { type, body } = list.event(user, createdAt?.toISOString());
  return madeOf(type, String(user.id ?? user.user_id), body, createdAt);
}

function usersOf(value: unknown): User[] {
  if (!Array.isArray(value)) throw new ListFailed('not_a_list');
  return value as User[];
}

export const listClerk = newestFirst(async (ports) => {
  const asked: Asked = { base: ports.source.apiBase ?? 'https://api.clerk.com', token: ports.source.apiKey ?? '' };
  const order = { order_by: '-created_at', limit: PAGE };
  return {
    page: async (number) => ({ users: await askJson(ports, asked, 'v1/users', { ...order, offset: number * PAGE }) }),
    createdAt: ({ created_at: ms }) => timeOf(ms),
    event: (user) => ({
      type: 'user.created',
      body: { type: 'user.created', object: 'event', timestamp: user.created_at, data: user },
    }),
  };
});

export const listWorkos = newestFirst(async (ports) => {
  const asked: Asked = { base: ports.source.apiBase ?? 'https://api.workos.com', token: ports.source.apiKey ?? '' };
  return {
    page: async (_number, after) => {
      const answer = await askJson(ports, asked, 'user_management/users', { order: 'desc', limit: PAGE, after });
      const { data, list_metadata: more } = answer as { data?: unknown; list_metadata?: { after?: unknown } };
      return { users: data, after: more?.after };
    },
    createdAt: ({ created_at: time }) => timeOf(time),
    event: (user) => ({
      type: 'user.created',
      body: { event: 'user.created', created_at: user.created_at, data: user },
    }),
  };
});

/** `api_key` is the service role's: of its kind only that may list users. */
export const listSupabase = newestFirst(async (ports) => {
  const token = ports.source.apiKey ?? '';
  const asked: Asked = { base: required(ports.source.apiBase, 'api_base_missing'), token, headers: { apikey: token } };
  return {
    page: async (number) => {
      const answer = await askJson(ports, asked, 'auth/v1/admin/users', { page: number + 1, per_page: PAGE });
      return { users: (answer as { users?: unknown }).users };
    },
    createdAt: ({ created_at: time }) => timeOf(time),
    event: (user) => {
      const { user_metadata: own, app_metadata: app, ...row } = user;
      const record = { ...row, raw_user_meta_data: own, raw_app_meta_data: app };
      return { type: 'auth.users.INSERT', body: { type: 'INSERT', schema: 'auth', table: 'users', record } };
    },
  };
});

/** `api_key` is `<app id>:<secret>` of a machine-to-machine app that may use the Management API. */
export const listLogto = newestFirst(async (ports) => {
  const base = required(ports.source.apiBase, 'api_base_missing');
  // Of Logto Cloud the API has the tenant's own name, of one's own Logto always this.
  const resource = /\.logto\.app$/.test(new URL(base).hostname)
    ? new URL('api', base).href
    : 'https://default.logto.app/api';
  const asked: Asked = { base, token: await tokenFor(ports, base, 'oidc/token', { resource, scope: 'all' }) };
  return {
    page: async (number) => ({
      users: await askJson(ports, asked, 'api/users', { page: number + 1, page_size: PAGE }),
    }),
    createdAt: ({ createdAt: ms }) => timeOf(ms),
    event: (user, createdAt) => ({
      type: 'User.Created',
      body: { event: 'User.Created', createdAt, data: user },
    }),
  };
});

/** Auth0 shows no user beyond the thousandth of one question. */
const AUTH0_PAGES = 10;

/** Oldest first, in questions that each begin where the last one ended. `api_key` is `<client id>:<client secret>`. */
export const listAuth0: List = async function* (ports, { since, until }: Window) {
  const base = required(ports.source.apiBase, 'api_base_missing');
  const audience = new URL('api/v2/', base).href;
  const asked: Asked = { base, token: await tokenFor(ports, base, 'oauth/token', { audience }) };
  let from = since.toISOString();
  for (;;) {
    let last = from;
    const q = `created_at:[${from} TO ${until.toISOString()}]`;
    for (let page = 0; page < AUTH0_PAGES; page++) {
      const query = { q, search_engine: 'v3', sort: 'created_at:1', per_page: PAGE, page };
      const users = usersOf(await askJson(ports, asked, 'api/v2/users', query));
      for (const user of users) {
        const createdAt = timeOf(user.created_at);
        const body = { type: 'user.created', time: createdAt?.toISOString(), data: { object: user } };
        yield madeOf('user.created', String(user.user_id), body, createdAt);
        last = createdAt?.toISOString() ?? last;
      }
      if (users.length < PAGE) return;
    }
    if (last === from) throw new ListFailed('too_many_at_once');
    from = last;
  }
};

/** Milliseconds, or ISO 8601. */
function timeOf(value: unknown): Date | undefined {
  const time = typeof value === 'number' || typeof value === 'string' ? new Date(value) : undefined;
  return time && time.getTime() > 0 ? time : undefined;
}
