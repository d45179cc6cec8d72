/**
 * Bodies of webhooks, addresses of signups and those that mails went to are kept for the program's `retention` and then
 * removed; clicks for its window.
 * Promises: by the service's clock; in small transactions, so that intake never waits; what is parked keeps its body
 * until somebody has dealt with it. Must never: remove the row, or what says that the event is known.
 */
import type pg from 'pg';
import type { DurationMs, LoadedProgram } from '../model/program.ts';
import * as sql from './purge.sql.ts';

/** Bodies have some 4 KB: a page writes little more than a megabyte. */
const ROWS_PER_PAGE = 500;

export interface PurgeOptions {
  readonly retention: DurationMs;
  readonly now: Date;
  readonly rowsPerPage?: number;
  /** Asked between two pages: true ends the work early; the next run goes on. */
  readonly stopped?: () => boolean;
}

/** All that a program keeps for a time only. */
export async function purge(
  pool: pg.Pool,
  { no, program: { retention, attribution } }: Pick<LoadedProgram, 'no' | 'program'>,
  { now, stopped }: Pick<PurgeOptions, 'now' | 'stopped'>,
): Promise<void> {
  await purgeBodies(pool, no, { retention, now, ...(stopped && { stopped }) });
  await purgeAddresses(pool, no, { retention, now });
  await purgeVisits(pool, no, { window: attribution.window, now });
}

/** Returns how many bodies were removed. Safe to run twice at once. */
export async function purgeBodies(pool: pg.Pool, programNo: number, options: PurgeOptions): Promise<number> {
  const { retention, now, rowsPerPage = ROWS_PER_PAGE } = options;
  if (retention === 'never') return 0;
  const before = new Date(now.getTime() - retention);
  let [purged, after] = [0, 0n];
  while (!options.stopped?.()) {
    const { rows } = await pool.query(sql.PURGE_PAGE, [programNo, after, before, rowsPerPage]);
    const page = rows[0] as { last: bigint | null; old: boolean; purged: number };
    purged += page.purged;
    // Ids rise with arrival: behind a page that holds nothing old there is nothing old.
    if (page.last === null || !page.old) break;
    after = page.last;
  }
  return purged;
}

/**
 * Addresses of signups are kept as long as the bodies that told them, unless they were looked up and forgotten before;
 * those to which a mail went, as long: who was invited may never have become a member, whom somebody could erase.
 */
export async function purgeAddresses(
  pool: Pick<pg.Pool, 'query'>,
  programNo: number,
  { retention, now }: { readonly retention: DurationMs; readonly now: Date },
): Promise<void> {
  if (retention === 'never') return;
  const before = new Date(now.getTime() - retention);
  await pool.query(sql.PURGE_ADDRESSES, [programNo, before]);
  await pool.query(sql.PURGE_RECIPIENTS, [programNo, before]);
}

/** Clicks and claims that are older than the window attribute nothing any more; the counts by day stay. */
async function purgeVisits(
  pool: Pick<pg.Pool, 'query'>,
  programNo: number,
  { window, now }: { readonly window: number; readonly now: Date },
): Promise<void> {
  await pool.query(sql.PURGE_VISITS, [programNo, new Date(now.getTime() - window)]);
}
