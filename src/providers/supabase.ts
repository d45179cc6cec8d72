/**
 * Supabase: the database webhook on `auth.users`, and the auth hook `before-user-created`.
 * Promises: a signup is a row that was inserted; the hook, which comes before the row, notes the address (IP) that no row
 * knows, and nothing else. Must never: make a signup of the hook (the insert may still fail), trust its user id where
 * somebody else's login made it (OAuth, SAML, web3: the stored user gets another), or count an anonymous user.
 */
import type { Fact, MemberFact, Normalized } from '../model/facts.ts';
import type { InboundRequest, Provider, SourceConfig, Verified } from '../model/provider.ts';
import { at, email, requiredText, text, timeFromIso } from './json.ts';
import { codesOf } from './people.ts';
import { derivedId, type Opened, opened, refused } from './signatures.ts';
import { proveStandard, refuseStandardSecret, standardKeys } from './standard-webhooks.ts';
import { refuseByToken, refuseToken } from './static-token.ts';

type Outcome = readonly Fact[] | string;

const HANDLERS: Readonly<Record<string, (body: unknown, source: SourceConfig) => Outcome>> = {
  'auth.users.INSERT': inserted,
  'auth.users.UPDATE': updated,
  'auth.users.DELETE': deleted,
  'before-user-created': aboutToSignUp,
};

export const supabase: Provider = {
  kind: 'supabase',
  handles: Object.keys(HANDLERS),
  defaults: {
    memberFrom: [],
    codeFrom: [
      'raw_user_meta_data.ref',
      'raw_user_meta_data.referral_code',
      'raw_app_meta_data.ref',
      'raw_app_meta_data.referral_code',
    ],
  },
  refuseSecret,
  verify,
  normalize,
};

/** `v1,whsec_…` is a hook's key; any other text is the token of the database webhook's `Authorization` header. */
function refuseSecret(secret: string): string | undefined {
  if (secret.includes('|')) return 'holds several secrets; each belongs on a line of its own';
  if (secret.startsWith('v1a,')) return 'is an asymmetric key; only v1,whsec_… can be verified here';
  return isHookSecret(secret) ? refuseStandardSecret(hookKey(secret)) : refuseToken(secret);
}

function isHookSecret(secret: string): boolean {
  return secret.startsWith('v1,') || secret.startsWith('whsec_');
}

function hookKey(secret: string): string {
  return secret.replace(/^v1,/, '');
}

/** A hook signs by Standard Webhooks and joins its signatures by comma and space; a database webhook has a token only. */
function verify(request: InboundRequest, source: SourceConfig, now: Date): Verified {
  const isHook = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].some((name) => name in request.headers);
  const secrets = source.secrets.filter((secret) => isHookSecret(secret) === isHook);
  if (!isHook) {
    const refusal = refuseByToken(request, secrets);
    return refusal === undefined ? opened(request.raw, rowIdentity) : refused(refusal);
  }
  const keys = standardKeys(secrets.map(hookKey));
  const proof = proveStandard(request, { family: 'webhook', keys, between: ', ' }, now);
  if (!proof.ok) return refused(proof.refusal);
  // Not `webhook-id`, which is new with every attempt.
  return opened(request.raw, (body) => ({
    id: text(at(body, 'metadata.uuid')),
    type: at(body, 'metadata.name'),
    occurredAt: timeFromIso(at(body, 'metadata.time')),
  }));
}

/** Not `updated_at` alone: a statement of the owner's own need not touch it. */
const STATE = ['updated_at', 'email', 'email_confirmed_at', 'phone_confirmed_at', 'deleted_at', 'is_anonymous']
  .map((column) => `record.${column}`)
  .concat('old_record.is_anonymous');

