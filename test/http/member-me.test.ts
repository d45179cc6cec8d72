// What a member sees of their own: figures, rewards, referrals, ledger; and nothing of anybody else's address.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { keepBigCounts } from '../../src/http/kept.ts';
import { maskEmail, maskPerson } from '../../src/http/member/masks.ts';
import { shareTexts } from '../../src/http/member/share.ts';
import type { Program } from '../../src/model/program.ts';
import { type HttpTest, startHttp } from '../support/http.ts';
import { client, tokenFor } from '../support/member.ts';
import { claudexia } from '../support/programs.ts';

let http: HttpTest;
let call: ReturnType<typeof client>;
let alice: string;
const REFEREES = 5;

async function pay(payment_id: string, member_id: string, amount: number, program = 'claudexia') {
  const data = { payment_id, member_id, amount, currency: 'usd', paid_at: '2026-05-01T12:00:00Z' };
  await http.tell('payment.succeeded', data, payment_id, program);
}

async function refer(count: number, program: string, code: string) {
  for (let n = 0; n < count; n++) {
    const data = { member_id: `r${n}`, email: `referee${n}@work.example`, referral_code: code, ip: `192.0.2.${n + 1}` };
    await http.tell('member.created', data, `r${n}`, program);
  }
}

beforeAll(async () => {
  http = await startHttp();
  call = client(http.app);
  alice = await tokenFor('alice', { email: 'alice@example.com', name: 'Alice Anders' });
  const { code } = (await call('get', '/me', { token: alice })).body;
  await refer(REFEREES, 'claudexia', code);
  const unverified = { member_id: 'shy', email: 'shy@work.example', email_verified: false, referral_code: code };
  await http.tell('member.created', unverified, 'shy');
  await pay('pay_1', 'r0', 10_000);
  await pay('pay_2', 'r0', 2_000);
  await pay('pay_3', 'r1', 1_000);
  await http.tell('payment.refunded', { refund_id: 're_1', payment_id: 'pay_1', amount: 5_000 }, 're_1');
});
afterAll(() => http.close());

describe('GET /me', () => {
  test('tells a newcomer what to share, and zero of everything', async () => {
    const { body } = await call('get', '/me', { token: await tokenFor('newcomer') });
    const { code } = body;
    expect(body).toMatchObject({
      member_id: 'newcomer',
      url: `https://claudexia.example/?ref=${code}`,
      tier: null,
      unit: 'usd',
      balance: 0,
      delivered: null,
      totals: { earned: 0, earned_last_30_days: 0, pending: 0, signups: 0, active: 0, qualified: 0 },
      limits: { max_balance: null, lifetime_caps: [] },
      suspended: false,
    });
    const text = `Join claudexia with my referral code ${code}: https://claudexia.example/?ref=${code}`;
    expect(body.share_text).toEqual({ x: text, linkedin: text, telegram: text, email: text });
  });

  test('counts what was earned net of reversals, completed signups, and who paid lately', async () => {
    const { body } = await call('get', '/me', { token: alice });
    expect(body).toMatchObject({
      balance: 400,
      totals: { earned: 400, earned_last_30_days: 400, pending: 0, signups: REFEREES, active: 2, qualified: REFEREES },
    });
    expect(body.by_unit).toMatchObject([{ unit: 'usd', balance: 400, earned: 400, debt: 0 }]);
  });

  test('counts a reward that is held as pending, and neither once it is rejected', async () => {
    const same = { ip: '203.0.113.5' };
    await http.tell('member.created', { member_id: 'cat', email: 'cat@example.com', ...same }, 'cat');
    const cat = await tokenFor('cat');
    const { code } = (await call('get', '/me', { token: cat })).body;
    await http.tell(
      'member.created',
      { member_id: 'dog', email: 'dog@example.org', referral_code: code, ...same },
      'dog',
    );
    await pay('pay_dog', 'dog', 10_000);
    const totals = async () => (await call('get', '/me', { token: cat })).body.totals;
    expect(await totals()).toMatchObject({ earned: 0, pending: 500 });
    const [held] = (await http.admin('get', '/rewards?program=claudexia&member=cat')).body.data;
    await http.admin('post', `/rewards/${held.id}/reject`).send({ reason: 'the same household' });
    expect(await totals()).toMatchObject({ earned: 0, pending: 0 });
  });

  test('has no balance where another keeps it, but what was delivered', async () => {
    const token = await http.serverKey(['members:read'], 'other');
    const headers = { 'Plusone-Member': 'ann' };
    await http.tell('member.created', { member_id: 'ann', email: 'ann@example.com' }, 'ann', 'other');
    const { code } = (await call('get', '/me', { token, headers, program: 'other' })).body;
    await refer(1, 'other', code);
    await pay('pay_o', 'r0', 10_000, 'other');
    const { body } = await call('get', '/me', { token, headers, program: 'other' });
    expect(body).toMatchObject({ balance: null, delivered: 500, totals: { earned: 500, active: 1 } });
  });
});

