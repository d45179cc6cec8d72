/**
 * Whether a provider can have given out a signing secret, as far as its text shows; pure.
 * Promises: the reason says what the secret looks like, and what it should. Must never: repeat a secret, or keep a
 * service from its start: whatever signs with it all the same has its webhooks taken.
 */

/** Of Stripe, Clerk and WorkOS; Paddle; Polar; Supabase. */
const API_KEY = /^(?:[srp]k_|pdl_(?:live|sdbx)_apikey_|polar_(?:oat|pat)_|sb_(?:secret|publishable)_)/;

/** `prefixes`: one of which every secret of the provider begins with; none where nobody can tell. */
export function doubtSecret(secret: string, prefixes: readonly string[] = []): string | undefined {
  if (prefixes.some((prefix) => secret.startsWith(prefix))) return undefined;
  const right = prefixes.join(' or ');
  const [key] = API_KEY.exec(secret) ?? [];
  if (key !== undefined) {
    return `has the form of an API key (${key}…)${right && `; the signing secret of the webhook begins with ${right}`}`;
  }
  return right ? `does not begin with ${right}` : undefined;
}
