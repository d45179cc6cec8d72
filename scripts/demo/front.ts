/**
 * The front door of the demo's service, over HTTP on loopback: the admin API, the webhooks, and the API of each program.
 * Promises: what is not answered as it should be ends the demo with the answer. Must never: reach into the service by
 * another way.
 */
import type { Person } from './people.ts';
import type { ProgramName } from './step.ts';

export interface Front {
  readonly url: string;
  readonly adminToken: string;
  readonly programs: Readonly<Record<ProgramName, Door>>;
  /** What the service gave to those who signed up with it, by the id that the demo has for them. */
  readonly registered: Map<string, { readonly id: string; readonly apiKey: string }>;
}

/** What a product has been given to speak to its program. */
export interface Door {
  readonly sources: readonly { readonly name: string; readonly kind: string; readonly secrets: readonly string[] }[];
  readonly serverKey: string;
  /** undefined: its members' tokens are not checked with a shared secret. */
  readonly jwtSecret: string | undefined;
}

export type Headers = Readonly<Record<string, string>>;

/** What an admin sees of a reward, as far as the demo looks at it. */
export interface RewardSeen {
  readonly id: string;
  readonly rule: string;
  readonly status: string;
  readonly reason: string | null;
  readonly flags: readonly string[];
  readonly member_id: string;
  readonly referrer_id: string;
  readonly referee_id: string;
  readonly amount: number;
  readonly reversed_amount: number;
  readonly unit: string;
  readonly rate: string | null;
  readonly base: { readonly amount: number; readonly currency: string } | null;
  readonly explain?: readonly {
    readonly asked: string;
    readonly saw: Readonly<Record<string, unknown>>;
    readonly said: string;
  }[];
}

type Method = 'GET' | 'POST' | 'PATCH';

/** The answer, whatever it is. */
export async function ask(
  front: Pick<Front, 'url'>,
  method: Method,
  path: string,
  headers: Headers,
  body?: string,
): Promise<{ readonly status: number; readonly ok: boolean; readonly text: string }> {
  const typed = { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) };
  const answer = await fetch(`${front.url}${path}`, { method, headers: typed, body });
  return { status: answer.status, ok: answer.ok, text: await answer.text() };
}

/** The answer that was hoped for, or an error that shows the other. */
export async function get<T>(
  front: Pick<Front, 'url'>,
  method: Method,
  path: string,
  headers: Headers,
  body?: object,
): Promise<T> {
  const { ok, status, text } = await ask(front, method, path, headers, body && JSON.stringify(body));
  if (!ok) throw new Error(`${method} ${path} was answered ${status}: ${text}`);
  return JSON.parse(text) as T;
}

export async function admin<T>(
  front: Pick<Front, 'url' | 'adminToken'>,
  method: Method,
  path: string,
  body?: object,
): Promise<T> {
  return await get(front, method, `/admin/v1${path}`, bearer(front.adminToken), body);
}

export const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });

/** The product's server, in the name of one of its members. */
export function inTheNameOf(front: Front, program: ProgramName, member: Person): Headers {
  return { ...bearer(front.programs[program].serverKey), 'plusone-member': memberId(front, member) };
}

/** By which the service knows them. */
export function memberId({ registered }: Front, { id }: Person): string {
  return registered.get(id)?.id ?? id;
}

/** All that the filter names, newest first. */
export async function rewards(front: Front, program: ProgramName, filter = ''): Promise<RewardSeen[]> {
  const all: RewardSeen[] = [];
  let cursor: string | null = null;
  do {
    const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { data: RewardSeen[]; next_cursor: string | null } = await admin(
      front,
      'GET',
      `/rewards?program=${program}&limit=100${filter}${after}`,
    );
    all.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return all;
}
