/**
 * The registry of fraud signals: one line each. A program file may name these and no others.
 */
import type { Signal } from '../signal.ts';
import { disposableEmail } from './disposable-email.ts';
import { sameIp } from './same-ip.ts';
import { selfReferral } from './self-referral.ts';
import { velocity } from './velocity.ts';

export const signals: ReadonlyMap<string, Signal> = new Map(
  [selfReferral, sameIp, velocity, disposableEmail].map((signal) => [signal.name, signal]),
);
