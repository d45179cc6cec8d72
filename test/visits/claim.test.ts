// The visit claim: who signs up with an address that a visitor's form had, came by the visitor's code.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claudexia } from '../support/programs.ts';
import { PureProgram, member as told } from '../support/pure.ts';
import { TestService } from '../support/service.ts';
import { Visitor } from './scene.ts';

let service: TestService;
const codes: Record<string, string> = {};

async function begin(edit?: (yaml: string) => string): Promise<void> {
  service = await TestService.start({ edit });
  for (const name of ['alice', 'bella']) {
    await service.tell('member.created', { member_id: name, email: `${name}@example.com` });
    codes[name] = await service.codeOf(name);
  }
}
beforeEach(() => begin());
afterEach(() => service.stop());

const member = async (id: string) => (await service.admin('GET', `/members/${id}?program=claudexia`)).body;
const referrerOf = async (id: string): Promise<string | null> => (await member(id)).referred_by?.member_id ?? null;
const signUp = (id: string, email: string, more: object = {}) =>
  service.tell('member.created', { member_id: id, email, ...more });
const clicked = async (code: string, address: string, id = 'visitor'): Promise<Visitor> => {
  const visitor = new Visitor(service, id);
  await visitor.land(code);
  await visitor.claim(code, address);
  return visitor;
};

test('a signup by an address that was claimed is attributed, whatever told of it, and its payments are', async () => {
  await clicked(codes.alice as string, 'bob@work.example');
  await signUp('bob', 'Bob@Work.example');
  expect(await referrerOf('bob')).toBe('alice');
  await service.tell('payment.succeeded', { payment_id: 'p1', member_id: 'bob', amount: 10_000, currency: 'usd' });
  const [reward] = await service.rewards();
  expect([reward?.member_id, reward?.amount, reward?.status]).toEqual(['alice', 500, 'credited']);
  const { explain } = (await service.admin('GET', `/rewards/${reward?.id}`)).body;
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
  const told = await service.post('clerk', { type: 'user.created', object: 'event', timestamp: Date.now(), data });
  expect(told.status).toBe(200);
  expect(await referrerOf('user_bob')).toBe('alice');
});

test('a claim without a click of ours, or of another visitor’s, is none', async () => {
  const visitor = new Visitor(service, 'visitor');
  await visitor.claim(codes.alice as string, 'bob@work.example');
  const other = new Visitor(service, 'another');
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
  await service.admin('PATCH', `/codes/${codes.alice}?program=claudexia`, { suspended: true });
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
  await service.stop();
  await begin((yaml) => yaml.replace('window: 400d', 'window: 30d'));
  await clicked(codes.alice as string, 'bob@work.example');
  await service.admin('POST', '/test-clock', { now: '2026-06-01T00:00:00Z' });
  await signUp('bob', 'bob@work.example');
  expect(await referrerOf('bob')).toBeNull();
  expect((await member('bob')).codes_seen).toMatchObject([{ outcome: 'outside_window' }]);
});

