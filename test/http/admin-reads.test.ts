// The rest of the admin API: inbox, payments, members, programs, keys, audit, the ledger's check, the test clock.
import { createHash } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KEY_SCOPES } from '../../src/accounts/keys.ts';
import { type HttpTest, startHttp, stripePost } from '../support/http.ts';

let http: HttpTest;
let code: string;
beforeAll(async () => {
  http = await startHttp();
  await http.tell(
    'member.created',
    { member_id: 'alice', email: 'alice@example.com', name: 'Alice', ip: '203.0.113.7' },
    'a',
  );
  code = (await http.admin('get', '/members/alice?program=claudexia')).body.codes[0].code;
  await http.tell('member.created', { member_id: 'bob', email: 'bob@example.com', referral_code: code }, 'b');
  await http.tell(
    'payment.succeeded',
    { payment_id: 'pay_bob', member_id: 'bob', amount: 10_000, currency: 'usd' },
    'pb',
  );
  await http.tell(
    'payment.succeeded',
    { payment_id: 'pay_small', member_id: 'bob', amount: 100, currency: 'usd' },
    'ps',
  );
  await http.tell(
    'payment.succeeded',
    { payment_id: 'pay_who', customer_id: 'cus_9', amount: 900, currency: 'usd' },
    'pw',
  );
  await http.tell('payment.succeeded', { amount: 'much' }, 'odd');
  await http.tell('planet.discovered', {}, 'planet', 'other');
});
afterAll(() => http.close());

const get = async (path: string) => (await http.admin('get', path)).body;
async function asOwner(text: string): Promise<void> {
  const owner = new pg.Client({ connectionString: http.database.ownerUrl });
  await owner.connect();
  await owner.query(text).finally(() => owner.end());
}

