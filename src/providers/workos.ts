/**
 * WorkOS: users who sign up, change, leave, and the organizations they belong to.
 * Promises: the time in the signature is read as the milliseconds that it is; two members of one organization are
 * known as such. Must never: take an address (IP) from `authentication.*`: it is that of a login, not of the signup; or
 * take a directory's user (`dsync.*`) for one who signed up.
 */
import type { Fact, MemberFact, Normalized } from '../model/facts.ts';
import type { InboundRequest, Provider, SourceConfig, Verified } from '../model/provider.ts';
import { at, email, requiredText, text, timeFromIso } from './json.ts';
import { codesOf } from './people.ts';
import { anyMatches, headerOf, hmacSha256, isFresh, opened, refused, refuseTextSecret } from './signatures.ts';

type Outcome = readonly Fact[] | string;

const HANDLERS: Readonly<Record<string, (data: unknown, source: SourceConfig) => Outcome>> = {
  'user.created': userCreated,
  'user.updated': (data) => [{ ...userOf(data), change: 'updated', codes: [] }],
  'user.deleted': (data) => [{ fact: 'member_deleted', memberId: requiredText(data, 'id') }],
  'organization_membership.created': joinedOrganization,
  'organization_membership.updated': joinedOrganization,
};

export const workos: Provider = {
  kind: 'workos',
  handles: Object.keys(HANDLERS),
  defaults: { memberFrom: [], codeFrom: ['metadata.ref', 'metadata.referral_code'] },
  refuseSecret: (secret) => refuseTextSecret(secret, []),
  verify,
  normalize,
};

/** `t=<milliseconds>, v1=<hex>` over `<t>.<body>`. The SDK allows 3 minutes, and the past only; ours is for all schemes. */
function verify({ raw, headers }: InboundRequest, source: SourceConfig, now: Date): Verified {
  const header = headerOf(headers, 'workos-signature');
  if (header === 'missing') return refused('missing_signature');
  if (header === 'bad') return refused('bad_signature');
  const parts = header.value.split(',').map((part) => part.trim());
  const valuesOf = (key: string) =>
    parts.filter((part) => part.startsWith(`${key}=`)).map((part) => part.slice(key.length + 1));
  const [stamp, ...others] = valuesOf('t');
  if (stamp === undefined || others.length > 0 || !/^\d{1,15}$/.test(stamp)) return refused('bad_signature');
  const expected = source.secrets
    .filter((secret) => workos.refuseSecret(secret) === undefined)
    .map((secret) => hmacSha256(secret, [`${stamp}.`, raw], 'hex'));
  if (!anyMatches(valuesOf('v1'), expected)) return refused('bad_signature');
  if (!isFresh(Math.floor(Number(stamp) / 1000), now)) return refused('stale_timestamp');
  return opened(raw, (body) => ({
    id: text(body.id),
    type: body.event,
    occurredAt: timeFromIso(body.created_at),
  }));
}

function normalize(body: unknown, { type }: { readonly type: string }, source: SourceConfig): Normalized {
  const occurredAt = timeFromIso(at(body, 'created_at'));
  const handler = Object.hasOwn(HANDLERS, type) ? HANDLERS[type] : undefined;
  const outcome = handler ? handler(at(body, 'data'), source) : 'unknown_type';
  // Staging and production differ in the endpoint's secret only.
  if (typeof outcome === 'string') return { mode: undefined, occurredAt, facts: [], ignored: outcome };
  return { mode: undefined, occurredAt, facts: outcome, ignored: undefined };
}

function userCreated(data: unknown, source: SourceConfig): Outcome {
  const fact: MemberFact = {
    ...userOf(data),
    change: 'created',
    codes: codesOf(source.codeFrom, (path) => text(at(data, path))),
    createdAt: timeFromIso(at(data, 'created_at')),
  };
  return [fact];
}

function userOf(data: unknown) {
  const verified = at(data, 'email_verified');
  const parts = [text(at(data, 'first_name')), text(at(data, 'last_name'))].filter((part) => part !== undefined);
  return {
    fact: 'member' as const,
    memberId: requiredText(data, 'id'),
    email: email(at(data, 'email')),
    emailVerified: typeof verified === 'boolean' ? verified : undefined,
    name: parts.length > 0 ? parts.join(' ') : text(at(data, 'name')),
  };
}

/** An invitation that nobody has accepted is `pending`: it says who was asked, not who belongs. */
function joinedOrganization(data: unknown): Outcome {
  const status = text(at(data, 'status'));
  if (status !== undefined && status !== 'active') return 'not_active';
  const orgId = requiredText(data, 'organization_id');
  return [{ fact: 'member', change: 'updated', memberId: requiredText(data, 'user_id'), orgId, codes: [] }];
}
