/**
 * The Standard Webhooks signature (also Svix, therefore Clerk; Supabase, Polar), verified with a clock passed in.
 * Promises: agrees with the `standardwebhooks` package on every well-formed header; a test holds them together. The package
 * itself reads the machine's clock and cannot be given another. Must never: take an empty key (packages before 1.1
 * did), or look at `v1a` signatures, whose key we do not hold.
 */
import type { InboundRequest, Refusal } from '../model/provider.ts';
import { anyMatches, headerOf, hmacSha256, isFresh, unixSeconds } from './signatures.ts';

const SECRET_PREFIX = 'whsec_';
/** The specification asks for 24 bytes; below 8 a key can be found offline from one captured webhook in days. */
const KEY_BYTES_MIN = 8;

/** Why this secret can never work, or undefined. */
export function refuseStandardSecret(secret: string): string | undefined {
  if (secret.trim() === '') return 'is empty';
  const encoded = withoutPrefix(secret);
  if (encoded === '') return `is only the prefix ${SECRET_PREFIX}`;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return 'is not base64';
  if (Buffer.from(encoded, 'base64').length < KEY_BYTES_MIN) return `is shorter than ${KEY_BYTES_MIN} bytes`;
  return undefined;
}

export type StandardProof =
  | { readonly ok: true; readonly id: string }
  | { readonly ok: false; readonly refusal: Refusal };

/** What this scheme makes of configured secrets; one that can never work is left out. */
export function standardKeys(secrets: readonly string[]): Buffer[] {
  return secrets
    .filter((secret) => refuseStandardSecret(secret) === undefined)
    .map((secret) => Buffer.from(withoutPrefix(secret), 'base64'));
}

export interface StandardScheme {
  /** The headers are `<family>-id`, `-timestamp`, `-signature`; families are never mixed. */
  readonly family: 'webhook' | 'svix';
  readonly keys: readonly Buffer[];
  /** What stands between several signatures, if not the space of the specification. */
  readonly between?: string;
}

export function proveStandard(request: InboundRequest, scheme: StandardScheme, now: Date): StandardProof {
  const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((part) =>
    headerOf(request.headers, `${scheme.family}-${part}`),
  );
  if (!id || !timestamp || !signature) return fail('missing_signature');
  if (id === 'bad' || timestamp === 'bad' || signature === 'bad') return fail('bad_signature');
  if (id === 'missing' || timestamp === 'missing' || signature === 'missing') return fail('missing_signature');
  const at = unixSeconds(timestamp.value);
  if (at === undefined) return fail('bad_signature');
  const given = signature.value.split(scheme.between ?? ' ').filter((entry) => entry.startsWith('v1,'));
  const expected = scheme.keys.map(
    (key) => `v1,${hmacSha256(key, [`${id.value}.${timestamp.value}.`, request.raw], 'base64')}`,
  );
  if (!anyMatches(given, expected)) return fail('bad_signature');
  return isFresh(at, now) ? { ok: true, id: id.value } : fail('stale_timestamp');
}

function withoutPrefix(secret: string): string {
  return secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret;
}

function fail(refusal: Refusal): StandardProof {
  return { ok: false, refusal };
}
