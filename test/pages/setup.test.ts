/** The guide on a service that made its secrets itself: an owner pastes the provider's, and webhooks go by it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_TOKEN, TestService } from '../support/service.ts';
import { signStripe } from '../support/sign.ts';

const PASTED = 'whsec_of_the_provider';
const OWNER = { name: 'Ann', email: 'ann@plusone.test', password: 'three purple elephants' };

let service: TestService;
let cookie = '';
beforeAll(async () => {
  service = await TestService.start({ bundled: true });
  const made = await request(service.app)
    .post('/admin/first-run')
    .type('form')
    .send({ token: ADMIN_TOKEN, ...OWNER });
  cookie = made.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
});
afterAll(() => service.stop());

const file = () => path.join(service.dir, 'examples.env');
const secrets = () =>
  new Map(
    readFileSync(file(), 'utf8')
      .split('\n')
      .map((line) => line.split('=', 2) as [string, string]),
  );
const paste = (secret: string, site = 'same-origin', source = 'stripe') =>
  request(service.app)
    .post('/admin/setup/secret')
    .set({ Cookie: cookie, 'Sec-Fetch-Site': site })
    .type('form')
    .send({ program: 'claudexia', source, variable: 'CLAUDEXIA_STRIPE_SECRET', secret });
const guide = async () => (await request(service.app).get('/admin/setup?program=claudexia').set('Cookie', cookie)).text;

async function ping(id: string, secret: string): Promise<number> {
  const body = JSON.stringify({
    ...{ id, object: 'event', type: 'ping', created: 1 },
    livemode: false,
    data: { object: {} },
  });
  const call = request(service.app)
    .post('/p/claudexia/webhooks/stripe')
    .set(signStripe(body, secret, new Date()));
  return (await call.set('Content-Type', 'application/json').send(body)).status;
}

test('a pasted secret is in force at once and the old one refused; it is shown nowhere, and the audit names its variable', async () => {
  const before = secrets();
  const made = before.get('CLAUDEXIA_STRIPE_SECRET') ?? '';
  expect(await ping('evt_1', made)).toBe(200);
  const answer = await paste(`  ${PASTED}\n`);
  expect([answer.status, answer.headers.location]).toEqual([303, '/admin/setup?program=claudexia&done=secret']);
  expect([await ping('evt_2', PASTED), await ping('evt_3', made)]).toEqual([200, 400]);
  expect(secrets()).toEqual(before.set('CLAUDEXIA_STRIPE_SECRET', PASTED));
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(readdirSync(service.dir).filter((name) => name.startsWith('examples.env'))).toEqual(['examples.env']);
  const { body } = await service.admin('GET', '/audit?action=secret.replace');
  expect(body.data).toMatchObject([
    { program: 'claudexia', target: 'stripe', actor_name: 'Ann', after: { variable: 'CLAUDEXIA_STRIPE_SECRET' } },
  ]);
  const page = await guide();
  expect(page).toContain('name="secret"');
  expect(page + JSON.stringify(body)).not.toContain(PASTED);
  expect((await service.rewards()).length).toBe(0);
});

test('what cannot be a secret of the source, comes from another site, or is no source’s, changes nothing', async () => {
  const before = readFileSync(file(), 'utf8');
  const refusal = async (answer: ReturnType<typeof paste>) => {
    const { status, text } = await answer;
    return [status, /role="alert">([^<]+)</.exec(text)?.[1]];
  };
  const form = 'the signing secret of the webhook begins with whsec_';
  expect(await refusal(paste(' '))).toEqual([422, 'stripe: The secret is empty.']);
  expect(await refusal(paste('whsec_a b'))).toEqual([422, 'stripe: The secret contains white space.']);
  expect(await refusal(paste('whsec_'))).toEqual([422, 'stripe: The secret is only the prefix whsec_.']);
  expect(await refusal(paste('of_nobody'))).toEqual([422, 'stripe: The secret does not begin with whsec_.']);
  expect(await refusal(paste('sk_live_51Hq'))).toEqual([
    422,
    `stripe: The secret has the form of an API key (sk_…); ${form}.`,
  ]);
  expect(await refusal(paste(PASTED, 'same-origin', 'clerk'))).toEqual([
    422,
    expect.stringContaining('clerk: The secret comes from the environment'),
  ]);
  expect((await refusal(paste(PASTED, 'same-origin', 'nobody')))[0]).toBe(422);
  expect((await paste('sk_live_51Hq')).text).not.toContain('51Hq');
  expect((await paste('whsec_stolen', 'cross-site')).status).toBe(403);
  expect(readFileSync(file(), 'utf8')).toBe(before);
  const { body } = await service.admin('GET', '/audit?action=secret.replace');
  expect(body.data.length).toBeLessThan(2);
});
