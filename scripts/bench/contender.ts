/**
 * What a contender is to the bench: something that is started on a fresh database, posted to, and looked over.
 */
import type { Child } from './child.ts';
import type { Database } from './database.ts';

export interface Contender {
  readonly name: string;
  /** Sets up members and referrals, too. */
  start(database: Database, label: string): Promise<Started>;
}

export interface Started {
  readonly child: Child;
  readonly port: number;
  /** Where Stripe's webhooks go. */
  readonly path: string;
  /** Waits until nothing is left to credit; monotonic ms of that moment. */
  settled(): Promise<number>;
  /** What does not fit, of everything that was posted: nothing when all is well. */
  problems(posted: Posted): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** All streams so far. */
export interface Posted {
  readonly count: number;
  readonly owed: bigint;
}

export const STRIPE_SECRET = 'whsec_PlusoneBench0123456789abcdef';
export const HOST = '127.0.0.1';

/** The differences between what was counted and what it should be. */
export function differences(pairs: Readonly<Record<string, readonly [counted: bigint, expected: bigint]>>): string[] {
  return Object.entries(pairs)
    .filter(([, [counted, expected]]) => counted !== expected)
    .map(([what, [counted, expected]]) => `${what}: ${counted}, and it should be ${expected}`);
}