/** What a change is made of: the row, and all of it that we act on. Which tables there are is the owner's choice. */
function rowIdentity(body: unknown): Opened {
  const [schema, table, change] = ['schema', 'table', 'type'].map((key) => text(at(body, key)));
  const row = text(at(body, 'record.id')) ?? text(at(body, 'old_record.id'));
  const now = change === 'UPDATE' ? STATE.map((path) => JSON.stringify(at(body, path)) ?? '') : [];
  const type = schema && table && change ? `${schema}.${table}.${change}` : undefined;
  return { id: type && derivedId([type, row, ...now]), type, occurredAt: timeOfRow(body) };
}

/** Database webhooks carry no time of their own. */
function timeOfRow(body: unknown): Date | undefined {
  return timeFromIso(at(body, at(body, 'type') === 'INSERT' ? 'record.created_at' : 'record.updated_at'));
}

function normalize(body: unknown, { type }: { readonly type: string }, source: SourceConfig): Normalized {
  const occurredAt = timeFromIso(at(body, 'metadata.time')) ?? timeOfRow(body);
  const handler = Object.hasOwn(HANDLERS, type) ? HANDLERS[type] : undefined;
  const outcome = handler ? handler(body, source) : 'unknown_type';
  if (typeof outcome === 'string') return { mode: undefined, occurredAt, facts: [], ignored: outcome };
  return { mode: undefined, occurredAt, facts: outcome, ignored: undefined };
}

function inserted(body: unknown, source: SourceConfig): Outcome {
  const row = at(body, 'record');
  if (at(row, 'is_anonymous') === true) return 'anonymous';
  return [signedUp(row, timeFromIso(at(row, 'created_at')), source)];
}

function updated(body: unknown, source: SourceConfig): Outcome {
  const row = at(body, 'record');
  if (at(row, 'is_anonymous') === true) return 'anonymous';
  if (timeFromIso(at(row, 'deleted_at'))) return [{ fact: 'member_deleted', memberId: requiredText(row, 'id') }];
  // An anonymous user who gives an address becomes a user by UPDATE, and that is the signup.
  if (at(body, 'old_record.is_anonymous') === true) {
    return [signedUp(row, timeFromIso(at(row, 'updated_at')), source)];
  }
  return [{ ...userOf(row), change: 'updated', codes: [] }];
}

function deleted(body: unknown): Outcome {
  if (at(body, 'old_record.is_anonymous') === true) return 'anonymous';
  return [{ fact: 'member_deleted', memberId: requiredText(body, 'old_record.id') }];
}

/** Only the two whose user is stored as it is here: the address and the phone. Not the e-mail: nobody has proven it. */
function aboutToSignUp(body: unknown): Outcome {
  if (at(body, 'user.is_anonymous') === true) return 'anonymous';
  if (!['email', 'phone'].includes(text(at(body, 'user.app_metadata.provider')) ?? '')) return 'throw_away_id';
  const ip = text(at(body, 'metadata.ip_address'));
  if (ip === undefined) return 'no_address_in_it';
  return [{ fact: 'member', change: 'seen', memberId: requiredText(body, 'user.id'), ip, codes: [] }];
}

function signedUp(row: unknown, createdAt: Date | undefined, source: SourceConfig): MemberFact {
  const codes = codesOf(source.codeFrom, (path) => text(at(row, path)));
  return { ...userOf(row), change: 'created', codes, createdAt };
}

function userOf(row: unknown) {
  const address = email(at(row, 'email'));
  const phone = text(at(row, 'phone'));
  // Who has only a phone has signed up once that is confirmed; until then anybody could have typed it.
  const confirmed = address || !phone ? 'email_confirmed_at' : 'phone_confirmed_at';
  return {
    fact: 'member' as const,
    memberId: requiredText(row, 'id'),
    email: address,
    emailVerified: address || phone ? timeFromIso(at(row, confirmed)) !== undefined : undefined,
    name: text(at(row, 'raw_user_meta_data.full_name')) ?? text(at(row, 'raw_user_meta_data.name')),
  };
}
