// What an admin sets on one code: how often, until when, whether at all; each as a command with its audit row.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpTest, startHttp } from '../support/http.ts';
import { client, tokenFor } from '../support/member.ts';

let http: HttpTest;
let call: ReturnType<typeof client>;
beforeAll(async () => {
  http = await startHttp();
  call = client(http.app);
});
afterAll(() => http.close());

async function codeOf(name: string): Promise<string> {
  return (await call('get', '/me', { token: await tokenFor(name) })).body.code;
}
const patch = async (code: string, body: object, program = 'claudexia') =>
  await http.admin('patch', `/codes/${code}?program=${program}`).send(body);
const claim = async (name: string, code: string) =>
  await call('post', '/claims', { token: await tokenFor(name), body: { code } });

test('a suspended code attributes nothing and stands no more, until it is lifted', async () => {
  const code = await codeOf('ann');
  const { status, body } = await patch(code, { suspended: true });
  expect(status).toBe(200);
  expect(body).toEqual({
    program: 'claudexia',
    code,
    member_id: 'ann',
    kind: 'primary',
    channel: null,
    campaign: null,
    uses: 0,
    max_uses: null,
    created_at: '2026-05-01T12:00:00.000Z',
    expires_at: null,
    revoked_at: null,
    suspended: true,
    suspended_at: '2026-05-01T12:00:00.000Z',
  });
  expect((await claim('bob', code)).body.code).toBe('code_suspended');
  expect((await patch(code.toLowerCase(), { suspended: false })).body.suspended).toBe(false);
  expect((await claim('bob', code)).status).toBe(200);
});

test('max_uses ends a code when it is reached, may be raised, and is never less than its uses', async () => {
  const code = await codeOf('carl');
  expect((await patch(code, { max_uses: 1 })).body.max_uses).toBe(1);
  expect((await claim('one', code)).status).toBe(200);
  expect((await claim('two', code)).body.code).toBe('code_used_up');
  await patch(code, { max_uses: 2 });
  expect((await claim('two', code)).status).toBe(200);
  const less = await patch(code, { max_uses: 1 });
  expect([less.status, less.body.code]).toEqual([409, 'fewer_than_uses']);
  expect((await patch(code, { max_uses: null })).body).toMatchObject({ max_uses: null, uses: 2 });
});

test('expires_at ends a code at that time', async () => {
  const code = await codeOf('dora');
  const { body } = await patch(code, { expires_at: '2026-05-01T12:00:00Z' });
  expect(body.expires_at).toBe('2026-05-01T12:00:00.000Z');
  expect((await claim('three', code)).body.code).toBe('code_expired');
  await patch(code, { expires_at: null });
  expect((await claim('three', code)).status).toBe(200);
});

test('a code of a suspended member stays suspended', async () => {
  const code = await codeOf('eve');
  await http.admin('patch', '/members/eve?program=claudexia').send({ suspended: true });
  const { status, body } = await patch(code, { suspended: false });
  expect([status, body.code]).toEqual([409, 'member_suspended']);
});

test('each change stands in the audit log with what was before and after', async () => {
  const code = await codeOf('fay');
  await patch(code, { max_uses: 7 });
  const { body } = await http.admin('get', '/audit?program=claudexia&target=fay');
  expect(body.data).toHaveLength(1);
  expect(body.data[0]).toMatchObject({
    actor: 'admin',
    action: 'code.patch',
    before: { code, max_uses: null, suspended_at: null },
    after: { code, max_uses: 7, suspended_at: null },
  });
});

test.each<[string, object, number, string]>([
  ['nothing', {}, 422, 'invalid_request'],
  ['no whole number', { max_uses: 1.5 }, 422, 'invalid_request'],
  ['no time', { expires_at: 'soon' }, 422, 'invalid_request'],
  ['another key', { revoked: true }, 422, 'invalid_request'],
])('%s is refused', async (_what, given, status, problem) => {
  const answer = await patch(await codeOf('gus'), given);
  expect([answer.status, answer.body.code]).toEqual([status, problem]);
});

test('a code that is not there, or of another program, is 404', async () => {
  const unknown = await patch('NOBODY', { suspended: true });
  expect([unknown.status, unknown.body.code]).toEqual([404, 'unknown_code']);
  const other = await patch(await codeOf('hal'), { suspended: true }, 'other');
  expect([other.status, other.body.code]).toEqual([404, 'unknown_code']);
  expect((await patch(await codeOf('hal'), { suspended: true }, 'nothing')).body.code).toBe('unknown_program');
});
