/**
 * Why a payment earned nothing, in a sentence; pure. Must never: promise what the engine does not do.
 */
import type { Translator } from '../../texts/translator.ts';

export function meaningOfPayment(t: Translator, reason: string | null): string {
  if (reason === null) return t('payment.earned');
  return t.find(`payment.reason.${reason}`) ?? t('payment.reason', { reason: t.word(reason) });
}
