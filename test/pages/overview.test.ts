/** What an admin does from the overview without a browser: who stands out, and what they may be given. */
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { START, TestService } from '../support/service.ts';

const PASSWORD = 'three purple elephants';

let service: TestService;
let cookie = '';
beforeAll(async () => {
  service = await TestService.start();
  const owner = { email: 'owner@plusone.test', name: 'Olga', role: 'owner', password: PASSWORD };
  await service.admin('POST', '/users', owner);
  const signedIn = await send('/sign-in', { email: owner.email, password: PASSWORD });
  cookie = (signedIn.headers['set-cookie'] as unknown as string[])[0]?.split(';')[0] ?? '';
});
afterAll(() => service.stop());

const send = (path: string, form: object) =>
  request(service.app)
    .post(`/admin${path}`)
    .set('Cookie', cookie)
    .set('Sec-Fetch-Site', 'same-origin')
    .type('form')
    .send(form);

async function candidates(): Promise<string> {
  const { text } = await request(service.app).get('/admin/?program=claudexia').set('Cookie', cookie);
  const [, section = ''] = text.split('Ambassador candidates</h2>');
  return section.split('</section>')[0] ?? '';
}

const pay = (payment_id: string, member_id: string) =>
  service.tell('payment.succeeded', { payment_id, member_id, amount: 10_000, currency: 'usd', paid_at: START });

async function bring(referrer: string, referees: number): Promise<void> {
  await service.tell('member.created', { member_id: referrer, email: `${referrer}@example.com` });
  for (let n = 0; n < referees; n++) {
    const id = `${referrer}_${n}`;
    await service.refer(id, referrer, `192.0.2.${n}`);
    await pay(id, id);
  }
}

test('whoever brings more than ten people who pay within a month is a candidate for a rate of their own, given at one click', async () => {
  await bring('ten', 10);
  await bring('eleven', 11);
  const table = await candidates();
  expect(table).toContain('/admin/members/eleven?program=claudexia');
  expect(table).not.toContain('/admin/members/ten?');
  const [, action = ''] = /action="\/admin([^"]+)"/.exec(table) ?? [];
  const fields = Object.fromEntries(
    Array.from(table.matchAll(/name="(\w+)"[^>]*value="([^"]*)"/g), ([, name, value]) => [name, value]),
  );
  expect(fields).toEqual({ program: 'claudexia', back: 'overview', rate: '10%' });
  expect((await send(action, fields)).status).toBe(303);
  await pay('next', 'eleven_0');
  expect((await service.rewards()).find((reward) => reward.source_payment_id === 'next')).toMatchObject({
    amount: 1_000,
    rate: '10%',
  });
});
