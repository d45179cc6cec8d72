/** A2, A3, A6, I2, I4, I6, P4 and F9: what strangers try at the front door, and what the log keeps of it. */
import fc from 'fast-check';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { APP_SECRET, type HttpTest, STRIPE_SECRET, startHttp, stripePost } from '../support/http.ts';
import { client, tokenFor } from '../support/member.ts';
import { signStandard } from '../support/sign.ts';
import { LONG, sized } from '../support/sized.ts';

const PERSON = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

let http: HttpTest;
let alone: HttpTest;
let key: string;
beforeAll(async () => {
  const twin = `auth: { jwt: { secret: "\${JWT_SECRET}" } }`;
  http = await startHttp({}, { TRUST_PROXY: '2' }, { twin });
  alone = await startHttp();
  key = await http.serverKey(['credits:write', 'members:read', 'members:write', 'events:write']);
  for (const member_id of ['ann', 'ben'])
    await http.tell('member.created', { member_id, email: `${member_id}@${member_id}.example` }, `m_${member_id}`);
});
afterAll(async () => {
  await http.close();
  await alone.close();
});

const codeOf = async (id: string) => (await http.admin('get', `/members/${id}?program=claudexia`)).body.codes[0].code;
const lookUp = (code: string, from: string, at = http) =>
  request(at.app).get(`/p/claudexia/v1/codes/${code}`).set('X-Forwarded-For', from);

describe('ids of another program', () => {
  test('are answered like ids that nobody has', async () => {
    const call = client(http.app);
    const code = await codeOf('ann');
    await http.tell('member.created', { member_id: 'cas', email: 'cas@cas.example', referral_code: code }, 'cas');
    await http.tell('payment.succeeded', { payment_id: 'p1', member_id: 'cas', amount: 10_000, currency: 'usd' }, 'p1');
    const spend = { member_id: 'ann', amount: 100, idempotency_key: 'spend_1' };
    const spent = await call('post', '/credits/spend', { token: key, body: spend });
    expect(spent.status).toBe(200);
    const memberKey = await call('post', '/me/keys', { token: await tokenFor('ann'), body: { scopes: ['read'] } });
    const foreign = await http.serverKey(['credits:write', 'members:read', 'members:write'], 'twin');
    const member = await tokenFor('dan');
    const asked: [Parameters<typeof call>[0], (id: string) => string, string, string, object?][] = [
      ['post', (id) => `/credits/spend/${id}/void`, spent.body.id, foreign],
      ['post', (id) => `/credits/${id}/confirm`, 'ref:auto:p1', foreign],
      ['post', (id) => `/credits/${id}/refuse`, 'ref:auto:p1', foreign],
      ['delete', (id) => `/me/keys/${id}`, memberKey.body.id, member],
      ['get', (id) => `/codes/${id}`, code, member],
    ];
    for (const [method, path, theirs, token] of asked) {
      const nobody = theirs.replace(/.$/, (last) => (last === '7' ? '8' : '7'));
      const [found, missing] = [theirs, nobody].map((id) => call(method, path(id), { token, program: 'twin' }));
      const [a, b] = [await found, await missing];
      expect([path(':id'), a?.status, a?.body.code]).toEqual([path(':id'), 404, b?.body.code]);
      expect(Object.keys(a?.body)).toEqual(Object.keys(b?.body));
    }
    const asAnn = { token: foreign, program: 'twin', headers: { 'Plusone-Member': 'ann' } };
    expect((await call('get', '/me', asAnn)).status).toBe(404);
    const claimed = await call('post', '/claims', { token: member, program: 'twin', body: { code } });
    expect([claimed.status, claimed.body.code]).toEqual([404, 'unknown_code']);
    const back = await call('post', `/credits/spend/${spent.body.id}/void`, { token: key });
    expect(back.status).toBe(200);
  });
});

describe('whoever guesses codes', () => {
  test('from a thousand addresses at once is stopped by what they share: what they miss', async () => {
    const size = sized(700, 4_000);
    let [answered, seen] = [0, 0];
    for (let from = 0; from < size; from += 100) {
      const guesses = Array.from({ length: 100 }, (_, i) => from + i);
      const codes = guesses.map((n) => (n + 100_000).toString(36).toUpperCase());
      const answers = await Promise.all(codes.map((code, i) => lookUp(code, `10.${from % 251}.${i}.1, 192.0.2.1`)));
      answered += answers.filter(({ status }) => status !== 429).length;
      seen += answers.filter(({ status }) => status === 200).length;
      expect(new Set(answers.map(({ status }) => status)).isSubsetOf(new Set([404, 429]))).toBe(true);
    }
    expect(answered).toBeLessThan(sized(680, 2_500));
    expect(seen).toBe(0);
    await http.pools.general.query(`delete from rate_limits`);
  });
});

