/**
 * Transaction ids are the server's, not the database's: a test file next door with an older transaction holds back the
 * sealer, as it should. Waits until none is left that began before the program's last ledger transaction.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

const TRIES = 1_000;

export async function othersDone(pool: pg.Pool, programNo: number): Promise<void> {
  const text = `select pg_snapshot_xmin(pg_current_snapshot()) > coalesce(max(xid), '0'::xid8) as done
    from ledger_transactions where program_no = $1`;
  for (let i = 0; i < TRIES; i++) {
    const { rows } = await pool.query<{ done: boolean }>(text, [programNo]);
    if (rows[0]?.done) return;
    await sleep(10);
  }
  throw new Error('somebody else holds a transaction open');
}
