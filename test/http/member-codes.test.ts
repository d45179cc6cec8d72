// What a member does with codes: share, refresh, choose, revoke, claim; links, pictures and keys; and what strangers
// learn about a code.
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAllowedCode } from '../../src/http/member/chosen-code.ts';
import { createRateLimits } from '../../src/http/rate-limits.ts';
import { type HttpTest, startHttp } from '../support/http.ts';
import { client, tokenFor } from '../support/member.ts';

let http: HttpTest;
let call: ReturnType<typeof client>;
beforeAll(async () => {
  http = await startHttp({}, { TRUST_PROXY: '1' });
  call = client(http.app);
});
afterAll(() => http.close());

async function member(name: string, more: object = {}) {
  const token = await tokenFor(name, { email: `${name}@example.com`, ...more });
  const { code } = (await call('get', '/me', { token })).body;
  return { token, code: code as string };
}
const claim = (token: string, code: string) => call('post', '/claims', { token, body: { code } });
/** From an address of its own, so that the limit of another test does not count. */
const look = (code: string, from = '198.51.100.1') =>
  request(http.app).get(`/p/claudexia/v1/codes/${code}`).set('X-Forwarded-For', from);

describe('the own code', () => {
  test('refreshed is another, and the old one brings nobody any more', async () => {
    const ann = await member('ann');
    const { status, body } = await call('post', '/me/code/refresh', { token: ann.token });
    expect([status, body.previous_code]).toEqual([200, ann.code]);
    expect(body.code).not.toBe(ann.code);
    expect(body.url).toBe(`https://claudexia.example/?ref=${body.code}`);
    expect((await call('get', '/me', { token: ann.token })).body.code).toBe(body.code);
    const late = await member('late');
    expect((await claim(late.token, ann.code)).body.code).toBe('code_revoked');
    expect((await claim(late.token, body.code)).status).toBe(200);
    expect((await look(ann.code)).body).toEqual({ valid: false });
  });

  test('chosen keeps its spelling, works in any case, and is nobody else’s', async () => {
    const [ben, cleo] = [await member('ben'), await member('cleo')];
    const { status, body } = await call('put', '/me/code', { token: ben.token, body: { code: 'Ben-2026' } });
    expect([status, body]).toEqual([
      200,
      { code: 'Ben-2026', url: 'https://claudexia.example/?ref=Ben-2026', previous_code: ben.code },
    ]);
    const taken = await call('put', '/me/code', { token: cleo.token, body: { code: 'BEN-2026' } });
    expect([taken.status, taken.body.code]).toEqual([409, 'code_taken']);
    const dead = await call('put', '/me/code', { token: cleo.token, body: { code: ben.code } });
    expect([dead.status, dead.body.code]).toEqual([409, 'code_taken']);
    expect((await call('put', '/me/code', { token: ben.token, body: { code: 'BEN-2026' } })).body.code).toBe(
      'BEN-2026',
    );
    expect((await claim(cleo.token, 'ben-2026')).status).toBe(200);
  });

  test.each(['abc', 'x'.repeat(33), 'with space', 'ümlaut', 'a/b/c', '', 7, null])(
    '%j is refused as no code',
    async (code) => {
      const { token } = await member('chooser');
      const answer = await call('put', '/me/code', { token, body: { code } });
      expect([answer.status, answer.body.errors[0].field]).toEqual([422, 'code']);
    },
  );

  test.each(['admin', 'ADMIN', 'off-icial', 'claudexia', 'Claudex1a', 'fuck-you', 'FuckThis', 'sh1thead', '____'])(
    '%s is nothing to choose',
    async (code) => {
      const { token } = await member('chooser');
      const answer = await call('put', '/me/code', { token, body: { code } });
      expect([answer.status, answer.body.code]).toEqual([422, 'code_not_allowed']);
    },
  );

  test.each(['Dickens', 'Analysis', 'grapes', 'Peacock', 'ALICE2024', 'zach42', 'administer'])(
    '%s may be chosen',
    (code) => {
      expect(isAllowedCode(code, 'claudexia')).toBe(true);
    },
  );

  test('revoked is gone, and POST makes a new one', async () => {
    const { token, code } = await member('dora');
    const gone = await call('delete', '/me/code', { token });
    expect([gone.status, gone.body]).toEqual([200, { code: null, url: null, previous_code: code }]);
    expect((await call('get', '/me', { token })).body).toMatchObject({ code: null, url: null, share_text: null });
    expect((await call('delete', '/me/code', { token })).body.code).toBe('no_code');
    expect((await call('get', '/me/qr.svg', { token })).body.code).toBe('no_code');
    const made = (await call('post', '/me/code', { token })).body;
    expect(made.code).not.toBe(code);
    expect((await call('post', '/me/code', { token })).body).toEqual({ ...made, previous_code: null });
  });

  test('cannot be changed without end, so nobody learns which codes are taken', async () => {
    const { token } = await member('guesser');
    const answers = [];
    for (let n = 0; n < 61; n++) answers.push(await call('post', '/me/code/refresh', { token }));
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 60 }, () => 200), 429]);
    expect(answers.at(-1)?.body.code).toBe('too_many_requests');
    expect(Number(answers.at(-1)?.headers['retry-after'])).toBeGreaterThan(3000);
  });
});

