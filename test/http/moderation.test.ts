// Moderation: the queue with its evidence, notes, two persons above an amount (A5), and two admins at once (K5).
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sessionHeaders } from '../support/admin.ts';
import { type HttpTest, startHttp } from '../support/http.ts';

let http: HttpTest;
const ids = new Map<string, string>();
const idOf = (referee: string) => ids.get(referee) ?? 'missing';
const MORE = { careful: 'moderation: { two_persons_above: 5.00 }' };

/** alice brings, from her own address: ben to ivy of $5 each, and jo of $50; in `careful`, too. */
beforeAll(async () => {
  http = await startHttp({}, {}, MORE);
  for (const program of ['claudexia', 'careful']) {
    const alice = { member_id: 'alice', email: 'alice@example.com', name: 'Alice', ip: '203.0.113.7' };
    await http.tell('member.created', alice, 'a', program);
    const { code } = (await http.admin('get', `/members/alice?program=${program}`)).body;
    const people = ['ben', 'cas', 'dee', 'eva', 'fay', 'guy', 'hal', 'ivy', 'jo'];
    for (const [index, member_id] of people.entries()) {
      const signup = { member_id, email: `${member_id}@${member_id}.example`, ip: '203.0.113.7', referral_code: code };
      await http.tell('member.created', signup, `s_${index}`, program);
      const paid = { payment_id: `pay_${member_id}`, member_id, amount: member_id === 'jo' ? 100_000 : 10_000 };
      await http.tell('payment.succeeded', { ...paid, currency: 'usd' }, `p_${index}`, program);
    }
    const { body } = await http.admin('get', `/rewards?program=${program}`);
    for (const each of body.data) ids.set(`${program === 'careful' ? 'careful ' : ''}${each.referee_id}`, each.id);
  }
});
afterAll(() => http.close());

const queue = async (query: string) => (await http.admin('get', `/moderation?${query}`)).body;
const approve = (id: string, body: object = {}) => http.admin('post', `/rewards/${id}/approve`).send(body);
const approveAs = async (role: 'moderator' | 'owner', id: string, body: object = {}) =>
  await request(http.app)
    .post(`/admin/v1/rewards/${id}/approve`)
    .set(await sessionHeaders(http, role))
    .send(body);
const auditOf = async (id: string) => (await http.admin('get', `/audit?target=${id}`)).body.data;

describe('the queue', () => {
  test('shows who is on both sides, what the signals saw, and the money at stake; longest waiting first', async () => {
    const { data, at_stake, next_cursor } = await queue('program=claudexia&limit=1');
    expect(data).toHaveLength(1);
    expect(data[0]).toMatchObject({
      reward: { id: idOf('ben'), status: 'pending', reason: 'held', amount: 500 },
      referrer: { member_id: 'alice', email: 'alice@example.com', name: 'Alice', referrals: { total: 9, held: 9 } },
      referee: { member_id: 'ben', email: 'ben@ben.example', suspended: false, referrals: { total: 0 } },
      signals: [{ asked: 'signal same_ip', said: 'hold', saw: { used_by_referrer: true } }],
      notes: [],
      approvals: [],
      approvals_needed: 1,
    });
    expect(at_stake).toEqual([{ program: 'claudexia', unit: 'usd', count: 9, amount: 8 * 500 + 5_000 }]);
    const rest = await queue(`program=claudexia&cursor=${next_cursor}`);
    const others = rest.data.map((each: { referee: { member_id: string } }) => each.referee.member_id);
    expect(others).toEqual(['cas', 'dee', 'eva', 'fay', 'guy', 'hal', 'ivy', 'jo']);
    expect(rest.next_cursor).toBeNull();
  });

  test.each([
    ['program=claudexia&member=alice', 9],
    ['program=claudexia&member=jo', 1],
    ['member=jo', 2],
    ['program=claudexia&at_least=501', 1],
    ['program=claudexia&flag=same_ip&waits_for=review', 9],
    ['program=claudexia&flag=velocity', 0],
    ['program=claudexia&waits_for=delivery', 0],
    ['program=other', 0],
  ])('?%s finds %i, and sums only those', async (query, count) => {
    const { data, at_stake } = await queue(query);
    expect(data).toHaveLength(count);
    expect(at_stake.reduce((sum: number, each: { count: number }) => sum + each.count, 0)).toBe(count);
  });
});

test('a note decides nothing, and is there for the next who looks', async () => {
  const { status, body } = await http.admin('post', `/rewards/${idOf('ben')}/notes`).send({ note: 'asked them' });
  expect([status, body.status]).toEqual([200, 'pending']);
  expect(body.history.at(-1)).toMatchObject({ status: 'pending', actor: 'admin', note: 'asked them' });
  const { data } = await queue('program=claudexia&limit=1');
  expect(data[0].notes).toEqual([{ at: '2026-05-01T12:00:00.000Z', actor: 'admin', note: 'asked them' }]);
  expect(await auditOf(idOf('ben'))).toMatchObject([{ action: 'reward.note', actor: 'admin', reason: 'asked them' }]);
  expect((await http.admin('post', '/rewards/rw_999/notes').send({ note: 'x' })).body.code).toBe('unknown_reward');
});

