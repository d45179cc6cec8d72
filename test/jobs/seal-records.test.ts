// M9 for decisions and the audit: whatever somebody with the database's own hands does to what was sealed, verify names
// the first row; only the text of somebody who was erased may be gone.
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPool } from '../../src/db/pool.ts';
import { AUDIT, sealAudit, sealProgram } from '../../src/jobs/seal.ts';
import { type Head, headKey, verifySeals } from '../../src/jobs/seal-verify.ts';
import { type HttpTest, startHttp } from '../support/http.ts';
import { tamper } from './ledger.ts';

let http: HttpTest;
let owner: pg.Pool;
let steps: bigint[];
let notes: bigint[];
let entries: bigint[];
const now = new Date('2026-05-01T13:00:00Z');

beforeAll(async () => {
  http = await startHttp();
  owner = openPool(http.database.ownerUrl, { name: 'test owner', max: 2, log: () => {} });
  await http.tell('member.created', { member_id: 'ann', email: 'ann@ann.example', ip: '203.0.113.7' }, 'ann');
  const { code } = (await http.admin('get', '/members/ann?program=claudexia')).body;
  for (const member_id of ['bob', 'cas', 'dee']) {
    const signup = { member_id, email: `${member_id}@${member_id}.example`, ip: '203.0.113.7', referral_code: code };
    await http.tell('member.created', signup, `s_${member_id}`);
    const paid = { payment_id: `p_${member_id}`, member_id, amount: 10_000, currency: 'usd' };
    await http.tell('payment.succeeded', paid, `p_${member_id}`);
  }
  const { data } = (await http.admin('get', '/rewards?program=claudexia')).body;
  for (const each of data) await http.admin('post', `/rewards/${each.id}/notes`).send({ note: `about ${each.id}` });
  await http.admin('post', `/rewards/${data[0].id}/reject`).send({ reason: 'a farm' });
  await http.admin('patch', '/members/bob?program=claudexia').send({ note: 'a good one' });
  await http.serverKey(['events:write']);
  const seal = { now, transactionsPerSeal: 3 };
  await sealProgram(http.pools.general, 1, seal);
  await sealAudit(http.pools.general, seal);
});
afterAll(async () => {
  await owner.end();
  await http.close();
});

const ids = async (text: string) => (await owner.query(text)).rows.map(({ id }) => id as bigint);
beforeEach(async () => {
  steps = await ids('select id from reward_history where program_no = 1 order by id');
  notes = await ids('select id from reward_history where program_no = 1 and note is not null order by id');
  entries = await ids('select no as id from audit_log order by no');
});

const verify = async (chain: 'decisions' | 'audit', expected?: Head) => {
  const no = chain === 'audit' ? AUDIT : 1;
  const noted = expected && new Map([[headKey(chain, no), expected]]);
  const report = (await verifySeals(http.pools.general, undefined, noted)).find(
    (each) => each.chain === chain && each.programNo === no,
  );
  if (!report) throw new Error('no report');
  return report;
};

/** Does it, looks, and puts both tables and the seals back as they were. */
async function onceDone(change: readonly string[], chain: 'decisions' | 'audit', expected?: Head) {
  const tables = ['reward_history', 'audit_log', 'seals'];
  await tamper(owner, ...tables.map((name) => `create table kept_${name} as table ${name}`));
  try {
    await tamper(owner, ...change);
    return await verify(chain, expected);
  } finally {
    await tamper(
      owner,
      ...tables.flatMap((name) => [
        `delete from ${name}`,
        `insert into ${name} overriding system value select * from kept_${name}`,
        `drop table kept_${name}`,
      ]),
    );
  }
}

test('untouched, both chains are intact to their ends', async () => {
  expect(await verify('decisions')).toMatchObject({ ok: true, sealedTo: steps.at(-1), unsealed: 0n });
  expect(await verify('audit')).toMatchObject({ ok: true, sealedTo: entries.at(-1), unsealed: 0n });
  expect(entries.length).toBeGreaterThan(5);
});

