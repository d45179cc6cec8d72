/**
 * The registry of fraud signals: one line each. A program file may name these and no others.
 */
import type { SuspensionReason } from '../../model/suspensions.ts';
import type { Signal } from '../signal.ts';
import { disposableEmail } from './disposable-email.ts';
import { duplicateAccount } from './duplicate-account.ts';
import { emailDomain } from './email-domain.ts';
import { existingCustomer } from './existing-customer.ts';
import { sameIp } from './same-ip.ts';
import { selfReferral } from './self-referral.ts';
import { velocity } from './velocity.ts';

export const signals: ReadonlyMap<string, Signal> = new Map(
  [selfReferral, velocity, sameIp, emailDomain, disposableEmail, duplicateAccount, existingCustomer].map((signal) => [
    signal.name,
    signal,
  ]),
);

/** Why somebody whom this signal suspends is suspended. */
export function reasonOf(name: string): SuspensionReason | null {
  return signals.get(name)?.reason ?? null;
}