describe('the lists', () => {
  test('of rewards have the contract’s fields, newest first', async () => {
    const { body } = await call('get', '/me/rewards', { token: alice });
    expect(body.next_cursor).toBeNull();
    expect(body.data.map((each: { amount: number }) => each.amount)).toEqual([50, 100, 500]);
    expect(body.data[2]).toMatchObject({
      rule: 'top_up_share',
      status: 'credited',
      reason: null,
      amount: 500,
      reversed_amount: 250,
      unit: 'usd',
      base: { amount: 10_000, currency: 'usd' },
      rate: '5%',
      vests_at: null,
      expires_at: null,
    });
    expect(Object.keys(body.data[0])).not.toContain('referee_id');
  });

  test('of referrals mask addresses and tell no ids', async () => {
    const answer = await call('get', '/me/referrals', { token: alice });
    expect(answer.body.data[0]).toMatchObject({ email: 's***@work.example', status: 'pending', first_paid_at: null });
    expect(answer.body.data.at(-1)).toMatchObject({
      email: 'ref***@work.example',
      status: 'completed',
      first_paid_at: '2026-05-01T12:00:00.000Z',
      earned: [{ unit: 'usd', amount: 350 }],
    });
    expect(answer.text).not.toMatch(/referee\d|shy@|"r0"/);
  });

  test('of the ledger show the person’s own entries', async () => {
    const { body } = await call('get', '/me/ledger', { token: alice });
    expect(body.data.map((each: { kind: string }) => each.kind)).toContain('reverse');
    const entries = body.data.flatMap((each: { entries: { account: string; amount: number }[] }) => each.entries);
    const sum = (account: string) =>
      entries
        .filter((each: { account: string }) => each.account === account)
        .reduce((a: number, e: { amount: number }) => a + e.amount, 0);
    expect([sum('available'), sum('pending')]).toEqual([400, 0]);
    expect(new Set(entries.map((each: { account: string }) => each.account)).has('rewards')).toBe(false);
  });

  test.each(['/me/rewards', '/me/referrals', '/me/ledger'])(
    '%s page by a cursor without loss or repetition',
    async (path) => {
      const whole = (await call('get', `${path}?limit=100`, { token: alice })).body.data;
      const seen: object[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const { body } = await call('get', `${path}?limit=1${cursor ? `&cursor=${cursor}` : ''}`, { token: alice });
        expect(body.data).toHaveLength(1);
        seen.push(...body.data);
        cursor = body.next_cursor;
      }
      expect(seen).toEqual(whole);
      expect(whole.length).toBeGreaterThan(2);
    },
  );

  test('of referrals made in the same moment page without loss', async () => {
    await http.pools.general.query(`update referrals set created_at = '2026-05-01T12:00:00Z'`);
    const first = (await call('get', '/me/referrals?limit=4', { token: alice })).body;
    const rest = (await call('get', `/me/referrals?limit=4&cursor=${first.next_cursor}`, { token: alice })).body;
    expect(new Set([...first.data, ...rest.data].map((each) => each.id)).size).toBe(REFEREES + 1);
    expect(rest.next_cursor).toBeNull();
  });

  test('refuse a cursor that is none and a filter that they do not know', async () => {
    expect((await call('get', '/me/rewards?cursor=x', { token: alice })).body.code).toBe('invalid_request');
    expect((await call('get', '/me/rewards?member=bob', { token: alice })).body.code).toBe('invalid_request');
    expect((await call('get', '/me/rewards?limit=0', { token: alice })).status).toBe(422);
  });

  test('are empty for somebody else', async () => {
    const token = await tokenFor('mallory');
    for (const path of ['/me/rewards', '/me/referrals', '/me/ledger']) {
      expect((await call('get', path, { token })).body).toEqual({ data: [], next_cursor: null });
    }
  });
});

test.each([
  ['a@x.org', '***@x.org'],
  ['ab@x.org', 'a***@x.org'],
  ['user@domain.com', 'us***@domain.com'],
  ['someone.long+tag@domain.com', 'som***@domain.com'],
  ['"a@b"@x.org', '"a***@x.org'],
  ['junk', '***'],
])('%s is shown as %s', (email, shown) => {
  expect(maskEmail(email)).toBe(shown);
});

