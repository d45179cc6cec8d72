// Rewards in the admin API: the contract's fields, filters, pages, and what an admin may do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpTest, startHttp } from '../support/http.ts';

let http: HttpTest;
let code: string;
const ids = new Map<string, string>();

/** alice brings bob (credited) and, from her own address, carol, dave, erin, fred, gina (held). */
beforeAll(async () => {
  http = await startHttp();
  await http.tell('member.created', { member_id: 'alice', email: 'alice@example.com', ip: '203.0.113.7' }, 'a');
  code = (await http.admin('get', '/members/alice?program=claudexia')).body.codes[0].code;
  await refer('bob', '198.51.100.1');
  for (const member of ['carol', 'dave', 'erin', 'fred', 'gina']) await refer(member, '203.0.113.7');
  const { body } = await http.admin('get', '/rewards?program=claudexia');
  for (const reward of body.data) ids.set(reward.referee_id, reward.id);
});
afterAll(() => http.close());

async function refer(member_id: string, ip: string) {
  await http.tell(
    'member.created',
    { member_id, email: `${member_id}@${member_id}.example`, ip, referral_code: code },
    `s_${member_id}`,
  );
  await http.tell(
    'payment.succeeded',
    { payment_id: `pay_${member_id}`, member_id, amount: 12_000, tax: 2_000, currency: 'usd' },
    `p_${member_id}`,
  );
}
const idOf = (referee: string) => ids.get(referee) ?? 'missing';
const list = async (query: string) => (await http.admin('get', `/rewards?${query}`)).body;
const referees = async (query: string) =>
  (await list(query)).data.map((each: { referee_id: string }) => each.referee_id);

describe('a reward', () => {
  test('has exactly the contract’s fields', async () => {
    const { body } = await http.admin('get', `/rewards?program=claudexia&status=credited`);
    expect(body.data).toEqual([
      {
        id: expect.stringMatching(/^rw_\d+$/),
        program: 'claudexia',
        rule: 'top_up_share',
        to: 'referrer',
        member_id: 'alice',
        referrer_id: 'alice',
        referee_id: 'bob',
        status: 'credited',
        reason: null,
        outcome: null,
        flags: [],
        amount: 500,
        reversed_amount: 0,
        forfeited_amount: 0,
        unit: 'usd',
        rate: '5%',
        base: { amount: 10_000, currency: 'usd' },
        source: 'app',
        source_payment_id: 'pay_bob',
        idempotency_key: 'ref:auto:pay_bob',
        program_version: 1,
        created_at: '2026-05-01T12:00:00.000Z',
        credited_at: '2026-05-01T12:00:00.000Z',
        vests_at: null,
        expires_at: null,
      },
    ]);
  });

  test('is shown with all that stands behind it, by either form of its id', async () => {
    const { status, body } = await http.admin('get', `/rewards/${idOf('bob')}`);
    expect(status).toBe(200);
    expect(body.explain.map((each: { asked: string }) => each.asked)).toEqual(
      expect.arrayContaining(['signal same_ip', 'rule top_up_share']),
    );
    expect(
      body.entries.map((each: { account: string; member_id: string | null; amount: number }) => [
        each.account,
        each.member_id,
        each.amount,
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['available', 'alice', 500],
        ['rewards', null, -500],
      ]),
    );
    expect(body.history).toMatchObject([
      { status: 'credited', amount: 500, event_id: expect.stringMatching(/^ev_\d+$/) },
    ]);
    expect(body.attempts).toEqual([]);
    expect((await http.admin('get', `/rewards/${idOf('bob').slice(3)}`)).body).toEqual(body);
  });

  test.each(['rw_999999', '0', 'xyz', 'ev_1', '-1', '1e3'])('%s is unknown', async (id) => {
    const { status, body } = await http.admin('get', `/rewards/${id}`);
    expect([status, body.code]).toEqual([404, 'unknown_reward']);
  });
});