describe('links', () => {
  test('have a code for each channel and campaign, with their own counts', async () => {
    const { token } = await member('lena');
    const make = (body: object) => call('post', '/me/links', { token, body });
    const blog = await make({ channel: 'blog', campaign: 'launch' });
    expect([blog.status, blog.body]).toMatchObject([201, { channel: 'blog', campaign: 'launch', uses: 0, signups: 0 }]);
    const again = await make({ channel: 'blog', campaign: 'launch' });
    expect([again.status, again.body]).toEqual([200, blog.body]);
    const bare = await make({ channel: 'talk' });
    expect(bare.body).toMatchObject({ channel: 'talk', campaign: null });
    const data = {
      member_id: 'reader',
      email: 'reader@example.com',
      referral_code: blog.body.code,
      email_verified: false,
    };
    await http.tell('member.created', data, 'reader');
    const listed = await call('get', '/me/links', { token });
    expect(listed.body.data).toHaveLength(2);
    const of = (channel: string) => listed.body.data.find((each: { channel: string }) => each.channel === channel);
    expect([of('blog'), of('talk')]).toMatchObject([{ uses: 1, signups: 0 }, { uses: 0 }]);
    await http.tell('member.updated', { member_id: 'reader', email_verified: true }, 'reader-2');
    const { body } = await call('get', '/me/links', { token });
    expect(body.data.find((each: { channel: string }) => each.channel === 'blog')).toMatchObject({
      uses: 1,
      signups: 1,
    });
    expect((await make({ chanel: 'x' })).status).toBe(422);
  });
});

describe('a claim', () => {
  test('of one’s own code is refused', async () => {
    const { token, code } = await member('ego');
    const { status, body } = await claim(token, code);
    expect([status, body.code]).toEqual([409, 'self_referral']);
  });

  test('refers once; the same again answers the same, another is refused', async () => {
    const [fay, gus, hal] = [await member('fay'), await member('gus'), await member('hal')];
    const first = await claim(hal.token, ` ${fay.code.toLowerCase()} `);
    expect([first.status, first.body]).toMatchObject([200, { code: fay.code, status: 'completed' }]);
    expect((await claim(hal.token, fay.code)).body).toEqual(first.body);
    expect((await claim(hal.token, gus.code)).body.code).toBe('already_referred');
    expect((await claim(gus.token, 'nothing-there')).body.code).toBe('unknown_code');
    expect((await claim(gus.token, '')).status).toBe(422);
  });

  test('counts for what was paid before', async () => {
    const [ida, jon] = [await member('ida'), await member('jon')];
    const data = { payment_id: 'pay_early', member_id: 'jon', amount: 10_000, currency: 'usd' };
    await http.tell('payment.succeeded', data, 'pay_early');
    await claim(jon.token, ida.code);
    expect((await call('get', '/me', { token: ida.token })).body.totals.earned).toBe(500);
  });
});

