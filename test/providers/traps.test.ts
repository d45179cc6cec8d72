/**
 * What has bitten others at these senders, a test for each: ids that change or are missing, milliseconds, the year 1,
 * the same money or the same signup told twice, and senders that drop what is refused.
 */
import { describe, expect, test } from 'vitest';
import { parseBody } from '../../src/model/body.ts';
import type { Envelope, Provider } from '../../src/model/provider.ts';
import { auth0 } from '../../src/providers/auth0.ts';
import { clerk } from '../../src/providers/clerk.ts';
import { lemonsqueezy } from '../../src/providers/lemonsqueezy.ts';
import { logto } from '../../src/providers/logto.ts';
import { paddle } from '../../src/providers/paddle.ts';
import { polar } from '../../src/providers/polar.ts';
import { supabase } from '../../src/providers/supabase.ts';
import { workos } from '../../src/providers/workos.ts';
import { claudexia } from '../support/programs.ts';
import { member, PureProgram } from '../support/pure.ts';
import { SCHEMES } from '../support/sign.ts';
import { fixturesOf, sourceOf } from './fixtures.ts';

const NOW = new Date('2026-05-01T12:00:00Z');
type Body = { data: { id: string; attributes: Record<string, unknown> } } & Record<string, Record<string, unknown>>;

function rawOf(provider: Provider, name: string): Buffer {
  const found = fixturesOf(provider.kind).find((fixture) => fixture.name === name);
  if (!found) throw new Error(`no fixture ${name}`);
  return found.raw;
}

function bodyOf(provider: Provider, name: string, change: (body: Body) => void = () => {}): Buffer {
  const body = JSON.parse(rawOf(provider, name).toString());
  change(body);
  return Buffer.from(JSON.stringify(body));
}

/** What the door makes of a body that was proven. */
function opened(provider: Provider, raw: Buffer, type: string, id = 'msg_1'): Envelope {
  const scheme = SCHEMES.find((each) => each.kind === provider.kind && each.sends(type));
  if (!scheme) throw new Error(`nobody sends ${type}`);
  const secret = scheme.secret('a secret of some length');
  const headers = scheme.sign(raw, secret, id, NOW);
  const verified = provider.verify({ raw, headers }, sourceOf(provider, [secret]), NOW);
  if (!verified.ok) throw new Error(verified.refusal);
  return verified.envelope;
}

function factsOf(provider: Provider, raw: Buffer, type: string) {
  const envelope = opened(provider, raw, type);
  return provider.normalize(envelope.body, envelope, sourceOf(provider, []));
}

describe('trap: Supabase’s webhook-id changes, its hook names throw-away users, and 0001-01-01 is no time', () => {
  const hook = 'before-user-created';

  test('a retry of the hook has a new webhook-id and is the same event', () => {
    const raw = rawOf(supabase, 'before-user-created__by-address');
    const ids = ['msg_1', 'msg_2'].map((id) => opened(supabase, raw, hook, id).eventId);
    expect(ids).toEqual(Array(2).fill('8b34dcdd-9df1-4c10-850a-b3277c653040'));
  });

  test('the user id of an OAuth signup in the hook is thrown away and makes nobody', () => {
    const { facts, ignored } = factsOf(supabase, rawOf(supabase, 'before-user-created__oauth-throw-away-id'), hook);
    expect({ facts, ignored }).toEqual({ facts: [], ignored: 'throw_away_id' });
  });

  test('the hook refers nobody, whatever code it carries; the row does, with the address that the hook saw', () => {
    const program = new PureProgram(claudexia());
    program.tell(member('alice', { email: 'alice@example.com', ip: '203.0.113.7' }));
    const withCode = (path: 'user' | 'record') => (body: Body) => {
      const key = path === 'user' ? 'user_metadata' : 'raw_user_meta_data';
      body[path] = { ...body[path], [key]: { ref: program.codeOf('alice') } };
    };
    const seen = factsOf(supabase, bodyOf(supabase, 'before-user-created__by-address', withCode('user')), hook);
    program.tell(seen.facts, { source: 'supabase', type: hook });
    expect(Array.from(program.world.referrals.all())).toEqual([]);
    const type = 'auth.users.INSERT';
    const row = factsOf(supabase, bodyOf(supabase, 'auth.users.INSERT__by-address', withCode('record')), type);
    program.tell(row.facts, { source: 'supabase', type });
    const [referral] = Array.from(program.world.referrals.all());
    expect(referral).toMatchObject({ status: 'pending', carrier: 'raw_user_meta_data.ref', flags: ['same_ip'] });
  });

  test('0001-01-01 is no time: not of a signup, not of a confirmation, not of a deletion', () => {
    const { facts, occurredAt } = factsOf(
      supabase,
      rawOf(supabase, 'auth.users.INSERT__year-one'),
      'auth.users.INSERT',
    );
    expect(occurredAt).toBeUndefined();
    expect(facts).toMatchObject([{ change: 'created', emailVerified: false, createdAt: undefined }]);
    const type = 'auth.users.UPDATE';
    const notDeleted = bodyOf(supabase, 'auth.users.UPDATE__soft-delete', (body) => {
      body.record = { ...body.record, deleted_at: '0001-01-01T00:00:00Z' };
    });
    expect(factsOf(supabase, notDeleted, type).facts).toMatchObject([{ fact: 'member', change: 'updated' }]);
  });

  test('a row that changed twice is two events, and one that was told twice is one', () => {
    const name = 'auth.users.UPDATE__confirmed-and-code-written-later';
    const idOf = (change?: (body: Body) => void) =>
      opened(supabase, bodyOf(supabase, name, change), 'auth.users.').eventId;
    expect(idOf()).toBe(idOf());
    for (const [column, value] of Object.entries({
      email: 'new@werk.example',
      updated_at: 'later',
      deleted_at: 'now',
    })) {
      expect(idOf((body) => Object.assign(body.record ?? {}, { [column]: value }))).not.toBe(idOf());
    }
    expect(idOf((body) => Object.assign(body.old_record ?? {}, { is_anonymous: true }))).not.toBe(idOf());
    expect(idOf((body) => Object.assign(body.record ?? {}, { last_sign_in_at: 'now' }))).toBe(idOf());
  });
});