test.each([
  [{ name: 'Alexandra Jones', email: 'a@x.org' }, 'Ale***'],
  [{ name: 'Bo', email: null }, 'B***'],
  [{ name: 'X', email: null }, '***'],
  [{ name: 'bob@x.org', email: 'bobby@x.org' }, 'bo***'],
  [{ name: null, email: null }, '***'],
  [undefined, '***'],
])('%o stands in a list as %s', (person, shown) => {
  expect(maskPerson(person)).toBe(shown);
});

describe('share texts', () => {
  const welcome = {
    name: 'welcome',
    to: 'referee',
    label: 'welcome',
    when: 'signup',
    vestsAfter: undefined,
    lifetimeCap: undefined,
  } as const;
  const giving = (amount: bigint, more: Partial<Program> = {}) =>
    claudexia({ rules: [{ ...welcome, amount: { kind: 'fixed', amount } }], ...more });
  const url = 'https://claudexia.tech/?ref=K7M2XQ';

  test.each<[string, Program, string]>([
    ['in dollars', giving(2000n), '$20'],
    ['in another currency', giving(1250n, { unit: { kind: 'money', currency: 'chf' } }), '12.50 CHF'],
    ['in points', giving(1000n, { unit: { kind: 'points', name: 'credits' } }), '1000 credits'],
    [
      'in what money is shown as',
      giving(100n, { unit: { kind: 'money', currency: 'usd', shownAs: { name: 'credits', per: 1n } } }),
      '100 credits',
    ],
  ])('name what the newcomer gets, %s', (_how, program, amount) => {
    expect(shareTexts(program, 'K7M2XQ').x).toBe(
      `Join Claudexia with my referral code K7M2XQ and get ${amount}: ${url}`,
    );
  });

  test('are in the language of the program file', () => {
    expect(shareTexts(giving(2000n, { language: 'de' }), 'K7M2XQ').x).toBe(
      `Registriere dich mit meinem Empfehlungscode K7M2XQ bei Claudexia und erhalte 20,00\u00a0$: ${url}`,
    );
    expect(shareTexts(claudexia({ language: 'de' }), 'K7M2XQ').x).toBe(
      `Registriere dich mit meinem Empfehlungscode K7M2XQ bei Claudexia: ${url}`,
    );
  });

  test('are the program’s own where it has some', () => {
    const share = { text: 'Use {code} for {amount}! {url}', x: '{code} {code} $& {url}' };
    const texts = shareTexts(giving(2000n, { share }), 'K7M2XQ');
    expect(texts.x).toBe(`K7M2XQ K7M2XQ $& ${url}`);
    expect(texts.telegram).toBe(`Use K7M2XQ for $20! ${url}`);
  });
});

test('active referees are counted each time for few; for very many the last count is given while it is made anew', async () => {
  let [elapsed, asked] = [0, 0];
  const kept = keepBigCounts(() => elapsed);
  const ask = (key: string, signups: number) => kept(key, signups, async () => ++asked);
  for (const _ of [1, 2]) await ask('few', 19_999);
  expect(asked).toBe(2);
  for (const _ of [1, 2, 3]) expect(await ask('many', 20_000)).toBe(3);
  elapsed = 10_001;
  expect(await ask('many', 20_000)).toBe(3);
  await vi.waitFor(async () => expect(await ask('many', 20_000)).toBe(4));
  expect(asked).toBe(4);
  elapsed += 3_600_001;
  expect(await ask('many', 20_000)).toBe(5);
});

describe('as time goes by, GET /me', () => {
  test('forgets what was earned more than 30 days ago, and who paid then', async () => {
    const at = async (now: string) => {
      await http.admin('post', '/test-clock').send({ now });
      return (await call('get', '/me', { token: alice })).body.totals;
    };
    expect(await at('2026-05-30T11:00:00Z')).toMatchObject({ earned: 400, earned_last_30_days: 400, active: 2 });
    expect(await at('2026-06-01T12:00:00Z')).toMatchObject({ earned: 400, earned_last_30_days: 0, active: 0 });
  });

  test('is what the rewards add up to, whatever happened to them, and nobody may write it', async () => {
    const drift = `
      select c.program_no, c.person_id, c.day, sum(c.earned), sum(c.pending) from (
        select k.* from rewards r, reward_counts(r, 1) k
        union all select program_no, person_id, unit, day, -earned, -pending from reward_days) c
       group by 1, 2, c.unit, 3 having sum(c.earned) <> 0 or sum(c.pending) <> 0`;
    expect((await http.pools.general.query(drift)).rows).toEqual([]);
    await expect(http.pools.general.query('update reward_days set earned = 1')).rejects.toThrow('permission denied');
  });
});
