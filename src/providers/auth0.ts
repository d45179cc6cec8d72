/**
 * Auth0: users told by an event stream (one CloudEvent a body) or by a log stream (one log or many a body).
 * Promises: both spellings of a type are one (`user.created`, `com.auth0.user.created`), and so are a list of logs, JSON
 * lines and a single log; what is marked as a test changes nothing. Must never: take a code but at signup, for
 * `user_metadata` can be written by the user at any time; or refuse what was proven: Auth0 never repeats after a 4xx.
 */
import { type Fact, type MemberFact, type Normalized, NotUnderstood } from '../model/facts.ts';
import type { InboundRequest, Provider, SourceConfig, Verified } from '../model/provider.ts';
import { at, email, isRecord, type Json, list, requiredText, text, timeFromIso } from './json.ts';
import { codesOf } from './people.ts';
import { derivedId, type Opened, openedList, refused } from './signatures.ts';
import { refuseByToken, refuseToken } from './static-token.ts';

/** A log stream's body has no type of its own, since it may hold logs of many. */
const LOG_STREAM = 'log_stream';

const EVENTS: Readonly<Record<string, (data: unknown, source: SourceConfig) => Fact>> = {
  'user.created': userCreated,
  'user.updated': (data) => ({ ...userOf(data), change: 'updated', codes: [] }),
  'user.deleted': (data) => ({ fact: 'member_deleted', memberId: requiredText(data, 'object.user_id') }),
};

/** By Auth0's codes: a signup succeeded; an address was verified; a user was deleted. */
const LOGS: Readonly<Record<string, (log: unknown, source: SourceConfig) => readonly Fact[]>> = {
  ss: signedUp,
  sv: (log) => [
    {
      fact: 'member',
      change: 'updated',
      memberId: requiredText(log, 'user_id'),
      email: email(at(log, 'details.email')),
      emailVerified: true,
      codes: [],
    },
  ],
  // One that names no user tells nothing, and must not hold up the signups beside it.
  sdu: (log) => [text(at(log, 'user_id')) ?? []].flat().map((memberId) => ({ fact: 'member_deleted', memberId })),
};

export const auth0: Provider = {
  kind: 'auth0',
  handles: [...Object.keys(EVENTS), LOG_STREAM],
  defaults: {
    memberFrom: [],
    codeFrom: ['user_metadata.ref', 'user_metadata.referral_code', 'app_metadata.ref', 'app_metadata.referral_code'],
  },
  refuseSecret: refuseToken,
  verify,
  normalize,
};

function verify(request: InboundRequest, source: SourceConfig): Verified {
  const refusal = refuseByToken(request, source.secrets);
  return refusal === undefined ? openedList(request.raw, identityOf) : refused(refusal);
}

function identityOf(bodies: readonly Json[]): Opened {
  const [first] = bodies;
  if (bodies.length === 1 && first && !isLog(first)) {
    return { id: text(first.id), type: spelled(first.type), occurredAt: timeFromIso(first.time) };
  }
  const ids = bodies.map((log) => text(log.log_id));
  const id = ids.length === 1 ? ids[0] : derivedId(ids);
  return { id, type: bodies.some(isLog) ? LOG_STREAM : undefined, occurredAt: timeOfLogs(bodies) };
}

function isLog(body: unknown): boolean {
  return isRecord(body) && text(body.log_id) !== undefined;
}

function spelled(type: unknown): string | undefined {
  return text(type)?.replace(/^com\.auth0\./, '');
}

/** When the first of them happened. */
function timeOfLogs(logs: readonly unknown[]): Date | undefined {
  return timeFromIso(at(logs[0], 'data.date'));
}

function normalize(body: unknown, { type }: { readonly type: string }, source: SourceConfig): Normalized {
  const bodies = Array.isArray(body) ? list(body) : [body];
  if (type === LOG_STREAM) return normalizeLogs(bodies, source);
  const event = bodies.length === 1 ? bodies[0] : undefined;
  const occurredAt = timeFromIso(at(event, 'time'));
  const nothing = (ignored: string) => ({ mode: undefined, occurredAt, facts: [], ignored });
  const name = spelled(type) ?? '';
  const handler = Object.hasOwn(EVENTS, name) ? EVENTS[name] : undefined;
  if (!handler) return nothing('unknown_type');
  if (at(event, 'a0purpose') === 'test') return nothing('test');
  return { mode: undefined, occurredAt, facts: [handler(at(event, 'data'), source)], ignored: undefined };
}

function normalizeLogs(logs: readonly unknown[], source: SourceConfig): Normalized {
  const facts = logs.flatMap((log, index) => {
    const type = text(at(log, 'data.type')) ?? '';
    const handler = Object.hasOwn(LOGS, type) ? LOGS[type] : undefined;
    try {
      return handler?.(at(log, 'data'), source) ?? [];
    } catch (error) {
      throw error instanceof NotUnderstood ? new NotUnderstood(`logs[${index}].${error.field}`, error.reason) : error;
    }
  });
  const ignored = facts.length === 0 ? 'tells_of_no_user' : undefined;
  return { mode: undefined, occurredAt: timeOfLogs(logs), facts, ignored };
}

function userCreated(data: unknown, source: SourceConfig): MemberFact {
  return {
    ...userOf(data),
    change: 'created',
    codes: codesOf(source.codeFrom, (path) => text(at(data, `object.${path}`))),
    createdAt: timeFromIso(at(data, 'object.created_at')),
  };
}

function userOf(data: unknown) {
  const verified = at(data, 'object.email_verified');
  const name = text(at(data, 'object.name'));
  return {
    fact: 'member' as const,
    memberId: requiredText(data, 'object.user_id'),
    email: email(at(data, 'object.email')),
    emailVerified: typeof verified === 'boolean' ? verified : undefined,
    // Where nobody gave a name, Auth0 puts the address or the number, which must not become part of a code.
    name: name && /@|^\+?\d+$/.test(name) ? undefined : name,
  };
}

function signedUp(log: unknown, source: SourceConfig): MemberFact[] {
  const ownDatabase = at(log, 'strategy_type') === 'database' || at(log, 'strategy') === 'auth0';
  return [
    {
      fact: 'member',
      change: 'created',
      memberId: requiredText(log, 'user_id'),
      email: email(at(log, 'details.body.email')) ?? email(at(log, 'user_name')),
      // The log does not say; in Auth0's own databases nobody is verified yet, and `sv` tells when they are.
      emailVerified: ownDatabase ? false : undefined,
      codes: codesOf(source.codeFrom, (path) => text(at(log, `details.body.${path}`))),
      ip: text(at(log, 'ip')),
      userAgent: text(at(log, 'user_agent')),
      createdAt: timeFromIso(at(log, 'date')),
    },
  ];
}
