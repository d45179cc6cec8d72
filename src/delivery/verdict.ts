/**
 * What one round of tries means for the delivery's row, and what the engine is told of it; pure.
 * Promises: an outcome that is not certain stays `unknown` until a lookup or the sink's word settles it; a delivery
 * that was once tried never leaves the engine uninformed. Must never: call a credit refused that an earlier try may
 * have brought in.
 */
import type { Command } from '../model/commands.ts';
import { QUEUE_MS_MAX, slowDelayMs, UNTRIED_DELAY_MS } from './backoff.ts';

export type DeliveryResult = Extract<Command, { command: 'delivery.result' }>['result'];

/** A delivery in a sender's hands, as it was before the claim. */
export interface Claimed {
  readonly id: bigint;
  readonly rewardId: bigint;
  readonly idempotencyKey: string;
  readonly sink: string;
  readonly request: string;
  readonly epoch: number;
  readonly triedOnce: boolean;
  readonly attempts: number;
  readonly retries: number;
  /** `unknown`: an earlier try may have arrived. null: none was finished. */
  readonly outcome: 'refused' | 'unknown' | 'not_sent' | null;
  readonly firstTryAt: Date | null;
  /** Its sender's lease ran out: what became of the try is unknown. */
  readonly lapsed: boolean;
  /** A person asked for this try. */
  readonly approved: boolean;
}

export interface Attempt {
  readonly at: Date;
  readonly action: 'send' | 'lookup';
  readonly outcome: string;
  readonly status: number | null;
  readonly detail: string | null;
  readonly durationMs: number;
}

/** How a round ended. `later`: not settled, the queue goes on; `person`: not settled, and it must not go on by itself. */
export type RoundEnd =
  | { readonly end: 'confirmed'; readonly reference: string | null }
  | { readonly end: 'accepted' }
  | { readonly end: 'refused' }
  | { readonly end: 'later'; readonly seconds?: number; readonly again: boolean }
  | { readonly end: 'person' };

export interface Round {
  readonly end: RoundEnd;
  readonly attempts: readonly Attempt[];
  /** Some try may have arrived, and nothing has settled it. */
  readonly uncertain: boolean;
  /** The sink was called; false for a round that the breaker cut off. */
  readonly called: boolean;
}

/** The new content of the row, and what the engine is told (null: it knows already). */
export interface Verdict {
  readonly state: 'confirmed' | 'accepted' | 'refused' | 'waiting' | 'parked';
  readonly outcome: Claimed['outcome'];
  readonly reference: string | null;
  readonly retries: number;
  readonly firstTryAt: Date | null;
  readonly nextTryAt: Date | null;
  readonly settledAt: Date | null;
  readonly tell: DeliveryResult | null;
}

/** A refusal is certain, and whoever approves after it starts the schedule anew. */
export function beginsAnew(claimed: Claimed): boolean {
  return claimed.outcome === 'refused' && !claimed.lapsed;
}

export function verdictOf(claimed: Claimed, round: Round, now: Date): Verdict {
  const anew = beginsAnew(claimed);
  const firstTryAt = (anew ? null : claimed.firstTryAt) ?? (round.called ? now : null);
  const base = { reference: null, retries: anew ? 0 : claimed.retries, firstTryAt, nextTryAt: null, settledAt: null };
  const { end } = round;
  switch (end.end) {
    case 'confirmed':
      return {
        ...base,
        state: 'confirmed',
        outcome: null,
        reference: end.reference,
        settledAt: now,
        tell: 'confirmed',
      };
    case 'accepted':
      return { ...base, state: 'accepted', outcome: round.uncertain ? 'unknown' : null, tell: null };
    case 'refused':
      // The no says nothing about an earlier try that may have arrived.
      if (round.uncertain) return { ...base, state: 'parked', outcome: 'unknown', tell: 'unknown' };
      return { ...base, state: 'refused', outcome: 'refused', tell: 'refused' };
    case 'person':
      return { ...base, state: 'parked', outcome: 'unknown', tell: 'unknown' };
    case 'later':
      return { ...base, ...later(claimed, round, now, end.seconds, base.retries) };
  }
}

type Later = Pick<Verdict, 'state' | 'outcome' | 'nextTryAt' | 'retries' | 'tell'>;

function later(claimed: Claimed, round: Round, now: Date, seconds: number | undefined, retries: number): Later {
  const outcome = round.uncertain ? 'unknown' : 'not_sent';
  const told = claimed.outcome === 'unknown' || claimed.outcome === 'not_sent';
  const tell = told ? null : 'unknown';
  const anew = beginsAnew(claimed);
  const tooOld = !anew && claimed.firstTryAt !== null && now.getTime() - claimed.firstTryAt.getTime() >= QUEUE_MS_MAX;
  if (seconds !== undefined && !tooOld) {
    return { state: 'waiting', outcome, nextTryAt: new Date(now.getTime() + seconds * 1000), retries, tell };
  }
  // A try that a person asked for stands beside the schedule and uses none of it up.
  const beside = claimed.approved && !anew;
  const delay =
    beside && retries > 0 && slowDelayMs(retries) !== undefined ? slowDelayMs(retries - 1) : slowDelayMs(retries);
  if (delay !== undefined && !tooOld) {
    const used = beside ? retries : retries + 1;
    return { state: 'waiting', outcome, nextTryAt: new Date(now.getTime() + delay), retries: used, tell };
  }
  // Nobody gives up on what was never really tried.
  if (!round.called && claimed.firstTryAt === null) {
    return { state: 'waiting', outcome, nextTryAt: new Date(now.getTime() + UNTRIED_DELAY_MS), retries, tell };
  }
  return { state: 'parked', outcome, nextTryAt: null, retries, tell: 'given_up' };
}
