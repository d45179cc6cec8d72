// What tells of people is kept for a time or until they are erased, and nowhere else: every column of every table is
// looked at, sealed ones opened. A new place for personal data is red here until its time is said.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unseal } from '../../src/accounts/keyed.ts';
import { secretKeys } from '../../src/config/secrets.ts';
import { purge } from '../../src/jobs/purge.ts';
import { type HttpTest, START, startHttp, stripePost } from '../support/http.ts';
import { client, tokenFor } from '../support/member.ts';
import type { TestService } from '../support/service.ts';
import { asOwner, tracesOf } from '../support/traces.ts';
import { FIREFOX, Visitor } from '../visits/scene.ts';

const DAY = 86_400_000;
const CANARIES = ['rosalind', 'ottoline', '203.0.113.55', 'device-of-rosa', 'card_of_rosa', 'timbuktu', FIREFOX];
const PARKED = 'rosalind at the parked one';

/** Until the person is erased; all of it encrypted. */
const KEPT = ['public.person_secrets.email', 'public.person_secrets.name'];
/** For the program's `retention`. */
const RETAINED = ['public.inbox_events.body', 'public.person_secrets.ip', 'public.mails.recipient'];

let http: HttpTest;
const keys = secretKeys({ secretKey: 'x'.repeat(40), dataDir: '' });
const loaded = () =>
  http.deps.programs.byName('claudexia') as NonNullable<ReturnType<typeof http.deps.programs.byName>>;
const opened = (bytes: Buffer): string => {
  try {
    return unseal(keys, loaded().no, keys.current, bytes);
  } catch {
    return bytes.toString('latin1');
  }
};
const columns = async (canaries = CANARIES) =>
  (await tracesOf(http, canaries, opened)).filter((each) => each.startsWith('public.')).toSorted();
const purgeAfter = (days: number) =>
  purge(http.pools.general, loaded(), { now: new Date(START.getTime() + days * DAY) });

beforeAll(async () => {
  http = await startHttp();
  const rosa = {
    member_id: 'm-1',
    email: 'Rosalind@post.example',
    name: 'Rosalind Ottoline',
    ip: '203.0.113.55',
    user_agent: FIREFOX,
    fingerprint: 'device-of-rosa',
  };
  await http.tell('member.created', { member_id: 'amy', email: 'amy@amy.example' }, 'amy');
  const { code } = (await http.admin('get', '/members/amy?program=claudexia')).body;
  const seen = { app: http.app, program: 'claudexia', service: { deps: http.deps } } as unknown as TestService;
  const visitor = new Visitor(seen, 'visitor', { Origin: 'https://claudexia.example' });
  await visitor.follow(code);
  await visitor.land(code);
  await visitor.claim(code, rosa.email);
  await http.tell('member.created', { ...rosa, visitor_id: visitor.id, referral_code: code }, 'rosa');
  // Where a signal wants to know the network, the address waits sealed; here as if nobody had asked.
  await asOwner(
    http,
    `update person_secrets set ip = (select s.email from person_secrets s join persons p on p.id = s.person_id where p.member_id = 'm-1')
      where person_id = (select id from persons where member_id = 'm-1')`,
  );
  const payment = { payment_id: 'p1', member_id: 'm-1', email: rosa.email, amount: 10_000, currency: 'usd' };
  await http.tell('payment.succeeded', { ...payment, instrument: 'card_of_rosa' }, 'p1');
  const customer = {
    id: 'cus_9',
    object: 'customer',
    email: rosa.email,
    name: rosa.name,
    shipping: { city: 'Timbuktu' },
  };
  await stripePost(
    http.app,
    JSON.stringify({
      id: 'evt_1',
      object: 'event',
      type: 'customer.noticed',
      livemode: false,
      created: 1,
      data: { object: customer },
    }),
  );
  await http.tell(
    'payment.succeeded',
    { payment_id: PARKED, member_id: 'm-1', amount: 'ten', currency: 'usd' },
    'parked',
  );
  const call = client(http.app);
  await call('post', '/me/invites', { token: await tokenFor('amy'), body: { emails: ['ottoline@friend.example'] } });
  // As if the mail server had taken it; who still waits for a mail keeps the address.
  const sent = `state = 'sent', sent_at = created_at, subject = null, text = null, html = null, next_try_at = null`;
  await asOwner(http, `update mails set ${sent}`);
  await http.deps.advanceClock(new Date(START.getTime() + DAY));
});
afterAll(() => http.close());

test('what tells of people stands where it is meant to, and nowhere else', async () => {
  expect(await columns()).toEqual([...KEPT, ...RETAINED].toSorted());
  expect((await asOwner(http, 'select count(*)::int as n from visits'))[0].n).toBeGreaterThan(0);
  expect((await asOwner(http, 'select count(*)::int as n from visit_claims'))[0].n).toBeGreaterThan(0);
});

test('goes when its time is over, and clicks, which are hashes; what is parked stays until somebody has dealt with it', async () => {
  const { retention, attribution } = loaded().program;
  expect([retention, attribution.window]).toEqual([90 * DAY, 90 * DAY]);
  const rows = async (table: string) => (await asOwner(http, `select count(*)::int as n from ${table}`))[0].n;
  await purgeAfter(89);
  expect(await columns()).toEqual([...KEPT, ...RETAINED].toSorted());
  expect(await rows('visits')).toBeGreaterThan(0);
  await purgeAfter(92);
  expect(await columns()).toEqual([...KEPT, 'public.inbox_events.body'].toSorted());
  const left = await asOwner(http, 'select event_id from inbox_events where body is not null');
  expect(left).toEqual([{ event_id: 'parked' }]);
  expect([await rows('visits'), await rows('visit_claims')]).toEqual([0, 0]);
  expect(await rows('click_days')).toBeGreaterThan(0);
});