describe('the list', () => {
  test.each([
    ['status=pending', 5],
    ['flag=same_ip', 5],
    ['flag=velocity', 0],
    ['member=alice', 6],
    ['member=bob', 0],
    ['program=other', 0],
    ['status=pending&flag=same_ip&member=alice&program=claudexia', 5],
    ['from=2026-05-01', 6],
    ['from=2026-05-02', 0],
    ['to=2026-05-01T12:00:00Z', 0],
    ['status=', 6],
  ])('?%s finds %i', async (query, count) => {
    expect((await list(query)).data).toHaveLength(count);
  });

  test.each([
    ['stauts=pending', 'stauts'],
    ['status=odd', 'status'],
    ['limit=0', 'limit'],
    ['limit=many', 'limit'],
    ['from=yesterday', 'from'],
    ['cursor=potato', 'cursor'],
    ['status=pending&status=failed', 'status'],
  ])('?%s is refused by name', async (query, field) => {
    const { status, body } = await http.admin('get', `/rewards?${query}`);
    expect([status, body.code, body.errors[0].field]).toEqual([422, 'invalid_request', field]);
  });

  test('of a program that is not there is 404', async () => {
    expect((await list('program=nobody')).code).toBe('unknown_program');
  });

  test('comes in pages, newest first, whole and without repetition, also while rows are added', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null; pages++) {
      const body: { data: { referee_id: string }[]; next_cursor: string | null } = await list(
        `limit=2&cursor=${cursor}`,
      );
      expect(body.data.length).toBeLessThanOrEqual(2);
      seen.push(...body.data.map((each) => each.referee_id));
      if (pages === 0) await refer('late', '198.51.100.2');
      cursor = body.next_cursor;
    }
    expect(seen).toEqual(['gina', 'fred', 'erin', 'dave', 'carol', 'bob']);
    expect((await referees('limit=1'))[0]).toBe('late');
    expect((await list('limit=7')).next_cursor).toBeNull();
    expect((await list('limit=1000')).data).toHaveLength(7);
  });
});

describe('approve', () => {
  test('releases what is held, and the answer shows it', async () => {
    const { status, body } = await http
      .admin('post', `/rewards/${idOf('carol')}/approve`)
      .send({ reason: 'I know her' });
    expect([status, body.status, body.reason, body.amount]).toEqual([200, 'credited', null, 500]);
    expect(Object.keys(body)).not.toContain('explain');
    const detail = (await http.admin('get', `/rewards/${idOf('carol')}`)).body;
    expect(detail.history.at(-1)).toMatchObject({ status: 'credited', actor: 'admin', note: 'I know her' });
  });

  test('needs no body, but something to approve', async () => {
    const { status, body } = await http.admin('post', `/rewards/${idOf('carol')}/approve`);
    expect([status, body.code]).toEqual([409, 'not_approvable']);
    expect((await http.admin('post', '/rewards/rw_999/approve')).body.code).toBe('unknown_reward');
  });
});

test('approve sends a failed credit again, once, and waits for what the sink says', async () => {
  http.sink.status = 400;
  const tell = (type: string, data: object, id: string) => http.tell(type, data, id, 'other');
  await tell('member.created', { member_id: 'zoe', email: 'zoe@example.com' }, 'zoe');
  const { codes } = (await http.admin('get', '/members/zoe?program=other')).body;
  await tell('member.created', { member_id: 'yan', email: 'yan@example.com', referral_code: codes[0].code }, 'yan');
  await tell('payment.succeeded', { payment_id: 'pay_y', member_id: 'yan', amount: 10_000, currency: 'usd' }, 'pay_y');
  const [failed] = (await list('program=other')).data;
  expect(failed).toMatchObject({ status: 'failed', outcome: 'refused' });
  const again = await http.admin('post', `/rewards/${failed.id}/approve`);
  expect([again.status, again.body.status]).toEqual([200, 'failed']);
  http.sink.status = 200;
  const last = await http.admin('post', `/rewards/${failed.id}/approve`);
  expect([last.status, last.body.status, last.body.outcome]).toEqual([200, 'credited', null]);
  expect(http.sink.keys).toEqual(['ref:auto:pay_y', 'ref:auto:pay_y', 'ref:auto:pay_y']);
  const { attempts } = (await http.admin('get', `/rewards/${failed.id}`)).body;
  expect(attempts.map((each: { status: number }) => each.status)).toEqual([400, 400, 200]);
});

