/** Mails by the day and by the month: to whom something happened, once, and to nobody who does not want it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { client, tokenFor } from '../support/member.ts';
import { MEMBER_JWT_SECRET, TestService } from '../support/service.ts';

let service: TestService;
beforeEach(async () => {
  service = await TestService.start({
    edit: (yaml) => `${yaml}\nmails: { news: daily, summary: monthly }\n`,
    start: '2026-05-30T10:00:00Z',
  });
  await service.aliceRefersBob();
  await pay('pay_1');
});
afterEach(() => service.stop());

const pay = (id: string) =>
  service.tell('payment.succeeded', { payment_id: id, member_id: 'bob', amount: 10_000, currency: 'usd' });
const clock = (now: string) => service.admin('POST', '/test-clock', { now });

interface Planned {
  readonly kind: string;
  readonly mail_key: string;
}

async function planned(): Promise<Planned[]> {
  await service.service.runDue(service.service.deps.programs.byName('claudexia')?.no ?? 0);
  const text = `select kind, mail_key from mails where kind in ('news', 'summary') order by kind, mail_key`;
  const deadline = performance.now() + 5_000;
  for (;;) {
    const { rows } = await service.service.pools.general.query<Planned>(text);
    if (rows.length > 0 || performance.now() > deadline) return rows;
  }
}

test('the day after, whoever earned or had somebody join hears of it, once; others hear nothing', async () => {
  await clock('2026-05-31T06:00:00Z');
  expect((await planned()).map(({ kind }) => kind)).toEqual(['news']);
  await clock('2026-05-31T20:00:00Z');
  expect(await planned()).toHaveLength(1);
});

test('after its end the month has its summary', async () => {
  await clock('2026-06-01T06:00:00Z');
  expect((await planned()).map(({ mail_key }) => mail_key.split(':').slice(0, 2).join(':'))).toContain(
    'summary:2026-05',
  );
});

test('whoever says no gets none, and the portal’s API tells what they chose', async () => {
  const token = await tokenFor('alice', {}, MEMBER_JWT_SECRET);
  const call = client(service.app);
  const said = await call('put', '/me/mails', { token, body: { news: false } });
  expect([said.status, said.body]).toEqual([200, { news: false, summary: true }]);
  await clock('2026-05-31T06:00:00Z');
  await clock('2026-06-01T06:00:00Z');
  expect((await planned()).map(({ kind }) => kind)).toEqual(['summary']);
});
