/**
 * The contract of a source of webhooks. One file in providers/ implements it; no I/O, no clock of its own.
 * Promises: `verify` looks at raw bytes and every live secret in constant time; `normalize` is a total function of the
 * body that it verified, so that a mistake in it is put right and replayed. Must never: throw for a type it does not
 * know (that is `ignored`), or trust a field that the signature does not cover.
 */
import type { Normalized } from './facts.ts';

/** One source of a program file, resolved: secrets are filled in and never empty. */
export interface SourceConfig {
  readonly name: string;
  readonly kind: string;
  readonly secrets: readonly string[];
  /** Where the payer's member id stands, strongest first: `metadata.user_id`, `client_reference_id`, `email`. */
  readonly memberFrom: readonly string[];
  /** Where a referral code may stand: `unsafe_metadata.ref`, `metadata.ref`, `client_reference_id` … */
  readonly codeFrom: readonly string[];
}

export interface InboundRequest {
  readonly raw: Buffer;
  /** Lower-cased names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export type Refusal = 'missing_signature' | 'bad_signature' | 'stale_timestamp' | 'not_parseable';

/** What the door needs to know of a verified body: its identity for ever, and its type. */
export interface Envelope {
  readonly eventId: string;
  readonly type: string;
  readonly occurredAt: Date | undefined;
  /** The parsed body, handed on so that nobody parses twice. */
  readonly body: unknown;
}

export type Verified =
  | { readonly ok: true; readonly envelope: Envelope }
  | { readonly ok: false; readonly refusal: Refusal };

export interface Provider {
  readonly kind: string;
  /** Event types that normalize turns into facts; each has a fixture. All others are kept as `ignored`. */
  readonly handles: readonly string[];
  readonly defaults: { readonly memberFrom: readonly string[]; readonly codeFrom: readonly string[] };
  /** Each secret that the provider gives out begins with one of these; undefined where nobody can tell. */
  readonly secretPrefixes?: readonly string[];
  /** Says why a configured secret can never work (empty, only a prefix, not base64), or undefined. */
  refuseSecret(secret: string): string | undefined;
  /** `now` is the real clock: freshness never goes by the test clock. */
  verify(request: InboundRequest, source: SourceConfig, now: Date): Verified;
  /** `type` and `eventId` as stored in the inbox (for some providers they stand only in a header). */
  normalize(
    body: unknown,
    event: { readonly type: string; readonly eventId: string },
    source: SourceConfig,
  ): Normalized;
}
