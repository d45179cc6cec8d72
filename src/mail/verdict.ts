/**
 * What one try means for the mail's row; pure.
 * Promises: accepted is sent; a definite no is failed at once; whatever else is tried again for two days, under the same
 * message id. Must never: go on for ever.
 */

/** What a mail server, or the outbox folder, said to one try. */
export type MailAnswer =
  | { readonly answer: 'accepted' }
  /** A definite no to this mail. */
  | { readonly answer: 'refused'; readonly detail: string }
  /** Not now, or nobody knows. `away`: it was not about this mail, and the next one would fare no better. */
  | { readonly answer: 'later'; readonly detail: string; readonly away: boolean };

export interface MailVerdict {
  readonly state: 'planned' | 'sent' | 'failed';
  readonly reason: string | null;
  readonly nextTryAt: Date | null;
  readonly sentAt: Date | null;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** After each try that settled nothing: 1, 5, 30 min, 2, 6, 12, 24 h. */
const RETRY_MS: readonly number[] = [
  MINUTE_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  24 * HOUR_MS,
];

/** `attempts` counts this one. */
export function verdictOf(answer: MailAnswer, attempts: number, now: Date): MailVerdict {
  const open = { reason: null, nextTryAt: null, sentAt: null };
  if (answer.answer === 'accepted') return { ...open, state: 'sent', sentAt: now };
  if (answer.answer === 'refused') return { ...open, state: 'failed', reason: 'refused' };
  const delay = RETRY_MS[attempts - 1];
  if (delay === undefined) return { ...open, state: 'failed', reason: 'given_up' };
  return { ...open, state: 'planned', nextTryAt: new Date(now.getTime() + delay) };
}
