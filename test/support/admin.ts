// Named admins of a test: made through the API, signed in once, and then a session of its own for whoever asks.
import { randomBytes } from 'node:crypto';
import request from 'supertest';
import { openSession } from '../../src/accounts/admin-sessions.sql.ts';
import { type AdminRole, hashSession } from '../../src/accounts/admin-users.ts';
import type { HttpTest } from './http.ts';

export const PASSWORD = 'three purple elephants';

type Service = Pick<HttpTest, 'admin' | 'pools'>;

const known = new WeakMap<object, Map<AdminRole, Promise<string>>>();

/** What a browser with a session of somebody of this role sends with a request of our own page. */
export async function sessionHeaders(
  http: Service,
  role: AdminRole,
): Promise<{ Cookie: string; 'Sec-Fetch-Site': string }> {
  const users = known.get(http.pools) ?? new Map<AdminRole, Promise<string>>();
  known.set(http.pools, users);
  const id = users.get(role) ?? userOf(http, `${role}@plusone.test`, role);
  users.set(role, id);
  const token = randomBytes(32).toString('base64url');
  await openSession(http.pools.knex, hashSession(token), await id, new Date());
  return { Cookie: `__Host-plusone_session=${token}`, 'Sec-Fetch-Site': 'same-origin' };
}

export async function userOf(http: Service, email: string, role: AdminRole): Promise<string> {
  const { body } = await http
    .admin('post', '/users')
    .send({ email, name: email.split('@')[0], role, password: PASSWORD });
  return body.id;
}

/** Through the front door; the cookie of the answer as it is sent back. */
export async function signIn(app: HttpTest['app'], credentials: object) {
  const answer = await request(app).post('/admin/v1/session').send(credentials);
  const [set = ''] = (answer.headers['set-cookie'] as unknown as string[] | undefined) ?? [];
  return { answer, set, cookie: set.split(';')[0] as string };
}

/** As an authenticator app reads its secret. */
export function fromBase32(text: string): Buffer {
  const bits = Array.from(text, (letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  ).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
