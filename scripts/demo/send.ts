/**
 * What the demo's products and members send: signed webhooks, batches of events, signups, and what a member does.
 * Promises: answered when the effects are committed. Must never: go on after an answer that it did not expect.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { signFor } from '../../test/support/sign.ts';
import { appSignup, clerkSignup, type Event } from './events.ts';
import { admin, ask, bearer, type Front, get, type Headers, inTheNameOf, memberId } from './front.ts';
import type { Person } from './people.ts';
import type { Fact, ProgramName, Signup, Step } from './step.ts';

const BUSY_PATIENCE = 20;

/** `Prefer: wait`, under the test clock: credits have been tried once, too. A sender that is told 503 comes again. */
async function post(front: Front, path: string, id: string, body: string, headers: () => Headers): Promise<void> {
  for (let left = BUSY_PATIENCE; ; left--) {
    const { ok, status, text } = await ask(front, 'POST', path, { prefer: 'wait', ...headers() }, body);
    if (ok) return;
    if (status !== 503 || left === 0) throw new Error(`${id} was answered ${status}: ${text}`);
    await sleep(100);
  }
}

export async function sendEvent(front: Front, program: ProgramName, event: Event): Promise<void> {
  const source = front.programs[program].sources.find((each) => each.name === event.source);
  const [secret] = source?.secrets ?? [];
  if (!source || !secret) throw new Error(`${program} has no source ${event.source}`);
  const body = JSON.stringify(event.body);
  const path = `/p/${program}/webhooks/${event.source}`;
  await post(front, path, event.id, body, () => signFor(source.kind, body, secret, event.id, new Date()));
}

export async function sendSignup(front: Front, program: ProgramName, at: Date, signup: Signup): Promise<void> {
  const code = signup.codeOf && (await codeOf(front, program, signup.codeOf, signup.outdated));
  await sendEvent(front, program, (signup.by === 'clerk' ? clerkSignup : appSignup)(signup.member, at, code));
}

/** A product's batch, with its server key. */
export async function tell(front: Front, program: ProgramName, at: Date, facts: readonly Fact[]): Promise<void> {
  const codes = new Map<Person, string>();
  for (const { codeOf: whose } of facts) {
    if (whose && !codes.has(whose)) codes.set(whose, await codeOf(front, program, whose));
  }
  const events = facts.map(({ type, of, data, codeOf: whose }) => {
    const code = whose && { referral_code: codes.get(whose) };
    return { type, timestamp: at.toISOString(), data: { member_id: memberId(front, of), ...data, ...code } };
  });
  const [first] = facts;
  const id = `batch_${at.toISOString()}_${first?.type}_${first?.of.id}`;
  const headers = { ...bearer(front.programs[program].serverKey), 'webhook-id': id };
  await post(front, `/p/${program}/v1/events`, id, JSON.stringify({ events }), () => headers);
}

/** Signs up with the service itself; nobody needs the password again. */
export async function register(
  front: Front,
  program: ProgramName,
  { member, codeOf: whose }: Extract<Step, { do: 'register' }>,
): Promise<void> {
  const code = whose && { referral_code: await codeOf(front, program, whose) };
  const body = { email: member.email, password: randomUUID(), name: member.name, ...code };
  const path = `/p/${program}/v1/developers/signup`;
  const made = await get<{ id: string; api_key: string }>(front, 'POST', path, {}, body);
  front.registered.set(member.id, { id: made.id, apiKey: made.api_key });
}

export async function act(front: Front, program: ProgramName, step: Extract<Step, { do: 'act' }>): Promise<void> {
  const code = step.codeOf && { code: await codeOf(front, program, step.codeOf) };
  const body = step.body || code ? { ...step.body, ...code } : undefined;
  await get(front, 'POST', `/p/${program}${step.path}`, inTheNameOf(front, program, step.member), body);
}

export async function spend(front: Front, program: ProgramName, step: Extract<Step, { do: 'spend' }>): Promise<void> {
  const { member, amount, reason, at } = step;
  const body = {
    member_id: memberId(front, member),
    amount,
    reason,
    idempotency_key: `${member.id}_${at.toISOString()}`,
  };
  await get(front, 'POST', `/p/${program}/v1/credits/spend`, bearer(front.programs[program].serverKey), body);
}

interface CodesSeen {
  readonly code: string | null;
  readonly codes: readonly { readonly code: string; readonly kind: string; readonly revoked_at: string | null }[];
}

/** The code that somebody has, or the one that they had before. */
export async function codeOf(
  front: Front,
  program: ProgramName,
  member: Person,
  outdated: boolean | undefined = false,
): Promise<string> {
  const path = `/members/${memberId(front, member)}?program=${program}`;
  const seen = await admin<CodesSeen>(front, 'GET', path);
  const old = seen.codes.find(({ kind, revoked_at: revoked }) => kind === 'primary' && revoked !== null);
  const code = outdated ? old?.code : seen.code;
  if (!code) throw new Error(`${member.id} has no such referral code`);
  return code;
}