describe('trap: Clerk, Logto and Lemon Squeezy bodies have no event id', () => {
  test.each([
    [logto, 'PostRegister__with-a-code', (body: Body) => Object.assign(body, { hookId: 'another' })],
    [
      lemonsqueezy,
      'order_created__euro-with-tax-and-discount',
      (body: Body) => {
        body.data.attributes.urls = { receipt: 'https://app.lemonsqueezy.com/my-orders/104e18a2?signature=2' };
      },
    ],
  ])('$kind: a repetition in which a link or the hook is another is the same event', (provider, name, change) => {
    const first = opened(provider, rawOf(provider, name), 'any').eventId;
    expect(first).toMatch(/^derived_[0-9a-f]{64}$/);
    expect(opened(provider, bodyOf(provider, name, change), 'any').eventId).toBe(first);
  });

  test('clerk: the event is its svix-id, whatever stands in the body', () => {
    const raw = bodyOf(clerk, 'user.created__with-a-code', (body) => Object.assign(body, { id: 'evt_of_the_body' }));
    expect(opened(clerk, raw, 'user.created', 'msg_7').eventId).toBe('msg_7');
    expect(opened(clerk, raw, 'user.created', 'msg_8').eventId).toBe('msg_8');
  });

  test('Lemon Squeezy: orders/1 and subscription-invoices/1 are two events and two payments', () => {
    const order = rawOf(lemonsqueezy, 'order_created__euro-with-tax-and-discount');
    const invoice = bodyOf(lemonsqueezy, 'subscription_payment_success__renewal', (body) => {
      body.data.id = '1';
    });
    const ids = [order, invoice].map((raw) => opened(lemonsqueezy, raw, 'any').eventId);
    expect(new Set(ids).size).toBe(2);
    const objects = [order, invoice].map((raw) => factsOf(lemonsqueezy, raw, 'any').facts[0]);
    expect(objects).toMatchObject([
      { objects: [{ id: 'shop_orders_1' }] },
      { objects: [{ id: 'shop_subscription-invoices_1' }] },
    ]);
  });

  test('Lemon Squeezy: two parts given back within one second are two events', () => {
    const part = (refunded_amount: number) =>
      bodyOf(lemonsqueezy, 'order_refunded__a-part', (body) =>
        Object.assign(body.data.attributes, { refunded_amount }),
      );
    const [one, two] = [part(1000), part(2000)].map((raw) => opened(lemonsqueezy, raw, 'order_refunded').eventId);
    expect(one).not.toBe(two);
  });

  test('a body in which even that is missing goes by its own hash, and is still one event', () => {
    for (const provider of [logto, lemonsqueezy]) {
      const raw = Buffer.from('{"event":"PostRegister","meta":{"event_name":"order_created"}}');
      expect(opened(provider, raw, 'any').eventId).toMatch(/^body_[0-9a-f]{64}$/);
    }
  });
});