describe('a lookup', () => {
  test('is read by a signup page of the product in the browser, and by no other site’s', async () => {
    const { code } = await member('signup');
    for (const path of [`codes/${code}`, 'codes/NOTHING', `referrer/code/${code}`]) {
      const asked = (origin: string) =>
        request(http.app).get(`/p/claudexia/v1/${path}`).set({ Origin: origin, 'X-Forwarded-For': '198.51.100.2' });
      const allowed = async (origin: string) => (await asked(origin)).headers['access-control-allow-origin'];
      expect(await allowed('https://www.claudexia.example')).toBe('https://www.claudexia.example');
      for (const other of ['https://evil.example', 'null', 'https://claudexia.example.evil.test'])
        expect(await allowed(other)).toBeUndefined();
    }
    const me = request(http.app).get('/p/claudexia/v1/me').set('Origin', 'https://claudexia.example');
    expect((await me).headers['access-control-allow-origin']).toBeUndefined();
  });

  test('tells that a code stands and a first name, whatever the case', async () => {
    const { code } = await member('kim', { name: 'Kim van Dyke' });
    const { status, body } = await look(code.toLowerCase());
    expect([status, body]).toEqual([200, { valid: true, code, referrer_name: 'Kim' }]);
    const nameless = await member('nameless');
    expect((await look(nameless.code)).body).toEqual({ valid: true, code: nameless.code });
  });

  test('tells of a suspended one only that it does not stand, and of none 404', async () => {
    const { code } = await member('lou');
    await http.admin('patch', '/members/lou?program=claudexia').send({ suspended: true });
    expect((await look(code)).body).toEqual({ valid: false });
    const { status, body } = await look('NOTHING');
    expect([status, body.code]).toEqual([404, 'unknown_code']);
    expect((await look('a%00b')).status).toBe(404);
  });

  test('is limited for each address, also for hits, and an IPv6 address counts with its network', async () => {
    const { code } = await member('mia');
    const ask = async (from: (n: number) => string, count: number) => {
      const statuses = [];
      for (let n = 0; n < count; n++) statuses.push((await look(code, from(n))).status);
      return statuses.filter((status) => status === 429).length;
    };
    expect(await ask(() => '198.51.100.7', 63)).toBe(3);
    expect(await ask((n) => `2001:db8:1:2::${n + 1}`, 62)).toBe(2);
    expect(await ask(() => '198.51.100.8', 1)).toBe(0);
    const refused = await look(code, '198.51.100.7');
    expect([refused.body.code, Number(refused.headers['retry-after']) <= 60]).toEqual(['too_many_requests', true]);
    const { rows } = await http.pools.general.query('select key from rate_limits');
    expect(rows.filter(({ key }) => /198\.51|2001/.test(key))).toEqual([]);
  });

  test('is limited for all guessers together, however many addresses they have', async () => {
    await http.pools.general.query(`update rate_limits set points = 600 where key like 'misses:%'`);
    const { code } = await member('nan');
    expect((await look(code, '203.0.113.1')).status).toBe(429);
    await http.pools.general.query(`update rate_limits set expire = 0 where key like 'misses:%'`);
    expect((await look(code, '203.0.113.1')).status).toBe(200);
  });
});

test('limits hold in memory while the database is away', async () => {
  const away = { query: () => Promise.reject(new Error('connect ECONNREFUSED')) };
  const limits = createRateLimits({ pool: away as never, key: Buffer.alloc(32) });
  for (let n = 0; n < 60; n++) await limits.take('claims', 1, 'ann');
  await expect(limits.take('claims', 1, 'ann')).rejects.toMatchObject({ code: 'too_many_requests' });
  await expect(limits.check('claims', 1, 'ann')).rejects.toMatchObject({ code: 'too_many_requests' });
  await limits.take('claims', 2, 'ann');
});

test('of one network, links are limited for all processes together, with a write for each thirty', async () => {
  let writes = 0;
  const query = (text: string, values: unknown[]) => {
    writes++;
    return http.pools.general.query(text, values);
  };
  const limits = () => createRateLimits({ pool: { query } as never, key: Buffer.alloc(32, 7) });
  const processes = [limits(), limits(), limits()];
  let passed = 0;
  for (let round = 0; round < 400; round++)
    for (const each of processes)
      passed += await each.take('links', 1, 'a network').then(
        () => 1,
        () => 0,
      );
  expect(passed).toBe(300 + 3 * 29);
  expect(writes).toBe(10 + 3);
});

describe('a picture of the link', () => {
  test('is SVG without script or style, and PNG of the size that was asked for', async () => {
    const { token } = await member('pia');
    const svg = await request(http.app).get('/p/claudexia/v1/me/qr.svg').set('Authorization', `Bearer ${token}`);
    expect(svg.headers['content-type']).toContain('image/svg+xml');
    expect(svg.body.toString('utf8')).toMatch(/^<svg /);
    expect(svg.body.toString('utf8')).not.toMatch(/script|style/);
    const png = await request(http.app)
      .get('/p/claudexia/v1/me/qr.png?size=256')
      .set('Authorization', `Bearer ${token}`);
    expect(png.headers['content-type']).toBe('image/png');
    expect([png.body.readUInt32BE(16), png.body.readUInt32BE(20)]).toEqual([256, 256]);
    expect((await call('get', '/me/qr.png?size=9', { token })).status).toBe(422);
  });

  test('may be kept by the browser that asked, until the code changes', async () => {
    const { token } = await member('rex');
    const first = await call('get', '/me/qr.svg', { token });
    expect(first.headers['cache-control']).toBe('private, max-age=60, must-revalidate');
    const headers = { 'If-None-Match': first.headers.etag ?? '' };
    expect((await call('get', '/me/qr.svg', { token, headers })).status).toBe(304);
    await call('post', '/me/code/refresh', { token });
    expect((await call('get', '/me/qr.svg', { token, headers })).status).toBe(200);
  });
});