describe('above the configured amount', () => {
  test('A5: one person alone credits nothing, however often and by whatever way', async () => {
    const id = idOf('careful jo');
    const first = await approve(id, { reason: 'looks fine' });
    expect([first.status, first.body.status, first.body.reason]).toEqual([200, 'pending', 'held']);
    const again = await approve(id);
    expect([again.status, again.body.code]).toEqual([409, 'already_approved']);
    const { body } = await http.admin('post', '/rewards/bulk').send({ action: 'approve', ids: [id] });
    expect(body.data).toEqual([{ id, ok: false, code: 'already_approved' }]);
    const { data } = await queue('program=careful&at_least=501');
    expect(data[0]).toMatchObject({ approvals: [{ actor: 'admin' }], approvals_needed: 2 });
    const { body: detail } = await http.admin('get', `/rewards/${id}`);
    expect(detail.entries.filter((each: { account: string }) => each.account === 'available')).toEqual([]);
  });

  test('a second person credits it; the audit says who did what, why, and what it was before and after', async () => {
    const id = idOf('careful jo');
    const second = await approveAs('moderator', id, { reason: 'so do I think' });
    expect([second.status, second.body.status]).toEqual([200, 'credited']);
    const [last, first] = await auditOf(id);
    expect(first).toMatchObject({
      actor: 'admin',
      reason: 'looks fine',
      before: { status: 'pending', amount: 5_000 },
      after: { status: 'pending', approvals: 1 },
    });
    expect(last).toMatchObject({
      actor: expect.stringMatching(/^usr_/),
      reason: 'so do I think',
      before: { status: 'pending', approvals: 1 },
      after: { status: 'credited', approvals: 2 },
    });
    expect((await approveAs('owner', id)).body.code).toBe('not_approvable');
  });

  test('one is enough up to it, and the other may still refuse', async () => {
    expect((await approve(idOf('careful ben'))).body.status).toBe('credited');
    const { data } = await queue('program=careful&member=cas');
    expect(data[0].approvals_needed).toBe(1);
  });
});

describe('K5: two admins at once', () => {
  const statuses = (answers: readonly { status: number }[]) => answers.map(({ status }) => status).sort();

  test('approving: one wins, the others get 409, and it is credited once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => approve(idOf('cas'))));
    expect(statuses(answers)).toEqual([200, ...Array.from({ length: 7 }, () => 409)]);
    const { body } = await http.admin('get', `/rewards/${idOf('cas')}`);
    expect(body.entries.filter((each: { account: string }) => each.account === 'available')).toHaveLength(1);
  });

  test('one approving, one rejecting: one wins, the other gets 409', async () => {
    for (const referee of ['dee', 'eva', 'fay', 'guy']) {
      const reject = http.admin('post', `/rewards/${idOf(referee)}/reject`).send({ reason: 'farm' });
      const answers = await Promise.all([approve(idOf(referee)), reject]);
      expect(statuses(answers)).toEqual([200, 409]);
    }
  });

  test('whoever looked before the other decided is told, also where the action would still fit', async () => {
    await approve(idOf('hal'));
    const late = await http
      .admin('post', `/rewards/${idOf('hal')}/reverse`)
      .send({ reason: 'x', if_status: 'pending' });
    expect([late.status, late.body.code]).toEqual([409, 'status_changed']);
    expect((await http.admin('get', `/rewards/${idOf('hal')}`)).body.status).toBe('credited');
    const order = { action: 'reverse', ids: [idOf('hal')], reason: 'x', if_status: 'pending' };
    const { body } = await http.admin('post', '/rewards/bulk').send(order);
    expect(body.data[0].code).toBe('status_changed');
    const right = await http
      .admin('post', `/rewards/${idOf('hal')}/reverse`)
      .send({ reason: 'x', if_status: 'credited' });
    expect(right.body.status).toBe('reversed');
  });

  test('trying a failed one again: ordered once before the try begins', async () => {
    http.sink.status = 400;
    const tell = (type: string, data: object, id: string) => http.tell(type, data, id, 'other');
    await tell('member.created', { member_id: 'zoe', email: 'zoe@example.com' }, 'zoe');
    const { code } = (await http.admin('get', '/members/zoe?program=other')).body;
    await tell('member.created', { member_id: 'yan', email: 'yan@example.com', referral_code: code }, 'yan');
    await tell('payment.succeeded', { payment_id: 'pay_y', member_id: 'yan', amount: 10_000, currency: 'usd' }, 'p_y');
    const [failed] = (await queue('program=other&waits_for=delivery')).data;
    http.sink.status = 200;
    const before = http.sink.keys.length;
    const answers = await Promise.all(Array.from({ length: 6 }, () => approve(failed.reward.id)));
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status !== 200 && status !== 409)).toEqual([]);
    expect(http.sink.keys.length).toBe(before + 1);
    expect((await http.admin('get', `/rewards/${failed.reward.id}`)).body.status).toBe('credited');
  });
});
