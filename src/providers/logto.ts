/**
 * Logto: users who register, change, and leave.
 * Promises: `PostRegister` and `User.Created` tell of one signup, and both give the same member; an event without an id
 * goes by what happened, to whom, and when. Must never: call `ip` the signup's address: in a data hook it is that of
 * whoever called the Management API, often the product's own server; or refuse what was proven: Logto drops it on a 4xx.
 */
import { type Fact, type MemberFact, type Normalized, NotUnderstood } from '../model/facts.ts';
import type { InboundRequest, Provider, SourceConfig, Verified } from '../model/provider.ts';
import { at, email, instant, isRecord, text, timeFromIso } from './json.ts';
import { codesOf } from './people.ts';
import { anyMatches, derivedId, headerOf, hmacSha256, opened, refused, refuseTextSecret } from './signatures.ts';

type Outcome = readonly Fact[] | string;

const HANDLERS: Readonly<Record<string, (body: unknown, source: SourceConfig) => Outcome>> = {
  PostRegister: (body, source) => userCreated(body, at(body, 'user'), source),
  'User.Created': (body, source) => userCreated(body, at(body, 'data'), source),
  'User.Data.Updated': userUpdated,
  'User.Deleted': (body) => [{ fact: 'member_deleted', memberId: requiredUserId(body) }],
};

export const logto: Provider = {
  kind: 'logto',
  handles: Object.keys(HANDLERS),
  defaults: { memberFrom: [], codeFrom: ['customData.ref', 'customData.referral_code'] },
  refuseSecret: (secret) => refuseTextSecret(secret, []),
  verify,
  normalize,
};

/** Hex over the body alone, in some versions after `sha256=`. No time is signed: only the event's id stops a replay. */
function verify({ raw, headers }: InboundRequest, source: SourceConfig): Verified {
  const header = headerOf(headers, 'logto-signature-sha-256');
  if (header === 'missing') return refused('missing_signature');
  if (header === 'bad') return refused('bad_signature');
  const expected = source.secrets
    .filter((secret) => logto.refuseSecret(secret) === undefined)
    .map((secret) => hmacSha256(secret, [raw], 'hex'));
  if (!anyMatches([header.value.replace(/^sha256=/, '')], expected)) return refused('bad_signature');
  // Not `hookId`: two hooks of one Logto may point here, and tell the same.
  return opened(raw, (body) => ({
    id: derivedId([text(body.event), userIdOf(body), text(body.createdAt)]),
    type: body.event,
    occurredAt: timeFromIso(body.createdAt),
  }));
}

function normalize(body: unknown, { type }: { readonly type: string }, source: SourceConfig): Normalized {
  const occurredAt = timeFromIso(at(body, 'createdAt'));
  const outcome = handle(body, type, source);
  if (typeof outcome === 'string') return { mode: undefined, occurredAt, facts: [], ignored: outcome };
  return { mode: undefined, occurredAt, facts: outcome, ignored: undefined };
}

function handle(body: unknown, type: string, source: SourceConfig): Outcome {
  const handler = Object.hasOwn(HANDLERS, type) ? HANDLERS[type] : undefined;
  if (!handler) return 'unknown_type';
  // What the console's button "Send test payload" sends, for each type.
  const isTest = at(body, 'userAgent') === 'fake-user-agent' && userIdOf(body) === 'fake-id';
  return isTest ? 'test' : handler(body, source);
}

/** In the path of the request that changed the user, before the entity: some answers to it are no user at all. */
function userIdOf(body: unknown): string | undefined {
  const places = ['userId', 'params.userId', 'params.id', 'user.id', 'data.id'];
  return places.map((place) => text(at(body, place))).find((id) => id !== undefined);
}

function requiredUserId(body: unknown): string {
  const id = userIdOf(body);
  if (id === undefined) throw new NotUnderstood('userId', 'missing or not text');
  return id;
}

/** Without the user, which Logto may fail to look up, it is a signup all the same; the other event brings the rest. */
function userCreated(body: unknown, user: unknown, source: SourceConfig): Outcome {
  const ip = text(at(body, 'userIp'));
  const fact: MemberFact = {
    fact: 'member',
    change: 'created',
    memberId: requiredUserId(body),
    // Logto keeps an address as `primaryEmail` only once it is verified.
    email: email(at(user, 'primaryEmail')),
    name: text(at(user, 'name')),
    codes: codesOf(source.codeFrom, (path) => text(at(user, path))),
    ip,
    userAgent: ip === undefined ? undefined : text(at(body, 'userAgent')),
    createdAt: timeOf(at(user, 'createdAt')),
  };
  return [fact];
}

/** Whoever may write custom data or a profile could write `primaryEmail` into it: there `data` is not the user. */
function userUpdated(body: unknown): Outcome {
  const user = at(body, 'data');
  if (/\/(custom-data|profile)$/.test(text(at(body, 'path')) ?? '') || !isRecord(user)) return 'no_user_in_it';
  return [
    { fact: 'member', change: 'updated', memberId: requiredUserId(body), email: email(user.primaryEmail), codes: [] },
  ];
}

function timeOf(value: unknown): Date | undefined {
  return typeof value === 'number' ? instant(value) : timeFromIso(value);
}