describe('reject and reverse', () => {
  test('want a reason', async () => {
    for (const action of ['reject', 'reverse']) {
      const { status, body } = await http.admin('post', `/rewards/${idOf('dave')}/${action}`).send({});
      expect([status, body.errors[0].field]).toEqual([422, 'reason']);
    }
    const { body } = await http.admin('post', `/rewards/${idOf('dave')}/reject`).send({ reason: 'x', confirm: true });
    expect(body.errors).toEqual([{ field: 'confirm', reason: 'is not known here' }]);
  });

  test('reject what waits, reverse what was credited, and nothing else', async () => {
    const rejected = await http.admin('post', `/rewards/${idOf('dave')}/reject`).send({ reason: 'same flat' });
    expect([rejected.status, rejected.body.status, rejected.body.reason]).toEqual([200, 'rejected', 'admin']);
    const reversed = await http.admin('post', `/rewards/${idOf('carol')}/reverse`).send({ reason: 'abuse' });
    expect([reversed.status, reversed.body.status, reversed.body.reversed_amount]).toEqual([200, 'reversed', 500]);
    const wrong = [
      await http.admin('post', `/rewards/${idOf('carol')}/reject`).send({ reason: 'x' }),
      await http.admin('post', `/rewards/${idOf('dave')}/reverse`).send({ reason: 'x' }),
    ];
    expect(wrong.map(({ status, body }) => [status, body.code])).toEqual([
      [409, 'not_rejectable'],
      [409, 'not_reversible'],
    ]);
  });
});

describe('in bulk', () => {
  test('each has its own result, known or not', async () => {
    const given = [idOf('erin'), 'rw_999', idOf('bob').slice(3), 'potato'];
    const { status, body } = await http.admin('post', '/rewards/bulk').send({ action: 'approve', ids: given });
    expect(status).toBe(200);
    expect(body.data).toEqual([
      { id: idOf('erin'), ok: true, status: 'credited' },
      { id: 'rw_999', ok: false, code: 'unknown_reward' },
      { id: idOf('bob'), ok: false, code: 'not_approvable' },
      { id: 'potato', ok: false, code: 'unknown_reward' },
    ]);
  });

  test('a filter names them as the list does', async () => {
    const order = {
      action: 'reject',
      filter: { program: 'claudexia', status: 'pending', flag: 'same_ip' },
      reason: 'farm',
    };
    const { body } = await http.admin('post', '/rewards/bulk').send(order);
    expect(body).toEqual({
      data: [idOf('gina'), idOf('fred')].map((id) => ({ id, ok: true, status: 'rejected' })),
      more: false,
    });
    expect((await list('status=pending')).data).toEqual([]);
  });

  test.each<[string, object]>([
    ['neither ids nor a filter', { action: 'approve' }],
    ['both', { action: 'approve', ids: ['rw_1'], filter: { status: 'pending' } }],
    ['an empty filter', { action: 'approve', filter: {} }],
    ['a mistyped filter', { action: 'approve', filter: { stauts: 'pending' } }],
    ['no reason', { action: 'reverse', ids: ['rw_1'] }],
    ['501 ids', { action: 'approve', ids: Array.from({ length: 501 }, (_, n) => `rw_${n}`) }],
    ['another action', { action: 'delete', ids: ['rw_1'] }],
  ])('%s is refused', async (_what, order) => {
    const { status, body } = await http.admin('post', '/rewards/bulk').send(order);
    expect([status, body.code]).toEqual([422, 'invalid_request']);
  });
});
