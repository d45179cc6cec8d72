/**
 * Clerk: users who sign up, change, and leave.
 * Promises: the event's id is the `svix-id` header, for the body has none; a referral code is taken at signup only.
 * Must never: take a code from `user.updated`: `unsafe_metadata` can be written by the browser at any time.
 */
import { type Fact, type MemberFact, type Normalized, NotUnderstood } from '../model/facts.ts';
import type { InboundRequest, Provider, SourceConfig, Verified } from '../model/provider.ts';
import { at, email, instant, list, requiredText, text } from './json.ts';
import { codesOf } from './people.ts';
import { opened, refused } from './signatures.ts';
import { proveStandard, refuseStandardSecret, standardKeys } from './standard-webhooks.ts';

/** Clerk writes milliseconds; its own SDK's samples have seconds. Below this (March 1973 in ms) it is seconds. */
const MILLISECONDS_FROM = 100_000_000_000;

const HANDLERS: Readonly<Record<string, (body: unknown, source: SourceConfig) => Fact>> = {
  'user.created': userCreated,
  'user.updated': userUpdated,
  'user.deleted': (body) => ({ fact: 'member_deleted', memberId: requiredText(body, 'data.id') }),
};

export const clerk: Provider = {
  kind: 'clerk',
  handles: Object.keys(HANDLERS),
  defaults: {
    memberFrom: [],
    codeFrom: [
      'unsafe_metadata.ref',
      'unsafe_metadata.referral_code',
      'public_metadata.ref',
      'public_metadata.referral_code',
    ],
  },
  secretPrefixes: ['whsec_'],
  refuseSecret: refuseStandardSecret,
  verify,
  normalize,
};

function verify(request: InboundRequest, source: SourceConfig, now: Date): Verified {
  // Clerk sends svix-* names; Svix's own unbranded form has webhook-*.
  const family = request.headers['svix-id'] === undefined ? 'webhook' : 'svix';
  const proof = proveStandard(request, { family, keys: standardKeys(source.secrets) }, now);
  if (!proof.ok) return refused(proof.refusal);
  return opened(request.raw, (body) => ({ id: proof.id, type: body.type, occurredAt: timeOf(body.timestamp) }));
}

function normalize(body: unknown, { type }: { readonly type: string }, source: SourceConfig): Normalized {
  const occurredAt = timeOf(at(body, 'timestamp'));
  const handler = Object.hasOwn(HANDLERS, type) ? HANDLERS[type] : undefined;
  // `instance_id` does not say whether the instance is a development one.
  if (!handler) return { mode: undefined, occurredAt, facts: [], ignored: 'unknown_type' };
  return { mode: undefined, occurredAt, facts: [handler(body, source)], ignored: undefined };
}

function userCreated(body: unknown, source: SourceConfig): MemberFact {
  const data = at(body, 'data');
  return {
    ...userOf(data),
    change: 'created',
    codes: codesOf(source.codeFrom, (path) => text(at(data, path))),
    ip: text(at(body, 'event_attributes.http_request.client_ip')),
    userAgent: text(at(body, 'event_attributes.http_request.user_agent')),
    createdAt: timeOf(at(data, 'created_at')),
  };
}

function userUpdated(body: unknown): MemberFact {
  return { ...userOf(at(body, 'data')), change: 'updated', codes: [] };
}

function userOf(data: unknown) {
  if (data === undefined) throw new NotUnderstood('data', 'missing');
  const addresses = list(at(data, 'email_addresses'));
  const primary =
    addresses.find((address) => text(at(address, 'id')) === text(at(data, 'primary_email_address_id'))) ?? addresses[0];
  const verification = text(at(primary, 'verification.status'));
  const name = [text(at(data, 'first_name')), text(at(data, 'last_name'))]
    .filter((part) => part !== undefined)
    .join(' ');
  return {
    fact: 'member' as const,
    memberId: requiredText(data, 'id'),
    email: email(at(primary, 'email_address')) ?? email(at(data, 'email')),
    // No verification at all: the instance does not ask for one.
    emailVerified: verification === undefined ? undefined : verification === 'verified',
    name: name === '' ? undefined : name,
  };
}

function timeOf(value: unknown): Date | undefined {
  if (typeof value !== 'number') return undefined;
  return instant(value < MILLISECONDS_FROM ? value * 1000 : value);
}
