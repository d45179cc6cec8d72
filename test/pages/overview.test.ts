/**
 * The overview without a browser: who stands out, and what they may be given; and what is seen, there and on the page of
 * somebody who brought very many, while figures are still being counted.
 */
import pg from 'pg';
import request from 'supertest';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tokenFor } from '../support/member.ts';
import { MEMBER_JWT_SECRET, START, TestService } from '../support/service.ts';

const PASSWORD = 'three purple elephants';

let service: TestService;
let owner: pg.Client;
let cookie = '';
beforeAll(async () => {
  service = await TestService.start();
  owner = new pg.Client({ connectionString: service.db.ownerUrl });
  await owner.connect();
  const admin = { email: 'owner@plusone.test', name: 'Olga', role: 'owner', password: PASSWORD };
  await service.admin('POST', '/users', admin);
  const signedIn = await send('/sign-in', { email: admin.email, password: PASSWORD });
  cookie = cookieOf(signedIn);
});
afterAll(async () => {
  await owner.end();
  await service.stop();
});

const send = (path: string, form: object) =>
  request(service.app)
    .post(`/admin${path}`)
    .set('Cookie', cookie)
    .set('Sec-Fetch-Site', 'same-origin')
    .type('form')
    .send(form);

const cookieOf = ({ headers }: request.Response): string =>
  (headers['set-cookie'] as unknown as string[])[0]?.split(';')[0] ?? '';

const look = async (path: string, as = cookie): Promise<string> =>
  (await request(service.app).get(path).set('Cookie', as).expect(200)).text;

/** A look or two later, as the page's script looks. */
const later = <T>(work: () => Promise<T>): Promise<T> => vi.waitFor(work, { timeout: 20_000 });

/** Nobody else can read the table meanwhile, so counting stands still. */
async function locked(table: string, work: () => Promise<void>): Promise<void> {
  await owner.query(`begin; lock table ${table} in access exclusive mode`);
  try {
    await work();
  } finally {
    await owner.query('rollback');
  }
}

test('the first look does not wait for figures that take long: it says that they are being counted, and asks again in a second', async () => {
  await locked('click_days', async () => {
    const page = await look('/admin/?program=claudexia');
    expect(page).toContain('The figures are being counted');
    expect(page).toContain('href="/admin/?program=claudexia">Look again');
    expect(page).toContain('data-live="1"');
    expect(page).not.toContain('Nothing waits for you');
  });
  await later(async () => {
    const page = await look('/admin/?program=claudexia');
    expect(page).toContain('data-live="30"');
    expect(page).toContain('Nothing waits for you');
    expect(page).toContain('Top referrers');
  });
});

test('with very many referees the page of a member, and their own, come before what takes long to count; the API has it whole', async () => {
  await service.aliceRefersBob();
  const { deps } = service.service;
  const counting = vi.spyOn(deps, 'countBig');
  counting.mockImplementation(async (_key, _referees, count, patienceMs?: number) =>
    patienceMs === undefined ? await count() : undefined,
  );
  const path = '/admin/members/alice?program=claudexia';
  const token = await tokenFor('alice', {}, MEMBER_JWT_SECRET);
  const entered = await request(service.app).post('/p/claudexia/portal/enter').type('form').send({ token });
  const portal = () => look('/p/claudexia/portal', cookieOf(entered));
  const [page, own] = [await look(path), await portal()];
  expect(page).toContain('The figures are being counted');
  expect(page).toContain('Referred, … in all');
  expect(page).toContain('bob');
  expect(own).toContain('are being counted');
  expect(own).toContain('data-live="1"');
  const { body } = await service.admin('GET', '/members/alice?program=claudexia');
  expect(body.referrals).toMatchObject({ total: 1, completed: 1 });
  const me = await request(service.app).get('/p/claudexia/v1/me').set('Authorization', `Bearer ${token}`);
  expect(me.body.totals).toMatchObject({ signups: 1, active: 0 });
  counting.mockRestore();
  expect(await look(path)).toContain('Referred, 1 in all');
  expect(await portal()).toContain('data-live="0"');
});

async function candidates(): Promise<string> {
  const text = await look('/admin/?program=claudexia');
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
  const table = await later(async () => {
    const found = await candidates();
    expect(found).toContain('/admin/members/eleven?program=claudexia');
    return found;
  });
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
