/**
 * Early fraud warning: the payment provider, or its card network, says that a payment is probably fraud.
 * Promises: it is told as a dispute by which no money has moved yet; the engine asks for it whenever the facts of a
 * payment change, for a warning comes days later.
 */
import type { Signal } from '../signal.ts';

export const EARLY_FRAUD_WARNING = 'early_fraud_warning';

export const earlyFraudWarning: Signal = { name: EARLY_FRAUD_WARNING, reason: 'incentive_abuse' };