describe('a claim that comes after the signup', () => {
  const now = async () => (await service.admin('GET', '/test-clock')).body.now as string;
  /** The clock stays; what waits to be folded is. */
  const settled = async () => await service.admin('POST', '/test-clock', { now: await now() });
  const later = (ms: number) => async () =>
    service.admin('POST', '/test-clock', { now: new Date(Date.parse(await now()) + ms).toISOString() });
  const claimedLater = async (code: string, address: string, wait: () => Promise<unknown> = settled) => {
    const visitor = new Visitor(service, address.split('@')[0] as string);
    await visitor.land(code);
    await signUp('bob', 'bob@work.example');
    await service.tell('payment.succeeded', { payment_id: 'p1', member_id: 'bob', amount: 10_000, currency: 'usd' });
    expect(await referrerOf('bob')).toBeNull();
    await wait();
    await visitor.claim(code, address);
    await settled();
    return visitor;
  };
  const rewards = async () =>
    (await service.rewards()).map(({ member_id: id, amount, status }) => [id, amount, status]);

  test('attributes at once, and what was paid meanwhile', async () => {
    await claimedLater(codes.alice as string, 'bob@work.example');
    expect((await member('bob')).referred_by).toMatchObject({ member_id: 'alice', carrier: 'visit_claim' });
    expect(await rewards()).toEqual([['alice', 500, 'credited']]);
  });

  test('in whatever order form, signup and payment come, the ledger is the same', async () => {
    const orders = ['csp', 'cps', 'scp', 'spc', 'pcs', 'psc'];
    for (const order of orders) {
      const address = `${order}@work.example`;
      const visitor = new Visitor(service, order);
      await visitor.land(codes.alice as string);
      for (const step of order) {
        if (step === 'c') await visitor.claim(codes.alice as string, address);
        if (step === 's') await signUp(order, address);
        const paid = {
          payment_id: `p_${order}`,
          member_id: order,
          amount: 10_000,
          currency: 'usd',
          paid_at: await now(),
        };
        if (step === 'p') await service.tell('payment.succeeded', paid);
      }
      await later(2 * 86_400_000)();
    }
    expect(await rewards()).toEqual(orders.map(() => ['alice', 500, 'credited']));
    expect(await service.isBalanced()).toBe(true);
  });

  test('told again it attributes once', async () => {
    const visitor = await claimedLater(codes.alice as string, 'bob@work.example');
    await visitor.claim(codes.alice as string, 'bob@work.example');
    await settled();
    const { data } = (await service.admin('GET', '/events?program=claudexia&source=plusone')).body;
    expect(data.filter(({ type }: { type: string }) => type === 'visit.claimed')).toHaveLength(1);
    expect(await rewards()).toEqual([['alice', 500, 'credited']]);
    expect((await member('bob')).codes_seen).toHaveLength(1);
  });

  test('that the signup has looked at itself, in the same batch, is not looked at again', () => {
    const program = new PureProgram(claudexia());
    program.tell(told('alice', { email: 'alice@example.com' }));
    const { keyed } = program.context();
    const clicked = new Date(program.now.getTime() + 600_000);
    program.world.visitClaims.load({
      id: 1n,
      emailHash: keyed.hash('claim', keyed.told('bob@work.example')),
      visitorHash: 'visitor',
      codeKey: program.codeOf('alice').toLowerCase(),
      firstClaimedAt: clicked,
      claimedAt: clicked,
      firstClickAt: clicked,
      lastClickAt: clicked,
      networkHash: null,
    });
    program.tell(told('bob', { email: 'bob@work.example' }));
    program.command({ command: 'visit.claimed', claimId: '1' });
    const outcomes = Array.from(program.world.claims.all(), ({ outcome }) => outcome);
    expect(outcomes).toEqual(['account_older_than_click']);
  });

  test('takes nobody from whoever referred them', async () => {
    await signUp('carl', 'carl@work.example', { referral_code: codes.bella });
    await clicked(codes.alice as string, 'carl@work.example');
    await settled();
    expect(await referrerOf('carl')).toBe('bella');
    const { codes_seen: seen } = await member('carl');
    expect(seen.map((each: Record<string, unknown>) => [each.carrier, each.outcome])).toEqual([
      ['referral_code', 'attributed'],
      ['visit_claim', 'already_referred'],
    ]);
  });

  test('stands back behind a code that the signup brought in vain', async () => {
    await service.admin('PATCH', `/codes/${codes.bella}?program=claudexia`, { suspended: true });
    const visitor = new Visitor(service, 'carl');
    await visitor.land(codes.alice as string);
    await signUp('carl', 'carl@work.example', { referral_code: codes.bella });
    await visitor.claim(codes.alice as string, 'carl@work.example');
    await settled();
    await service.tell('member.updated', { member_id: 'carl', email: 'carl@work.example' });
    expect(await referrerOf('carl')).toBeNull();
    const { codes_seen: seen } = await member('carl');
    expect(seen.map((each: Record<string, unknown>) => each.outcome)).toContain('other_carrier');
  });

  test('of a click that is younger than the account is refused', async () => {
    await signUp('bob', 'bob@work.example', { created_at: '2026-04-30T00:00:00Z' });
    await clicked(codes.alice as string, 'bob@work.example');
    await settled();
    expect(await referrerOf('bob')).toBeNull();
    expect((await member('bob')).codes_seen).toMatchObject([{ outcome: 'account_older_than_click' }]);
  });

  test('a day later is held for a person: by then anybody may know the address', async () => {
    await claimedLater(codes.alice as string, 'bob@work.example', later(86_400_000));
    expect(await referrerOf('bob')).toBe('alice');
    const [reward] = await service.rewards();
    expect([reward?.status, reward?.reason, reward?.flags]).toEqual(['pending', 'held', ['visit_claim_after_signup']]);
  });

  test('told again later it keeps its first time', async () => {
    const created = await now();
    const visitor = await clicked(codes.alice as string, 'bob@work.example');
    await later(86_400_000)();
    await visitor.claim(codes.alice as string, 'bob@work.example');
    await signUp('bob', 'bob@work.example', { created_at: created });
    await service.tell('payment.succeeded', { payment_id: 'p1', member_id: 'bob', amount: 10_000, currency: 'usd' });
    expect(await rewards()).toEqual([['alice', 500, 'credited']]);
  });

  test('later than `attribution.late` is refused', async () => {
    await claimedLater(codes.alice as string, 'bob@work.example', later(31 * 86_400_000));
    expect(await referrerOf('bob')).toBeNull();
    expect((await member('bob')).codes_seen).toMatchObject([{ outcome: 'too_late' }]);
  });

  test('of a click that is older than the window is not kept', async () => {
    await service.stop();
    await begin((yaml) => yaml.replace('window: 400d', 'window: 30d'));
    const visitor = new Visitor(service, 'bob');
    await visitor.land(codes.alice as string);
    await later(31 * 86_400_000)();
    await visitor.claim(codes.alice as string, 'bob@work.example');
    const { rows } = await service.service.pools.general.query('select 1 from visit_claims');
    expect(rows).toEqual([]);
  });

  test('finds nobody who was erased', async () => {
    await signUp('bob', 'bob@work.example');
    await service.admin('POST', '/members/bob/erase?program=claudexia', { reason: 'asked' });
    await clicked(codes.alice as string, 'bob@work.example');
    await settled();
    const { rows } = await service.service.pools.general.query('select 1 from claims');
    expect([rows, await referrerOf('bob')]).toEqual([[], null]);
  });

  test('waits for the address to be verified like the signup itself', async () => {
    const visitor = new Visitor(service, 'bob');
    await visitor.land(codes.alice as string);
    await signUp('bob', 'bob@work.example', { email_verified: false });
    await visitor.claim(codes.alice as string, 'bob@work.example');
    await settled();
    await service.tell('payment.succeeded', { payment_id: 'p1', member_id: 'bob', amount: 10_000, currency: 'usd' });
    expect(await service.rewards()).toMatchObject([{ status: 'pending', reason: 'qualifying' }]);
    await service.tell('member.updated', { member_id: 'bob', email: 'bob@work.example', email_verified: true });
    expect(await rewards()).toEqual([['alice', 500, 'credited']]);
  });

  test('of a customer whom only the payment provider knows', async () => {
    const object = { id: 'cus_1', object: 'customer', email: 'bob@work.example', metadata: {} };
    const created = Date.parse('2026-05-01T00:00:00Z') / 1000;
    const told = { id: 'evt_1', object: 'event', created, livemode: false, type: 'customer.created', data: { object } };
    await service.post('stripe', told);
    await clicked(codes.alice as string, 'bob@work.example');
    await settled();
    expect(await referrerOf('stripe:cus_1')).toBe('alice');
  });
});

