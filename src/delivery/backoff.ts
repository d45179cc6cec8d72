/**
 * When a delivery is tried again; pure.
 * Promises: a few quick tries within ten seconds, then the slow schedule, under 23 h in all: that is how long Stripe
 * surely keeps a key. Must never: go on for ever; what is left then is for a person.
 */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;

/** After each failed round: 1, 5, 30 min, 2, 6, 12 h; 20 h 36 min in all. */
const SLOW_MS: readonly number[] = [MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS];

/** The queue tries nothing after this, counted from the first try. */
export const QUEUE_MS_MAX = 23 * HOUR_MS;

/** Keeps a sink's own wish within what a queue can hold to. */
const RETRY_AFTER_S_MAX = 12 * 3600;

export interface Timing {
  /** The deadline of one call. */
  readonly tryMs: number;
  /** All quick tries together. */
  readonly quickMs: number;
  readonly quickRetries: number;
  /** Doubled after each quick try. */
  readonly quickDelayMs: number;
  /** A quick try with less time than this is not begun. */
  readonly tryMsMin: number;
  /** Longer than a lookup, the quick tries and the write together; then another process may take over. */
  readonly leaseMs: number;
  readonly breakerMs: number;
}

export const TIMING: Timing = {
  tryMs: 10 * SECOND_MS,
  quickMs: 10 * SECOND_MS,
  quickRetries: 4,
  quickDelayMs: 500,
  tryMsMin: SECOND_MS,
  leaseMs: 60 * SECOND_MS,
  breakerMs: 30 * SECOND_MS,
};

/** Consecutive failures after which a sink is left alone for a while. */
export const BREAKER_FAILURES = 10;

/** How long to wait after the round that follows `retries` slow ones; undefined: the schedule is used up. */
export function slowDelayMs(retries: number): number | undefined {
  return SLOW_MS[retries];
}

/** What a delivery waits that never got a real try because the breaker stood open each time its turn came. */
export const UNTRIED_DELAY_MS = 30 * MINUTE_MS;

/** `Retry-After` in seconds or as an HTTP date, from `now` (real time); undefined when it is absent or no such thing. */
export function retryAfterSeconds(header: string | undefined, now: Date): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  const at = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - now.getTime()) / SECOND_MS);
  return Number.isNaN(at) ? undefined : Math.min(Math.max(at, 1), RETRY_AFTER_S_MAX);
}
