// The visit claim: who signs up with an address that a visitor's form had, came by the visitor's code.
import { describe, expect, test } from 'vitest';
import { claimScene } from './claim-scene.ts';
import { Visitor } from './scene.ts';

const scene = claimScene();
const { codes, begin, member, referrerOf, signUp, clicked } = scene;

test('a signup by an address that was claimed is attributed, whatever told of it, and its payments are', async () => {
  await clicked(codes.alice as string, 'bob@work.example');
  await signUp('bob', 'Bob@Work.example');
  expect(await referrerOf('bob')).toBe('alice');
  await scene.bobPays();
  const [reward] = await scene.service.rewards();
  expect([reward?.member_id, reward?.amount, reward?.status]).toEqual(['alice', 500, 'credited']);
  const { explain } = (await scene.service.admin('GET', `/rewards/${reward?.id}`)).body;
  const said = explain.find((line: { asked: string }) => line.asked === 'attribution');
  expect(said).toMatchObject({
    said: 'attributed',
    saw: { carrier: 'visit_claim', code: codes.alice, touch: 'last', lost: [] },
  });
  expect(said.saw.first_click).toBe('2026-05-01T00:00:00.000Z');
});

test('by another identity provider, with a plus tag that the form had not', async () => {
  await clicked(codes.alice as string, 'bob@work.example');
  const data = {
    id: 'user_bob',
    object: 'user',
    created_at: Date.parse('2026-05-01T00:00:10Z'),
    primary_email_address_id: 'idn_1',
    email_addresses: [{ id: 'idn_1', email_address: 'bob+app@work.example', verification: { status: 'verified' } }],
    unsafe_metadata: {},
    public_metadata: {},
  };
  const told = await scene.service.post('clerk', {
    type: 'user.created',
    object: 'event',
    timestamp: Date.now(),
    data,
  });
  expect(told.status).toBe(200);
  expect(await referrerOf('user_bob')).toBe('alice');
});

test('a claim without a click of ours, or of another visitor’s, is none', async () => {
  const visitor = new Visitor(scene.service, 'visitor');
  await visitor.claim(codes.alice as string, 'bob@work.example');
  const other = new Visitor(scene.service, 'another');
  await other.land(codes.alice as string);
  await visitor.claim(codes.alice as string, 'bob@work.example');
  await signUp('bob', 'bob@work.example');
  expect(await referrerOf('bob')).toBeNull();
});

test('a claim never overrides another carrier, and is recorded as lost', async () => {
  await clicked(codes.bella as string, 'bob@work.example');
  await signUp('bob', 'bob@work.example', { referral_code: codes.alice });
  expect(await referrerOf('bob')).toBe('alice');
  const { codes_seen: seen } = await member('bob');
  expect(seen.map((each: Record<string, unknown>) => [each.code, each.carrier, each.outcome])).toEqual([
    [codes.alice, 'referral_code', 'attributed'],
    [codes.bella, 'visit_claim', 'already_referred'],
  ]);
});

test('behind a code that was refused it stands back, too', async () => {
  await clicked(codes.bella as string, 'bob@work.example');
  await scene.service.admin('PATCH', `/codes/${codes.alice}?program=claudexia`, { suspended: true });
  await signUp('bob', 'bob@work.example', { referral_code: codes.alice });
  expect(await referrerOf('bob')).toBeNull();
});

test('an account older than the click is refused, and says so', async () => {
  await clicked(codes.alice as string, 'bob@work.example');
  await signUp('bob', 'bob@work.example', { created_at: '2026-04-30T00:00:00Z' });
  expect(await referrerOf('bob')).toBeNull();
  expect((await member('bob')).codes_seen).toMatchObject([{ outcome: 'account_older_than_click' }]);
});

test('a click outside the window attributes nothing', async () => {
  await scene.service.stop();
  await begin((yaml) => yaml.replace('window: 400d', 'window: 30d'));
  await clicked(codes.alice as string, 'bob@work.example');
  await scene.service.admin('POST', '/test-clock', { now: '2026-06-01T00:00:00Z' });
  await signUp('bob', 'bob@work.example');
  expect(await referrerOf('bob')).toBeNull();
  expect((await member('bob')).codes_seen).toMatchObject([{ outcome: 'outside_window' }]);
});

describe('two codes for one address', () => {
  async function both(): Promise<void> {
    const visitor = await clicked(codes.alice as string, 'bob@work.example');
    await scene.service.admin('POST', '/test-clock', { now: '2026-05-02T00:00:00Z' });
    await visitor.land(codes.bella as string);
    await visitor.claim(codes.bella as string, 'bob@work.example');
    await signUp('bob', 'bob@work.example');
  }

  test('the last touch wins, and the loser is recorded', async () => {
    await both();
    expect(await referrerOf('bob')).toBe('bella');
    const outcomes = (await member('bob')).codes_seen.map((each: Record<string, unknown>) => [each.code, each.outcome]);
    expect(outcomes).toEqual([
      [codes.bella, 'attributed'],
      [codes.alice, 'already_referred'],
    ]);
  });

  test('with `touch: first` the first does', async () => {
    await scene.service.stop();
    await begin((yaml) => yaml.replace('touch: last', 'touch: first'));
    await both();
    expect(await referrerOf('bob')).toBe('alice');
  });
});

