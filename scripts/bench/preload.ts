/**
 * Preloads a database: 2,000,000 rewards of 200,000 members, unless told otherwise.
 * Promises: nothing else runs on the database meanwhile; afterwards indexes are whole and statistics fresh. Must never:
 * run before the program is stored, or after the payments of the bench.
 */

import { DATABASE_BYTES } from './database.sql.ts';
import { type Database, withClient } from './database.ts';
import { lastId } from './plusone.ts';
import * as sql from './preload.sql.ts';

/** Long ago: no payment of the bench meets one of them in a window. */
export const PRELOAD: sql.PreloadSize = {
  rewards: 2_000_000,
  members: 200_000,
  until: new Date('2025-01-01T00:00:00Z'),
};

/** Returns the size of the database afterwards, in GB. */
export async function preload(database: Database, size: sql.PreloadSize, say: (line: string) => void): Promise<number> {
  const base = await lastId(database);
  return await withClient(database.ownerUrl, async (owner) => {
    const run = async (text: string) => void (await owner.query(text));
    const { rows: programs } = await owner.query(sql.PROGRAM);
    await run(sql.SESSION);
    const { rows: indexes } = await owner.query(sql.PLAIN_INDEXES);
    for (const { name } of indexes) await run(sql.dropIndex(name));
    for (const text of sql.preloadSql(programs[0], base, size)) {
      const start = performance.now();
      await run(text);
      say(`${text.slice(0, text.indexOf('(')).trim()}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
    }
    for (const { definition } of indexes) await run(definition);
    const { rows } = await owner.query(DATABASE_BYTES);
    return Number(rows[0]?.bytes) / 1e9;
  });
}
