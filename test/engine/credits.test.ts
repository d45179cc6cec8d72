/** Credit in the database: the same as on the pure core, in batches; one winner of many. */
import { afterEach, describe, expect, test } from 'vitest';
import { TELL_EXPIRIES } from '../../src/jobs/due.sql.ts';
import type { Command } from '../../src/model/commands.ts';
import { type CanonicalEvent, parseCanonical } from '../../src/providers/canonical.ts';
import { factOf } from '../../src/providers/standard.ts';
import { DAY, Scene, TIERS } from '../ledger/scene.ts';
import { TestProgram } from '../support/core.ts';
import { claudexia } from '../support/programs.ts';

let program: TestProgram;
afterEach(async () => await program.stop());

const rules = claudexia().rules.map((rule) => ({ ...rule, minimumPayment: 0n }));
const settings = { tiers: TIERS, signals: [], rules };

/** A command as the inbox takes it, folded with whatever else waits. */
async function putCommand(command: Command, id: string): Promise<void> {
  const { now } = program;
  const of = { programNo: 1, source: 'plusone', type: command.command, triedOnce: true };
  await program.first.core.receive({
    ...of,
    eventId: id,
    receivedAt: now,
    occurredAt: now,
    body: JSON.stringify(command),
  });
}

function spendOf(cents: number, key: string, who = 'alice'): Command {
  const content = { unit: 'usd', amount: String(cents), idempotencyKey: key, reason: null };
  return { command: 'credit.spend', memberId: who, ...content };
}

const payment = (id: string, cents: number, who = 'bob') => ({
  payment_id: id,
  member_id: who,
  amount: cents * 20,
  currency: 'usd',
});

/** Alice, who referred Bob, and what she has, in cents. */
async function start(balance: number, options: { processes?: number; folds?: boolean } = {}): Promise<void> {
  program = await TestProgram.start({ ...options, program: settings });
  await program.put('member.created', { member_id: 'alice', email: 'alice@example.com' });
  await program.drain();
  const referral_code = await program.codeOf('alice');
  await program.put('member.created', { member_id: 'bob', email: 'bob@work.example', referral_code });
  if (balance > 0) await program.put('payment.succeeded', payment('first', balance));
  await program.drain();
}

const balances = async () =>
  Object.fromEntries(
    (
      await program.rows(
        'select account, sum(balance)::int as sum from balances group by account having sum(balance) <> 0',
      )
    ).map((row) => [row.account, row.sum]),
  );

