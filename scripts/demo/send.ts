/**
 * The demo's way in: signed webhooks and the admin API, over HTTP on loopback, as any sender and any admin would.
 * Promises: what is not answered as it should be ends the demo with the answer. Must never: reach into the service by
 * another way.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { signFor } from '../../test/support/sign.ts';
import type { Step } from './cast.ts';
import { appSignup, clerkSignup, type Event } from './events.ts';
import type { Person } from './people.ts';

export const PROGRAM = 'claudexia';

export interface Front {
  readonly url: string;
  readonly adminToken: string;
  readonly sources: readonly { readonly name: string; readonly kind: string; readonly secrets: readonly string[] }[];
}

/** What an admin sees of a reward, as far as the demo looks at it. */
export interface RewardSeen {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly flags: readonly string[];
  readonly member_id: string;
  readonly referee_id: string;
  readonly amount: number;
  readonly reversed_amount: number;
  readonly unit: string;
  readonly rate: string | null;
  readonly base: { readonly amount: number; readonly currency: string } | null;
  readonly source_payment_id: string | null;
  readonly explain?: readonly {
    readonly asked: string;
    readonly saw: Readonly<Record<string, unknown>>;
    readonly said: string;
  }[];
}

const BUSY_PATIENCE = 20;

export async function admin<T>(
  front: Front,
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: object,
): Promise<T> {
  const headers = { authorization: `Bearer ${front.adminToken}`, ...(body && { 'content-type': 'application/json' }) };
  const answer = await fetch(`${front.url}/admin/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
}

/** Answers when its effects are committed and its credits were tried once: `Prefer: wait`, under the test clock. */
export async function sendEvent(front: Front, event: Event): Promise<void> {
  const source = front.sources.find((each) => each.name === event.source);
  const [secret] = source?.secrets ?? [];
  if (!source || !secret) throw new Error(`the program has no source ${event.source}`);
  const body = JSON.stringify(event.body);
  const url = `${front.url}/p/${PROGRAM}/webhooks/${event.source}`;
  for (let left = BUSY_PATIENCE; ; left--) {
    const signature = signFor(source.kind, body, secret, event.id, new Date());
    const headers = { 'content-type': 'application/json', prefer: 'wait', ...signature };
    const answer = await fetch(url, { method: 'POST', headers, body });
    const text = await answer.text();
    if (answer.ok) return;
    // A sender that is told 503 comes again.
    if (answer.status !== 503 || left === 0) throw new Error(`${event.id} was answered ${answer.status}: ${text}`);
    await sleep(100);
  }
}

export async function sendSignup(front: Front, step: Extract<Step, { do: 'signup' }>): Promise<void> {
  const code = step.codeOf && (await codeOf(front, step.codeOf));
  await sendEvent(front, (step.by === 'clerk' ? clerkSignup : appSignup)(step.member, step.at, code));
}

async function codeOf(front: Front, { id }: Person): Promise<string> {
  const { codes } = await admin<{ codes: { code: string; kind: string }[] }>(
    front,
    'GET',
    `/members/${id}?program=${PROGRAM}`,
  );
  const primary = codes.find(({ kind }) => kind === 'primary');
  if (!primary) throw new Error(`${id} has no referral code`);
  return primary.code;
}

export async function rewards(front: Front, filter: string): Promise<RewardSeen[]> {
  return (await admin<{ data: RewardSeen[] }>(front, 'GET', `/rewards?program=${PROGRAM}&limit=100&${filter}`)).data;
}