describe('two codes for one address', () => {
  async function both(): Promise<void> {
    const visitor = await clicked(codes.alice as string, 'bob@work.example');
    await service.admin('POST', '/test-clock', { now: '2026-05-02T00:00:00Z' });
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
    await service.stop();
    await begin((yaml) => yaml.replace('touch: last', 'touch: first'));
    await both();
    expect(await referrerOf('bob')).toBe('alice');
  });
});

test('claims of many addresses from one place are held for a person', async () => {
  for (let n = 1; n <= 6; n++) await clicked(codes.alice as string, `bob${n}@work.example`, `visitor${n}`);
  await signUp('bob', 'bob6@work.example');
  expect(await referrerOf('bob')).toBe('alice');
  await service.tell('payment.succeeded', { payment_id: 'p1', member_id: 'bob', amount: 10_000, currency: 'usd' });
  const [reward] = await service.rewards();
  expect([reward?.status, reward?.reason]).toEqual(['pending', 'held']);
  expect(reward?.flags).toContain('visit_claims_from_one_place');
});

test('of one address only a few claims are kept', async () => {
  for (let n = 1; n <= 8; n++) await clicked(codes.alice as string, 'bob@work.example', `visitor${n}`);
  const { rows } = await service.service.pools.general.query('select count(*)::int as n from visit_claims');
  expect(rows[0].n).toBe(5);
});

