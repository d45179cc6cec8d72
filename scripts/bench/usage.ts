/**
 * Usage told in batches to a program with milestones: most of it by members who have passed the highest.
 * Promises: counted from the first byte sent until the inbox is empty; afterwards every milestone was rewarded once.
 * Must never: leave the milestones out of what it counts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EXAMPLES_DIR } from '../../src/config/programs.ts';
import { secretFor } from '../../test/support/sign.ts';
import { HOST } from './contender.ts';
import * as sql from './database.sql.ts';
import { withClient } from './database.ts';
import { closedLoop, monotonicMs } from './load.ts';
import { environmentFor, startPlusone } from './plusone.ts';
import { type Bench, refuseRefusals } from './runs.ts';

const ADMIN_TOKEN = 'the-admin-token-of-the-bench';
const BATCH = 1_000;
const REFEREES = 200;
const CONNECTIONS = 4;
/** signup, first call and hundredth call for the referrer, the bonus for the referee. */
const REWARDS_EACH = 4;

export interface Usage {
  readonly perSecond: number;
  readonly events: number;
  readonly peakRssMiB: number | undefined;
}

/** `batches` of 1,000 events by 200 referees in turn: each passes 100 calls after the first 20 batches. */
export async function usageRate(bench: Bench, batches: number): Promise<Usage> {
  const { server } = bench;
  const database = await server.fresh('bench_usage');
  const environment = { ...environmentFor(server, bench.machine, database), ...buyWhere(), ADMIN_TOKEN };
  writeFileSync(
    path.join(environment.PROGRAMS_DIR, 'buywhere.yaml'),
    readFileSync(path.join(EXAMPLES_DIR, 'buywhere.yaml')),
  );
  const started = await startPlusone(server, { environment, database, label: 'usage' });
  try {
    const post = poster(started.port);
    const { key } = await post('/admin/v1/programs/buywhere/keys', ADMIN_TOKEN, {
      name: 'bench',
      scopes: ['events:write'],
    });
    await signUp(post, key, async () => void (await started.settled()), database.ownerUrl);
    await server.tidy(database);
    const requests = Array.from({ length: batches }, (_, index) => request(key, index));
    const begun = monotonicMs();
    refuseRefusals(await closedLoop({ host: HOST, port: started.port, connections: CONNECTIONS }, requests));
    const seconds = ((await started.settled()) - begun) / 1000;
    const { rows } = await withClient(database.ownerUrl, (owner) => owner.query(sql.USAGE_FIGURES));
    const wanted = { rewards: REFEREES * REWARDS_EACH, parked: 0 };
    if (rows[0]?.rewards !== wanted.rewards || rows[0]?.parked !== wanted.parked)
      bench.problems.push(`usage: ${JSON.stringify(rows[0])} instead of ${JSON.stringify(wanted)}`);
    return { perSecond: (batches * BATCH) / seconds, events: batches * BATCH, peakRssMiB: started.child.peakRssMiB() };
  } finally {
    await started.stop();
    await server.drop(database.name);
  }
}

function buyWhere(): Record<string, string> {
  return {
    BUYWHERE_APP_SECRET: secretFor('standard', 'plusone bench buywhere'),
    BUYWHERE_JWT_SECRET: 'a-jwt-secret-of-the-bench-that-is-long-enough',
  };
}

type Post = (url: string, token: string, body: object) => Promise<{ readonly key: string }>;

function poster(port: number): Post {
  return async (url, token, body) => {
    const answer = await fetch(`http://${HOST}:${port}${url}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${url} was answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as { key: string };
  };
}

async function signUp(post: Post, key: string, settled: () => Promise<void>, ownerUrl: string): Promise<void> {
  const tell = (data: readonly object[]) =>
    post('/p/buywhere/v1/events', key, { events: data.map((each) => ({ type: 'member.created', data: each })) });
  await tell([{ member_id: 'alice', email: 'alice@alice.example' }]);
  await settled();
  const { rows } = await withClient(ownerUrl, (owner) => owner.query(sql.CODES_OF_REFERRERS, [['alice']]));
  const referral_code = rows[0]?.code as string;
  await tell(
    Array.from({ length: REFEREES }, (_, n) => ({ member_id: `dev${n}`, email: `x@dev${n}.example`, referral_code })),
  );
  await settled();
}

function request(key: string, batch: number): Buffer {
  const events = Array.from({ length: BATCH }, (_, n) => ({
    type: 'usage.recorded',
    data: { usage_id: `use_${batch}_${n}`, member_id: `dev${n % REFEREES}` },
  }));
  const body = JSON.stringify({ events });
  const head = [
    'POST /p/buywhere/v1/events HTTP/1.1',
    'Host: bench',
    `Authorization: Bearer ${key}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}
