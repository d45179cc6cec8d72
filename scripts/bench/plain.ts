/**
 * Starts and looks over the plain handler.
 * Promises: its tables are as small and as fresh as Plusone's; an answered webhook is a credited one.
 */
import path from 'node:path';
import { MEMBERS, memberId, referrerOf } from './bodies.ts';
import { freePort, startChild, untilReady } from './child.ts';
import { type Contender, differences, HOST, type Posted, STRIPE_SECRET, type Started } from './contender.ts';
import { type Database, type Server, withClient } from './database.ts';
import { monotonicMs } from './load.ts';
import * as sql from './plain-handler.sql.ts';
import type { PlainSettings } from './plain-handler.ts';

export function plainHandler(
  server: Server,
  environment: Readonly<Record<string, string | undefined>>,
  { prepared }: { readonly prepared: boolean },
): Contender {
  return {
    name: prepared ? 'plain handler, prepared' : 'plain handler',
    start: async (database, label) => {
      await prepare(database);
      const logFile = path.join(server.folder, `${label}.log`);
      const child = startChild({ command: ['scripts/bench/plain-handler.ts'], environment, logFile });
      const port = await freePort();
      child.process.send({
        databaseUrl: database.appUrl,
        secret: STRIPE_SECRET,
        port,
        host: HOST,
        prepared,
      } satisfies PlainSettings);
      await untilReady(child, `http://${HOST}:${port}/readyz`, logFile);
      return {
        child,
        port,
        path: '/webhooks/stripe',
        settled: async () => monotonicMs(), // it answers after its commit
        problems: (posted) => problems(database, posted),
        stop: () => child.stop(),
      } satisfies Started;
    },
  };
}

async function prepare(database: Database): Promise<void> {
  const members = Array.from({ length: MEMBERS }, (_, index) => index);
  await withClient(database.ownerUrl, async (owner) => {
    await owner.query(sql.PLAIN_SCHEMA);
    await owner.query(sql.PLAIN_GRANTS(database.appRole));
    await owner.query(sql.PLAIN_REFER, [members.map(memberId), members.map(referrerOf)]);
    await owner.query(sql.PLAIN_OPEN_BALANCES);
  });
}

async function problems(database: Database, posted: Posted): Promise<readonly string[]> {
  const found = await withClient(database.ownerUrl, async (owner) => (await owner.query(sql.PLAIN_FIGURES)).rows[0]);
  const figure = (name: string) => BigInt(found[name]);
  return differences({
    events: [figure('events'), BigInt(posted.count)],
    rewards: [figure('rewards'), BigInt(posted.count)],
    'sum of rewards': [figure('owed'), posted.owed],
    'sum of balances': [figure('balances'), figure('credited')],
    'sum of ledger entries': [figure('entries_sum'), 0n],
    'ledger entries': [figure('entries'), 2n * (figure('rewards') - figure('held'))],
  });
}
