/**
 * The registry of fraud signals: one line each. A program file may name these and no others.
 */
import type { SuspensionReason } from '../../model/suspensions.ts';
import type { Signal } from '../signal.ts';
import { clickFraud } from './click-fraud.ts';
import { country } from './country.ts';
import { creditCycling } from './credit-cycling.ts';
import { disposableEmail } from './disposable-email.ts';
import { domainAge } from './domain-age.ts';
import { duplicateAccount } from './duplicate-account.ts';
import { earlyFraudWarning } from './early-fraud-warning.ts';
import { emailDomain } from './email-domain.ts';
import { existingCustomer } from './existing-customer.ts';
import { fakeAccounts } from './fake-accounts.ts';
import { network } from './network.ts';
import { refundRate } from './refund-rate.ts';
import { ring } from './ring.ts';
import { sameIp } from './same-ip.ts';
import { selfReferral } from './self-referral.ts';
import { velocity } from './velocity.ts';

export const signals: ReadonlyMap<string, Signal> = new Map(
  [
    ...[selfReferral, velocity, sameIp, emailDomain, disposableEmail, duplicateAccount, existingCustomer],
    ...[fakeAccounts, creditCycling, refundRate, ring, earlyFraudWarning, domainAge, clickFraud],
    ...[country, network],
  ].map((signal: Signal) => [signal.name, signal]),
);

/** Why somebody whom this signal suspends is suspended. */
export function reasonOf(name: string): SuspensionReason | null {
  return signals.get(name)?.reason ?? null;
}