test('claims of many addresses from one place are held for a person', async () => {
  for (let n = 1; n <= 6; n++) await clicked(codes.alice as string, `bob${n}@work.example`, `visitor${n}`);
  await signUp('bob', 'bob6@work.example');
  expect(await referrerOf('bob')).toBe('alice');
  await scene.bobPays();
  const [reward] = await scene.service.rewards();
  expect([reward?.status, reward?.reason]).toEqual(['pending', 'held']);
  expect(reward?.flags).toContain('visit_claims_from_one_place');
});

test('of one address only a few claims are kept', async () => {
  for (let n = 1; n <= 8; n++) await clicked(codes.alice as string, 'bob@work.example', `visitor${n}`);
  const { rows } = await scene.service.service.pools.general.query('select count(*)::int as n from visit_claims');
  expect(rows[0].n).toBe(5);
});

test('a machine’s beacons, and those of a browser that asks not to be tracked, are answered and not kept', async () => {
  for (const headers of [{ 'User-Agent': 'curl/8' }, { DNT: '1' }, { 'Sec-GPC': '1' }]) {
    const visitor = new Visitor(scene.service, 'visitor', headers as unknown as Record<string, string>);
    expect((await visitor.land(codes.alice as string)).status).toBe(202);
  }
  const { rows } = await scene.service.service.pools.general.query('select 1 from visits');
  expect(rows).toEqual([]);
});

test('only pages of the product are heard', async () => {
  const visitor = new Visitor(scene.service, 'visitor', { Origin: 'https://evil.example' });
  const refused = await visitor.land(codes.alice as string);
  expect([refused.status, refused.body.code]).toEqual([403, 'foreign_origin']);
  const app = new Visitor(scene.service, 'visitor', { Origin: 'https://app.claudexia.tech' });
  const heard = await app.land(codes.alice as string);
  expect([heard.status, heard.body, heard.headers['access-control-allow-origin']]).toEqual([
    202,
    { received: true, known: true },
    'https://app.claudexia.tech',
  ]);
});

test('a visitor’s id that the product tells with the signup finds the click, on any device', async () => {
  const visitor = new Visitor(scene.service, 'visitor');
  await visitor.land(codes.alice as string);
  await signUp('bob', 'bob@work.example', { visitor_id: visitor.id });
  expect(await referrerOf('bob')).toBe('alice');
  expect((await member('bob')).referred_by.carrier).toBe('visitor_id');
});

test('somebody who is erased leaves neither claim nor clicks', async () => {
  await clicked(codes.alice as string, 'bob@work.example');
  await clicked(codes.alice as string, 'carl@work.example', 'another');
  await signUp('bob', 'bob@work.example');
  await scene.service.admin('POST', '/members/bob/erase?program=claudexia', { reason: 'asked' });
  const left = async (table: string) =>
    (await scene.service.service.pools.general.query(`select count(*)::int as n from ${table}`)).rows[0].n;
  expect([await left('visit_claims'), await left('visits')]).toEqual([1, 1]);
});

describe('where a payment provider is all there is', () => {
  const customer = (id: string, email: string) => ({
    id: `evt_${id}`,
    object: 'event',
    created: Date.parse('2026-05-01T00:05:00Z') / 1000,
    livemode: false,
    type: 'customer.created',
    data: { object: { id, object: 'customer', email, metadata: {} } },
  });

  test('a customer whose address was claimed came by the claim', async () => {
    await clicked(codes.alice as string, 'bob@work.example');
    await scene.service.post('stripe', customer('cus_1', 'bob@work.example'));
    expect(await referrerOf('stripe:cus_1')).toBe('alice');
    expect((await member('stripe:cus_1')).referred_by.carrier).toBe('visit_claim');
  });

  test('one who had paid before did not', async () => {
    await scene.service.post('stripe', customer('cus_1', 'other@work.example'));
    const object = {
      id: 'cs_1',
      object: 'checkout.session',
      mode: 'payment',
      payment_status: 'paid',
      amount_total: 10_000,
      currency: 'usd',
      customer: 'cus_1',
      payment_intent: 'pi_1',
      customer_details: { email: 'other@work.example' },
      metadata: { ref: codes.bella },
    };
    const paid = { ...customer('cus_1', ''), id: 'evt_paid', type: 'checkout.session.completed', data: { object } };
    await scene.service.post('stripe', paid);
    await clicked(codes.alice as string, 'other@work.example');
    await scene.service.post('stripe', {
      ...customer('cus_1', 'other@work.example'),
      id: 'evt_again',
      type: 'customer.updated',
    });
    expect(await referrerOf('stripe:cus_1')).toBe('bella');
  });
});
