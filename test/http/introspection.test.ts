// The product's own API keys as credentials: whom the product says a key belongs to (RFC 7662), for how long that is
// believed, and what happens while it does not answer.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createHttp } from '../../src/delivery/egress.ts';
import { createIntrospection } from '../../src/http/member/introspection.ts';
import { createJwks } from '../../src/http/member/jwks.ts';
import { createMemberTokens } from '../../src/http/member/tokens.ts';
import { type HttpTest, startHttp } from '../support/http.ts';
import { type LocalServer, serveLocally } from '../support/local-server.ts';
import { client, tokenFor } from '../support/member.ts';

interface Asked {
  readonly method: string | undefined;
  readonly authorization: string | undefined;
  readonly type: string | undefined;
  readonly form: Readonly<Record<string, string>>;
}

const asked: Asked[] = [];
let told: { status: number; body: string } = { status: 200, body: '' };
let elapsed = 0;
let server: LocalServer;
let url: string;
let plusone: HttpTest;
let call: ReturnType<typeof client>;

beforeAll(async () => {
  server = await serveLocally((req, res) => {
    let body = '';
    req.on('data', (chunk) => {
      body += chunk;
    });
    req.on('end', () => {
      const { authorization, 'content-type': type } = req.headers;
      asked.push({ method: req.method, authorization, type, form: Object.fromEntries(new URLSearchParams(body)) });
      res.writeHead(told.status, { 'content-type': 'application/json' }).end(told.body);
    });
  });
  url = `${server.origin}/introspect`;
  const out = { http: createHttp({ allow: ['127.0.0.1/32'] }), elapsed: () => elapsed };
  const tokens = createMemberTokens(createJwks(out), createIntrospection(out));
  const introspect = `introspect: { url: "${url}", secret: "\${ASK_SECRET}" }`;
  plusone = await startHttp(
    { tokens },
    { ASK_SECRET: 'our-own-token' },
    {
      asking: `auth: { ${introspect}, org_claim: org }`,
      both: `auth: { jwt: { secret: "\${JWT_SECRET}" }, ${introspect} }`,
    },
  );
  call = client(plusone.app);
});

afterAll(async () => {
  await plusone.close();
  await server.close();
});

const active = (more: object = {}) => ({ status: 200, body: JSON.stringify({ active: true, sub: 'ann', ...more }) });
const INACTIVE = { status: 200, body: '{"active":false}' };

beforeEach(() => {
  asked.length = 0;
  told = active();
});

let keys = 0;
const freshKey = () => `hk-${++keys}`;
const me = (token: string, program = 'asking') => call('get', '/me', { token, program });

describe('an API key of the product', () => {
  test('is its member, made on first sight with what the product tells', async () => {
    told = active({ sub: 'zoe', email: 'zoe@example.com', email_verified: true, name: 'Zoe', org: 'org_7' });
    const key = freshKey();
    const { status, body } = await me(key);
    expect([status, body.member_id]).toEqual([200, 'zoe']);
    const member = await plusone.admin('get', '/members/zoe?program=asking');
    expect(member.body).toMatchObject({ email: 'zoe@example.com', email_verified: true, name: 'Zoe', org_id: 'org_7' });
    expect(asked).toEqual([
      {
        method: 'POST',
        authorization: 'Bearer our-own-token',
        type: 'application/x-www-form-urlencoded',
        form: { token: key, token_type_hint: 'access_token' },
      },
    ]);
  });

  test('is asked about once a minute', async () => {
    const key = freshKey();
    for (const _ of [1, 2, 3]) expect((await me(key)).status).toBe(200);
    expect(asked).toHaveLength(1);
    elapsed += 59_999;
    await me(key);
    expect(asked).toHaveLength(1);
    elapsed += 1;
    told = INACTIVE;
    expect((await me(key)).status).toBe(401);
    expect(asked).toHaveLength(2);
  });

  test('asked for by many at once, is asked about once', async () => {
    const key = freshKey();
    const answers = await Promise.all(Array.from({ length: 8 }, () => me(key)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(asked).toHaveLength(1);
  });

  test('is good until its own end, also inside of the minute', async () => {
    const key = freshKey();
    const nowS = Math.floor(Date.now() / 1000);
    told = active({ exp: nowS - 1 });
    expect((await me(key)).status).toBe(401);
    told = active({ exp: nowS + 60 });
    expect((await me(freshKey())).status).toBe(200);
  });

  test.each<[string, object]>([
    ['that is not active', { active: false }],
    ['of nobody', { active: true, sub: undefined }],
    ['of an id that no column holds', { active: true, sub: 'a\0b' }],
    ['of an id that is no text', { active: true, sub: 7 }],
  ])('%s is refused', async (_what, answer) => {
    told = { status: 200, body: JSON.stringify(answer) };
    const { status, body } = await me(freshKey());
    expect([status, body.code]).toEqual([401, 'unauthorized']);
  });
});

describe('while the product does not answer', () => {
  test.each<[string, { status: number; body: string }]>([
    ['an error', { status: 500, body: '{}' }],
    ['a refusal of ourselves', { status: 401, body: '{}' }],
    ['a redirect', { status: 302, body: '' }],
    ['no JSON', { status: 200, body: '<html>' }],
    ['JSON that says nothing', { status: 200, body: '{}' }],
    ['"active" as text', { status: 200, body: '{"active":"true","sub":"ann"}' }],
  ])('with %s nobody is let in, and the next try asks again', async (_what, answer) => {
    const key = freshKey();
    told = answer;
    const { status, body, headers } = await me(key);
    expect([status, body.code, headers['retry-after']]).toEqual([503, 'unavailable', '5']);
    told = active();
    expect((await me(key)).status).toBe(200);
  });

  test('an address that may not be reached is asked nothing', async () => {
    const guarded = createIntrospection({ http: createHttp({ allow: [] }) });
    await expect(guarded({ url, secret: undefined }, 'hk')).rejects.toThrow('no answer');
    expect(asked).toEqual([]);
  });
});

describe('with tokens as well', () => {
  test('a good token asks nobody, and what is no token is asked about', async () => {
    expect((await me(await tokenFor('tom'), 'both')).body.member_id).toBe('tom');
    expect(asked).toEqual([]);
    expect((await me(freshKey(), 'both')).body.member_id).toBe('ann');
    expect(asked).toHaveLength(1);
  });

  test('neither keys of ours nor what is longer than any key leaves the house', async () => {
    const { key } = (await call('post', '/me/keys', { token: freshKey(), program: 'asking', body: {} })).body;
    const server = await plusone.serverKey(['members:read'], 'asking');
    asked.length = 0;
    expect((await me(key)).status).toBe(200);
    await me(server);
    expect((await me('x'.repeat(4097))).status).toBe(401);
    expect(asked).toEqual([]);
  });
});