test('trap: WorkOS timestamps are milliseconds, and years old if read as seconds', () => {
  const raw = rawOf(workos, 'user.created__with-a-code');
  expect(opened(workos, raw, 'user.created').occurredAt).toEqual(new Date('2026-05-01T11:20:05.123Z'));
  const scheme = SCHEMES.find(({ kind }) => kind === 'workos');
  const signedInSeconds = scheme?.sign(raw, 'secret', '', new Date(Math.floor(NOW.getTime() / 1000))) ?? {};
  expect(workos.verify({ raw, headers: signedInSeconds }, sourceOf(workos, ['secret']), NOW)).toEqual({
    ok: false,
    refusal: 'stale_timestamp',
  });
});

test('trap: 0001-01-01 in a Paddle body is no time, and orders nothing', () => {
  const raw = bodyOf(paddle, 'adjustment.updated__refund-approved', (body) =>
    Object.assign(body.data, { created_at: '0001-01-01T00:00:00Z', updated_at: '0001-01-01T00:00:00Z' }),
  );
  const { occurredAt } = opened(paddle, raw, 'adjustment.updated');
  expect(occurredAt).toEqual(new Date(String(JSON.parse(raw.toString()).occurred_at)));
  const year1 = bodyOf(paddle, 'adjustment.updated__refund-approved', (body) =>
    Object.assign(body, { occurred_at: '0001-01-01T00:00:00Z' }),
  );
  expect(opened(paddle, year1, 'adjustment.updated').occurredAt).toBeUndefined();
  expect(factsOf(paddle, year1, 'adjustment.updated').facts).toEqual(factsOf(paddle, raw, 'adjustment.updated').facts);
});

test('trap: earning on the total would reward our own credits again; Polar: neither balance nor tax earns', () => {
  const net = (name: string) => {
    const [fact] = factsOf(polar, rawOf(polar, name), 'order.paid').facts;
    return fact?.fact === 'payment' ? fact.gross - fact.tax : undefined;
  };
  expect(net('order.paid__with-tax-and-discount')).toBe(4500n);
  expect(net('order.paid__balance-paid-a-part')).toBe(3600n);
  expect(net('order.paid__balance-paid-all')).toBe(0n);
});

test.each([auth0, logto, lemonsqueezy, paddle])(
  'trap: $kind drops or repeats in vain what is not answered 200: nothing proven is refused',
  (provider) => {
    const bodies = fixturesOf(provider.kind).map(({ raw }) => raw);
    const odd = ['{}', '{"type":7}', '{"event":null}', '{"meta":[]}', '{"data":[]}', '{"type":"user.created"}'];
    for (const raw of [...bodies, ...odd.map((text) => Buffer.from(text))]) {
      expect(opened(provider, raw, 'any').eventId).not.toBe('');
    }
  },
);

