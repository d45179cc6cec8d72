// migrations/schema.sql is what the migrations make, for whoever wants to read the schema in one piece.
import pg from 'pg';
import { expect, test } from 'vitest';
import { dumpSchema } from '../src/db/schema-dump.ts';
import { freshDatabase } from './support/database.ts';

test('migrations/schema.sql is up to date (to write it anew: npm test -- test/schema.test.ts -u)', async () => {
  const database = await freshDatabase();
  const pool = new pg.Pool({ connectionString: database.ownerUrl });
  const dump = await dumpSchema(pool);
  const again = await dumpSchema(pool);
  await pool.end();
  await database.drop();
  expect(again).toBe(dump);
  await expect(dump).toMatchFileSnapshot('../migrations/schema.sql');
});
