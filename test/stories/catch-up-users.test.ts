// Nothing missed: users whom an identity provider knows and no webhook told of are found in its own list.
import { afterEach, describe, expect, test } from 'vitest';
import { catchUpOf } from '../support/catch-up.ts';
import { type FakeUsers, startFakeUsers, type User } from '../support/fake-users.ts';
import { TestService } from '../support/service.ts';

let service: TestService;

afterEach(async () => {
  expect(await service.isBalanced()).toBe(true);
  await service.stop();
});

describe('identity providers: a user whose signup no webhook told becomes a member, with the code that they carry', () => {
  let idp: FakeUsers;
  afterEach(async () => {
    expect(idp.faults).toEqual([]);
    await idp.close();
  });

  const SECRETS: Readonly<Record<string, string>> = {
    clerk: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    workos: 'a-workos-secret',
    supabase: 'a-token-for-the-database-webhook',
    logto: 'a-logto-key',
    auth0: 'a-token-for-the-event-stream',
  };

  async function start(kind: string, apiKey: string): Promise<void> {
    idp = await startFakeUsers();
    service = await TestService.start({
      edit: (yaml) =>
        yaml.replace(
          /^sources:\n/m,
          `sources:\n  users: { kind: ${kind}, secret: "${SECRETS[kind]}", api_key: "${apiKey}", api_base: "${idp.apiBase}" }\n`,
        ),
    });
    await service.tell('member.created', { member_id: 'alice', email: 'alice@example.com' });
  }

  const iso = (n: number) => new Date(Date.parse('2026-04-30T10:00:00Z') + n * 1000).toISOString();
  const ms = (n: number) => Date.parse(iso(n));
  const KINDS: [string, string, (id: string, n: number, ref?: string) => User][] = [
    [
      'clerk',
      'sk_test_1',
      (id, n, ref) => ({
        id,
        created_at: ms(n),
        email_addresses: [{ id: 'idn_1', email_address: `${id}@work.example`, verification: { status: 'verified' } }],
        primary_email_address_id: 'idn_1',
        unsafe_metadata: { ref },
      }),
    ],
    [
      'workos',
      'sk_test_1',
      (id, n, ref) => ({
        object: 'user',
        id,
        created_at: iso(n),
        email: `${id}@work.example`,
        email_verified: true,
        metadata: { ref },
      }),
    ],
    [
      'supabase',
      'service_role',
      (id, n, ref) => ({
        id,
        created_at: iso(n),
        email: `${id}@work.example`,
        email_confirmed_at: iso(n),
        user_metadata: { ref },
        app_metadata: {},
        is_anonymous: false,
      }),
    ],
    [
      'logto',
      'app:secret:with:colons',
      (id, n, ref) => ({ id, createdAt: ms(n), primaryEmail: `${id}@work.example`, customData: { ref } }),
    ],
    [
      'auth0',
      'app:secret:with:colons',
      (id, n, ref) => ({
        user_id: id,
        created_at: iso(n),
        email: `${id}@work.example`,
        email_verified: true,
        user_metadata: { ref },
      }),
    ],
  ];

  test.each(KINDS)('%s', async (kind, apiKey, user) => {
    await start(kind, apiKey);
    const code = await service.codeOf('alice');
    idp.users.push(user('carol', -2_000_000), user('alice', 1));
    for (let n = 2; n < 140; n++) idp.users.push(user(`p${n}`, n));
    idp.users.push(user('bob', 200, code));
    // Carol came before the window, and of Alice we know.
    expect(await catchUpOf(service)).toMatchObject({ source: 'users', missing: 139, error: null });
    const { body } = await service.admin('GET', '/members/bob?program=claudexia');
    expect(body.referred_by).toMatchObject({ member_id: 'alice', code });
    expect(await catchUpOf(service)).toMatchObject({ missing: 0 });
  });

  test('what the provider answers instead of a list is reported by one word', async () => {
    await start('clerk', 'sk_test_1');
    idp.fails = 401;
    expect(await catchUpOf(service)).toMatchObject({ error: 'http_401', missing: 0 });
  });

  test('Auth0 shows a thousand users at a time, and is asked on from the last of them', async () => {
    const [, apiKey, user] = KINDS[4] as (typeof KINDS)[number];
    await start('auth0', apiKey);
    for (let n = 0; n < 1_150; n++) idp.users.push(user(`auth0|${n}`, n));
    expect(await catchUpOf(service)).toMatchObject({ missing: 1_150, error: null });
  });
});
