/**
 * A token that the sender repeats with every request, in `Authorization`: Auth0, and Supabase's database webhooks.
 * Promises: told apart in constant time, whatever its length; `Bearer ` before it is optional, for Auth0's log streams
 * send what was typed, as it was typed. Must never: be taken for a signature: it covers no byte of the body and no
 * time, so it must be long, and https is all that keeps it secret.
 */
import { createHash } from 'node:crypto';
import type { InboundRequest, Refusal } from '../model/provider.ts';
import { anyMatches, headerOf, refuseTextSecret } from './signatures.ts';

/** Nothing but this text stands between a guesser and the ledger. */
const TOKEN_LENGTH_MIN = 16;

export function refuseToken(secret: string): string | undefined {
  if (/^bearer\s/i.test(secret)) return 'begins with "Bearer"; only what comes after it belongs here';
  const refusal = refuseTextSecret(secret, []);
  if (refusal !== undefined) return refusal;
  return secret.length < TOKEN_LENGTH_MIN ? `is shorter than ${TOKEN_LENGTH_MIN} characters` : undefined;
}

/** Why the request is not by somebody who knows one of the tokens, or undefined when it is. */
export function refuseByToken(request: InboundRequest, secrets: readonly string[]): Refusal | undefined {
  const header = headerOf(request.headers, 'authorization');
  if (header === 'missing') return 'missing_signature';
  if (header === 'bad') return 'bad_signature';
  const given = header.value.trim().replace(/^bearer\s+/i, '');
  const tokens = secrets.filter((secret) => refuseToken(secret) === undefined);
  return anyMatches([digest(given)], tokens.map(digest)) ? undefined : 'bad_signature';
}

/** Of one length for all, so that not even the token's length shows. */
function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
