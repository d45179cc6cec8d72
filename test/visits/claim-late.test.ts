// A visit claim that comes after the signup, as it may when a webhook is faster than the form.
import { describe, expect, test } from 'vitest';
import { claudexia } from '../support/programs.ts';
import { PureProgram, member as told } from '../support/pure.ts';
import { claimScene } from './claim-scene.ts';
import { Visitor } from './scene.ts';

const scene = claimScene();
const { codes, begin, member, referrerOf, signUp, clicked } = scene;

describe('a claim that comes after the signup', () => {
  const now = async () => (await scene.service.admin('GET', '/test-clock')).body.now as string;
  /** The clock stays; what waits to be folded is. */
  const settled = async () => await scene.service.admin('POST', '/test-clock', { now: await now() });
  const later = (ms: number) => async () =>
    scene.service.admin('POST', '/test-clock', { now: new Date(Date.parse(await now()) + ms).toISOString() });
  const claimedLater = async (code: string, address: string, wait: () => Promise<unknown> = settled) => {
    const visitor = new Visitor(scene.service, address.split('@')[0] as string);
    await visitor.land(code);
    await signUp('bob', 'bob@work.example');
    await scene.bobPays();
    expect(await referrerOf('bob')).toBeNull();
    await wait();
    await visitor.claim(code, address);
    await settled();
    return visitor;
  };
  const rewards = async () =>
    (await scene.service.rewards()).map(({ member_id: id, amount, status }) => [id, amount, status]);

  test('attributes at once, and what was paid meanwhile', async () => {
    await claimedLater(codes.alice as string, 'bob@work.example');
    expect((await member('bob')).referred_by).toMatchObject({ member_id: 'alice', carrier: 'visit_claim' });
    expect(await rewards()).toEqual([['alice', 500, 'credited']]);
  });

  test('in whatever order form, signup and payment come, the ledger is the same', async () => {
    const orders = ['csp', 'cps', 'scp', 'spc', 'pcs', 'psc'];
    for (const order of orders) {
      const address = `${order}@work.example`;
      const visitor = new Visitor(scene.service, order);
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
        if (step === 'p') await scene.service.tell('payment.succeeded', paid);
      }
      await later(2 * 86_400_000)();
    }
    expect(await rewards()).toEqual(orders.map(() => ['alice', 500, 'credited']));
    expect(await scene.service.isBalanced()).toBe(true);
  });

  test('told again it attributes once', async () => {
    const visitor = await claimedLater(codes.alice as string, 'bob@work.example');
    await visitor.claim(codes.alice as string, 'bob@work.example');
    await settled();
    const { data } = (await scene.service.admin('GET', '/events?program=claudexia&source=plusone')).body;
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
    await scene.service.admin('PATCH', `/codes/${codes.bella}?program=claudexia`, { suspended: true });
    const visitor = new Visitor(scene.service, 'carl');
    await visitor.land(codes.alice as string);
    await signUp('carl', 'carl@work.example', { referral_code: codes.bella });
    await visitor.claim(codes.alice as string, 'carl@work.example');
    await settled();
    await scene.service.tell('member.updated', { member_id: 'carl', email: 'carl@work.example' });
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
    const [reward] = await scene.service.rewards();
    expect([reward?.status, reward?.reason, reward?.flags]).toEqual(['pending', 'held', ['visit_claim_after_signup']]);
  });

  test('told again later it keeps its first time', async () => {
    const created = await now();
    const visitor = await clicked(codes.alice as string, 'bob@work.example');
    await later(86_400_000)();
    await visitor.claim(codes.alice as string, 'bob@work.example');
    await signUp('bob', 'bob@work.example', { created_at: created });
    await scene.bobPays();
    expect(await rewards()).toEqual([['alice', 500, 'credited']]);
  });

  test('later than `attribution.late` is refused', async () => {
    await claimedLater(codes.alice as string, 'bob@work.example', later(31 * 86_400_000));
    expect(await referrerOf('bob')).toBeNull();
    expect((await member('bob')).codes_seen).toMatchObject([{ outcome: 'too_late' }]);
  });

  test('of a click that is older than the window is not kept', async () => {
    await scene.service.stop();
    await begin((yaml) => yaml.replace('window: 400d', 'window: 30d'));
    const visitor = new Visitor(scene.service, 'bob');
    await visitor.land(codes.alice as string);
    await later(31 * 86_400_000)();
    await visitor.claim(codes.alice as string, 'bob@work.example');
    const { rows } = await scene.service.service.pools.general.query('select 1 from visit_claims');
    expect(rows).toEqual([]);
  });

  test('finds nobody who was erased', async () => {
    await signUp('bob', 'bob@work.example');
    await scene.service.admin('POST', '/members/bob/erase?program=claudexia', { reason: 'asked' });
    await clicked(codes.alice as string, 'bob@work.example');
    await settled();
    const { rows } = await scene.service.service.pools.general.query('select 1 from claims');
    expect([rows, await referrerOf('bob')]).toEqual([[], null]);
  });

  test('waits for the address to be verified like the signup itself', async () => {
    const visitor = new Visitor(scene.service, 'bob');
    await visitor.land(codes.alice as string);
    await signUp('bob', 'bob@work.example', { email_verified: false });
    await visitor.claim(codes.alice as string, 'bob@work.example');
    await settled();
    await scene.bobPays();
    expect(await scene.service.rewards()).toMatchObject([{ status: 'pending', reason: 'qualifying' }]);
    await scene.service.tell('member.updated', { member_id: 'bob', email: 'bob@work.example', email_verified: true });
    expect(await rewards()).toEqual([['alice', 500, 'credited']]);
  });

  test('of a customer whom only the payment provider knows', async () => {
    const object = { id: 'cus_1', object: 'customer', email: 'bob@work.example', metadata: {} };
    const created = Date.parse('2026-05-01T00:00:00Z') / 1000;
    const told = { id: 'evt_1', object: 'event', created, livemode: false, type: 'customer.created', data: { object } };
    await scene.service.post('stripe', told);
    await clicked(codes.alice as string, 'bob@work.example');
    await settled();
    expect(await referrerOf('stripe:cus_1')).toBe('alice');
  });
});