describe('of decisions', () => {
  const at = (n: number) => `program_no = 1 and id = ${steps[n]}`;
  test.each<[string, () => string[], () => bigint | undefined, string]>([
    [
      'what was decided',
      () => [`update reward_history set status = 'credited' where ${at(4)}`],
      () => steps[4],
      'changed',
    ],
    ['by whom', () => [`update reward_history set actor = 'usr_x' where ${at(5)}`], () => steps[5], 'changed'],
    ['how much', () => [`update reward_history set amount = amount + 1 where ${at(0)}`], () => steps[0], 'changed'],
    ['one deleted', () => [`delete from reward_history where ${at(1)}`], () => steps[1], 'is gone'],
    [
      'one added between',
      () => [
        `insert into reward_history (program_no, id, reward_id, status, amount, at)
          select program_no, id + 1, reward_id, status, amount, at from reward_history where ${at(2)}`,
      ],
      () => (steps[2] ?? 0n) + 1n,
      'added',
    ],
    [
      'a note rewritten',
      () => [`update reward_history set note = 'another' where id = ${notes[1]}`],
      () => notes[1],
      'note',
    ],
    [
      'a note rewritten with its salt',
      () => [`update reward_history set note = 'another', salt = '\\x00' where id = ${notes[1]}`],
      () => notes[1],
      'note',
    ],
    [
      'a note rewritten with its hash',
      () => [
        `update reward_history set note = 'another', note_hash = hash_note(salt, 'another') where id = ${notes[0]}`,
      ],
      () => notes[0],
      'changed',
    ],
    [
      'a note taken away, of nobody who was erased',
      () => [`update reward_history set note = null, salt = null where id = ${notes[2]}`],
      () => notes[2],
      'nobody was erased',
    ],
    [
      'two that changed places',
      () => [
        `update reward_history set id = -1 where ${at(1)}`,
        `update reward_history set id = ${steps[1]} where ${at(6)}`,
        `update reward_history set id = ${steps[6]} where program_no = 1 and id = -1`,
      ],
      () => steps[1],
      'changed',
    ],
    [
      'the first of two',
      () => [`update reward_history set amount = 1 where id in (${steps[6]}, ${steps[3]})`],
      () => steps[3],
      'changed',
    ],
  ])('%s is found', async (_what, change, row, said) => {
    const report = await onceDone(change(), 'decisions');
    expect(report).toMatchObject({ ok: false, rowId: row(), what: expect.stringContaining(said) });
  });
});

describe('of the audit', () => {
  test.each<[string, () => string[], () => bigint | undefined, string]>([
    ['who did it', () => [`update audit_log set actor = 'cli' where no = ${entries[2]}`], () => entries[2], 'changed'],
    ['to whom', () => [`update audit_log set target = 'rw_1' where no = ${entries[0]}`], () => entries[0], 'changed'],
    ['one deleted', () => [`delete from audit_log where no = ${entries[3]}`], () => entries[3], 'is gone'],
    [
      'the reason',
      () => [`update audit_log set reason = 'a friend' where no = ${entries[1]}`],
      () => entries[1],
      'what stands in this entry',
    ],
    [
      'what it was before, taken away',
      () => [`update audit_log set reason = null, before = null, after = null, salt = null where no = ${entries[1]}`],
      () => entries[1],
      'nobody was erased',
    ],
  ])('%s is found', async (_what, change, row, said) => {
    const report = await onceDone(change(), 'audit');
    expect(report).toMatchObject({ ok: false, rowId: row(), what: expect.stringContaining(said) });
  });

  test('its end cut off with the seal is found by the head that was noted', async () => {
    const intact = await verify('audit');
    if (!intact.ok || !intact.head) throw new Error('no head');
    const { head } = intact;
    const cut = [
      `delete from audit_log where no > (select from_id - 1 from seals where chain = 'audit' and seq = ${head.seq})`,
      `delete from seals where chain = 'audit' and seq = ${head.seq}`,
    ];
    expect(await onceDone(cut, 'audit')).toMatchObject({ ok: true });
    expect(await onceDone(cut, 'audit', head)).toMatchObject({ ok: false, what: expect.stringContaining('cut off') });
  });
});

test('the seal waits while somebody writes, and no row with a lower number comes after it', async () => {
  const writer = new pg.Client({ connectionString: http.database.appUrl });
  await writer.connect();
  await writer.query('begin');
  await writer.query(
    `insert into audit_log (id, at, actor, action, target) values (nextval('ids'), now(), 'cli', 'x', 'y')`,
  );
  await http.serverKey(['events:write']);
  expect(await sealAudit(http.pools.general, { now })).toEqual({ seals: 0, transactions: 0n });
  await writer.query('commit');
  await writer.end();
  expect(await sealAudit(http.pools.general, { now })).toEqual({ seals: 1, transactions: 2n });
  expect(await verify('audit')).toMatchObject({ ok: true, unsealed: 0n });
});

test('after an erasure everything is intact', async () => {
  await http.admin('post', '/members/cas/erase?program=claudexia').send({ reason: 'asked' });
  const { rows } = await owner.query(
    'select count(*)::int as gone from reward_history where note is null and note_hash is not null',
  );
  expect(rows[0].gone).toBeGreaterThan(0);
  expect((await verifySeals(http.pools.general)).filter(({ ok }) => !ok)).toEqual([]);
});