describe('the inbox', () => {
  test.each([
    ['program=claudexia', ['odd', 'pw', 'ps', 'pb', 'b', 'a']],
    ['program=other', ['planet']],
    ['type=member.created', ['b', 'a']],
    ['state=parked', ['odd']],
    ['state=ignored', ['planet']],
    ['state=pending', []],
    ['state=handled&source=app', ['pw', 'ps', 'pb', 'b', 'a']],
    ['source=stripe', []],
    ['from=2026-05-02', []],
    ['', ['planet', 'odd', 'pw', 'ps', 'pb', 'b', 'a']],
  ])('?%s', async (query, expected) => {
    const { data } = await get(`/events?${query}`);
    expect(data.map((each: { event_id: string }) => each.event_id)).toEqual(expected);
  });

  test('comes in pages over all programs', async () => {
    const first = await get('/events?limit=4');
    const rest = await get(`/events?limit=4&cursor=${first.next_cursor}`);
    expect([...first.data, ...rest.data].map((each: { event_id: string }) => each.event_id)).toEqual([
      'planet',
      'odd',
      'pw',
      'ps',
      'pb',
      'b',
      'a',
    ]);
    expect(rest.next_cursor).toBeNull();
  });

  test('shows an event with its bytes and all that it caused', async () => {
    const [{ id }] = (await get('/events?type=payment.succeeded&state=handled')).data.slice(-1);
    const event = await get(`/events/${id}`);
    expect(JSON.parse(event.body).data.payment_id).toBe('pay_bob');
    expect(event.body_sha256).toBe(createHash('sha256').update(event.body).digest('hex'));
    expect(event.caused.rewards).toMatchObject([{ idempotency_key: 'ref:auto:pay_bob', amount: 500 }]);
    expect(event.caused.payments).toMatchObject([{ source_payment_id: 'pay_bob', member_id: 'bob', amount: 10_000 }]);
    expect(event.caused.transactions[0]).toMatchObject({ reward_id: event.caused.rewards[0].id });
    const sums = event.caused.transactions.map((each: { entries: { amount: number }[] }) =>
      each.entries.reduce((sum, line) => sum + line.amount, 0),
    );
    expect(new Set(sums)).toEqual(new Set([0]));
    expect(event.caused.deliveries).toEqual([]);
  });

  test('names the payment of an event that earned nothing, and bears one that it cannot read', async () => {
    const of = async (event_id: string) => {
      const { data } = await get('/events');
      return await get(`/events/${data.find((each: { event_id: string }) => each.event_id === event_id).id}`);
    };
    expect((await of('pw')).caused.payments).toMatchObject([{ source_payment_id: 'pay_who', reason: 'unattributed' }]);
    expect((await of('odd')).caused).toEqual({ rewards: [], payments: [], transactions: [], deliveries: [] });
    expect((await of('odd')).reason).toContain('payment_id');
  });

  test('replays what is parked, and writes down who did it', async () => {
    const [{ id }] = (await get('/events?state=parked')).data;
    const { status, body } = await http.admin('post', `/events/${id}/replay`);
    expect([status, body.id, body.state]).toEqual([200, id, 'parked']);
    const { data } = await get('/audit?action=event.replay');
    expect(data).toMatchObject([{ actor: 'admin', target: id, program: 'claudexia', before: { outcome: 'parked' } }]);
  });

  test('replays what was handled, and the ledger does not move', async () => {
    const before = await get('/rewards');
    const { data } = await get('/events?state=handled&type=payment.succeeded');
    for (const { id } of data) expect((await http.admin('post', `/events/${id}/replay`)).body.state).toBe('handled');
    expect(await get('/rewards')).toEqual(before);
    expect((await get('/ledger/check')).balanced).toBe(true);
  });

  test('does not replay a command of ours, or what is purged, or what is not there', async () => {
    await http.admin('patch', '/members/alice?program=claudexia').send({ note: 'x' });
    const [command] = (await get('/events?source=plusone')).data;
    expect((await http.admin('post', `/events/${command.id}/replay`)).body.code).toBe('not_replayable');
    await stripePost(http.app, '{"id":"evt_p","object":"event","type":"plan.created"}').set('Prefer', 'wait');
    const [purged] = (await get('/events?source=stripe')).data;
    await asOwner(`update inbox_events set body = null where event_id = 'evt_p'`);
    expect((await get(`/events/${purged.id}`)).body).toBeNull();
    expect((await http.admin('post', `/events/${purged.id}/replay`)).body.code).toBe('body_purged');
    expect((await http.admin('post', '/events/ev_999/replay')).body.code).toBe('unknown_event');
  });
});

describe('payments', () => {
  test.each([
    ['earned=false', ['pay_who', 'pay_small']],
    ['earned=true', ['pay_bob']],
    ['', ['pay_who', 'pay_small', 'pay_bob']],
    ['member=bob&earned=false', ['pay_small']],
    ['reason=unattributed', ['pay_who']],
    ['program=other', []],
  ])('?%s', async (query, expected) => {
    const { data } = await get(`/payments?${query}`);
    expect(data.map((each: { source_payment_id: string }) => each.source_payment_id)).toEqual(expected);
  });

  test('tell why they earned nothing', async () => {
    const { data, next_cursor } = await get('/payments?program=claudexia&earned=false&limit=1');
    expect(data).toMatchObject([
      {
        source_payment_id: 'pay_who',
        member_id: 'app:cus_9',
        amount: 900,
        currency: 'usd',
        paid_at: '2026-05-01T12:00:00.000Z',
        reason: 'unattributed',
      },
    ]);
    const next = await get(`/payments?program=claudexia&earned=false&limit=1&cursor=${next_cursor}`);
    expect(next).toMatchObject({
      data: [{ source_payment_id: 'pay_small', reason: 'below_minimum' }],
      next_cursor: null,
    });
  });
});

