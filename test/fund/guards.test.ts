// What the database itself refuses, whoever asks: the fund's money is protected as the rest of the ledger is.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FundScene, startFund } from './scene.ts';

let scene: FundScene;

beforeAll(async () => {
  scene = await startFund();
  await scene.contributor('ann', 'ann@dev.example');
  await scene.paid('pay_1', 100_000);
  scene.sink.mode = 'accepted';
  await scene.to('2026-06-01T00:00:00Z');
});
afterAll(() => scene.stop());

const no = () => scene.loaded.no;
const pool = () => scene.service.service.pools.general;

async function transaction(kind: string, fundId: bigint, entries: string, role = pool()): Promise<unknown> {
  const client = await role.connect();
  try {
    await client.query('begin');
    const { rows } = await client.query("select nextval('ids') as id");
    const text = 'insert into ledger_transactions (program_no, id, kind, fund_id, at) values ($1, $2, $3, $4, now())';
    await client.query(text, [no(), rows[0].id, kind, fundId]);
    await client.query(
      `insert into ledger_entries (program_no, transaction_id, line, person_id, account, unit, amount)
       select ${no()}, ${rows[0].id}, e.* from (values ${entries}) as e(line, person_id, account, unit, amount)`,
    );
    return await client.query('commit');
  } finally {
    await client.query('rollback').catch(() => {});
    client.release();
  }
}

const one = async (text: string) => (await scene.rows(text))[0] as Record<string, bigint>;

test('a second run of a month', async () => {
  const again = `insert into fund_runs select r.program_no, r.month, nextval('ids'), r.program_version, r.unit, r.total, r.base, r.rate, r.granted,
    r.carried, r.returned, r.distributed, r.sbom_hash, r.explain, r.created_at from fund_runs r`;
  await expect(pool().query(again)).rejects.toThrow(/fund_runs_pkey/);
});

test('a run whose shares are not what it distributed, or that grants more than the share', async () => {
  const run = (granted: number, distributed: number) => `insert into fund_runs values
    (${no()}, '2026-07', nextval('ids'), 1, 'usd', 0, 1000, 250000, ${granted}, 0, 0, ${distributed}, '', '{}', now())`;
  await expect(pool().query(run(250, 100))).rejects.toThrow(/are not what its run distributed/);
  await expect(pool().query(run(251, 0))).rejects.toThrow(/fund_runs_granted_check/);
  await expect(pool().query(run(250, 251))).rejects.toThrow(/fund_runs_amount_check/);
  await expect(pool().query(run(250, 0))).rejects.toThrow(/is of 250, and the ledger has <NULL>/);
});

test('a share of which the ledger knows nothing, or a second one of somebody', async () => {
  const share = `insert into fund_shares (program_no, id, month, identity, score, amount, keep_until) values
    ($1, nextval('ids'), '2026-05', $2, 1, $3, now())`;
  await expect(pool().query(share, [no(), 'stranger', 5])).rejects.toThrow(/are not what its run distributed/);
  const { identity } = await one('select identity from fund_shares limit 1');
  await expect(pool().query(share, [no(), identity, 0])).rejects.toThrow(/fund_shares_key/);
});

test('a kept share that is claimed and returned, or given twice', async () => {
  const kept = await one('select id, amount from fund_shares where keep_until is not null');
  const entries = `(0, 0::bigint, 'fund_kept', 'usd', ${-(kept.amount as bigint)}), (1, 0, 'fund', 'usd', ${kept.amount})`;
  await transaction('fund_return', kept.id as bigint, entries);
  await expect(transaction('fund_claim', kept.id as bigint, entries)).rejects.toThrow(/ledger_transactions_kept_key/);
  await expect(transaction('fund_return', kept.id as bigint, entries)).rejects.toThrow(
    /ledger_transactions_(fund|kept)_key/,
  );
});

test('a payout that is confirmed without the ledger, paid twice, or more than is owed', async () => {
  const payout = await one('select id, contributor_id, amount from fund_payouts');
  const confirm = `update fund_payouts set state = 'confirmed', settled_at = now(), request = null, key_version = null`;
  await expect(pool().query(confirm)).rejects.toThrow(/and the ledger has <NULL>/);
  const pays = (amount: bigint) =>
    `(0, ${payout.contributor_id}::bigint, 'fund_owed', 'usd', ${-amount}), (1, ${payout.contributor_id}, 'fund_paid', 'usd', ${amount})`;
  await expect(transaction('fund_payout', 1n, pays((payout.amount as bigint) + 1n))).rejects.toThrow(
    /balances_sign_check/,
  );
  await transaction('fund_payout', payout.id as bigint, pays(1n));
  await expect(transaction('fund_payout', payout.id as bigint, pays(1n))).rejects.toThrow(
    /ledger_transactions_fund_key/,
  );
});

test('a second open payout of a contributor, or one of the same month', async () => {
  const again = (month: string, key: string) =>
    pool().query(
      `insert into fund_payouts (program_no, id, contributor_id, month, amount, unit, idempotency_key, sink, state, created_at, settled_at)
       select program_no, nextval('ids'), contributor_id, $1, amount, unit, $2, sink, $3, created_at, $4 from fund_payouts limit 1`,
      [month, key, month === '2026-05' ? 'refused' : 'planned', month === '2026-05' ? new Date() : null],
    );
  await expect(again('2026-06', 'other')).rejects.toThrow(/fund_payouts_one_open_key/);
  await expect(again('2026-05', 'other')).rejects.toThrow(/fund_payouts_month_key/);
});

test('a change or removal of what is written, by any role', async () => {
  for (const table of ['fund_runs', 'fund_shares', 'fund_lines', 'fund_starts']) {
    await expect(pool().query(`delete from ${table}`)).rejects.toThrow(/permission denied/);
    await expect(pool().query(`update ${table} set program_no = 2`)).rejects.toThrow(/permission denied/);
    await expect(scene.asOwner(`delete from ${table}`)).rejects.toThrow(/append-only/);
    await expect(scene.asOwner(`truncate ${table}`)).rejects.toThrow(/append-only/);
  }
  await expect(pool().query('delete from fund_payouts')).rejects.toThrow(/permission denied/);
  await expect(scene.asOwner('delete from fund_payouts')).rejects.toThrow(/append-only/);
  await expect(pool().query('update fund_payouts set amount = 1')).rejects.toThrow(/never change/);
  const steal = 'update fund_identities set contributor_id = 1 where contributor_id is not null';
  await expect(pool().query(steal)).rejects.toThrow(/stays its contributor/);
});

test('payout details and addresses that can be read without the secret', async () => {
  const texts = await scene.rows(`
    select details as sealed from fund_contributors union all select address from fund_identities union all select name from fund_identities
    union all select request from fund_payouts`);
  const all = Buffer.concat(texts.flatMap(({ sealed }) => (sealed ? [sealed as Buffer] : []))).toString('latin1');
  expect(all.length).toBeGreaterThan(0);
  expect(all).not.toMatch(/dev\.example|DE-ann|Ann Author|iban/);
});
