/**
 * What a reward's state means, in a sentence for whoever has to decide; pure.
 * Promises: each state of the contract has its sentence, and an unknown reason is shown as it is. Must never: promise
 * what the engine does not do.
 */
import type { Translator } from '../../texts/translator.ts';

export interface RewardState {
  readonly status: string;
  readonly reason: string | null;
  readonly outcome: string | null;
  readonly flags: readonly string[];
}

/** Without a try there is no billing system behind it: balances are kept here. */
type Told = RewardState & { readonly attempts: readonly unknown[] };

export function meaningOf(t: Translator, { status, reason, outcome, attempts }: Told): string {
  const why = (status === 'failed' ? outcome : reason) ?? '';
  const known = t.find(`meaning.${status}.${why}`);
  if (known !== undefined) return known;
  const words = { reason: t.word(why) };
  switch (status) {
    case 'pending':
      return t('meaning.pending', words);
    case 'credited':
      return t(attempts.length > 0 ? 'meaning.credited' : 'meaning.creditedHere');
    case 'failed':
      return t('meaning.failed');
    case 'reversed':
      return why === '' ? t('meaning.reversed') : t('meaning.reversedFor', words);
    default:
      return why === '' ? t('meaning.rejected') : t('meaning.rejectedFor', words);
  }
}

/** What may be done with it now. */
export function actionsOf({ status, reason }: RewardState): readonly ('approve' | 'reject' | 'reverse')[] {
  if (status === 'failed') return ['approve', 'reject'];
  if (status === 'pending') return reason === 'held' ? ['approve', 'reject'] : ['reject'];
  return status === 'credited' ? ['reverse'] : [];
}