test('a machine’s beacons, and those of a browser that asks not to be tracked, are answered and not kept', async () => {
  for (const headers of [{ 'User-Agent': 'curl/8' }, { DNT: '1' }, { 'Sec-GPC': '1' }]) {
    const visitor = new Visitor(service, 'visitor', headers as unknown as Record<string, string>);
    expect((await visitor.land(codes.alice as string)).status).toBe(202);
  }
  const { rows } = await service.service.pools.general.query('select 1 from visits');
  expect(rows).toEqual([]);
});

test('only pages of the product are heard', async () => {
  const visitor = new Visitor(service, 'visitor', { Origin: 'https://evil.example' });
  const refused = await visitor.land(codes.alice as string);
  expect([refused.status, refused.body.code]).toEqual([403, 'foreign_origin']);
  const app = new Visitor(service, 'visitor', { Origin: 'https://app.claudexia.tech' });
  const heard = await app.land(codes.alice as string);
  expect([heard.status, heard.body, heard.headers['access-control-allow-origin']]).toEqual([
    202,
    { received: true, known: true },
    'https://app.claudexia.tech',
  ]);
});

test('a visitor’s id that the product tells with the signup finds the click, on any device', async () => {
  const visitor = new Visitor(service, 'visitor');
  await visitor.land(codes.alice as string);
  await signUp('bob', 'bob@work.example', { visitor_id: visitor.id });
  expect(await referrerOf('bob')).toBe('alice');
  expect((await member('bob')).referred_by.carrier).toBe('visitor_id');
});

test('somebody who is erased leaves neither claim nor clicks', async () => {
  await clicked(codes.alice as string, 'bob@work.example');
  await clicked(codes.alice as string, 'carl@work.example', 'another');
  await signUp('bob', 'bob@work.example');
  await service.admin('POST', '/members/bob/erase?program=claudexia', { reason: 'asked' });
  const left = async (table: string) =>
    (await service.service.pools.general.query(`select count(*)::int as n from ${table}`)).rows[0].n;
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
    await service.post('stripe', customer('cus_1', 'bob@work.example'));
    expect(await referrerOf('stripe:cus_1')).toBe('alice');
    expect((await member('stripe:cus_1')).referred_by.carrier).toBe('visit_claim');
  });

  test('one who had paid before did not', async () => {
    await service.post('stripe', customer('cus_1', 'other@work.example'));
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
    await service.post('stripe', paid);
    await clicked(codes.alice as string, 'other@work.example');
    await service.post('stripe', {
      ...customer('cus_1', 'other@work.example'),
      id: 'evt_again',
      type: 'customer.updated',
    });
    expect(await referrerOf('stripe:cus_1')).toBe('bella');
  });
});
