/** Many processes, many orders, one outcome: what the lock, the unique keys and the sorted insert are for. */
import pg from 'pg';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { TestProgram } from '../support/core.ts';
import { again } from '../support/sized.ts';

let program: TestProgram;
afterEach(async () => await program.stop());

describe('velocity', () => {
  test.each(['in event order', 'against it'])(
    'lets exactly 5 of 400 first payments through, told by 16 workers %s',
    again(4),
    async (order) => {
      program = await TestProgram.start({ processes: 4 });
      await program.referees(400);
      const numbers = Array.from({ length: 400 }, (_, i) => (order === 'against it' ? 399 - i : i));
      const start = Date.parse('2026-05-01T00:00:00Z');
      const worker = async (process: (typeof program.processes)[number]) => {
        for (let n = numbers.shift(); n !== undefined; n = numbers.shift()) {
          const data = {
            payment_id: `pay_${n}`,
            member_id: `alice_r${n}`,
            amount: 10_000,
            currency: 'usd',
            paid_at: new Date(start + n * 60_000).toISOString(),
          };
          await program.put('payment.succeeded', data, { process });
        }
      };
      await Promise.all(
        Array.from({ length: 16 }, (_, i) => worker(program.processes[i % 4] as (typeof program.processes)[number])),
      );
      await program.drain();
      expect(
        await program.rows('select status, reason, count(*)::int as n from rewards group by 1, 2 order by 1'),
      ).toEqual([
        { status: 'credited', reason: null, n: 5 },
        { status: 'pending', reason: 'held', n: 395 },
      ]);
      expect(await program.drift()).toEqual([]);
      expect(program.errors).toEqual([]);
    },
  );
});

describe('one event', () => {
  test('delivered 64 times at once is stored once and makes one reward', again(12), async () => {
    program = await TestProgram.start({ processes: 4 });
    await program.referees(1);
    const data = { payment_id: 'pay_1', member_id: 'alice_r0', amount: 10_000, currency: 'usd' };
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, i) =>
        program.put('payment.succeeded', data, { id: 'same', process: program.processes[i % 4] }),
      ),
    );
    await program.drain();
    expect(answers.filter((answer) => !answer.duplicate)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.id)).size).toBe(1);
    expect(await program.rows('select status, amount from rewards')).toEqual([{ status: 'credited', amount: 500n }]);
  });
});

describe('intake', () => {
  test('of the same keys by four processes in different order lets no deadlock reach a sender', async () => {
    program = await TestProgram.start({ processes: 4, folds: false });
    for (let round = 0; round < 20; round++) {
      const keys = Array.from({ length: 60 }, (_, i) => `r${round}_${i}`);
      const orders = [
        keys,
        [...keys].reverse(),
        [...keys].sort(() => -1),
        keys.map((_, i) => keys[(i * 7) % 60] as string),
      ];
      const answers = await Promise.all(
        orders.flatMap((order, i) =>
          order.map((id) => program.put('member.created', { member_id: id }, { id, process: program.processes[i] })),
        ),
      );
      expect(answers.filter((answer) => !answer.duplicate)).toHaveLength(60);
    }
  });
});

describe('two who store the same keys', () => {
  const put = (id: string) => program.put('member.created', { member_id: id }, { id });
  const INSERT = `insert into inbox_events (program_no, source, event_id, type, received_at, body_hash)
    values (1, 'app', $1, 't', now(), '')`;
  /** Another process, by hand: it has stored one key and not committed. */
  async function other(key: string, run: (client: pg.Client) => Promise<void>): Promise<void> {
    const client = new pg.Client({ connectionString: program.db.ownerUrl });
    await client.connect();
    try {
      await client.query('begin');
      await client.query(INSERT, [key]);
      await run(client);
    } finally {
      await client.end();
    }
  }
  /** Ours has come to the key that the other one holds. */
  const waits = () =>
    vi.waitFor(async () => expect(await program.rows('select 1 from pg_locks where not granted')).toHaveLength(1));

  test('wait for one another before they hold what the other will want: keys are stored in one order', async () => {
    program = await TestProgram.start({ folds: false });
    await other('m', async (client) => {
      const answers = Promise.all(['z', 'm', 'x'].map(put));
      await waits();
      await client.query(`set lock_timeout = '300ms'`);
      await client.query(INSERT, ['x']);
      await client.query(INSERT, ['z']);
      await client.query('commit');
      expect((await answers).map(({ duplicate }) => duplicate)).toEqual([true, true, true]);
    });
  });

  test('and meet all the same: whoever the database stops stores again, and the sender hears nothing of it', async () => {
    program = await TestProgram.start({ folds: false });
    await other('m', async (client) => {
      const answers = Promise.all(['a', 'm'].map(put));
      await waits();
      // Ours has waited longer, so it is ours that the database stops.
      await client.query(INSERT, ['a']);
      await client.query('commit');
      expect((await answers).map(({ duplicate }) => duplicate)).toEqual([true, true]);
    });
  });
});

test('nobody folds a program that another process is folding: neither the loop nor whoever waits for it', async () => {
  program = await TestProgram.start();
  const { engine } = program.first.core;
  const other = new pg.Client({ connectionString: program.db.ownerUrl });
  await other.connect();
  try {
    await other.query('begin');
    await other.query('select pg_advisory_xact_lock(728345, 1)');
    await program.put('member.created', { member_id: 'm', email: 'm@example.com' });
    for (let tries = 0; tries < 5; tries++) await engine.catchUp(1);
    expect(await program.rows('select 1 from inbox_queue')).toHaveLength(1);
    const drained = engine.drain(1);
    await vi.waitFor(async () => {
      const text = `select 1 from pg_locks where locktype = 'advisory' and classid = 728345 and not granted`;
      expect(await program.rows(text)).toHaveLength(1);
    });
    await other.query('commit');
    await drained;
  } finally {
    await other.end();
  }
  expect(await program.rows('select member_id from persons')).toEqual([{ member_id: 'm' }]);
});

describe('a poisoned event', () => {
  test('that the database refuses parks alone out of a batch of 500', async () => {
    program = await TestProgram.start({ folds: false });
    const data = (i: number) => ({ member_id: `m${i}`, email: `m${i}@example.com`, name: 'N' });
    for (let i = 0; i < 500; i++) {
      await program.put('member.created', i === 250 ? { ...data(i), referral_code: 'x' } : data(i));
    }
    const client = new pg.Client({ connectionString: program.db.ownerUrl });
    await client.connect();
    await client.query(`alter table claims add constraint poison check (outcome <> 'unknown_code')`);
    await client.end();
    await program.drain();
    expect(await program.rows('select outcome, count(*)::int as n from inbox_events group by 1 order by 1')).toEqual([
      { outcome: 'parked', n: 1 },
      { outcome: null, n: 499 },
    ]);
    expect((await program.rows('select count(*)::int as n from persons'))[0]?.n).toBe(499);
    expect((await program.rows(`select reason from inbox_events where outcome = 'parked'`))[0]?.reason).toContain(
      'poison',
    );
  });

  test('that cannot be understood parks with the field and the reason, and the rest goes on', async () => {
    program = await TestProgram.start();
    await program.put('payment.succeeded', { payment_id: 'p', member_id: 'm', amount: 'five', currency: 'usd' });
    await program.put('member.created', { member_id: 'm', email: 'm@example.com' });
    await program.drain();
    const parked = await program.rows(`select reason from inbox_events where outcome = 'parked'`);
    expect(parked[0]?.reason).toContain('amount');
    expect(await program.rows('select member_id from persons')).toEqual([{ member_id: 'm' }]);
  });
});