describe('keys of a member', () => {
  test('are shown once, begin as the program says, and work as far as their scopes go', async () => {
    const { token } = await member('sam');
    const made = await call('post', '/me/keys', { token, body: { name: 'ci', scopes: ['read'] } });
    expect([made.status, made.body.scopes]).toEqual([201, ['read']]);
    expect(made.body.key).toMatch(/^cx_[\w-]{43}$/);
    const listed = await call('get', '/me/keys', { token: made.body.key });
    expect(listed.body.data).toMatchObject([{ id: made.body.id, name: 'ci', prefix: made.body.key.slice(0, 9) }]);
    expect(listed.text).not.toContain(made.body.key);
    expect((await call('get', '/me', { token: made.body.key })).body.member_id).toBe('sam');
    const write = await call('post', '/me/code/refresh', { token: made.body.key });
    expect([write.status, write.body.code]).toEqual([403, 'insufficient_scope']);
    const { rows } = await http.pools.general.query(`select row_to_json(m)::text as row from member_keys m`);
    expect(JSON.stringify(rows)).not.toContain(made.body.key.slice(3));
  });

  test('make no key that may do more', async () => {
    const { token } = await member('tom');
    const { key } = (await call('post', '/me/keys', { token, body: { scopes: ['links'] } })).body;
    const more = await call('post', '/me/keys', { token: key, body: { scopes: ['links', 'read'] } });
    expect([more.status, more.body.code]).toEqual([403, 'insufficient_scope']);
    expect((await call('post', '/me/keys', { token: key, body: {} })).body.scopes).toEqual(['links']);
  });

  test('live two at a time, however many are asked for at once, and one that is revoked makes room', async () => {
    const { token } = await member('una');
    const asked = await Promise.all(Array.from({ length: 6 }, () => call('post', '/me/keys', { token, body: {} })));
    expect(asked.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409, 409]);
    const [old, other] = asked.filter(({ status }) => status === 201).map(({ body }) => body);
    const ended = await call('delete', `/me/keys/${old.id}`, { token: other.key });
    expect([ended.status, typeof ended.body.revoked_at]).toEqual([200, 'string']);
    expect((await call('get', '/me', { token: old.key })).status).toBe(401);
    expect((await call('get', '/me', { token: other.key })).status).toBe(200);
    expect((await call('post', '/me/keys', { token, body: {} })).status).toBe(201);
  });

  test('are nobody else’s to end, and say nothing in another program', async () => {
    const [vic, will] = [await member('vic'), await member('will')];
    const { id, key } = (await call('post', '/me/keys', { token: vic.token, body: {} })).body;
    const foreign = await call('delete', `/me/keys/${id}`, { token: will.token });
    expect([foreign.status, foreign.body.code]).toEqual([404, 'unknown_key']);
    expect((await call('get', '/me', { token: key, program: 'other' })).status).toBe(401);
    expect((await call('get', '/me', { token: key })).status).toBe(200);
  });
});

describe('the leaderboard', () => {
  test('shows the month’s first by signups, masked, and who of them is asking', async () => {
    const [zoe, yan] = [await member('zoe', { name: 'Zoe Zorn' }), await member('yan', { name: 'Yannick' })];
    for (let n = 0; n < 5; n++) await claim((await member(`z${n}`)).token, zoe.code);
    for (let n = 0; n < 4; n++) await claim((await member(`y${n}`)).token, yan.code);
    const { status, body, text } = await call('get', '/leaderboard', { token: zoe.token });
    expect([status, body.period.from]).toEqual([200, '2026-05-01T00:00:00.000Z']);
    expect(body.data.slice(0, 2)).toEqual([
      { rank: 1, name: 'Z***', signups: 5, is_me: true },
      { rank: 2, name: 'Yan***', signups: 4, is_me: false },
    ]);
    expect(text).not.toMatch(/Zoe|Yannick|@/);
  });

  test('is not there in a program that does not want one', async () => {
    const token = await http.serverKey(['members:read'], 'other');
    const { status, body } = await call('get', '/leaderboard', { token, program: 'other' });
    expect([status, body.code]).toEqual([404, 'not_found']);
  });
});
