/** What protects money is in the database: each guard, tried with SQL as the application's own role. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
let app: pg.Client;

beforeAll(async () => {
  db = await freshDatabase();
  app = new pg.Client({ connectionString: db.appUrl });
  await app.connect();
  await app.query(
    transaction(1, 'credit', [
      [1, 'available', 500],
      [0, 'rewards', -500],
    ]),
  );
});
afterAll(async () => {
  await app.end();
  await db.drop();
});

type Line = readonly [person: number, account: string, amount: number, unit?: string];

function transaction(id: number, kind: string, lines: readonly Line[]): string {
  const entries = lines.map(
    ([person, account, amount, unit = 'usd'], i) =>
      `(1, ${id}, ${i + 1}, ${person}, '${account}', '${unit}', ${amount})`,
  );
  return `begin; insert into ledger_transactions (program_no, id, kind, at) values (1, ${id}, '${kind}', now());
    insert into ledger_entries (program_no, transaction_id, line, person_id, account, unit, amount) values ${entries.join(', ')}; commit`;
}

async function refusal(text: string): Promise<string> {
  try {
    await app.query(text);
    return 'done';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await app.query('rollback');
  }
}

const reward = (changes: Record<string, unknown> = {}) => {
  const row = {
    program_no: 1,
    id: 1,
    rule: 'share',
    beneficiary: 'referrer',
    person_id: 1,
    member_id: 'alice',
    referrer_id: 1,
    referee_id: 2,
    status: 'credited',
    unit: 'usd',
    amount: 500,
    posted_amount: 500,
    payment_id: 7,
    source_payment_id: 'pay_1',
    idempotency_key: 'ref:auto:pay_1',
    program_version: 1,
    created_at: '2026-05-01',
    explain: '[]',
    ...changes,
  };
  const values = Object.values(row).map((value) => (typeof value === 'number' ? value : `'${value}'`));
  return `insert into rewards (${Object.keys(row).join(', ')}) values (${values.join(', ')})`;
};

describe('the ledger refuses', () => {
  test.each([
    [
      'a transaction that does not sum to zero',
      transaction(10, 'credit', [
        [1, 'available', 500],
        [0, 'rewards', -499],
      ]),
      /does not sum to zero/,
    ],
    [
      'one that sums to zero only across two units',
      transaction(11, 'credit', [
        [1, 'available', 500, 'usd'],
        [0, 'rewards', -500, 'eur'],
      ]),
      /does not sum to zero/,
    ],
    [
      'two persons in one transaction',
      transaction(12, 'credit', [
        [1, 'available', -5],
        [2, 'available', 5],
      ]),
      /one person only/,
    ],
    [
      'a balance below zero',
      transaction(13, 'spend', [
        [1, 'available', -501],
        [0, 'spent', 501],
      ]),
      /balances_sign_check/,
    ],
    [
      'a debt above zero',
      transaction(14, 'repay', [
        [1, 'debt', 5],
        [0, 'rewards', -5],
      ]),
      /balances_sign_check/,
    ],
    [
      'a line of zero',
      transaction(15, 'credit', [
        [1, 'available', 0],
        [0, 'rewards', 0],
      ]),
      /ledger_entries_amount_check/,
    ],
    [
      'an account that does not exist',
      transaction(16, 'credit', [
        [1, 'rewards', 5],
        [0, 'rewards', -5],
      ]),
      /ledger_entries_account_check/,
    ],
    [
      'entries added to an older transaction',
      `insert into ledger_entries (program_no, transaction_id, line, person_id, account, unit, amount) values (1, 1, 3, 1, 'available', 'usd', 5), (1, 1, 4, 0, 'rewards', 'usd', -5)`,
      /same database transaction/,
    ],
    ['an edited entry', 'update ledger_entries set amount = 1000 where transaction_id = 1', /permission denied/],
    ['a deleted entry', 'delete from ledger_entries', /permission denied/],
    ['a truncated ledger', 'truncate ledger_entries', /permission denied/],
    ['a balance written by hand', 'update balances set balance = 1000000', /permission denied/],
    ['a balance made by hand', `insert into balances values (1, 9, 'available', 'usd', 5)`, /permission denied/],
    ['triggers turned off', 'alter table ledger_entries disable trigger all', /must be owner/],
    ['the replica role', `set session_replication_role = 'replica'`, /permission denied/],
    ['an edited audit log', `update audit_log set actor = 'nobody'`, /permission denied/],
    ['an edited history', 'delete from reward_history', /permission denied/],
  ])('%s', async (_what, text, reason) => {
    expect(await refusal(text)).toMatch(reason);
  });

  test('an edit by the owner too, by trigger', async () => {
    const owner = new pg.Client({ connectionString: db.ownerUrl });
    await owner.connect();
    try {
      for (const text of [
        'update ledger_entries set amount = 1',
        'delete from ledger_entries',
        'truncate ledger_entries cascade',
        'truncate audit_log',
      ]) {
        await expect(owner.query(text)).rejects.toThrow(/append-only/);
      }
    } finally {
      await owner.end();
    }
  });

  test('nothing of what is right: the balances follow the entries', async () => {
    expect(
      await refusal(
        transaction(20, 'spend', [
          [1, 'available', -200],
          [0, 'spent', 200],
        ]),
      ),
    ).toBe('done');
    const { rows } = await app.query('select account, balance from balances order by account');
    expect(rows).toEqual([
      { account: 'available', balance: '300' },
      { account: 'rewards', balance: '-500' },
      { account: 'spent', balance: '200' },
    ]);
  });
});

describe('rewards', () => {
  beforeAll(async () => void (await app.query(reward())));

  test.each([
    [
      'a second one for the same payment, rule and person',
      reward({ id: 2, idempotency_key: 'other', source_payment_id: 'other' }),
      /rewards_payment_key/,
    ],
    [
      'a second one for the same payment id of the provider, rule and member',
      reward({ id: 2, idempotency_key: 'other', payment_id: 8 }),
      /rewards_source_payment_id_key/,
    ],
    [
      'a second one under the same key',
      reward({ id: 2, payment_id: 8, source_payment_id: 'other' }),
      /rewards_idempotency_key/,
    ],
    [
      'more taken back than was granted',
      'update rewards set reversed_amount = 501 where id = 1',
      /rewards_(reversed|forfeited)_check/,
    ],
    ['a credited one made pending', `update rewards set status = 'pending' where id = 1`, /cannot become pending/],
    ['a credited one made rejected', `update rewards set status = 'rejected' where id = 1`, /cannot become rejected/],
    [
      'a key changed after money stood behind it',
      `update rewards set idempotency_key = 'new' where id = 1`,
      /never changes/,
    ],
    ['another rule', `update rewards set rule = 'other' where id = 1`, /never changes/],
    ['a reward with money behind it deleted', 'delete from rewards where id = 1', /history in the ledger/],
  ])('refuse %s', async (_what, text, reason) => {
    expect(await refusal(text)).toMatch(reason);
  });
});

describe('people and the inbox', () => {
  test('nobody refers themselves, and a member is referred once', async () => {
    const referral = (referee: number, referrer: number, id: number) =>
      `insert into referrals (program_no, referee_id, id, referrer_id, code_key, carrier, status, evidence, created_at) values (1, ${referee}, ${id}, ${referrer}, 'x', 'y', 'pending', '[]', now())`;
    expect(await refusal(referral(5, 5, 1))).toMatch(/referrals_not_oneself_check/);
    expect(await refusal(referral(5, 6, 1))).toBe('done');
    expect(await refusal(referral(5, 7, 2))).toMatch(/referrals_pkey/);
  });

  test('an event’s key is known for ever, also when its body is gone', async () => {
    const event = (id: string) =>
      `insert into inbox_events (program_no, source, event_id, type, received_at, body, body_hash) values (1, 's', '${id}', 't', now(), '{}', '\\x00')`;
    expect(await refusal(event('e1'))).toBe('done');
    await app.query('update inbox_events set body = null');
    expect(await refusal(event('e1'))).toMatch(/inbox_events_event_key/);
  });
});
