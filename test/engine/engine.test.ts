/** The engine on a real PostgreSQL: what is received is folded, once, and the ledger follows. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseSecretKey, type SecretKeys } from '../../src/config/secrets.ts';
import { createCore } from '../../src/core.ts';
import { openPools, type Pools } from '../../src/db/pool.ts';
import type { LoadedProgram } from '../../src/model/program.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { claudexia } from '../support/programs.ts';

let db: TestDatabase;
let pools: Pools;
let core: ReturnType<typeof createCore>;
const loaded: LoadedProgram = { no: 1, version: 1, program: claudexia() };
const errors: unknown[] = [];

beforeAll(async () => {
  db = await freshDatabase();
  pools = openPools(db.appUrl, { applicationName: 'test', log: () => {} });
  core = createCore({
    pools,
    keys: parseSecretKey('x'.repeat(40)) as SecretKeys,
    providers: PROVIDERS,
    programByNo: () => loaded,
    now: async () => new Date('2026-05-01T12:00:00Z'),
    onBatch: () => {},
    onError: (_loaded, error) => errors.push(error),
    folds: true,
  });
});
afterAll(async () => {
  await core.engine.stop();
  await pools.close();
  await db.drop();
});

async function tell(type: string, data: object, id: string) {
  const body = JSON.stringify({ type, timestamp: '2026-05-01T12:00:00Z', data });
  const received = await core.receive({
    programNo: 1,
    source: 'app',
    eventId: id,
    type,
    receivedAt: new Date(),
    occurredAt: new Date(),
    triedOnce: true,
    body,
  });
  await core.engine.drainUntil(1, received.id);
  return received;
}

test('a signup and a payment credit the referrer', async () => {
  await tell('member.created', { member_id: 'alice', email: 'alice@example.com' }, 'e1');
  const { rows } = await pools.general.query('select code from codes');
  await tell('member.created', { member_id: 'bob', email: 'bob@example.com', referral_code: rows[0].code }, 'e2');
  await tell('payment.succeeded', { payment_id: 'pay_1', member_id: 'bob', amount: 10_000, currency: 'usd' }, 'e3');
  await tell('payment.refunded', { payment_id: 'pay_1', refund_id: 're_1', amount: 4_000, status: 'succeeded' }, 'e4');
  const parked = await pools.general.query('select outcome, reason from inbox_events where outcome is not null');
  expect(parked.rows).toEqual([]);
  const rewards = await pools.general.query('select status, amount, reversed_amount, idempotency_key from rewards');
  expect(rewards.rows).toEqual([
    { status: 'credited', amount: 500n, reversed_amount: 200n, idempotency_key: 'ref:auto:pay_1' },
  ]);
  const balances = await pools.general.query(`select account, balance from balances order by account`);
  expect(balances.rows).toEqual([
    { account: 'available', balance: 300n },
    { account: 'rewards', balance: -300n },
  ]);
  expect(errors).toEqual([]);
});

test('the same event twice is a duplicate and changes nothing', async () => {
  const again = await tell(
    'payment.succeeded',
    { payment_id: 'pay_1', member_id: 'bob', amount: 10_000, currency: 'usd' },
    'e3',
  );
  expect(again.duplicate).toBe(true);
});
