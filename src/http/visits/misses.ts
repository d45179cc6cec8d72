/**
 * What links and beacons tell of codes that do not stand: that, but only so often in a minute, for a whole program.
 * Promises: counted in the database for all processes, and only where a code did not stand, so a click on one that does
 * waits for nothing. Must never: keep anybody from arriving, or share a count with the lookups: a dead link that is
 * still followed would close them.
 */
import type { Deps } from '../deps.ts';
import { Problem } from '../problems.ts';

const EVERYBODY = 'everybody';

/** false: answer as if the code stood. */
export async function mayTellMiss(limits: Deps['limits'], programNo: number): Promise<boolean> {
  try {
    await limits.take('link_misses', programNo, EVERYBODY);
    return true;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}