describe('a server key', () => {
  test('is replaced without a gap, ends at once, and its beginning alone opens nothing', async () => {
    const [first, second] = [await http.serverKey(['members:read']), await http.serverKey(['members:read'])];
    const ask = async (token: string) =>
      (await client(http.app)('get', '/me', { token, headers: { 'Plusone-Member': 'ann' } })).status;
    expect([await ask(first), await ask(second)]).toEqual([200, 200]);
    const { body } = await http.admin('get', '/programs/claudexia/keys');
    const listed = body.data.find((each: { prefix: string }) => first.startsWith(each.prefix));
    expect(first.length - listed.prefix.length).toBeGreaterThan(30);
    expect(await ask(listed.prefix)).toBe(401);
    expect(await ask(`${first.slice(0, -1)}${first.endsWith('a') ? 'b' : 'a'}`)).toBe(401);
    await http.admin('delete', `/programs/claudexia/keys/${listed.id}`);
    expect([await ask(first), await ask(second)]).toEqual([401, 200]);
    const { rows } = await http.pools.general.query('select * from api_keys');
    expect(JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
      second.slice(-20),
    );
  });
});

describe('bodies', () => {
  const signed = (body: string, id: string) =>
    request(http.app)
      .post('/p/claudexia/webhooks/app')
      .set(signStandard(body, APP_SECRET, id, new Date()))
      .set('Content-Type', 'application/json')
      .set('Prefer', 'wait')
      .send(body);

  test.each<[string, () => string]>([
    [
      'nested half a million deep',
      () => `{"type":"member.created","data":${'['.repeat(500_000)}${']'.repeat(500_000)}}`,
    ],
    [
      'with 100,000 keys',
      () =>
        `{"type":"member.created","data":{${Array.from({ length: 80_000 }, (_, i) => `"k${i}":1`).join()},"member_id":1}}`,
    ],
    [
      'with a number that no integer holds',
      () =>
        '{"type":"payment.succeeded","data":{"payment_id":"big","member_id":"ann","amount":1e400,"currency":"usd"}}',
    ],
  ])('%s are taken or refused in no time, and nothing comes of them', async (what, make) => {
    const body = make();
    const began = performance.now();
    const before = process.memoryUsage().rss;
    const answer = await signed(body, what.slice(-20));
    expect(answer.status).toBeLessThan(500);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
  });

  test('with a key twice count as they were signed: one reading of them, the last', async () => {
    const twice =
      '{"type":"member.created","data":{"member_id":"eve","email":"first@eve.example","email":"last@eve.example"}}';
    expect((await signed(twice, 'twice')).status).toBe(200);
    expect((await http.admin('get', '/members/eve?program=claudexia')).body.email).toBe('last@eve.example');
    const other = twice.replace('"member_id":"eve"', '"member_id":"eve","member_id":"ann"');
    const forged = await request(http.app)
      .post('/p/claudexia/webhooks/app')
      .set(signStandard(twice, APP_SECRET, 'forged', new Date()))
      .send(other);
    expect(forged.status).toBe(400);
  });
});

describe('the address of a request', () => {
  const refusals = async (at: HttpTest, from: (n: number) => string) => {
    const statuses: number[] = [];
    for (let n = 0; n < 63; n++) statuses.push((await lookUp(await known, from(n), at)).status);
    return statuses.filter((status) => status === 429).length;
  };
  let known: Promise<string>;
  beforeAll(() => {
    known = codeOf('ann');
  });

  test('is the connection’s where no proxy is trusted, whatever is forged', async () => {
    expect(await refusals(alone, (n) => `203.0.113.${n}`)).toBe(3);
  });

  test('behind two proxies is the second from the right, and what stands before it is made up', async () => {
    expect(await refusals(http, (n) => `203.0.113.${n}, 198.51.100.77, 192.0.2.1`)).toBe(3);
    expect(await refusals(http, (n) => `203.0.${n}.9, 192.0.2.1`)).toBe(0);
  });

  test.each(['fe80::1%eth0', '::ffff:198.51.100.9', 'not an address', '1.2.3.4:5678', '', ','.repeat(4_000)])(
    'written as "%s" is no fault of ours',
    async (from) => {
      const { status } = await lookUp(await known, `${from}, 192.0.2.1`);
      expect(status).toBeLessThan(500);
    },
  );
});

