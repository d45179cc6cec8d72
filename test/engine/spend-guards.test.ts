/** What the database itself refuses about spends, tried with SQL as the application's own role. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestProgram } from '../support/core.ts';

let program: TestProgram;
let app: pg.Client;

/** Alice has 200 and spent 100 of them under the key k. */
beforeAll(async () => {
  program = await TestProgram.start({ program: { signals: [] } });
  await program.referees(1);
  await program.put('payment.succeeded', { payment_id: 'pay', member_id: 'alice_r0', amount: 4_000, currency: 'usd' });
  await program.drain();
  const content = { unit: 'usd', amount: '100', idempotencyKey: 'k', reason: null };
  await program.first.core.engine.submit(1, { command: 'credit.spend', memberId: 'alice', ...content });
  app = new pg.Client({ connectionString: program.db.appUrl });
  await app.connect();
});
afterAll(async () => {
  await app.end();
  await program.stop();
});

describe('the database refuses', () => {
  const spend = (changes: Record<string, unknown> = {}) => {
    const row = {
      program_no: 1,
      id: 90,
      person_id: 1,
      member_id: 'alice',
      unit: 'usd',
      amount: 40,
      idempotency_key: 'other',
      balance_after: 0,
      cause_id: 1,
      created_at: '2026-05-01',
      ...changes,
    };
    const values = Object.values(row).map((value) => (typeof value === 'number' ? value : `'${value}'`));
    return `insert into spends (${Object.keys(row).join(', ')}) values (${values.join(', ')})`;
  };
  const posted = (kind: string, amount: number, id = 91) =>
    `insert into ledger_transactions (program_no, id, kind, spend_id, at) values (1, ${id}, '${kind}', 90, now());
     insert into ledger_entries (program_no, transaction_id, line, person_id, account, unit, amount)
     select 1, ${id}, 1, person_id, 'available', 'usd', ${-amount}::bigint from person_aliases where value = 'alice'
     union all select 1, ${id}, 2, 0, 'spent', 'usd', ${amount}`;
  const taken = (amount: number) =>
    `insert into spend_lots values (1, 90, (select min(reward_id) from lots), ${amount})`;

  test.each<[string, string, RegExp]>([
    ['a spend of nothing', spend({ amount: 0 }), /spends_amount_check/],
    ['a second one under the same key', spend({ idempotency_key: 'k' }), /spends_idempotency_key/],
    ['one that took nothing of lots', `${spend()}; ${posted('spend', 40)}`, /took/],
    ['one that took less of lots', `${spend()}; ${posted('spend', 40)}; ${taken(39)}`, /took 39/],
    ['one that is not in the ledger', `${spend()}; ${taken(40)}`, /not what the ledger says/],
    [
      'one that is more than the ledger says',
      `${spend()}; ${posted('spend', 39)}; ${taken(40)}`,
      /not what the ledger says/,
    ],
    [
      'one that is posted twice',
      `${spend()}; ${posted('spend', 20)}; ${posted('spend', 20, 92)}`,
      /ledger_transactions_spend_key/,
    ],
    ['lots taken for no spend', `insert into spend_lots values (1, 99, 1, 5)`, /no spend 99/],
    ['lots taken afterwards', `insert into spend_lots select 1, id, 99, 5 from spends`, /took 105/],
    ['a void that the ledger does not know', 'update spends set voided_at = now()', /not what the ledger says/],
    ['another amount', 'update spends set amount = 5', /permission denied/],
    ['a deleted spend', 'delete from spends', /permission denied/],
    ['a truncated table of spends', 'truncate spends', /permission denied/],
    ['another amount of a lot', 'update spend_lots set amount = 5', /permission denied/],
    ['a lot of more than was granted', 'update lots set remaining = remaining + 101', /lots_remaining_check/],
  ])('%s', async (_what, text, reason) => {
    await expect(app.query(`begin; ${text}; commit`)).rejects.toThrow(reason);
    await app.query('rollback');
  });

  test('the owner too: a void that is undone, and a spend that is edited or gone', async () => {
    const [spent] = await program.rows('select id from spends');
    await program.first.core.engine.submit(1, { command: 'credit.void', spendId: String(spent?.id) });
    const owner = new pg.Client({ connectionString: program.db.ownerUrl });
    await owner.connect();
    try {
      await expect(owner.query('update spends set voided_at = null')).rejects.toThrow(/made void once/);
      await expect(owner.query('update spends set amount = 5')).rejects.toThrow(/nothing else of it changes/);
      await expect(owner.query('delete from spends')).rejects.toThrow(/append-only/);
      await expect(owner.query('truncate spend_lots')).rejects.toThrow(/append-only/);
      await expect(owner.query('update spend_lots set amount = 5')).rejects.toThrow(/append-only/);
    } finally {
      await owner.end();
    }
  });
});