describe('trap: the same money or signup is told twice', () => {
  function started(): PureProgram {
    const sources = [sourceOf(lemonsqueezy, [], { name: 'shop' }), sourceOf(logto, [], { name: 'logto' })];
    const program = new PureProgram(
      claudexia({ sources: sources.map((source) => ({ ...source, apiKey: undefined, apiBase: undefined })) }),
    );
    program.tell(member('alice', { email: 'alice@example.com' }));
    return program;
  }

  function tell(program: PureProgram, provider: Provider, raw: Buffer): void {
    const envelope = opened(provider, raw, 'any');
    const source = program.loaded.program.sources.find((each) => each.kind === provider.kind);
    if (!source) throw new Error('no source');
    const { facts, occurredAt } = provider.normalize(envelope.body, envelope, source);
    if (facts.length > 0) program.tell(facts, { source: source.name, type: envelope.type, at: occurredAt });
  }

  const withUser =
    (id: string, changes: Record<string, unknown> = {}) =>
    (body: Body) => {
      body.data.id = id;
      Object.assign(body.data.attributes, changes);
    };
  const figures = { total: 2380, tax: 380, discount_total: 0, currency: 'USD', total_usd: 2380 };
  const order = () => bodyOf(lemonsqueezy, 'order_created__euro-with-tax-and-discount', withUser('9', figures));
  const orderRefunded = () =>
    bodyOf(lemonsqueezy, 'order_refunded__all-of-it', withUser('9', { ...figures, refunded_amount: 2380 }));
  const subscription = () => rawOf(lemonsqueezy, 'subscription_created__names-its-order');
  const firstInvoice = () => rawOf(lemonsqueezy, 'subscription_payment_success__first-of-a-subscription');
  const firstRefunded = () => rawOf(lemonsqueezy, 'subscription_payment_refunded__first-payment-whole');

  function permutations<T>(list: readonly T[]): T[][] {
    if (list.length <= 1) return [[...list]];
    return list.flatMap((first, i) =>
      permutations([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [first, ...rest]),
    );
  }

  function referred(): PureProgram {
    const program = started();
    const codes = [{ code: program.codeOf('alice'), carrier: 'referral_code' }];
    program.tell(member('user_maria', { email: 'maria@studio-lumen.example', codes }));
    return program;
  }

  test('Lemon Squeezy: an order and its subscription invoice are one payment, in any order', () => {
    for (const events of permutations([order(), subscription(), firstInvoice(), order()])) {
      const program = referred();
      for (const raw of events) tell(program, lemonsqueezy, raw);
      program.check();
      expect(program.rewards()).toMatchObject([{ sourcePaymentId: 'shop_orders_9', amount: 100n, postedAmount: 100n }]);
    }
  });

  test('Lemon Squeezy: the first payment given back is taken back once, whoever tells it, in any order', () => {
    for (const refunds of [[orderRefunded()], [firstRefunded()], [orderRefunded(), firstRefunded()]]) {
      for (const events of permutations([order(), subscription(), firstInvoice(), ...refunds])) {
        const program = referred();
        for (const raw of events) tell(program, lemonsqueezy, raw);
        program.check();
        expect(program.rewards().reduce((sum, reward) => sum + reward.postedAmount, 0n)).toBe(0n);
      }
    }
  });

  test('Logto: PostRegister and User.Created are one signup, in any order, and one referral', () => {
    const names = ['PostRegister__with-a-code', 'User.Created__by-the-same-registration'];
    for (const told of [names, [...names].reverse(), ['PostRegister__user-not-looked-up', names[1] ?? '']]) {
      const program = started();
      for (const name of told) {
        const text = rawOf(logto, name).toString().replaceAll('K7M2QX', program.codeOf('alice'));
        tell(program, logto, Buffer.from(text));
      }
      expect(Array.from(program.world.persons.all())).toHaveLength(2);
      expect(Array.from(program.world.referrals.all())).toMatchObject([{ status: 'completed' }]);
    }
  });
});

describe('Auth0', () => {
  test('JSON lines, a list and single objects tell the same facts', () => {
    const lines = rawOf(auth0, 'log_stream__json-lines');
    const logs = parseBody(lines.toString()) as unknown[];
    const asList = Buffer.from(JSON.stringify(logs, null, 2));
    const all = factsOf(auth0, lines, 'log_stream').facts;
    expect(all).toHaveLength(3);
    expect(factsOf(auth0, asList, 'log_stream').facts).toEqual(all);
    expect(logs.flatMap((log) => factsOf(auth0, Buffer.from(JSON.stringify(log)), 'log_stream').facts)).toEqual(all);
    expect(opened(auth0, asList, 'log_stream').eventId).toBe(opened(auth0, lines, 'log_stream').eventId);
    const fewer = Buffer.from(JSON.stringify(logs.slice(0, 2)));
    expect(opened(auth0, fewer, 'log_stream').eventId).not.toBe(opened(auth0, lines, 'log_stream').eventId);
  });

  test('what the door has parsed is what the inbox gives back at a replay', () => {
    for (const { raw, type } of fixturesOf('auth0')) {
      expect(parseBody(raw.toString('utf8'))).toEqual(opened(auth0, raw, type).body);
    }
  });

  test('a signup in its own database is not complete until sv tells that the address was verified', () => {
    const program = new PureProgram(claudexia());
    program.tell(member('alice', { email: 'alice@example.com' }));
    const logs = parseBody(
      rawOf(auth0, 'log_stream__json-lines').toString().replaceAll('K7M2QX', program.codeOf('alice')),
    );
    for (const [log, status] of (logs as unknown[]).map(
      (each, i) => [each, i < 3 ? 'pending' : 'completed'] as const,
    )) {
      const { facts } = factsOf(auth0, Buffer.from(JSON.stringify(log)), 'log_stream');
      if (facts.length > 0) program.tell(facts, { source: 'auth0', type: 'log_stream' });
      expect(Array.from(program.world.referrals.all())).toMatchObject([{ status }]);
    }
  });
});