describe('codes', () => {
  test('of any text have one form, and no two that look alike in case', async () => {
    const unit = fc.constantFrom(...'aAbBkK19_-', '\0', '\u202e', '\u200d', 'А', 'ａ', 'İ', 'ı', 'ſ', 'K', 'é', 'é');
    const written = fc.oneof(fc.string({ unit, minLength: 4, maxLength: 12 }), fc.string({ unit: 'binary' }));
    const taken = new Map<string, string>();
    let n = 0;
    const property = fc.asyncProperty(written, async (code) => {
      const who = `coder_${n++}`;
      const answer = await client(http.app)('put', '/me/code', { token: await tokenFor(who), body: { code } });
      expect([200, 409, 422]).toContain(answer.status);
      if (answer.status !== 200) return;
      expect(answer.body.code).toMatch(/^[A-Za-z0-9_-]{4,32}$/);
      expect(taken.get(answer.body.code.toLowerCase())).toBeUndefined();
      taken.set(answer.body.code.toLowerCase(), who);
    });
    await fc.assert(property, { numRuns: sized(60, 500), seed: 7 });
    const { rows } = await http.pools.general.query(
      'select code_key from codes where program_no = 1 group by 1 having count(*) > 1',
    );
    expect(rows).toEqual([]);
    const huge = await client(http.app)('put', '/me/code', {
      token: await tokenFor('huge'),
      body: { code: 'x'.repeat(10_000) },
    });
    expect(huge.status).toBe(422);
  });
});

describe('the log of a fuzz run', () => {
  test(
    'has no secret, token, address or card in it',
    async () => {
      const canaries = {
        card: '4242424242424242',
        mail: 'canary.mail@hidden.example',
        secret: 'whsec_canarycanarycanary',
        token: 'eyJhbGciOiJIUzI1NiJ9.canary.canary',
      };
      const all = Object.values(canaries);
      const canary = fc.constantFrom(...all);
      const path = fc.constantFrom('/v1/me', '/v1/claims', '/v1/events', '/webhooks/app', '/v1/codes/x', '/nowhere');
      const property = fc.asyncProperty(
        path,
        fc.constantFrom('get', 'post', 'put'),
        canary,
        canary,
        async (at, verb, a, b) => {
          const url = `/p/claudexia${at}?q=${encodeURIComponent(a)}`;
          await request(http.app)
            [verb as 'get'](url)
            .set({ Authorization: `Bearer ${b}`, Cookie: `session=${a}`, 'Stripe-Signature': b, 'User-Agent': a })
            .send({ [a]: b, email: canaries.mail, code: a, instrument: canaries.card });
          await stripePost(
            http.app,
            JSON.stringify({ id: a, type: 'charge.succeeded', data: { object: { card: b } } }),
          );
          await http.tell('member.created', { member_id: `m_${b}`, email: a, name: b, ip: a }, `fuzz_${Math.random()}`);
        },
      );
      http.lines.length = 0;
      await fc.assert(property, { numRuns: sized(60, 600) });
      expect(http.lines.length).toBeGreaterThan(100);
      const text = http.lines.join('');
      for (const word of [...all, STRIPE_SECRET, APP_SECRET, 'canary'])
        expect([word, text.includes(word)]).toEqual([word, false]);
    },
    LONG ? 300_000 : 60_000,
  );
});

describe('clicks', () => {
  test(
    'in numbers from few networks pay nothing by themselves, and what is kept of them is bounded',
    async () => {
      const code = await codeOf('ben');
      const before = (await http.admin('get', '/rewards?program=claudexia')).body.data.length;
      const [networks, each] = [sized(2, 10), sized(340, 1_500)];
      for (let n = 0; n < each; n++) {
        const clicks = Array.from({ length: networks }, (_, i) =>
          request(http.app)
            .get(`/p/claudexia/r/${code}`)
            .set({ 'User-Agent': PERSON, 'X-Forwarded-For': `198.18.${i}.7, 192.0.2.1` }),
        );
        expect(new Set((await Promise.all(clicks)).map(({ status }) => status))).toEqual(new Set([302]));
      }
      const { rows } = await http.pools.general.query(
        `select (select count(*)::int from visits) as visits, (select count(*)::int from click_days) as days`,
      );
      expect(rows[0].visits).toBeGreaterThan(100);
      // 300 a minute for each network, whatever comes; the long form takes some minutes.
      expect(rows[0].visits).toBeLessThanOrEqual(networks * 300 * sized(1, 5));
      expect(rows[0].days).toBe(1);
      expect((await http.admin('get', '/rewards?program=claudexia')).body.data).toHaveLength(before);
    },
    LONG ? 300_000 : 60_000,
  );
});
