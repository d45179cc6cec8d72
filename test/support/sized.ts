/**
 * How large a scenario is: small in `npm test`, which is run before each commit, large in `npm run test:faults`.
 * Promises: both forms run the same code.
 */
import { inject } from 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    long?: boolean;
  }
}

/** `npm run test:faults` says so (test/faults/vitest.config.ts). */
export const LONG = inject('long') === true;

export const sized = (short: number, long: number): number => (LONG ? long : short);

/** For a test that brings what it needs itself: once, and so often in the long form. */
export const again = (times: number, seconds = 300) => ({
  repeats: sized(0, times - 1),
  ...(LONG && { timeout: seconds * 1000 }),
});
