/**
 * The contract of a billing system that takes credits. One file beside this one implements it.
 * Promises: `freeze` is pure and fixes all that every try will send; `send` makes one call and says what is certain
 * about it; `lookup` asks whether the credit is there. Must never: try twice by itself, throw for what a network or a
 * billing system may do, or put a secret or an address into a detail.
 */
import type { SinkConfig } from '../../model/program.ts';
import type { Http } from '../egress.ts';

/** What the engine decided, before it becomes a sink's own request. */
export interface SinkIntent {
  readonly deliveryId: bigint;
  readonly rewardId: bigint;
  readonly program: string;
  readonly kind: 'create' | 'reverse' | 'restore';
  /** Positive, in minor units. */
  readonly amount: bigint;
  readonly unit: string;
  readonly idempotencyKey: string;
  /** The key of the credit that a reversal takes back; null for the others. */
  readonly reverses: string | null;
  readonly memberId: string;
  readonly customerId: string | null;
  /** The rule's label. */
  readonly reason: string;
  readonly paymentId: string | null;
  readonly at: Date;
  /** Text that only this deployment can make of `value`: for codes that must not be guessed. */
  readonly token: (value: string) => string;
}

/** What is the same on every try of a delivery, and what the try brings with it. */
export interface SinkCall<C extends SinkConfig = SinkConfig> {
  readonly config: C;
  readonly program: string;
  readonly deliveryId: bigint;
  readonly idempotencyKey: string;
  readonly http: Http;
  /** The deadline of the call. */
  readonly signal: AbortSignal;
}

export type SinkAnswer =
  | { readonly answer: 'confirmed'; readonly status: number; readonly reference: string | null }
  /** Taken on; the sink settles it later. */
  | { readonly answer: 'accepted'; readonly status: number }
  /** A definite no: nothing was done by this call. */
  | { readonly answer: 'refused'; readonly status: number; readonly detail: string }
  | {
      readonly answer: 'retry_after';
      readonly status: number;
      readonly seconds: number;
      /** false: the sink said no before it looked (429). */
      readonly mayHaveArrived: boolean;
    }
  /** It may have been carried out. This is not failure. */
  | { readonly answer: 'unknown'; readonly status: number | null; readonly detail: string }
  /** Nothing can have been carried out. */
  | { readonly answer: 'not_sent'; readonly status: number | null; readonly detail: string };

export type LookupAnswer =
  | { readonly found: 'found'; readonly status: number | null; readonly reference: string | null }
  | { readonly found: 'absent'; readonly status: number | null }
  | { readonly found: 'cannot'; readonly status: number | null; readonly detail: string };

export interface Sink<C extends SinkConfig = SinkConfig> {
  readonly kind: C['kind'];
  freeze(intent: SinkIntent): string;
  send(request: string, call: SinkCall<C>): Promise<SinkAnswer>;
  /** Only called when `looksUp` says so. */
  lookup(request: string, call: SinkCall<C>): Promise<LookupAnswer>;
  looksUp(config: C): boolean;
  /** How long the same key is surely one credit, ms from its first use: Infinity for ever, 0 not at all. */
  keyLifeMs(config: C): number;
}

const REFERENCE_LENGTH_MAX = 200;

/** The sink's own id of the credit, if it is one that we can keep: short text without control characters. */
export function usableReference(value: unknown): string | null {
  if (typeof value !== 'string' || value.trim() === '' || value.length > REFERENCE_LENGTH_MAX) return null;
  return /\p{Cc}|\p{Cs}/u.test(value) ? null : value;
}

/** Amounts travel as JSON integers; beyond 2^53 most readers would round them. */
export function exactNumber(amount: bigint): number {
  const number = Number(amount);
  if (!Number.isSafeInteger(number)) throw new RangeError(`an amount of ${amount} does not fit a JSON number`);
  return number;
}