describe('a member', () => {
  test('is shown whole to the admin, address and all', async () => {
    expect(await get('/members/alice?program=claudexia')).toMatchObject({
      member_id: 'alice',
      email: 'alice@example.com',
      name: 'Alice',
      suspended: false,
      referred_by: null,
      referrals: { total: 1, completed: 1, paying: 1 },
      codes: [{ code, kind: 'primary', uses: 1 }],
      balances: [{ account: 'available', unit: 'usd', balance: 500 }],
      rewards: [{ status: 'credited', unit: 'usd', count: 1, amount: 500 }],
    });
    expect((await get('/members/bob?program=claudexia')).referred_by).toMatchObject({
      member_id: 'alice',
      code,
      status: 'completed',
    });
  });

  test('is nobody in another program, and needs one named', async () => {
    expect((await get('/members/alice?program=other')).code).toBe('unknown_member');
    expect((await get('/members/alice')).errors[0].field).toBe('program');
    expect((await get('/members/alice?program=nobody')).code).toBe('unknown_program');
  });

  test('gets a rate, a suspension and a note of their own', async () => {
    const patch = (body: object, id = 'alice') => http.admin('patch', `/members/${id}?program=claudexia`).send(body);
    const set = await patch({ rate: '7.5%', note: 'a friend', suspended: true, suspended_reason: 'asked' });
    expect([set.status, set.body.rate, set.body.note, set.body.suspended, set.body.suspended_reason]).toEqual([
      200,
      '7.5%',
      'a friend',
      true,
      'asked',
    ]);
    const unset = await patch({ rate: null, suspended: false });
    expect([unset.body.rate, unset.body.suspended, unset.body.note]).toEqual([null, false, 'a friend']);
    for (const wrong of [
      {},
      { rate: '101%' },
      { rate: 5 },
      { tier: 'gold' },
      { role: 'admin' },
      { suspended: 'yes' },
    ]) {
      const { status } = await patch(wrong);
      expect([wrong, status]).toEqual([wrong, 422]);
    }
    expect((await patch({ note: 'x' }, 'nobody')).body.code).toBe('unknown_member');
    expect((await get('/audit?action=member.patch')).data.length).toBeGreaterThan(1);
  });
});

describe('programs', () => {
  test('are listed without a secret', async () => {
    const body = await get('/programs');
    expect(body.data.map((each: { program: string }) => each.program)).toEqual(['claudexia', 'other']);
    expect(body.data[1].sources[0]).toEqual({
      name: 'app',
      kind: 'standard',
      url: 'https://plusone.test/p/other/webhooks/app',
    });
    expect(JSON.stringify(body)).not.toContain('whsec');
  });

  test('have a summary', async () => {
    const body = await get('/programs/claudexia/summary');
    expect(body).toMatchObject({
      funnel: { signups: 2, referrals: 1, completed_referrals: 1, paying: 1 },
      rewards: [{ status: 'credited', unit: 'usd', count: 1, amount: 500 }],
      cost: [{ unit: 'usd', count: 1, amount: 500 }],
      holds: { count: 0, amounts: [], flags: [] },
      failures: { count: 0 },
      unearned_payments: [
        { reason: 'below_minimum', count: 1 },
        { reason: 'unattributed', count: 1 },
      ],
      work: { waiting_events: 0, parked_events: 1 },
    });
    expect((await get('/programs/nobody/summary')).code).toBe('unknown_program');
  });
});