/** Numbers that look random and are the same each time. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state;
  }
}

describe('a history folded in batches by the database', () => {
  test.each([1, 2, 3, 4])('is the history on the pure core, seed %i', async (seed) => {
    await start(0, { folds: false });
    const scene = new Scene();
    scene.now = program.now;
    const random = numbers(seed);
    const next = (below: number) => (random.next().value >> 8) % below;
    const tell = async (type: string, data: object) => {
      await program.put(type, data);
      const parsed = parseCanonical({ type, timestamp: program.now.toISOString(), data });
      if (parsed.ok) scene.tell(factOf(parsed.event as CanonicalEvent, 'app'));
    };
    const steps = [
      (n: number) => tell('payment.succeeded', payment(`pay_${n}`, 700_000)),
      () => tell('payment.succeeded', payment(`pay_${next(9)}`, 5_000)),
      (n: number) =>
        tell('payment.refunded', {
          refund_id: `re_${n % 7}`,
          payment_id: `pay_${n % 12}`,
          amount: next(12_000_000) + 1,
          status: next(3) ? 'succeeded' : 'failed',
        }),
      (n: number) =>
        tell('payment.disputed', {
          dispute_id: `dp_${n % 9}`,
          payment_id: `pay_${n % 9}`,
          amount: 1,
          status: next(2) ? 'open' : 'won',
        }),
      async (n: number) => {
        const spend = spendOf(next(600_000) + 1, `key_${n % 30}`);
        await putCommand(spend, `spend_${n}`);
        scene.command(spend);
      },
      async () => {
        // Ids differ between the two; a key is the same spend in both.
        const [known] = await program.rows('select id, idempotency_key from spends order by id offset $1 limit 1', [
          next(9),
        ]);
        const [same] = scene.world.spends.by('key', String(known?.idempotency_key));
        if (!known || !same) return;
        await putCommand({ command: 'credit.void', spendId: String(known.id) }, `void_${known.id}`);
        scene.void(same);
      },
    ];
    for (let chunk = 0; chunk < 20; chunk++) {
      for (let i = next(12); i >= 0; i--) await steps[next(steps.length)]?.(chunk * 20 + i);
      await program.drain();
      program.now = new Date(program.now.getTime() + next(30) * DAY);
      scene.now = program.now;
      // Sometimes the timer is late.
      if (next(3) === 0) continue;
      await program.first.pools.general.query(TELL_EXPIRIES, [1, program.now, true]);
      scene.look();
      await program.drain();
    }
    expect(await program.drift()).toEqual([]);
    expect(program.errors).toEqual([]);
    expect(await program.rows(`select reason from inbox_events where outcome = 'parked'`)).toEqual([]);
    expect(await balances()).toEqual(scene.sums());
    const stored =
      await program.rows(`select r.source_payment_id as id, r.status, r.amount, r.reversed_amount, r.forfeited_amount,
        l.remaining, l.expired, l.expiries, l.allowed
      from rewards r left join lots l on l.program_no = r.program_no and l.reward_id = r.id order by r.source_payment_id`);
    const pure = scene
      .rewards()
      .sort((a, b) => (String(a.sourcePaymentId) < String(b.sourcePaymentId) ? -1 : 1))
      .map((reward) => {
        const lot = scene.world.lots.get(reward.id);
        return {
          id: reward.sourcePaymentId,
          status: reward.status,
          amount: reward.amount,
          reversed_amount: reward.reversedAmount,
          forfeited_amount: reward.forfeitedAmount,
          remaining: lot?.remaining ?? null,
          expired: lot?.expired ?? null,
          expiries: lot?.expiries ?? null,
          allowed: lot?.allowed ?? null,
        };
      });
    expect(stored).toEqual(pure);
    expect(stored.length).toBeGreaterThan(5);
  });
});

describe('spends of four processes at once', () => {
  test('spend what there is and not a cent more', async () => {
    await start(1_000, { processes: 4 });
    const submits = Array.from({ length: 40 }, (_, i) =>
      program.processes[i % 4]?.core.engine.submit(1, spendOf(70, `key_${i}`)),
    );
    const said = await Promise.all(submits);
    expect(said.filter((each) => each?.ok)).toHaveLength(14);
    expect(await balances()).toMatchObject({ available: 20, spent: 980 });
    expect(await program.drift()).toEqual([]);
  });

  test('under one key spend once, and give back once', async () => {
    await start(1_000, { processes: 4 });
    const said = await Promise.all(
      Array.from({ length: 24 }, (_, i) => program.processes[i % 4]?.core.engine.submit(1, spendOf(70, 'same'))),
    );
    expect(said.filter((each) => each?.ok)).toHaveLength(24);
    expect(await balances()).toMatchObject({ available: 930, spent: 70 });
    const [spend] = await program.rows('select id from spends');
    const command: Command = { command: 'credit.void', spendId: String(spend?.id) };
    await Promise.all(Array.from({ length: 24 }, (_, i) => program.processes[i % 4]?.core.engine.submit(1, command)));
    expect(await balances()).toMatchObject({ available: 1_000 });
    expect(await program.drift()).toEqual([]);
  });
});

describe('a batch', () => {
  test('that takes a lot back and spends sees the lots behind it', async () => {
    await start(0, { folds: false });
    for (const id of ['a', 'b', 'c']) await program.put('payment.succeeded', payment(id, 100));
    await program.drain();
    await program.put('payment.refunded', { refund_id: 're', payment_id: 'a', amount: 2_000 });
    await putCommand(spendOf(100, 'k1'), 'k1');
    await program.drain();
    await putCommand(spendOf(101, 'k2'), 'k2');
    await putCommand(spendOf(100, 'k3'), 'k3');
    await program.drain();
    const said = `select event_id, reason from inbox_events where source = 'plusone' order by id`;
    expect(await program.rows(said)).toEqual([
      { event_id: 'k1', reason: null },
      { event_id: 'k2', reason: 'insufficient_credits' },
      { event_id: 'k3', reason: null },
    ]);
    expect(await program.drift()).toEqual([]);
  });

  test('reads no more lots than it spends of, however many there are', async () => {
    await start(0, { folds: false });
    for (let n = 0; n < 600; n++) await program.put('payment.succeeded', payment(`pay_${n}`, 10));
    await program.drain();
    const text = `select count(*)::int as lots from open_lots(1, $1, 'usd', 95, $2, '{}')`;
    const [alice] = await program.rows(`select person_id from person_aliases where value = 'alice'`);
    expect(await program.rows(text, [alice?.person_id, program.now])).toEqual([{ lots: 10 }]);
    await putCommand(spendOf(5_995, 'k'), 'k');
    await program.drain();
    expect(await balances()).toMatchObject({ available: 5, spent: 5_995 });
  });

  test('that owes again what was taken back before it was credited, with no room for it, rejects it as forfeited', async () => {
    await start(2_000_000);
    const refund = (status: string) =>
      program.put('payment.refunded', { refund_id: 're', payment_id: 'held', amount: 2_000, status });
    const dispute = (status: string) =>
      program.put('payment.disputed', { dispute_id: 'dp', payment_id: 'held', amount: 1, status });
    const seen: unknown[] = [];
    for (const step of [
      () => dispute('open'),
      () => program.put('payment.succeeded', payment('held', 100)),
      () => refund('succeeded'),
      () => dispute('won'),
      () => refund('failed'),
    ]) {
      await step();
      await program.drain();
      const [row] = await program.rows(`select status, reason from rewards where source_payment_id = 'held'`);
      seen.push(row && `${row.status} ${row.reason}`);
    }
    expect(seen).toEqual([undefined, 'pending held', 'reversed refunded', 'reversed refunded', 'rejected forfeited']);
    expect(await balances()).toEqual({ rewards: -2_000_100, available: 2_000_000, forfeited: 100 });
    expect(await program.drift()).toEqual([]);
  });

  test('that takes back what was owed, repaid and owed again keeps one debt for the reward', async () => {
    await start(100);
    const refund = (status: string) =>
      program.put('payment.refunded', { refund_id: 're', payment_id: 'first', amount: 2_000, status });
    await program.first.core.engine.submit(1, spendOf(100, 'k1'));
    await refund('succeeded');
    await program.drain();
    await program.put('payment.succeeded', payment('second', 100));
    await program.drain();
    expect(await program.rows('select amount, remaining from debts')).toEqual([{ amount: 100n, remaining: 0n }]);
    await refund('failed');
    await program.drain();
    await program.first.core.engine.submit(1, spendOf(100, 'k2'));
    await program.put('payment.refunded', { refund_id: 're_2', payment_id: 'first', amount: 2_000 });
    await program.drain();
    expect(await program.rows(`select reason from inbox_events where outcome = 'parked'`)).toEqual([]);
    expect(await program.rows('select amount, remaining from debts')).toEqual([{ amount: 200n, remaining: 100n }]);
    expect(await program.drift()).toEqual([]);
  });
});

test('a person who is joined into another brings lots, spends and debt along, and spends them in the same batch', async () => {
  await start(0, { folds: false });
  await program.put('payment.succeeded', { payment_id: 'own', customer_id: 'c1', amount: 100, currency: 'usd' });
  await program.put('member.created', { member_id: 'dave', email: 'dave@example.com' });
  await program.drain();
  const referral_code = await program.codeOf('app:c1');
  await program.put('member.created', { member_id: 'carol', email: 'carol@work.example', referral_code });
  const ofDave = await program.codeOf('dave');
  await program.put('member.created', { member_id: 'erin', email: 'erin@work.example', referral_code: ofDave });
  for (const [id, cents] of [['a', 500] as const, ['b', 300] as const])
    await program.put('payment.succeeded', payment(id, cents, 'carol'));
  await program.put('payment.succeeded', payment('c', 400, 'erin'));
  await program.drain();
  await putCommand(spendOf(600, 'of the customer', 'app:c1'), 's1');
  await program.put('payment.refunded', { refund_id: 're', payment_id: 'a', amount: 10_000 });
  await program.drain();
  expect(await balances()).toMatchObject({ available: 600, debt: -500 });

  const tie = { payment_id: 'tie', customer_id: 'c1', member_id: 'dave', amount: 100, currency: 'usd' };
  await program.put('payment.succeeded', tie);
  await putCommand(spendOf(450, 'of dave', 'app:c1'), 's2');
  await program.drain();
  expect(await program.rows('select kind from ledger_transactions order by id desc limit 2')).toEqual([
    { kind: 'spend' },
    { kind: 'join' },
  ]);
  await putCommand(spendOf(600, 'of the customer', 'dave'), 's3');
  await program.drain();
  const owners = `select distinct m.value from person_aliases m join (
      select person_id from lots union all select person_id from debts union all select person_id from spends
      union all select person_id from balances where person_id > 0 and balance <> 0) o on o.person_id = m.person_id
    where m.kind = 'member' and m.value = 'dave'`;
  expect(await program.rows(owners)).toHaveLength(1);
  expect(await program.rows('select count(distinct person_id)::int as n from spends')).toEqual([{ n: 1 }]);
  expect(await balances()).toMatchObject({ available: 150, debt: -500, spent: 1_050 });

  const [first] = await program.rows(`select id from spends where idempotency_key = 'of the customer'`);
  await putCommand({ command: 'credit.void', spendId: String(first?.id) }, 'v1');
  program.now = new Date(program.now.getTime() + 90 * DAY);
  await program.drain();
  expect(await balances()).toMatchObject({ available: 250, spent: 450 });
  await program.first.pools.general.query(TELL_EXPIRIES, [1, program.now, true]);
  await program.drain();
  expect(await balances()).toEqual({ rewards: -700, spent: 450, expired: 250 });
  expect(await program.drift()).toEqual([]);
  expect(await program.rows(`select reason from inbox_events where outcome = 'parked'`)).toEqual([]);
});
