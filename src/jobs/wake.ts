/**
 * Asks whoever works the queue to look at a program: also from a process that only serves HTTP.
 * Promises: never rejects; the next minute looks anyway. Must never: carry what is due; our own rows do.
 */
import type pg from 'pg';
import { WAKE_PROGRAM } from './schedule.sql.ts';

export interface WakeOptions {
  readonly pools: { readonly general: pg.Pool };
  readonly clock: { now(): Promise<Date> };
  readonly log: { warn(fields: object, message: string): void };
}

/** How long from now is the service's business; when that is by the database's clock, the queue's. */
export async function wakeAt({ pools, clock, log }: WakeOptions, programNo: number, at: Date): Promise<void> {
  try {
    const inMs = Math.max(0, at.getTime() - (await clock.now()).getTime());
    await pools.general.query(WAKE_PROGRAM, [programNo, inMs]);
  } catch (error) {
    log.warn({ err: error }, 'could not ask to be woken; the next minute will do');
  }
}
