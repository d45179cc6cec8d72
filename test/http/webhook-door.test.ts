// Nearly every webhook is answered before the router; the others by it. Nobody can tell which it was.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { APP_SECRET, type HttpTest, START, startHttp } from '../support/http.ts';
import { signStandard } from '../support/sign.ts';

let site: HttpTest;
let url: string;
let stop: () => void;
beforeAll(async () => {
  site = await startHttp();
  const server = site.app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/p/claudexia/webhooks`;
  stop = () => server.close();
});
afterAll(async () => {
  stop();
  await site.close();
});

const signup = (id: string): string =>
  JSON.stringify({ type: 'member.created', timestamp: START, data: { member_id: id, email: `${id}@example.com` } });

/** `plain`: a body of a known length; else in chunks, which the door leaves to the router. */
async function send(
  id: string,
  plain: boolean,
  source = 'app',
  secret = APP_SECRET,
): Promise<[number, unknown, object]> {
  const body = signup(id);
  const headers = { ...signStandard(body, secret, id, new Date()), 'content-type': 'application/json' };
  const chunks = () => new Blob([body]).stream();
  const init = plain ? { body } : { body: chunks(), duplex: 'half' };
  const answer = await fetch(`${url}/${source}`, { method: 'POST', headers, ...init } as RequestInit);
  const { date: _date, ...rest } = Object.fromEntries(answer.headers);
  return [answer.status, await answer.json(), rest];
}

test('both ways answer alike, headers and all', async () => {
  const [first, second] = [await send('door_1', true), await send('door_2', false)];
  expect(first.slice(0, 2)).toEqual([200, { received: true, duplicate: false }]);
  expect(second).toEqual(first);
});

test('an event taken by one way is known by the other', async () => {
  await send('door_3', true);
  expect((await send('door_3', false)).slice(0, 2)).toEqual([200, { received: true, duplicate: true }]);
  expect((await send('door_3', true)).slice(0, 2)).toEqual([200, { received: true, duplicate: true }]);
});

test('both ways refuse alike', async () => {
  const forged = `whsec_${Buffer.from('somebody else altogether').toString('base64')}`;
  for (const [source, secret, code] of [
    ['app', forged, 'bad_signature'],
    ['nowhere', APP_SECRET, 'unknown_source'],
  ] as const) {
    const [plain, chunked] = [await send('door_4', true, source, secret), await send('door_4', false, source, secret)];
    expect((plain[1] as { code: string }).code).toBe(code);
    expect(chunked).toEqual(plain);
  }
});