test('a server key is shown once, listed by its beginning, and revoked for good', async () => {
  const made = await http.admin('post', '/programs/claudexia/keys').send({ name: 'billing', scopes: ['events:write'] });
  expect([made.status, made.body.name, made.body.scopes]).toEqual([201, 'billing', ['events:write']]);
  expect(made.body.key).toMatch(/^po_claudexia_[\w-]{43}$/);
  const listed = await get('/programs/claudexia/keys');
  expect(JSON.stringify(listed)).not.toContain(made.body.key);
  expect(listed.data[0]).toMatchObject({ id: made.body.id, prefix: made.body.key.slice(0, 19), revoked_at: null });
  const { rows } = await http.pools.general.query('select hash from api_keys where id = $1', [made.body.id]);
  expect(rows[0].hash).toEqual(createHash('sha256').update(made.body.key).digest());
  const remove = (id: string, program = 'claudexia') => http.admin('delete', `/programs/${program}/keys/${id}`);
  expect((await remove(made.body.id, 'other')).body.code).toBe('unknown_key');
  expect((await remove(made.body.id)).body.revoked_at).toBe('2026-05-01T12:00:00.000Z');
  expect((await remove(made.body.id)).status).toBe(200);
  expect((await remove('key_none')).body.code).toBe('unknown_key');
  const noted = (await get(`/audit?target=${made.body.id}`)).data;
  expect(noted.map((each: { action: string }) => each.action)).toEqual(['key.revoke', 'key.create']);
  const whole = await http.admin('post', '/programs/claudexia/keys').send({ name: 'whole' });
  expect([whole.status, whole.body.scopes]).toEqual([201, KEY_SCOPES]);
  for (const wrong of [{ name: 'x', scopes: [] }, { name: 'x', scopes: ['all'] }, { scopes: ['events:write'] }]) {
    expect((await http.admin('post', '/programs/claudexia/keys').send(wrong)).status).toBe(422);
  }
});

test('the audit log comes in pages, newest first', async () => {
  const all = (await get('/audit')).data;
  const first = await get('/audit?limit=2');
  const second = await get(`/audit?limit=2&cursor=${first.next_cursor}`);
  expect([...first.data, ...second.data]).toEqual(all.slice(0, 4));
});

describe('the test clock', () => {
  test('tells the time, goes forward, and not back', async () => {
    expect(await get('/test-clock')).toEqual({ now: '2026-05-01T12:00:00.000Z' });
    const set = (now: unknown) => http.admin('post', '/test-clock').send({ now });
    expect((await set('2026-05-02T00:00:00Z')).body).toEqual({ now: '2026-05-02T00:00:00.000Z' });
    expect((await set('2026-05-02T02:00:00+02:00')).status).toBe(200);
    const back = await set('2026-05-01T00:00:00Z');
    expect([back.status, back.body.code]).toEqual([409, 'clock_backwards']);
    for (const wrong of ['tomorrow', 5, null, '2026-05-02T00:00:00']) expect((await set(wrong)).status).toBe(422);
  });

  test('is not there without TEST_CLOCK', async () => {
    const plain = await startHttp({}, { TEST_CLOCK: '0' });
    try {
      expect((await plain.admin('get', '/test-clock')).status).toBe(404);
      expect((await plain.admin('post', '/test-clock').send({ now: '2026-05-02T00:00:00Z' })).status).toBe(404);
    } finally {
      await plain.close();
    }
  });
});

describe('the ledger’s check', () => {
  test('is content with what the engine posted', async () => {
    expect(await get('/ledger/check')).toEqual({
      balanced: true,
      drift: 0,
      sealed_to: null,
      differences: [],
      programs: [
        { program: 'claudexia', sealed_to: null },
        { program: 'other', sealed_to: null },
      ],
    });
  });

  test.each([
    ['a lot', `update lots set remaining = remaining - 1`, 'lots', 1],
    ['a balance', `update balances set balance = balance + 1 where account = 'available'`, 'balance', 2],
    ['a reward', `update rewards set posted_amount = posted_amount + 7`, 'reward', 3],
    [
      'an entry',
      `alter table ledger_entries disable trigger user; update ledger_entries set amount = amount + 3 where account = 'rewards'`,
      'transaction',
      5,
    ],
  ])('sees that somebody changed %s', async (_what, text, check, drift) => {
    await asOwner(text);
    const body = await get('/ledger/check');
    expect([body.balanced, body.drift]).toEqual([false, drift]);
    expect(body.differences.map((each: { check: string }) => each.check)).toContain(check);
  });
});
